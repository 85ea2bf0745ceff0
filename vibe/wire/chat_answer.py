"""What comes back from an endpoint of the form of OpenAI's chat completions: one answer.

Takes every variation of the form that is known, whoever sends it: thinking under three names, calls
without index or id, content in typed chunks, a whole message for its pieces. Chunks are folded into
events as they come. What a provider says of a failure is judged in failures.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final

import msgspec
from msgspec import Raw, Struct

from vibe.domain.failure import Failure, FailureKind
from vibe.domain.stream import (
    Began,
    Broken,
    CallBegan,
    CallDelta,
    CallEnded,
    Ended,
    StreamEvent,
    TextDelta,
    ThinkingDelta,
    ThinkingSealed,
    UsageSeen,
)
from vibe.domain.usage import Usage
from vibe.wire.depth import is_too_deep
from vibe.wire.failures import broken, empty, in_band_failure

MAX_CALLS: Final = 256
MAX_REFUSAL_CHARS: Final = 1_000
MAX_SEAL_CHARS: Final = 8_000_000

LENGTH: Final = frozenset({"length", "max_tokens", "model_length"})
FAILED: Final = frozenset({
    "error", "abort", "insufficient_system_resource", "network_error", "timeout",
    "malformed_function_call",
})  # fmt: skip
DECLINED: Final = frozenset({"safety", "recitation", "sensitive", "prohibited_content"})


class _InputDetails(Struct):
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None


class _OutputDetails(Struct):
    reasoning_tokens: int | None = None


class WireUsage(Struct):
    """The usage of an answer, in the forms of all who speak this dialect."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: _InputDetails | None = None
    completion_tokens_details: _OutputDetails | None = None
    prompt_cache_hit_tokens: int | None = None  # DeepSeek
    num_cached_tokens: int | None = None  # Mistral

    def usage(self) -> Usage:
        read = self.prompt_tokens_details or _InputDetails()
        written = self.completion_tokens_details or _OutputDetails()
        cached = (read.cached_tokens, self.prompt_cache_hit_tokens, self.num_cached_tokens)
        return Usage(
            input=self.prompt_tokens,
            output=self.completion_tokens,
            cached_read=next((count for count in cached if count is not None), None),
            cache_write=read.cache_write_tokens,
            reasoning=written.reasoning_tokens,
        )


class _Groq(Struct):
    usage: WireUsage | None = None


class _Function(Struct):
    name: str | None = None
    arguments: str | dict[str, Raw] | None = None  # Mistral's schema allows an object


class _Fragment(Struct):
    """A call, or a piece of one."""

    index: int | None = None
    id: str | None = None
    function: _Function | None = None
    extra_content: Raw = Raw()


class _Piece(Struct):
    """A typed chunk of content, as Mistral sends."""

    type: str = "text"
    text: str = ""
    thinking: str | list[_Piece] = ""
    signature: str | None = None


class _Detail(Struct, omit_defaults=True):
    """An element of `reasoning_details`, as OpenRouter sends and wants back."""

    type: str
    text: str | None = None
    summary: str | None = None
    data: str | None = None
    signature: str | None = None
    id: str | None = None
    format: str | None = None
    index: int | None = None


class _Said(Struct):
    """A message, or what is new of it."""

    content: str | list[_Piece] | None = None
    refusal: str | None = None
    reasoning: str | None = None
    reasoning_content: str | None = None
    reasoning_details: list[_Detail] | None = None
    tool_calls: list[_Fragment] | None = None
    function_call: _Function | None = None


class _Choice(Struct):
    delta: _Said | None = None
    message: _Said | None = None
    finish_reason: str | None = None
    error: Raw = Raw()  # OpenRouter


class _Chunk(Struct):
    """A chunk of a stream, or a whole answer."""

    id: str | None = None
    model: str | None = None
    object: str | None = None
    choices: list[_Choice] | None = None
    usage: WireUsage | None = None
    x_groq: _Groq | None = None
    error: Raw = Raw()


_CHUNK: Final = msgspec.json.Decoder(_Chunk)


