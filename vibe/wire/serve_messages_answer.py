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
from vibe.wire.seals import sealed
from vibe.wire.serve_messages import read_count_request, read_messages_request
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


class _Block(Struct):
    """`waiting` is what came of it while another block was open."""

    index: int
    kind: Literal["text", "thinking", "call"]
    is_closed: bool = False
    is_argued: bool = False
    waiting: bytearray = field(default_factory=bytearray)


class MessagesWriter:
    """`_blocks` are those that the client has not read to their end. The first is open and written
    as it grows, the others wait; only calls, and the last of all, can still grow."""

    def __init__(self, wanted: Wanted, heading: Heading) -> None:
        self._wanted = wanted
        self._heading = heading
        self._producer = heading.producer
        self._has_begun = False
        self._blocks: deque[_Block] = deque()
        self._calls: dict[int, _Block] = {}
        self._count = 0

    def begin(self) -> bytes:
        self._has_begun = True
        usage = _usage(Usage(output=1), self._wanted)
        return _event("message_start", message=_message(self._heading, usage))

    def by(self, producer: Producer) -> bytes:
        """Who speaks from here on. Thought that another had begun ends there, sealed by nobody."""
        ended = self._close(self._blocks[-1]) if self._grows("thinking") else b""
        self._producer = producer
        return ended

    def piece(self, piece: Piece) -> bytes:
        match piece:
            case TextDelta(text):
                if not text:
                    return b""
                opened = b"" if self._grows("text") else self._open("text", text="")
                return opened + self._more(self._blocks[-1], b"text_delta", b"text", text)
            case ThinkingDelta(text):
                return self._think(text) if text else b""
            case ThinkingSealed(seal):
                return self._seal(seal)
            case CallBegan(call=call, id=id, name=name):
                opened = self._open("call", id=id, name=name, input={})
                self._calls[call] = self._blocks[-1]
                return opened
            case CallDelta(call=call, arguments=arguments):
                return self._argue(self._calls[call], arguments)
            case CallEnded(call=call):
                return self._close(self._calls[call])
            case _:
                assert_never(piece)

    def beat(self) -> bytes:
        return _PING

    def end(self, answer: Answer) -> bytes:
        """A call that did not end was cut: nobody may take what there is of it for the whole."""
        is_cut = any(block.kind == "call" and not block.is_closed for block in self._blocks)
        reason = "length" if is_cut else answer.reason
        usage = _usage(answer.usage, self._wanted)
        return self._end_all() + _last(_stopped(reason, self._wanted.request.stop), usage)

    def fail(self, fault: Fault) -> bytes:
        """Also of a stream that somebody else began, of which nothing is known here."""
        if fault.trouble != "refused" or not self._has_begun:
            return _event("error", **_error(fault), request_id=self._heading.id)
        details = {"type": "refusal", "category": None, "explanation": fault.message}
        refused = {"stop_reason": "refusal", "stop_sequence": None, "stop_details": details}
        return self._end_all() + _last(refused, _usage(Usage(), self._wanted))

    # Blocks.

    def _grows(self, kind: Literal["text", "thinking"]) -> bool:
        """Whether the last block is of that kind, and open."""
        if not self._blocks:
            return False
        last = self._blocks[-1]
        return last.kind == kind and not last.is_closed

    def _open(self, kind: Literal["text", "thinking", "call"], **began: object) -> bytes:
        ended = self._end_said()
        block = _Block(self._count, kind)
        self._count += 1
        self._blocks.append(block)
        shape = {"type": "tool_use" if kind == "call" else kind, **began}
        start = _event("content_block_start", index=block.index, content_block=shape)
        return ended + self._put(block, start)

    def _end_said(self) -> bytes:
        """The end of a text or a thought, if that is what was said last."""
        if self._grows("thinking"):
            return self._seal("")
        return self._close(self._blocks[-1]) if self._grows("text") else b""

    def _think(self, text: str) -> bytes:
        opened = b"" if self._grows("thinking") else self._open_thought()
        return opened + self._more(self._blocks[-1], b"thinking_delta", b"thinking", text)

    def _open_thought(self) -> bytes:
        return self._open("thinking", thinking="", signature="")

    def _seal(self, seal: str) -> bytes:
        opened = b""
        if not self._grows("thinking"):
            if not seal or not self._producer:
                return b""
            opened = self._open_thought()
        thought = self._blocks[-1]
        if self._producer:
            signed = sealed(Thinking(text="", producer=self._producer, seal=seal))
            opened += self._more(thought, b"signature_delta", b"signature", signed)
        return opened + self._close(thought)

    def _argue(self, call: _Block, arguments: str) -> bytes:
        call.is_argued = call.is_argued or bool(arguments.strip())
        return self._more(call, b"input_json_delta", b"partial_json", arguments)

    def _more(self, block: _Block, kind: bytes, member: bytes, text: str) -> bytes:
        return self._put(block, _DELTA % (block.index, kind, member, msgspec.json.encode(text)))

    def _put(self, block: _Block, data: bytes) -> bytes:
        if block is self._blocks[0]:
            return data
        block.waiting += data
        return b""

    def _close(self, block: _Block) -> bytes:
        """And what waited for that, up to the next block that is open."""
        written = b""
        if block.kind == "call" and not block.is_argued:
            written = self._argue(block, "{}")
        written += self._put(block, _BLOCK_STOP % block.index)
        block.is_closed = True
        while self._blocks and self._blocks[0].is_closed:
            self._blocks.popleft()
            if self._blocks:
                written += self._blocks[0].waiting
        return written

    def _end_all(self) -> bytes:
        ended = self._end_said()
        cut = [block for block in self._blocks if not block.is_closed]
        return ended + b"".join(map(self._close, cut))


