"""Azure's dialect: chat completions at a deployment's own path, with the key in another header.

The deployment is what the configuration calls the model; `api_version` says which form of the
API it speaks. Resources of the newer kind, at `/openai/v1`, are the backend `generic`.
"""

from __future__ import annotations

from urllib.parse import quote

from msgspec import structs

from vibe.domain.failure import Failure
from vibe.domain.request import ModelRequest
from vibe.domain.target import Target
from vibe.wire.answer_bytes import AnswerDecoder
from vibe.wire.chat import ChatReader, chat_call
from vibe.wire.codec import HttpCall, Reply
from vibe.wire.failures import openai_failure


class Azure:
    """The codec of the backend `azure`."""

    def encode(self, request: ModelRequest, target: Target) -> HttpCall:
        return at_deployment(chat_call(request, target), target)

    def decoder(self, target: Target, *, stream: bool) -> AnswerDecoder:
        del target, stream
        return AnswerDecoder(ChatReader())

    def failure(self, reply: Reply, *, now: float) -> Failure:
        return openai_failure(reply, now=now)


def at_deployment(call: HttpCall, target: Target) -> HttpCall:
    """The same call, as Azure takes it."""
    return structs.replace(
        call,
        path=f"/openai/deployments/{quote(target.model, safe='')}{call.path}",
        query=(("api-version", target.api_version),) if target.api_version else (),
        auth="api-key",
    )
