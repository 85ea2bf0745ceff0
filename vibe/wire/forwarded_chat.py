"""The chunks of chat completions that are passed on, held to what OpenAI's clients rely on.

Each has choices, each of these a delta, and each piece of a call its place among the calls; what
lacks or is otherwise is put right. What only tells the usage is kept from a client that did not ask
for it.
"""

from __future__ import annotations

from collections.abc import Iterable
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
_NULL: Final = Raw(b"null")


class _Calls:
    """The calls of one choice: clients keep them in a list, and each piece is told its place there.

    Providers number them from 1, or by the parts of another protocol, or not at all, or all alike;
    in the last two each comes whole.
    """

    def __init__(self) -> None:
        self._places: dict[int | None, int] = {}
        self._ids: dict[int | None, object] = {}
        self._count = 0

    def place(self, fragment: _Fragment) -> int | None:
        """None for a piece of no call."""
        number = fragment.index
        is_another = bool(fragment.id) and self._ids.get(number, fragment.id) != fragment.id
        if fragment.is_whole and (number is None or is_another):
            return self._begun(fragment)
        if number is None:
            return self._count - 1 if self._count else None
        if number not in self._places:
            return self._begun(fragment)
        if fragment.id:
            self._ids.setdefault(number, fragment.id)
        return self._places[number]

    def _begun(self, fragment: _Fragment) -> int:
        place = self._places[fragment.index] = self._count
        self._count += 1
        if fragment.id:
            self._ids[fragment.index] = fragment.id
        return place


class ChatEvents:
    """`_calls` are those of each choice, by its index."""

    def __init__(self, *, is_of_mistral: bool, hides_usage: bool) -> None:
        self._is_of_mistral = is_of_mistral
        self._hides_usage = hides_usage
        self._calls: dict[int, _Calls] = {}

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
        if chunk.choices is None or (self._hides_usage and chunk.usage and not chunk.choices):
            return b""
        if not self._is_in_order(chunk):
            return None
        if not self._is_of_mistral:  # whose clients number calls themselves
            places = tuple(map(self._places, chunk.choices))
            if any(None in each for each in places):
                return None
            if places != tuple(map(_numbers, chunk.choices)):
                said = _numbered(said, places)
        return one if said == event.data else b"data: %b\n\n" % said.encode()

    def _places(self, choice: _Choice) -> tuple[int | None, ...]:
        calls = self._calls[choice.index]
        return tuple(map(calls.place, choice.delta.tool_calls or ()))

    def _is_in_order(self, chunk: _Chunk) -> bool:
        choices = chunk.choices or ()
        says = any(choice.delta.says_something or choice.finish_reason for choice in choices)
        return (not says or chunk.kind == _OBJECT) and all(map(self._is_known, choices))

    def _is_known(self, choice: _Choice) -> bool:
        """Clients keep choices in a list as well, and look them up there."""
        if not 0 <= choice.index <= len(self._calls):
            return False
        self._calls.setdefault(choice.index, _Calls())
        delta = choice.delta
        is_readable = all(fragment.is_readable for fragment in delta.tool_calls or ())
        return self._is_of_mistral or (is_readable and not isinstance(delta.content, list))


def _numbers(choice: _Choice) -> tuple[int | None, ...]:
    return tuple(fragment.index for fragment in choice.delta.tool_calls or ())


def _numbered(said: str, places: Iterable[tuple[int | None, ...]]) -> str:
    members = MEMBERS.decode(said)
    choices = _LISTED.decode(members["choices"])
    for choice, own in zip(choices, places, strict=True):
        if own:
            delta = MEMBERS.decode(choice["delta"])
            calls = _LISTED.decode(delta["tool_calls"])
            numbered = [{**call, "index": _raw(n)} for call, n in zip(calls, own, strict=True)]
            choice["delta"] = _raw({**delta, "tool_calls": numbered})
    return msgspec.json.encode({**members, "choices": _raw(choices)}).decode()


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
