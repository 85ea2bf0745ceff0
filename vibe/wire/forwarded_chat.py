"""The chunks of chat completions that are passed on, held to what OpenAI's clients rely on.

Each has choices, each of these a delta, and each piece of a call a number; where one lacks, it is
put in. What only tells the usage is kept from a client that did not ask for it.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec
from msgspec import Raw, Struct, field

from vibe.wire.forwarded import DATA, MEMBERS, UNREADABLE, one_line, parsable
from vibe.wire.loose import holds
from vibe.wire.sse import SseEvent
from vibe.wire.surrogates import hidden

_DONE: Final = "[DONE]"
_OBJECT: Final = "chat.completion.chunk"  # openai's stream() passes over any other


class _Said(Struct):
    """Members that tell more than text are nothing here; one that is something is no text."""

    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    refusal: None = None
    tool_calls: None = None
    function_call: None = None


class _TextChoice(Struct):
    delta: _Said
    index: Literal[0]
    finish_reason: None = None


class _TextChunk(Struct, kw_only=True):
    choices: tuple[_TextChoice]
    kind: Literal["chat.completion.chunk"] = field(name="object")
    error: None = None
    usage: None = None
    code: None = None
    detail: None = None
    type: None = None


class _Function(Struct):
    name: str | None = None
    arguments: object = None


class _Fragment(Struct):
    index: int | None = None
    id: object = None
    function: _Function | None = None
    custom: object = None

    @property
    def is_whole(self) -> bool:
        return self.function is not None and bool(self.function.name)

    @property
    def is_readable(self) -> bool:
        if self.function is None:
            return self.custom is not None
        return self.function.arguments is None or isinstance(self.function.arguments, str)


class _Delta(Struct):
    content: str | list[Raw] | None = None
    refusal: str | None = None
    tool_calls: tuple[_Fragment, ...] | None = None

    @property
    def says_something(self) -> bool:
        return bool(self.content or self.refusal or self.tool_calls)


class _Choice(Struct):
    index: int
    delta: _Delta
    finish_reason: str | None = None


class _Chunk(Struct):
    choices: tuple[_Choice, ...] | None = None
    usage: object = None
    kind: str | None = field(default=None, name="object")


_TEXT_CHUNK: Final = msgspec.json.Decoder(_TextChunk)
_CHUNK: Final = msgspec.json.Decoder(_Chunk)
_LISTED: Final = msgspec.json.Decoder(list[dict[str, Raw]])
_INDEX: Final = msgspec.json.Decoder(int)
_NULL: Final = Raw(b"null")
_NONE: Final = Raw(b"[]")


class ChatEvents:
    """`_calls` is how many calls each choice has, by its index, `_ids` are those of calls."""

    def __init__(self, *, is_of_mistral: bool, hides_usage: bool) -> None:
        self._is_of_mistral = is_of_mistral
        self._hides_usage = hides_usage
        self._calls: dict[int, int] = {}
        self._ids: dict[tuple[int, int | None], object] = {}

    def is_text(self, one: bytes) -> bool:
        try:
            return bool(_TEXT_CHUNK.decode(one_line(one, DATA)))
        except UNREADABLE:
            return False

    def admitted(self, one: bytes, event: SseEvent) -> bytes | None:
        if event.event not in {"", "message"}:
            return None
        if event.data.strip() == _DONE:
            return b"data: [DONE]\n\n"
        said = event.data
        try:
            chunk = _CHUNK.decode(parsable(event))
        except msgspec.ValidationError:
            said, chunk = _read_anew(_with_deltas(MEMBERS.decode(said)))
        if not (self._is_of_mistral or all(map(self._are_numbered, chunk.choices or ()))):
            said, chunk = _read_anew(self._with_numbers(MEMBERS.decode(said)))
        if chunk.choices is None or (self._hides_usage and chunk.usage and not chunk.choices):
            return b""
        if not self._is_in_order(chunk):
            return None
        return one if said == event.data else b"data: %b\n\n" % said.encode()

    def _are_numbered(self, choice: _Choice) -> bool:
        """Gemini (2026) numbers no call, or all alike; each of them comes whole."""
        ids = dict(self._ids)
        for call in choice.delta.tool_calls or ():
            place = choice.index, call.index
            is_another = bool(call.id) and ids.setdefault(place, call.id) != call.id
            if call.is_whole and (call.index is None or is_another):
                return False
        return True

    def _with_numbers(self, members: dict[str, Raw]) -> dict[str, Raw]:
        choices = _LISTED.decode(members["choices"])
        for choice in choices:
            delta = MEMBERS.decode(choice["delta"])
            calls = _LISTED.decode(delta.get("tool_calls", _NONE))
            for number, call in enumerate(
                calls, self._calls.get(_INDEX.decode(choice["index"]), 0)
            ):
                call["index"] = _raw(number)
            choice["delta"] = _raw({**delta, "tool_calls": calls})
        return {**members, "choices": _raw(choices)}

    def _is_in_order(self, chunk: _Chunk) -> bool:
        choices = chunk.choices or ()
        says = any(choice.delta.says_something or choice.finish_reason for choice in choices)
        return (not says or chunk.kind == _OBJECT) and all(map(self._is_known, choices))

    def _is_known(self, choice: _Choice) -> bool:
        """Clients keep choices, and the calls of each, in lists, and look them up there."""
        if not 0 <= choice.index <= len(self._calls):
            return False
        calls = self._calls.setdefault(choice.index, 0)
        if self._is_of_mistral:  # whose clients read any content, and number calls themselves
            return True
        for fragment in choice.delta.tool_calls or ():
            index = fragment.index
            if index is None or not 0 <= index <= calls or not fragment.is_readable:
                return False
            calls = self._calls[choice.index] = max(calls, index + 1)
            if fragment.id:
                self._ids.setdefault((choice.index, index), fragment.id)
        return not isinstance(choice.delta.content, list)


def _with_deltas(members: dict[str, Raw]) -> dict[str, Raw]:
    choices = _LISTED.decode(members.get("choices", _NULL))
    for choice in choices:
        if not holds(choice.get("delta", _NULL)) and not holds(choice.get("message", _NULL)):
            choice["delta"] = Raw(b"{}")
    return {**members, "choices": _raw(choices)}


def _read_anew(members: dict[str, Raw]) -> tuple[str, _Chunk]:
    said = msgspec.json.encode(members).decode()
    return said, _CHUNK.decode(hidden(said))


def _raw(value: object) -> Raw:
    return Raw(msgspec.json.encode(value))
