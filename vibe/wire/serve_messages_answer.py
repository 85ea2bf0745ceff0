"""Answers in the form of Anthropic's Messages, whole and as a stream: for whoever serves them.

A stream is made of blocks that begin when there is something to say and end before the next begins:
what comes of a second call while a first is open waits for its end. An answer that was refused ends
as Anthropic's own do, with that as its reason; any other failure is an error event.
"""

from __future__ import annotations

from collections import deque
from typing import Any, Final, Literal, TypeAlias, assert_never

import msgspec
from msgspec import Raw, Struct, field

from vibe.domain.answer import Answer
from vibe.domain.message import AssistantPart, Producer, Text, Thinking, ToolCall
from vibe.domain.stream import (
    CallBegan,
    CallDelta,
    CallEnded,
    StopReason,
    TextDelta,
    ThinkingDelta,
    ThinkingSealed,
)
from vibe.domain.usage import Usage
from vibe.wire.capability import estimated_tokens
from vibe.wire.messages_request import members
from vibe.wire.serve_messages import read_count_request, read_messages_request
from vibe.wire.serve_messages_seal import signature
from vibe.wire.serving import Dialect, Fault, Heading, Piece, Trouble, Wanted

REASONS: Final[dict[StopReason, str]] = {
    "end": "end_turn",
    "stop_sequence": "stop_sequence",
    "length": "max_tokens",
    "calls": "tool_use",
}
_TYPES: Final[dict[Trouble, str]] = {
    "invalid": "invalid_request_error",
    "too_long": "invalid_request_error",
    "refused": "invalid_request_error",
    "unauthorized": "authentication_error",
    "forbidden": "permission_error",
    "not_found": "not_found_error",
    "too_large": "request_too_large",
    "rate_limited": "rate_limit_error",
    "overloaded": "overloaded_error",
    "failed": "api_error",
    "timeout": "timeout_error",
}
_TOO_LONG: Final = "prompt is too long"  # by these words Claude Code knows that it has to compact
_PING: Final = b'event: ping\ndata: {"type":"ping"}\n\n'
_STOP: Final = b'event: message_stop\ndata: {"type":"message_stop"}\n\n'
_BLOCK_STOP: Final = (
    b'event: content_block_stop\ndata: {"type":"content_block_stop","index":%d}\n\n'
)
_DELTA: Final = (
    b"event: content_block_delta\n"
    b'data: {"type":"content_block_delta","index":%d,"delta":{"type":"%b","%b":%b}}\n\n'
)

Json: TypeAlias = dict[str, Any]
_encode: Final = msgspec.json.encode


class _Block(Struct):
    """`call` is -1 but for a call. `waiting` came while another block was open."""

    kind: Literal["text", "thinking", "call"]
    began: Json
    call: int = -1
    is_closed: bool = False
    has_arguments: bool = False
    waiting: list[bytes] = field(default_factory=list[bytes])


class MessagesWriter:
    """`_blocks` are those that have not been told to their end: the first is open on the wire and
    has the index `_index`, the others wait. Only calls and the last of all may still grow."""

    def __init__(self, heading: Heading, *, stop: tuple[str, ...] = ()) -> None:
        self._heading = heading
        self._stop = stop
        self._producer: Producer | None = None
        self._blocks: deque[_Block] = deque()
        self._calls: dict[int, _Block] = {}
        self._index = -1

    def by(self, producer: Producer) -> bytes:
        """Who speaks from here on. Thought that another has begun ends, and is nobody's."""
        ended = self._end_last() if self._grows("thinking") else b""
        self._producer = producer
        return ended
