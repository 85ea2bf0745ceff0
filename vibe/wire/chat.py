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
from vibe.wire.answer_bytes import AnswerDecoder
from vibe.wire.chat_answer import Answer
from vibe.wire.chat_request import encode_body
from vibe.wire.codec import HttpCall, Reply
from vibe.wire.failures import in_band_failure, openai_failure
from vibe.wire.sse import SseEvent

_DONE: Final = "[DONE]"
_JSON: Final = msgspec.json.Decoder(msgspec.Raw)


class Chat:
    """The codec of the backend `generic`."""

    def encode(self, request: ModelRequest, target: Target) -> HttpCall:
        return chat_call(request, target)

    def decoder(self, target: Target, *, stream: bool) -> AnswerDecoder:
        del target, stream  # all are read alike
        return AnswerDecoder(ChatReader())

    def failure(self, reply: Reply, *, now: float) -> Failure:
        return openai_failure(reply, now=now)


def chat_call(request: ModelRequest, target: Target) -> HttpCall:
    body = encode_body(request, target)
    return HttpCall(path="/chat/completions", body=body, stream=request.stream)


class ChatReader:
    """One answer, as AnswerDecoder hands it on."""

    def __init__(self) -> None:
        self._answer = Answer()

    def read(self, event: SseEvent) -> Iterator[StreamEvent]:
        if event.data.strip() == _DONE:
            return self._answer.end()
        if event.event == "error":
            return iter([Broken(in_band_failure(event.data))])
        return self._answer.read(event.data)

    def read_last(self, event: SseEvent) -> Iterator[StreamEvent]:
        return iter(()) if _is_cut(event) else self.read(event)

    def end(self) -> Iterator[StreamEvent]:
        return self._answer.end(cut="the stream ended before the answer did")

    def read_whole(self, body: bytes) -> Iterator[StreamEvent]:
        yield from self._answer.read(body.decode())
        if self._answer.began:
            cut = "the answer does not tell how it ended" if self._answer.said else ""
            yield from self._answer.end(cut=cut)
        else:
            yield Broken(in_band_failure(body))


def _is_cut(event: SseEvent) -> bool:
    """Whether the bytes ended inside this event, which then counts as not sent."""
    if event.data == _DONE:
        return False
    try:
        _JSON.decode(event.data)
    except (msgspec.DecodeError, RecursionError):
        return True
    return False
