"""Mistral's own dialect: chat completions with other quirks and with errors of its own form.

It refuses every field that it does not know, so that a request to it holds only what the quirks of
the target name.
"""

from __future__ import annotations

from vibe.domain.failure import Failure
from vibe.domain.request import ModelRequest
from vibe.domain.target import Target
from vibe.wire.answer_bytes import AnswerDecoder
from vibe.wire.chat import ChatReader, chat_call
from vibe.wire.codec import HttpCall, Reply
from vibe.wire.failures import mistral_failure


class Mistral:
    """The codec of the backend `mistral`."""

    def encode(self, request: ModelRequest, target: Target) -> HttpCall:
        return chat_call(request, target)

    def decoder(self, target: Target, *, stream: bool) -> AnswerDecoder:
        del target, stream
        return AnswerDecoder(ChatReader())

    def failure(self, reply: Reply, *, now: float) -> Failure:
        return mistral_failure(reply, now=now)
