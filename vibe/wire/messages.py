"""Anthropic's Messages API as one of the dialects: how to ask, how to read, what a failure means.

What a request looks like stands in messages_request.py, what becomes of an answer in
messages_answer.py; here are its bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeVar

import msgspec
from msgspec import Struct

from vibe.domain.failure import Failure
from vibe.domain.request import ModelRequest
from vibe.domain.stream import Broken, StreamEvent
from vibe.domain.target import Target
from vibe.wire.answer_bytes import AnswerDecoder
from vibe.wire.codec import HttpCall, Reply
from vibe.wire.depth import is_too_deep
from vibe.wire.failures import anthropic_failure, broken, in_band_failure
from vibe.wire.loose import holds
from vibe.wire.messages_answer import (
    Answer,
    BlockStart,
    BlockStop,
    Body,
    Event,
    MessageDelta,
    MessageStart,
    MessageStop,
    meaning,
)
from vibe.wire.messages_request import encode
from vibe.wire.sse import SseEvent

_T = TypeVar("_T")


class _Unknown(Struct):
    type: str = ""
    error: object = None


_EVENT: Final[msgspec.json.Decoder[Event]] = msgspec.json.Decoder(
    Event,
    strict=False,  # for an index in quotes
)
_BODY: Final = msgspec.json.Decoder(Body)
_UNKNOWN: Final = msgspec.json.Decoder(_Unknown)
_KNOWN: Final = frozenset({
    "message_start", "content_block_start", "content_block_delta", "content_block_stop",
    "message_delta", "message_stop",
})  # fmt: skip


class Messages:
    """The codec of the backend `anthropic`."""

    def encode(self, request: ModelRequest, target: Target) -> HttpCall:
        return encode(request, target)

    def decoder(self, target: Target, *, stream: bool) -> AnswerDecoder:
        del target, stream  # all are read alike
        return AnswerDecoder(MessagesReader())

    def failure(self, reply: Reply, *, now: float) -> Failure:
        return anthropic_failure(reply, now=now)


class MessagesReader:
    """One answer, as AnswerDecoder hands it on."""

    def __init__(self) -> None:
        self._answer = Answer()

    def read_last(self, event: SseEvent) -> Iterator[StreamEvent]:
        whole = _decoded(_UNKNOWN, event.data.encode())
        return self.read(event) if whole else iter(())

    def end(self) -> Iterator[StreamEvent]:
        yield _broken("the stream ended before the answer did")

    def read(self, event: SseEvent) -> Iterator[StreamEvent]:
        data = event.data.encode()
        decoded = _decoded(_EVENT, data)
        if decoded:
            yield from self._answer.read(decoded)
        elif event.event == "error":
            yield Broken(in_band_failure(data))
        else:
            yield from _unread(data)

    def read_whole(self, body: bytes) -> Iterator[StreamEvent]:
        message = _decoded(_BODY, body)
        if message is None:
            yield from _unread(body)
            yield _broken("the answer is not a message")
            return
        if holds(message.error):
            yield Broken(in_band_failure(body))
            return
        yield from self._answer.read(MessageStart(message))
        content = message.content or []
        reason = message.stop_reason
        is_cut = reason and meaning(reason) == "length"
        for index, block in enumerate(content, 1):
            yield from self._answer.read(BlockStart(index, block))
            # A call that was cut comes with the input {} (llama.cpp), which is not what it asked.
            if index < len(content) or not is_cut:
                yield from self._answer.read(BlockStop(index))
        yield from self._answer.read(MessageDelta(message))
        yield from self._answer.read(MessageStop())


def _decoded(decoder: msgspec.json.Decoder[_T], data: bytes) -> _T | None:
    try:
        return None if is_too_deep(data) else decoder.decode(data)
    except msgspec.DecodeError:
        return None


def _unread(data: bytes) -> Iterator[Broken]:
    """What to make of JSON of another form: nothing, if it is an event of a type not known."""
    other = _decoded(_UNKNOWN, data)
    if other is None:
        yield _broken("malformed JSON")
    elif other.error or other.type == "error":
        yield Broken(in_band_failure(data))
    elif other.type in _KNOWN:
        yield _broken(f"malformed {other.type}")


def _broken(detail: str) -> Broken:
    return Broken(broken(detail))
