"""What Anthropic's Messages API says of an answer, and the events that come of it.

Blocks are told apart by their index and may lie open side by side: Anthropic closes each before the
next, llama.cpp closes all at the end. The arguments of a call are passed on as they come; they are
read only to tell whether they are whole. Blocks of tools that the provider runs itself are skipped.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal, TypeAlias

import msgspec
import msgspec.structs
from msgspec import Struct

from vibe.domain.failure import Failure, FailureKind
from vibe.domain.stream import (
    Began,
    Broken,
    CallBegan,
    CallDelta,
    CallEnded,
    Ended,
    StopReason,
    StreamEvent,
    TextDelta,
    ThinkingDelta,
    ThinkingSealed,
    UsageSeen,
)
from vibe.domain.usage import Usage
from vibe.wire.error_body import shown
from vibe.wire.failures import broken, empty
from vibe.wire.messages_request import REDACTED, members
from vibe.wire.sse import MAX_EVENT_BYTES

MAX_BLOCKS: Final = 256  # that are calls, and that lie open at once
REASONS: Final[dict[str, StopReason]] = {
    "end_turn": "end",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "pause_turn": "length",
    "stop_sequence": "stop_sequence",
    "tool_use": "calls",
}


class _Details(Struct):
    thinking_tokens: int | None = None


class _Usage(Struct):
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    output_tokens_details: _Details | None = None


class _Refusal(Struct):
    category: str | None = None
    explanation: str | None = None


class _Block(Struct):
    type: str
    id: str = ""
    name: str = ""
    text: str = ""
    thinking: str = ""
    signature: str | None = None
    data: str = ""
    input: msgspec.Raw = msgspec.Raw(b"{}")


class _Delta(Struct):
    type: str
    text: str = ""
    thinking: str = ""
    signature: str = ""
    partial_json: str = ""


class _Stop(Struct):
    stop_reason: str | None = None
    stop_details: _Refusal | None = None


class Message(_Stop):
    id: str | None = None
    model: str | None = None
    usage: _Usage | None = None


class Body(Message, kw_only=True):
    content: list[_Block]


class MessageStart(Struct, tag="message_start"):
    message: Message


class BlockStart(Struct, tag="content_block_start"):
    index: int
    content_block: _Block


class BlockDelta(Struct, tag="content_block_delta"):
    index: int
    delta: _Delta


class BlockStop(Struct, tag="content_block_stop"):
    index: int


class MessageDelta(Struct, tag="message_delta"):
    delta: _Stop
    usage: _Usage | None = None


class MessageStop(Struct, tag="message_stop"):
    pass


Event: TypeAlias = MessageStart | BlockStart | BlockDelta | BlockStop | MessageDelta | MessageStop


class _Open(Struct):
    """A block that has begun; `call` is its number among the calls."""

    kind: Literal["text", "thinking", "call", "other"]
    call: int = 0
    input: bytes = b""
    seal: str = ""
    arguments: bytearray = msgspec.field(default_factory=bytearray)


class Answer:
    """What has come of one answer so far."""

    def __init__(self) -> None:
        self._id: str | None = None
        self._open: dict[int, _Open] = {}
        self._calls = 0
        self._said = False
        # Calls closed with arguments that are no JSON object: cut if the answer was, else wrong.
        self._doubtful: list[int] = []
        # Its `input` is what was not cached, as on the wire.
        self._usage = Usage()
        self._reason: StopReason | None = None
        self._window_is_full = False

    def read(self, event: Event) -> Iterator[StreamEvent]:
        if self._id is None and not isinstance(event, MessageStart):
            self._id = ""  # the answer began without a word on which message it is
        match event:
            case MessageStart(message):
                return self._start(message)
            case BlockStart(index, block):
                return self._begin(index, block)
            case BlockDelta(index, delta):
                return self._delta(index, delta)
            case BlockStop(index):
                return self._close(index)
            case MessageDelta(stop, usage):
                return self._stop(stop, usage)
            case MessageStop():
                return self._end()

    def _start(self, message: Message) -> Iterator[StreamEvent]:
        message_id = message.id or ""
        if self._id is None:
            self._id = message_id
            yield Began(model=message.model or "", id=message_id)
        elif self._id != message_id:
            yield _broken("another message began inside the answer")
        yield from self._count(message.usage)

    def _count(self, usage: _Usage | None) -> Iterator[StreamEvent]:
        if not usage:
            return
        details = usage.output_tokens_details
        self._usage = counted = self._usage.merged(
            Usage(
                input=usage.input_tokens,
                output=usage.output_tokens,
                cached_read=usage.cache_read_input_tokens,
                cache_write=usage.cache_creation_input_tokens,
                reasoning=details.thinking_tokens if details else None,
            )
        )
        if counted.input is not None:
            cached = (counted.cached_read or 0) + (counted.cache_write or 0)
            counted = msgspec.structs.replace(counted, input=counted.input + cached)
        yield UsageSeen(counted)

    def _begin(self, index: int, block: _Block) -> Iterator[StreamEvent]:
        yield from self._seal()
        opened = self._open[index] = _Open("other")
        if len(self._open) > MAX_BLOCKS or self._calls == MAX_BLOCKS:
            yield _broken(f"more than {MAX_BLOCKS} blocks")
            return
        match block.type:
            case "text":
                opened.kind = "text"
                yield from self._text(block.text)
            case "thinking":
                opened.kind = "thinking"
                opened.seal = block.signature or ""
                yield from _thought(block.thinking)
            case "redacted_thinking":
                yield ThinkingSealed(REDACTED + block.data if block.data else "")
            case "tool_use":
                opened.kind = "call"
                opened.call = self._calls
                opened.input = bytes(block.input)
                self._calls += 1
                yield CallBegan(call=opened.call, id=block.id, name=block.name)
            case _:
                pass

    def _delta(self, index: int, delta: _Delta) -> Iterator[StreamEvent]:
        block = self._open.get(index)
        if block is None:
            yield _broken(f"a piece of block {index}, which is not open")
            return
        match block.kind, delta.type:
            case "text", "text_delta":
                yield from self._text(delta.text)
            case "thinking", "thinking_delta":
                yield from _thought(delta.thinking)
            case "thinking", "signature_delta":
                block.seal = delta.signature
            case "call", "input_json_delta":
                yield from _arguments(block, delta.partial_json)
            case _:
                pass

    def _close(self, index: int) -> Iterator[StreamEvent]:
        match self._open.pop(index, None):
            case _Open(kind="thinking", seal=seal):
                yield ThinkingSealed(seal)
            case _Open(kind="call") as block:
                if not block.arguments:
                    whole = block.input if members(block.input) else b"{}"
                    yield from _arguments(block, whole.decode())
                if members(block.arguments) is None:
                    self._doubtful.append(block.call)
                else:
                    yield CallEnded(call=block.call)
            case _:
                pass

    def _stop(self, stop: _Stop, usage: _Usage | None) -> Iterator[StreamEvent]:
        yield from self._count(usage)
        if stop.stop_reason == "refusal":
            yield Broken(_refused(stop.stop_details or _Refusal()))
        if stop.stop_reason is None:
            return
        self._window_is_full = stop.stop_reason == "model_context_window_exceeded"
        self._reason = REASONS.get(stop.stop_reason, "end")
        if self._reason != "length":
            while self._doubtful:
                yield CallEnded(call=self._doubtful.pop(0))

    def _end(self) -> Iterator[StreamEvent]:
        yield from self._seal()
        if self._said or self._calls:
            yield Ended(self._reason or ("calls" if self._calls else "end"))
        elif self._window_is_full:
            # Z.ai says so with status 200 and no content (April 2026).
            detail = "the model's context window is exceeded"
            yield Broken(Failure(kind=FailureKind.CONTEXT_TOO_LONG, detail=detail))
        else:
            yield Broken(empty())

    def _text(self, text: str) -> Iterator[StreamEvent]:
        if text:
            self._said = True
            yield TextDelta(text)

    def _seal(self) -> Iterator[StreamEvent]:
        """Thought ends where something else begins, whether or not its block has been closed."""
        for block in self._open.values():
            if block.kind == "thinking":
                block.kind = "other"
                yield ThinkingSealed(block.seal)


def _thought(text: str) -> Iterator[StreamEvent]:
    if text:
        yield ThinkingDelta(text)


def _arguments(block: _Open, text: str) -> Iterator[StreamEvent]:
    block.arguments += text.encode()
    if len(block.arguments) > MAX_EVENT_BYTES:
        yield _broken("the arguments of a call are too large")
    elif text:
        yield CallDelta(call=block.call, arguments=text)


def _broken(detail: str) -> Broken:
    return Broken(broken(detail))


def _refused(refusal: _Refusal) -> Failure:
    detail = refusal.explanation or refusal.category or "the model refused to answer"
    return Failure(kind=FailureKind.REFUSED, detail=shown(detail))
