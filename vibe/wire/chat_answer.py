"""One answer of chat completions, folded into events as its chunks come.

Takes every variation that is known, whoever sends it: thinking under three names, content in typed
chunks, a whole message for its pieces. The form of a chunk stands in chat_form.py, what becomes of
its calls in chat_calls.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final

import msgspec

from vibe.domain.failure import Failure, FailureKind
from vibe.domain.stream import (
    Began,
    Broken,
    Ended,
    StreamEvent,
    TextDelta,
    ThinkingDelta,
    ThinkingSealed,
    UsageSeen,
)
from vibe.domain.usage import Usage
from vibe.wire.chat_calls import Calls
from vibe.wire.chat_form import (
    Choice,
    Detail,
    Fragment,
    Piece,
    Said,
    failure_in,
    parsed,
    usage_of,
)
from vibe.wire.error_body import shown
from vibe.wire.failures import broken, empty
from vibe.wire.loose import label, member

MAX_REFUSAL_CHARS: Final = 1_000
MAX_SEAL_BYTES: Final = 8 * 1024 * 1024
DETAIL_BYTES: Final = 100  # what an element costs beside its JSON

WHOLE: Final = frozenset({
    "stop", "tool_calls", "function_call", "tool_use", "end_turn", "stop_sequence", "eos",
    "eos_token", "complete", "completed",
})  # fmt: skip
FAILED: Final = frozenset({
    "error", "server_error", "cancelled", "abort", "aborted", "network_error", "timeout",
    "insufficient_system_resource", "malformed_function_call",
})  # fmt: skip
DECLINED: Final = frozenset({"safety", "recitation", "sensitive", "prohibited_content"})


class Answer:
    """What has come of one answer."""

    def __init__(self) -> None:
        self.began = False
        self._spoke = False
        self._finish: str | None = None
        self._strange = False
        self._refusal = ""
        self._usage: Usage | None = None
        self._thinking = _Thoughts()
        self._calls = Calls()

    def read(self, text: str) -> Iterator[StreamEvent]:
        """One chunk, or the whole answer."""
        chunk = parsed(text)
        if isinstance(chunk, Failure):
            yield Broken(chunk)
            return
        usage = usage_of(chunk.usage) or usage_of(member(chunk.x_groq, "usage"))
        if not self.began and (chunk.choices or usage):
            self.began = True
            yield Began(model=label(chunk.model), id=label(chunk.id))
        self._strange = self._strange or chunk.says_nothing
        yield from self._choices(chunk.choices or [])
        if usage and self._usage != usage:
            self._usage = usage
            yield UsageSeen(usage)
        if failure := failure_in(chunk, text):
            yield Broken(failure)

    def _choices(self, choices: list[Choice]) -> Iterator[StreamEvent]:
        for choice in choices:
            if said := choice.delta or choice.message:
                yield from self._say(said)
            if choice.finish_reason:
                self._finish = choice.finish_reason.lower()

    def _say(self, said: Said) -> Iterator[StreamEvent]:
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
            yield from self._call(Fragment(index=0, function=said.function_call))

    def _pieces(self, pieces: list[Piece]) -> Iterator[StreamEvent]:
        for piece in pieces:
            if piece.type == "text":
                yield from self._text(piece.text or "")
            elif piece.type == "thinking":
                thought = piece.thinking or ""
                if not isinstance(thought, str):
                    thought = "".join(part.text or "" for part in thought if part.type == "text")
                yield from self._thinking.more(thought, signature=piece.signature or "")

    def _text(self, text: str) -> Iterator[StreamEvent]:
        if text:
            yield from self._thinking.seal()
            self._spoke = True
            yield TextDelta(text)

    def _call(self, fragment: Fragment) -> Iterator[StreamEvent]:
        yield from self._thinking.seal()
        yield from self._calls.more(fragment)

    @property
    def said(self) -> bool:
        return self._spoke or bool(self._calls)

    def end(self, *, cut: str = "") -> Iterator[StreamEvent]:
        """The bytes are at their end, by the provider's own word unless `cut` says otherwise."""
        if self._strange and not cut:  # an error in a form of its own, where the end was due
            cut = "something else came in the place of the end"
        finish = self._finish or ("" if cut else "stop")
        filtered = finish.startswith(("content_filter", "refusal"))
        if self._refusal or filtered or finish in DECLINED:
            yield Broken(Failure(kind=FailureKind.REFUSED, detail=shown(self._refusal or finish)))
        elif not finish:
            yield _broken(cut)
        elif finish in FAILED:
            yield _broken(f"the provider gave up: {finish}")
        elif not self.said:
            yield Broken(empty())
        else:
            # `length`, and any word that is not known here, which says neither that the answer is
            # whole nor that it is worthless: nobody takes it for more than it may be.
            is_short = finish not in WHOLE
            yield from self._thinking.seal()
            yield from self._calls.close(by_reason=self._finish is not None, at_length=is_short)
            yield Ended("length" if is_short else "calls" if self._calls else "end")


class _Thoughts:
    """The block of thinking that is open, and what seals it."""

    def __init__(self) -> None:
        self._open = False
        self._signature = ""
        self._details: list[Detail] = []
        self._kept_bytes = 0

    def more(
        self, text: str, *, details: Iterable[Detail] = (), signature: str = ""
    ) -> Iterator[StreamEvent]:
        for detail in details:
            self._details.append(detail)
            self._kept_bytes += DETAIL_BYTES + len(msgspec.json.encode(detail))
        if self._kept_bytes > MAX_SEAL_BYTES:
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


def _whole(details: list[Detail]) -> Iterator[Detail]:
    """The elements whose pieces these are. An encrypted one comes in one piece."""
    for (kind, index, data), run in groupby(
        details, key=lambda one: (one.type, one.index, one.data)
    ):
        pieces = list(run)
        yield Detail(
            type=kind,
            text=_joined(piece.text for piece in pieces),
            summary=_joined(piece.summary for piece in pieces),
            data=data,
            signature=next((piece.signature for piece in pieces if piece.signature), None),
            id=next((piece.id for piece in pieces if piece.id), None),
            format=next((piece.format for piece in pieces if piece.format), None),
            index=index,
        )


def _joined(pieces: Iterable[str | None]) -> str | None:
    known = [piece for piece in pieces if piece is not None]
    return "".join(known) if known else None


def _broken(detail: str) -> Broken:
    return Broken(broken(detail))