class ServedMessages:
    @property
    def dialect(self) -> Dialect:
        return "messages"

    def read(self, body: bytes) -> Wanted:
        return read_messages_request(body)

    def read_count(self, body: bytes) -> Wanted:
        """A request to `count_tokens`, which needs less."""
        return read_count_request(body)

    def count(self, wanted: Wanted) -> bytes:
        return msgspec.json.encode({"input_tokens": estimated_tokens(wanted.request)})

    def writer(self, wanted: Wanted, heading: Heading) -> MessagesWriter:
        return MessagesWriter(wanted, heading)

    def whole(self, wanted: Wanted, heading: Heading, answer: Answer) -> bytes:
        content = [block for part in answer.parts if (block := _block(part))]
        stopped = _stopped(answer.reason, wanted.request.stop)
        message = _message(heading, _usage(answer.usage, wanted))
        return msgspec.json.encode({**message, "content": content, **stopped})

    def error(self, fault: Fault, *, request_id: str) -> bytes:
        return msgspec.json.encode({"type": "error", **_error(fault), "request_id": request_id})


def _message(heading: Heading, usage: Json) -> Json:
    return {
        "id": heading.id,
        "type": "message",
        "role": "assistant",
        "model": heading.model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": usage,
    }


def _block(part: AssistantPart) -> Json | None:
    match part:
        case Text(text):
            return {"type": "text", "text": text} if text else None
        case Thinking(text=text):
            return {"type": "thinking", "thinking": text, "signature": sealed(part)}
        case ToolCall(id=id, name=name, arguments=arguments):
            return {"type": "tool_use", "id": id, "name": name, "input": _input(arguments)}
        case _:
            assert_never(part)


def _input(arguments: str) -> Json | Raw:
    """An object in any case. Arguments that are none fit no tool, so that the model is told."""
    if not arguments.strip():
        return {}
    return {"_invalid": arguments} if members(arguments) is None else Raw(arguments)


def _usage(usage: Usage, wanted: Wanted) -> Json:
    """Anthropic's `input_tokens` are those that no cache had anything to do with; an estimate, as
    long as nobody has counted."""
    read, written = usage.cached_read or 0, usage.cache_write or 0
    counted = usage.input
    fresh = estimated_tokens(wanted.request) if counted is None else counted - read - written
    told: Json = {
        "input_tokens": max(0, fresh),
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": read,
        "output_tokens": usage.output or 0,
    }
    if usage.reasoning is not None:
        told["output_tokens_details"] = {"thinking_tokens": usage.reasoning}
    return told


def _stopped(reason: StopReason, stop: tuple[str, ...]) -> Json:
    """Which text it was that stopped it, only one who asked for a single one can tell."""
    found = stop[0] if reason == "stop_sequence" and len(stop) == 1 else None
    return {"stop_reason": REASONS[reason], "stop_sequence": found}


def _error(fault: Fault) -> Json:
    message = fault.message
    if fault.trouble == "too_long" and _TOO_LONG not in message.lower():
        message = f"{_TOO_LONG}: {message}"
    return {"error": {"type": _TYPES[fault.trouble], "message": message}}


def _last(delta: Json, usage: Json) -> bytes:
    return _event("message_delta", delta=delta, usage=usage) + _STOP


def _event(type: str, **fields: object) -> bytes:
    data = msgspec.json.encode({"type": type, **fields})
    return b"event: %b\ndata: %b\n\n" % (type.encode(), data)
