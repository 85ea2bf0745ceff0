"""OpenAI's Responses API as one of the dialects: how to ask, how to read, what a failure means.

What a request looks like stands in responses_request.py, what becomes of an answer in
responses_answer.py; here are its bytes.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from vibe.domain.failure import Failure
from vibe.domain.request import ModelRequest
from vibe.domain.stream import Broken, StreamEvent
from vibe.domain.target import Target
from vibe.wire.answer_bytes import AnswerDecoder
from vibe.wire.codec import HttpCall, Reply
from vibe.wire.depth import is_too_deep
from vibe.wire.failures import broken, openai_failure
from vibe.wire.responses_answer import Answer
from vibe.wire.responses_request import encode
from vibe.wire.sse import SseEvent


class Responses:
    """The codec of the backend `responses`."""

    def encode(self, request: ModelRequest, target: Target) -> HttpCall:
        return encode(request, target)

    def decoder(self, target: Target, *, stream: bool) -> AnswerDecoder:
        del target, stream  # all are read alike
        return AnswerDecoder(ResponsesReader())

    def failure(self, reply: Reply, *, now: float) -> Failure:
        return openai_failure(reply, now=now)


class ResponsesReader:
    """One answer, as AnswerDecoder hands it on."""

    def __init__(self) -> None:
        self._answer = Answer()

    def read(self, event: SseEvent) -> Iterator[StreamEvent]:
        if event.data == "[DONE]":
            return
        data = event.data.encode()
        if is_too_deep(data):
            yield _broken("an event is nested too deeply")
            return
        try:
            for told in self._answer.read(event.event, data):
                self._answer.is_silent = False
                yield told
        except msgspec.DecodeError as error:
            yield _broken(f"not an event of a response: {error}")
        if self._answer.is_too_large:
            yield _broken("the answer is too large")

    def read_last(self, event: SseEvent) -> Iterator[StreamEvent]:
        return self.read(event)

    def end(self) -> Iterator[StreamEvent]:
        yield _broken("the stream ended before the response did")

    def read_whole(self, body: bytes) -> Iterator[StreamEvent]:
        if is_too_deep(body):
            yield _broken("the answer is nested too deeply")
            return
        try:
            yield from self._answer.whole(body)
        except msgspec.DecodeError as error:
            yield _broken(f"not a response: {error}")


def _broken(detail: str) -> Broken:
    return Broken(broken(detail))
