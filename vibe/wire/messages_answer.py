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
from msgspec import Raw, Struct

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
from vibe.wire.arguments import Standing, standing
from vibe.wire.error_body import shown
from vibe.wire.failures import broken, empty
from vibe.wire.loose import count, holds, label, member
from vibe.wire.messages_request import REDACTED
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
DECLINED: Final = frozenset({"refusal", "sensitive"})  # the second: GitHub Copilot (2026-05)
FAILED: Final = frozenset({"error"})  # MiniMax (2026-06)


class _Block(Struct):
    type: str
    id: object = None
    name: str | None = None
    text: str | None = None
    thinking: str | None = None
    signature: object = None
    data: str | None = None
    input: Raw = Raw()


class _Delta(Struct):
    type: str
    text: str | None = None
    thinking: str | None = None
    signature: object = None
    partial_json: str | None = None


class _Stop(Struct):
    stop_reason: str | None = None
    stop_details: object = None


class Message(_Stop):
    id: object = None
    model: object = None
    usage: object = None


class Body(Message, kw_only=True):
    content: list[_Block] | None
    error: Raw = Raw()


class MessageStart(Struct, tag="message_start"):
    message: Message | None = None


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
    usage: object = None


class MessageStop(Struct, tag="message_stop"):
    pass


Event: TypeAlias = MessageStart | BlockStart | BlockDelta | BlockStop | MessageDelta | MessageStop


class _Open(Struct):
    """A block that has begun; `call` is its number among the calls, `name` the tool's.

    `standing` is that of its arguments when it was closed.
    """

    kind: Literal["text", "thinking", "call", "other"]
    call: int = 0
    name: str = ""
    input: bytes = b""
    seal: str = ""
    arguments: bytearray = msgspec.field(default_factory=bytearray)
    standing: Standing | None = None


def meaning(reason: str) -> StopReason:
    """Of a reason to stop, one that is no failure.

    A word that is not known here says neither that the answer is whole nor that it is worthless.
    So it counts as cut: nobody takes it for more than it may be, and what was said is kept.
    """
    return REASONS.get(reason, "length")