class Answer:
    """What has come of one answer."""

    def __init__(self) -> None:
        self.began = False
        self._spoke = False
        self._finish: str | None = None
        self._refusal = ""
        self._usage: Usage | None = None
        self._thinking = _Thoughts()
        self._calls = _Calls()

    def read(self, text: str) -> Iterator[StreamEvent]:
        """One chunk, or the whole answer."""
        data = text.encode()
        chunk = _parsed(data)
        if isinstance(chunk, Failure):
            yield Broken(chunk)
            return
        usage = chunk.usage or (chunk.x_groq.usage if chunk.x_groq else None)
        if not self.began and (chunk.choices or usage):
            self.began = True
            yield Began(model=chunk.model or "", id=chunk.id or "")
        yield from self._choices(chunk.choices or [])
        if usage and self._usage != usage.usage():
            self._usage = usage.usage()
            yield UsageSeen(self._usage)
        if error := _error(chunk, data):
            yield Broken(in_band_failure(error))

    def _choices(self, choices: list[_Choice]) -> Iterator[StreamEvent]:
        for choice in choices:
            if said := choice.delta or choice.message:
                yield from self._say(said)
            if choice.finish_reason:
                self._finish = choice.finish_reason.lower()

    def _say(self, said: _Said) -> Iterator[StreamEvent]:
        if said.refusal:
            self._refusal = (self._refusal + said.refusal)[:MAX_REFUSAL_CHARS]
        yield from self._thinking.more(
            said.reasoning or said.reasoning_content or "", details=said.reasoning_details or []
        )
        if isinstance(said.content, str):
            yield from self._text(said.content)
        elif said.content:
            yield from self._pieces(said.content)
        for fragment in said.tool_calls or []:
            yield from self._call(fragment)
        if said.function_call:
            yield from self._call(_Fragment(function=said.function_call))

    def _pieces(self, pieces: list[_Piece]) -> Iterator[StreamEvent]:
        for piece in pieces:
            if piece.type == "text":
                yield from self._text(piece.text)
            elif piece.type == "thinking":
                thought = piece.thinking
                if not isinstance(thought, str):
                    thought = "".join(part.text for part in thought if part.type == "text")
                yield from self._thinking.more(thought, signature=piece.signature or "")

    def _text(self, text: str) -> Iterator[StreamEvent]:
        if text:
            yield from self._thinking.seal()
            self._spoke = True
            yield TextDelta(text)

    def _call(self, fragment: _Fragment) -> Iterator[StreamEvent]:
        yield from self._thinking.seal()
        yield from self._calls.more(fragment)

    def end(self, *, cut: str = "") -> Iterator[StreamEvent]:
        """The bytes are at their end, by the provider's own word unless `cut` says otherwise."""
        finish = self._finish or ("" if cut else "stop")
        calls = self._calls.begun
        filtered = finish.startswith(("content_filter", "refusal"))
        if self._refusal or filtered or finish.lower() in DECLINED:
            yield Broken(Failure(kind=FailureKind.REFUSED, detail=self._refusal or finish))
        elif not finish:
            yield _broken(cut)
        elif finish.lower() in FAILED:
            yield _broken(f"the provider gave up: {finish}")
        elif not (self._spoke or calls):
            yield Broken(empty())
        else:
            yield from self._thinking.seal()
            yield from self._calls.close(last=finish not in LENGTH)
            yield Ended("length" if finish in LENGTH else "calls" if calls else "end")


class _Thoughts:
    """The block of thinking that is open, and what seals it."""

    def __init__(self) -> None:
        self._open = False
        self._signature = ""
        self._details: list[_Detail] = []
        self._kept_chars = 0

    def more(
        self, text: str, *, details: Iterable[_Detail] = (), signature: str = ""
    ) -> Iterator[StreamEvent]:
        for detail in details:
            self._details.append(detail)
            self._kept_chars += len(detail.text or detail.summary or detail.data or "")
        if self._kept_chars > MAX_SEAL_CHARS:
            yield _broken("the thinking is too large")
        self._signature = signature or self._signature
        if text:
            yield ThinkingDelta(text)
        self._open = self._open or bool(text or self._details or signature)

    def seal(self) -> Iterator[StreamEvent]:
        if self._open:
            whole = list(_whole(self._details))
            details = msgspec.json.encode(whole).decode() if whole else ""
            yield ThinkingSealed(details or self._signature)
            self._open = False
            self._signature = ""
            self._details = []


