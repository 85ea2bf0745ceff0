"""OpenAI's Responses API as one of the dialects: how to ask, how to read, what a failure means.

What a request looks like stands in responses_request.py, what becomes of an answer in
responses_answer.py; here are its bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from vibe.domain.failure import Failure
from vibe.domain.request import ModelRequest
from vibe.domain.stream import Broken, StreamEvent
from vibe.domain.target import Target
from vibe.wire.codec import HttpCall, Reply
from vibe.wire.depth import is_too_deep
from vibe.wire.failures import broken, openai_failure
from vibe.wire.responses_answer import Answer
from vibe.wire.responses_request import encode
from vibe.wire.sse import MAX_EVENT_BYTES, SseDecoder, SseEvent, SseOverflow

_BLANK: Final = b" \t\r\n\xef\xbb\xbf"  # may stand before a body; the last three: a byte order mark


class Responses:
    """The codec of the backend `responses`."""

    def encode(self, request: ModelRequest, target: Target) -> HttpCall:
        return encode(request, target)

    def decoder(self, target: Target, *, stream: bool) -> ResponsesDecoder:
        del target, stream  # all are read alike, and what was asked for is not always what comes
        return ResponsesDecoder()

    def failure(self, reply: Reply, *, now: float) -> Failure:
        return openai_failure(reply, now=now)


class ResponsesDecoder:
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
            if data.startswith((b"{", b"[")):
                self._body = bytearray()
        if self._body is None:
            return self._answer.until_over(self._streamed(data))
        self._body += data
        if len(self._body) <= MAX_EVENT_BYTES:
            return ()
        self._body.clear()
        return self._answer.until_over([_broken("the answer is too large")])

    def finish(self) -> tuple[StreamEvent, ...]:
        return self._answer.until_over(self._rest() if self._body is None else self._whole())

    def _streamed(self, data: bytes) -> Iterator[StreamEvent]:
        try:
            arrived = self._sse.feed(data)
        except SseOverflow as overflow:
            yield _broken(str(overflow))
            return
        for sse in arrived:
            yield from self._read(sse)

    def _rest(self) -> Iterator[StreamEvent]:
        try:
            arrived = self._sse.finish()
        except SseOverflow as overflow:
            yield _broken(str(overflow))
            return
        for sse in arrived:
            yield from self._read(sse)
        yield _broken("the stream ended before the response did")

    def _read(self, sse: SseEvent) -> Iterator[StreamEvent]:
        if sse.data == "[DONE]":
            return
        data = sse.data.encode()
        if is_too_deep(data):
            yield _broken("an event is nested too deeply")
            return
        try:
            yield from self._answer.read(sse.event, data)
        except msgspec.DecodeError as error:
            yield _broken(f"not an event of a response: {error}")

    def _whole(self) -> Iterator[StreamEvent]:
        body = bytes(self._body or b"")
        if is_too_deep(body):
            yield _broken("the answer is nested too deeply")
            return
        try:
            yield from self._answer.whole(body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            yield _broken(f"not a response: {error}")


def _broken(detail: str) -> Broken:
    return Broken(broken(detail))