class Answer:
    """What has come of one answer so far."""

    def __init__(self) -> None:
        self._id: str | None = None
        self._open: dict[int, _Open] = {}
        self._calls = 0
        # Calls whose end has not been told: those not closed, or closed and not whole.
        self._unsettled: dict[int, _Open] = {}
        self._kept_bytes = 0  # the names and arguments of all calls
        self._said = False
        # Its `input` is what was not cached, as on the wire.
        self._usage = Usage()
        self._reason: StopReason | None = None
        self._window_is_full = False

    def read(self, event: Event) -> Iterator[StreamEvent]:
        if self._id is None and not isinstance(event, MessageStart):
            self._id = ""  # the answer began without a word on which message it is
        match event:
            case MessageStart(message):
                return self._start(message or Message())
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
        message_id = label(message.id)
        if self._id is None:
            self._id = message_id
            yield Began(model=label(message.model), id=message_id)
        elif self._id != message_id:
            yield _broken("another message began inside the answer")
        yield from self._count(message.usage)

    def _count(self, said: object) -> Iterator[StreamEvent]:
        news = Usage(
            input=count(said, "input_tokens"),
            output=count(said, "output_tokens"),
            cached_read=count(said, "cache_read_input_tokens"),
            cache_write=count(said, "cache_creation_input_tokens"),
            reasoning=count(said, "output_tokens_details", "thinking_tokens"),
        )
        if news == Usage():
            return
        self._usage = counted = self._usage.merged(news)
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
                yield from self._text(block.text or "")
            case "thinking":
                opened.kind = "thinking"
                opened.seal = label(block.signature)
                yield from _thought(block.thinking or "")
            case "redacted_thinking":
                yield ThinkingSealed(REDACTED + block.data if block.data else "")
            case "tool_use":
                opened.kind = "call"
                opened.call = self._calls
                opened.name = block.name or ""
                opened.input = bytes(block.input) if holds(block.input) else b"{}"
                self._calls += 1
                self._unsettled[opened.call] = opened
                yield from self._keep(len(opened.name) + len(opened.input))
                call_id = label(block.id) or f"call_{opened.call}"
                yield CallBegan(call=opened.call, id=call_id, name=opened.name)
            case _:
                pass

    def _delta(self, index: int, delta: _Delta) -> Iterator[StreamEvent]:
        block = self._open.get(index)
        if block is None:
            yield _broken(f"a piece of block {index}, which is not open")
            return
        match block.kind, delta.type:
            case "text", "text_delta":
                yield from self._text(delta.text or "")
            case "thinking", "thinking_delta":
                yield from _thought(delta.thinking or "")
            case "thinking", "signature_delta":
                block.seal = label(delta.signature)
            case "call", "input_json_delta":
                piece = delta.partial_json or ""
                block.arguments += piece.encode()
                yield from self._keep(len(piece))
                yield from _argued(block, piece)
            case _:
                pass

    def _keep(self, size: int) -> Iterator[StreamEvent]:
        self._kept_bytes += size
        if self._kept_bytes > MAX_EVENT_BYTES:
            yield _broken("the calls are too large")

    def _close(self, index: int) -> Iterator[StreamEvent]:
        match self._open.pop(index, None):
            case _Open(kind="thinking", seal=seal):
                yield ThinkingSealed(seal)
            case _Open(kind="call") as block:
                if not block.arguments:
                    block.arguments += block.input
                    yield from _argued(block, block.input.decode())
                block.standing = standing(block.arguments.decode())
                if block.standing == "whole":
                    del self._unsettled[block.call]
                    yield CallEnded(call=block.call)
            case _:
                pass

    def _stop(self, stop: _Stop, usage: object) -> Iterator[StreamEvent]:
        yield from self._count(usage)
        reason = stop.stop_reason
        if reason in DECLINED:
            yield Broken(_refused(stop.stop_details))
        elif reason in FAILED:
            yield _broken(f"the provider gave up: {reason}")
        elif reason:
            self._window_is_full = reason == "model_context_window_exceeded"
            self._reason = meaning(reason)

    def _end(self) -> Iterator[StreamEvent]:
        yield from self._seal()
        if self._reason is None:
            yield _broken("the answer ended without a reason to")
        elif self._said or self._calls:
            if self._reason != "length":
                yield from self._settle()
            is_plain = self._reason in {"end", "calls"}
            by_parts = "calls" if self._calls else "end"
            yield Ended(by_parts if is_plain else self._reason)
        elif self._window_is_full:
            # Z.ai says so with status 200 and no content (April 2026).
            detail = "the model's context window is exceeded"
            yield Broken(Failure(kind=FailureKind.CONTEXT_TOO_LONG, detail=detail))
        else:
            yield Broken(empty())

    def _settle(self) -> Iterator[StreamEvent]:
        """The calls that are not known to be whole, in an answer that was not cut as such.

        Arguments that are wrong in another way are the model's own: it will be told of it.
        """
        for number, block in self._unsettled.items():
            if block.standing in (None, "cut"):
                yield _broken(f"the arguments of a call to {block.name} were cut")
            yield CallEnded(call=number)

    def _text(self, text: str) -> Iterator[StreamEvent]:
        if text:
            self._said = True
            yield TextDelta(text)

    def _seal(self) -> Iterator[StreamEvent]:
        """Thought ends where something else begins, whether or not its block has been closed."""
        for block in self._open.values():
            if block.kind == "thinking":
                yield ThinkingSealed(block.seal)
                block.kind, block.seal = "other", ""


def _thought(text: str) -> Iterator[StreamEvent]:
    if text:
        yield ThinkingDelta(text)


def _argued(block: _Open, text: str) -> Iterator[StreamEvent]:
    if text:
        yield CallDelta(call=block.call, arguments=text)


def _broken(detail: str) -> Broken:
    return Broken(broken(detail))


def _refused(said: object) -> Failure:
    detail = label(member(said, "explanation")) or label(member(said, "category"))
    return Failure(kind=FailureKind.REFUSED, detail=shown(detail or "the model refused to answer"))