def _whole(details: list[_Detail]) -> Iterator[_Detail]:
    """The elements whose pieces these are. An encrypted one comes in one piece."""
    for (kind, index, data), run in groupby(
        details, key=lambda one: (one.type, one.index, one.data)
    ):
        pieces = list(run)
        yield _Detail(
            type=kind,
            text=_joined(piece.text for piece in pieces),
            summary=_joined(piece.summary for piece in pieces),
            data=data,
            signature=next((piece.signature for piece in pieces if piece.signature), None),
            id=next((piece.id for piece in pieces if piece.id), None),
            format=next((piece.format for piece in pieces if piece.format), None),
            index=index,
        )


class _Call(Struct):
    """A call that has begun; `wire_id` is empty where the provider gave it none."""

    id: str
    wire_id: str
    has_arguments: bool = False
    seal: str = ""


class _Calls:
    """The calls of one answer, numbered as they appear, whatever index the wire gives them."""

    def __init__(self) -> None:
        self.begun: list[_Call] = []
        # The newest call under each index of the wire, None for those that come without.
        self._under: dict[int | None, int] = {}
        # Two calls can share an index, or an id, but not both.
        self._marked: dict[tuple[int | None, str], int] = {}

    def more(self, fragment: _Fragment) -> Iterator[StreamEvent]:
        if fragment.index is not None and not 0 <= fragment.index < MAX_CALLS:
            yield _broken(f"a call with the index {fragment.index}")
            return
        function = fragment.function or _Function()
        number = self._number(fragment, function.name or "")
        if number == MAX_CALLS:
            yield _broken(f"more than {MAX_CALLS} calls")
            return
        if number == len(self.begun):
            self._begin(fragment)
            yield CallBegan(call=number, id=self.begun[number].id, name=function.name or "")
        call = self.begun[number]
        if holds(fragment.extra_content):
            call.seal = bytes(fragment.extra_content).decode()
        arguments = function.arguments or ""
        if not isinstance(arguments, str):
            arguments = msgspec.json.encode(arguments).decode()
        if arguments:
            call.has_arguments = True
            yield CallDelta(call=number, arguments=arguments)

    def _number(self, fragment: _Fragment, name: str) -> int:
        """Of the call that a fragment belongs to; one past the last where it begins another."""
        another = len(self.begun)
        number = self._under.get(fragment.index)
        if not fragment.id and not name:
            return max(0, another - 1) if number is None else number
        if fragment.id:
            return self._marked.get((fragment.index, fragment.id), another)
        if number is None:
            return another
        call = self.begun[number]
        # Gemini has sent whole calls that all had an empty id and no index of their own.
        return another if call.has_arguments and not call.wire_id else number

    def _begin(self, fragment: _Fragment) -> None:
        number = len(self.begun)
        wire_id = fragment.id or ""
        is_fresh = wire_id and all(call.id != wire_id for call in self.begun)
        self.begun.append(_Call(id=wire_id if is_fresh else f"call_{number}", wire_id=wire_id))
        self._under[fragment.index] = number
        self._marked[fragment.index, wire_id] = number

    def close(self, *, last: bool) -> Iterator[StreamEvent]:
        """All calls are whole, the last one only if `last`."""
        for number, call in enumerate(self.begun if last else self.begun[:-1]):
            yield CallEnded(call=number, seal=call.seal)


def _parsed(data: bytes) -> _Chunk | Failure:
    if is_too_deep(data):
        return broken("the answer is nested too deeply")
    try:
        return _CHUNK.decode(data)
    except msgspec.ValidationError as error:
        if data.startswith(b"[") and b'"error"' in data:  # Gemini sends its errors as a list
            return in_band_failure(data)
        return broken(f"a chunk of another form: {error}")
    except msgspec.DecodeError:
        return broken("a chunk that is not JSON")


def _error(chunk: _Chunk, data: bytes) -> bytes:
    """What a chunk says of a failure; empty if nothing."""
    if holds(chunk.error) or chunk.object == "error":
        return data
    errors = (choice.error for choice in chunk.choices or [] if holds(choice.error))
    return next((b'{"error":%b}' % bytes(error) for error in errors), b"")


def holds(raw: Raw) -> bool:
    return bytes(raw) not in {b"", b"null"}


def _joined(pieces: Iterable[str | None]) -> str | None:
    known = [piece for piece in pieces if piece is not None]
    return "".join(known) if known else None


def _broken(detail: str) -> Broken:
    return Broken(broken(detail))
