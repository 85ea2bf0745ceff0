"""The events of Responses that are passed on, held to what OpenAI's clients rely on.

A response begins once and keeps its id; its items are numbered in their order, and whatever tells
of an item tells of one that has begun and is not done. No place may be left out: some of OpenAI's
clients keep the items in a list.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec
from msgspec import Struct, field

from vibe.wire.forwarded import DATA, UNREADABLE, one_line, parsable
from vibe.wire.sse import SseEvent

_HEADS: Final = (b"event: response.output_text.delta\n" + DATA, DATA)
_LIFE: Final = frozenset(
    f"response.{state}"
    for state in ("created", "queued", "in_progress", "completed", "incomplete", "failed")
)
_OF_ITEMS: Final = (
    "response.output_item.",
    "response.content_part.",
    "response.output_text.",
    "response.refusal.",
    "response.reasoning_",
    "response.function_call_arguments.",
    "response.custom_tool_call_input.",
)


class _OutputDelta(Struct):
    type: Literal["response.output_text.delta"]
    delta: str
    output_index: int
    content_index: int


class _Part(Struct):
    type: str
    text: str | None = None

    @property
    def is_text(self) -> bool:
        return self.type == "output_text" and self.text is not None

    @property
    def is_whole(self) -> bool:
        return self.is_text or self.type != "output_text"


class _Item(Struct):
    type: str
    id: str | None = None
    call_id: str | None = None
    arguments: str | None = None
    content: tuple[_Part, ...] | None = None

    @property
    def identity(self) -> tuple[str, str | None]:
        """By which clients find it again."""
        return self.type, self.id if self.call_id is None else self.call_id

    @property
    def is_whole(self) -> bool:
        if self.type != "message":
            return True
        return self.content is not None and all(part.is_whole for part in self.content)


class _Response(Struct):
    id: str
    output: tuple[_Item, ...] | None = None


class _Event(Struct):
    type: str
    output_index: int | None = None
    content_index: int | None = None
    delta: object = None
    item: _Item | None = None
    part: _Part | None = None
    response: _Response | None = None


class _Open(Struct):
    item: _Item
    parts: int = 0
    texts: set[int] = field(default_factory=set[int])


_OUTPUT_DELTA: Final = msgspec.json.Decoder(_OutputDelta)
_EVENT: Final = msgspec.json.Decoder(_Event)


class ResponsesEvents:
    """`_items` are those that have begun, `_open` those of them that are not done."""

    def __init__(self) -> None:
        self._id: str | None = None
        self._items: list[_Item] = []
        self._open: dict[int, _Open] = {}

    def is_text(self, one: bytes) -> bool:
        data = one_line(one, _HEADS[0]) or one_line(one, _HEADS[1])
        try:
            piece = _OUTPUT_DELTA.decode(data)
        except UNREADABLE:
            return False
        item = self._open.get(piece.output_index)
        return item is not None and piece.content_index in item.texts

    def admitted(self, one: bytes, event: SseEvent) -> bytes | None:
        if event.data == "[DONE]":
            return one
        told = _EVENT.decode(parsable(event))
        is_named = event.event in {"", "message", told.type}
        return one if is_named and self._is_in_order(told) else None

    def _is_in_order(self, told: _Event) -> bool:
        if told.type in _LIFE:
            return told.response is not None and self._lives(told.type, told.response)
        if self._id is None:
            return False
        if told.type == "response.output_item.added":
            return told.item is not None and self._begins(told.item, told.output_index)
        if told.output_index is None:
            return not told.type.startswith(_OF_ITEMS)
        item = self._open.get(told.output_index)
        return item is not None and self._goes_on(item, told)

    def _lives(self, kind: str, response: _Response) -> bool:
        if kind == "response.created":
            is_first, self._id = self._id is None, response.id
            return is_first and not response.output
        if response.output is not None and not self._are_told(kind, response.output):
            return False
        return response.id == self._id

    def _are_told(self, kind: str, output: tuple[_Item, ...]) -> bool:
        """Whether what a response holds has been told of, and all else is left out for a reason."""
        if kind == "response.completed":
            left = {item.item.identity for item in self._open.values()}
            if not left <= {item.identity for item in output}:
                return False
        return len(output) <= len(self._items) and all(item.is_whole for item in output)

    def _begins(self, item: _Item, index: int | None) -> bool:
        is_next = index == len(self._items)
        is_new = item.identity not in {other.identity for other in self._items}
        parts = item.content or ()
        texts = {place for place, part in enumerate(parts) if part.is_text}
        self._open[len(self._items)] = _Open(item, parts=len(parts), texts=texts)
        self._items.append(item)
        return is_next and is_new and item.is_whole

    def _goes_on(self, item: _Open, told: _Event) -> bool:
        match told.type:
            case "response.output_item.done":
                del self._open[told.output_index or 0]
                return told.item is not None and _is_same(item.item, told.item)
            case "response.content_part.added":
                return self._adds(item, told)
            case "response.content_part.done":
                item.texts.discard(-1 if told.content_index is None else told.content_index)
                return True
            case "response.output_text.delta":
                return told.content_index in item.texts and isinstance(told.delta, str)
            case "response.output_text.done":
                return told.content_index in item.texts
            case "response.function_call_arguments.delta":
                is_told = isinstance(told.delta, str) and item.item.arguments is not None
                return is_told and item.item.type == "function_call"
            case _:
                return True

    def _adds(self, item: _Open, told: _Event) -> bool:
        if told.part is None or not told.part.is_whole or told.content_index != item.parts:
            return False
        if told.part.is_text:
            item.texts.add(item.parts)
        item.parts += 1
        return True


def _is_same(item: _Item, done: _Item) -> bool:
    is_other = (item.type, item.id, item.call_id) != (done.type, done.id, done.call_id)
    return done.is_whole and not is_other
