"""The events of Messages that are passed on, held to what Anthropic's clients rely on.

Each bears its name; a message begins once, its blocks are numbered in their order, and each piece
is of a block that is open. Anthropic ends each block before the next; llama.cpp has several open,
and some that it never ends.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec
from msgspec import Raw, Struct

from vibe.wire.forwarded import DATA, MEMBERS, UNREADABLE, one_line, parsable
from vibe.wire.sse import SseEvent

_HEAD: Final = b"event: content_block_delta\n" + DATA
_STOP: Final = b'event: content_block_stop\ndata: {"type":"content_block_stop","index":%d}\n\n'
_NOT_COUNTED: Final = Raw(b'{"output_tokens":0}')
_KIND_OF: Final = {
    "text_delta": "text",
    "citations_delta": "text",
    "thinking_delta": "thinking",
    "signature_delta": "thinking",
}


class _Text(Struct, tag_field="type", tag="text_delta"):
    text: str


class _Thinking(Struct, tag_field="type", tag="thinking_delta"):
    thinking: str


class _Piece(Struct):
    type: Literal["content_block_delta"]
    index: int
    delta: _Text | _Thinking


class _Counted(Struct):
    output_tokens: int


class _Message(Struct):
    content: tuple[()]
    usage: dict[str, Raw]


class _Start(Struct):
    message: _Message


class _Block(Struct):
    type: str
    text: str | None = None
    thinking: str | None = None
    id: str | None = None
    name: str | None = None

    @property
    def is_whole(self) -> bool:
        match self.type:
            case "text":
                return self.text is not None
            case "thinking":
                return self.thinking is not None
            case "tool_use":
                return self.id is not None and self.name is not None
            case _:
                return True


class _BlockStart(Struct):
    index: int
    content_block: _Block


class _Delta(Struct):
    type: str
    text: str | None = None
    thinking: str | None = None
    partial_json: str | None = None

    @property
    def is_whole(self) -> bool:
        match self.type:
            case "text_delta":
                return self.text is not None
            case "thinking_delta":
                return self.thinking is not None
            case "input_json_delta":
                return self.partial_json is not None
            case _:
                return True


class _BlockDelta(Struct):
    index: int
    delta: _Delta


class _BlockStop(Struct):
    index: int


class _End(Struct):
    delta: dict[str, Raw]
    usage: _Counted


class _Type(Struct):
    type: str


_PIECE: Final = msgspec.json.Decoder(_Piece)
_START: Final = msgspec.json.Decoder(_Start)
_BLOCK_START: Final = msgspec.json.Decoder(_BlockStart)
_BLOCK_DELTA: Final = msgspec.json.Decoder(_BlockDelta)
_BLOCK_STOP: Final = msgspec.json.Decoder(_BlockStop)
_END: Final = msgspec.json.Decoder(_End)
_TYPE: Final = msgspec.json.Decoder(_Type)


class MessagesEvents:
    """`_open` are the blocks that have begun and not ended, each with its type."""

    def __init__(self) -> None:
        self._has_started = self._is_ending = False
        self._blocks = 0
        self._open: dict[int, str] = {}

    def is_text(self, one: bytes) -> bool:
        try:
            piece = _PIECE.decode(one_line(one, _HEAD))
        except UNREADABLE:
            return False
        kind = "text" if type(piece.delta) is _Text else "thinking"
        return self._open.get(piece.index) == kind

    def admitted(self, one: bytes, event: SseEvent) -> bytes | None:
        data = parsable(event)
        kind = _TYPE.decode(data).type
        if event.event != kind:  # Anthropic's SDK goes by the one, and then by the other
            return None
        if kind == "message_start":
            _START.decode(data)
            is_first, self._has_started = not self._has_started, True
            return one if is_first else None
        if kind == "message_delta":
            return self._ended(one, data)
        is_in_order = kind == "ping" or (self._has_started and self._is_in_order(kind, data))
        return one if is_in_order else None

    def _is_in_order(self, kind: str, data: bytes) -> bool:
        match kind:
            case "content_block_start":
                return self._begins(_BLOCK_START.decode(data))
            case "content_block_delta":
                return self._goes_on(_BLOCK_DELTA.decode(data))
            case "content_block_stop":
                return self._open.pop(_BLOCK_STOP.decode(data).index, None) is not None
            case "message_stop":
                return self._is_ending
            case _:
                return True

    def _begins(self, start: _BlockStart) -> bool:
        is_next = start.index == self._blocks and not self._is_ending
        self._blocks += 1
        self._open[start.index] = start.content_block.type
        return is_next and start.content_block.is_whole

    def _goes_on(self, piece: _BlockDelta) -> bool:
        kind = self._open.get(piece.index)
        is_of_it = kind == _KIND_OF.get(piece.delta.type, kind)
        return kind is not None and is_of_it and piece.delta.is_whole

    def _ended(self, one: bytes, data: bytes) -> bytes | None:
        """With an end for what was said and has none, but not for a call, of which Anthropic ends
        none that was cut; and with a count where there is none, which its clients look up."""
        try:
            _END.decode(data)
        except msgspec.ValidationError:
            members = {**MEMBERS.decode(data), "usage": _NOT_COUNTED}
            one = b"event: message_delta\ndata: %b\n\n" % msgspec.json.encode(members)
            _END.decode(one.partition(DATA)[2])
        left = [index for index, kind in self._open.items() if kind in {"text", "thinking"}]
        self._open.clear()
        self._is_ending = True
        return b"".join(_STOP % index for index in left) + one if self._has_started else None
