"""OpenAI's chat completions as one of the dialects: how to ask, how to read, what a failure means.

What a request looks like stands in chat_request.py, what becomes of an answer in chat_answer.py;
here are its bytes. Every compatible server goes by its quirks, none by its name.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from vibe.domain.failure import Failure
from vibe.domain.request import ModelRequest
from vibe.domain.stream import Broken, StreamEvent
from vibe.domain.target import Target
from vibe.wire.chat_answer import Answer
from vibe.wire.chat_request import encode_body
from vibe.wire.codec import HttpCall, Reply
from vibe.wire.failures import broken, in_band_failure, openai_failure
from vibe.wire.sse import MAX_EVENT_BYTES, SseDecoder, SseEvent, SseOverflow

_DONE: Final = "[DONE]"
_BLANK: Final = b" \t\r\n\xef\xbb\xbf"  # may stand before a body; the last three: a byte order mark
_JSON: Final = msgspec.json.Decoder(msgspec.Raw)


class Chat:
    """The codec of the backend `generic`."""

    def encode(self, request: ModelRequest, target: Target) -> HttpCall:
        return chat_call(request, target)

    def decoder(self, target: Target, *, stream: bool) -> ChatDecoder:
        del target, stream  # all are read alike, and what was asked for is not always what comes
        return ChatDecoder()

    def failure(self, reply: Reply, *, now: float) -> Failure:
        return openai_failure(reply, now=now)


def chat_call(request: ModelRequest, target: Target) -> HttpCall:
    body = encode_body(request, target)
    return HttpCall(path="/chat/completions", body=body, stream=request.stream)


class ChatDecoder:
    """One answer. Its first byte tells whether it is a stream or one JSON body."""

    def __init__(self) -> None:
        self._began = False
        self._sse = SseDecoder()
        self._body: bytearray | None = None
        self._answer = Answer()

    def feed(self, data: bytes) -> tuple[StreamEvent, ...]:
        if not self._began:
            data = data.lstrip(_BLANK)
            if not data:
                return ()
            self._began = True
            if data[:1] in {b"{", b"["}:
                self._body = bytearray()
        if self._body is None:
            return self._answer.until_over(self._streamed(data))
        self._body += data
        if len(self._body) <= MAX_EVENT_BYTES:
            return ()
        self._body.clear()
        return self._answer.until_over([Broken(broken("the answer is too large"))])

    def finish(self) -> tuple[StreamEvent, ...]:
        return self._answer.until_over(self._rest() if self._body is None else self._whole())

    def _streamed(self, data: bytes) -> Iterator[StreamEvent]:
        try:
            arrived = self._sse.feed(data)
        except SseOverflow as overflow:
            yield Broken(broken(str(overflow)))
            return
        for event in arrived:
            yield from self._read(event)

    def _rest(self) -> Iterator[StreamEvent]:
        try:
            arrived = self._sse.finish()
        except SseOverflow as overflow:
            yield Broken(broken(str(overflow)))
            return
        for event in arrived:
            if not _is_cut(event):
                yield from self._read(event)
        yield from self._answer.end(cut="the stream ended before the answer did")

    def _read(self, event: SseEvent) -> Iterator[StreamEvent]:
        if event.data == _DONE:
            return self._answer.end()
        return self._answer.read(event.data)

    def _whole(self) -> Iterator[StreamEvent]:
        body = (self._body or b"").decode("utf-8", "replace")
        yield from self._answer.read(body)
        if self._answer.began:
            yield from self._answer.end()
        else:
            yield Broken(in_band_failure(body.encode()))


def _is_cut(event: SseEvent) -> bool:
    """Whether the bytes ended inside this event, which then counts as not sent."""
    if event.data == _DONE:
        return False
    try:
        _JSON.decode(event.data)
    except (msgspec.DecodeError, RecursionError):
        return True
    return False
