"""Faults of what is answered: errors inside a stream, answers that are none, unsound calls.

The errors are those of the vendors' documents and of public reports; the stream before them is
sound, and nothing or something may follow, as at the vendor.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec
from msgspec.structs import replace

from vibe.domain.failure import FailureKind
from vibe.domain.model import Backend
from vibe.testing.chat_write import DONE
from vibe.testing.dialects import DIALECTS
from vibe.testing.envelopes import anthropic, mistral, openai
from vibe.testing.exchange import Answer, call
from vibe.testing.fault import Fault, Scene, due, streamed
from vibe.testing.reply import Reply, json_reply

_WITH_REFUSAL: Final[tuple[Backend, ...]] = ("generic", "anthropic", "responses", "azure")


def faults() -> Iterator[Fault]:
    yield from _errors_in_band()
    yield from _other_errors_in_band()
    yield from _no_answers()
    yield from _unsound_calls()


def _errors_in_band() -> Iterator[Fault]:
    """One error as each of the vendors words it."""
    busy = _data(openai("The engine is currently overloaded", type="server_error"))
    yield _in_band(
        "in_band_overloaded",
        "an error in the stream: overloaded",
        FailureKind.OVERLOADED,
        {
            "generic": busy,
            "azure": busy,
            "mistral": _data(
                mistral(
                    "Service tier capacity exceeded for this model.",
                    type="service_tier_capacity_exceeded",
                    code="3505",
                )
            ),
            "anthropic": _error(anthropic("Overloaded", type="overloaded_error")),
            "responses": _failed("server_is_overloaded", "Our servers are currently overloaded."),
        },
    )
    rate = _data(openai("Rate limit reached", type="requests", code="rate_limit_exceeded"))
    yield _in_band(
        "in_band_rate_limit",
        "an error in the stream: a rate limit",
        FailureKind.RATE_LIMITED,
        {
            "generic": rate,
            "azure": rate,
            "mistral": _data(mistral("Rate limit exceeded", type="rate_limited", code="1300")),
            "anthropic": _error(anthropic("Number of requests", type="rate_limit_error")),
            "responses": _failed("rate_limit_exceeded", "Rate limit reached for test-model."),
        },
    )
    sorry = "The server had an error while processing your request. Sorry about that!"
    server = _data(openai(sorry, type="server_error"))
    yield _in_band(
        "in_band_server_error",
        "an error in the stream: the server's own",
        FailureKind.SERVER,
        {
            "generic": server,
            "azure": server,
            "mistral": _data(mistral("Internal server error", type="internal_server_error")),
            "anthropic": _error(anthropic("Internal server error", type="api_error")),
            "responses": _failed("server_error", sorry),
        },
    )
    quota = "You exceeded your current quota, please check your plan and billing details."
    spent = _data(openai(quota, type="insufficient_quota", code="insufficient_quota"))
    told = {"type": "insufficient_quota", "code": "insufficient_quota", "message": quota}
    yield _in_band(
        "in_band_quota",
        "an error in the stream: the money is spent",
        FailureKind.NO_CREDIT,
        {
            "generic": spent,
            "azure": spent,
            "anthropic": _error(anthropic("Your credit balance is too low to go on.")),
            "responses": _error(
                msgspec.json.encode({"type": "error", "sequence_number": 2, "error": told})
            ),
        },
    )


def _other_errors_in_band() -> Iterator[Fault]:
    """Errors of those who are compatible, and not quite."""
    engine = openai("EngineCore encountered an issue.", type="InternalServerError", code=500)
    yield _in_band(
        "in_band_vllm",
        "an error in the stream, and then [DONE], as of vLLM",
        FailureKind.SERVER,
        {"generic": _data(engine) + DONE},
    )
    gone = {"code": "server_error", "message": "Provider disconnected unexpectedly"}
    choice = {"index": 0, "delta": {"content": ""}, "finish_reason": "error"}
    chunk = {"id": "x", "object": "chat.completion.chunk", "error": gone, "choices": [choice]}
    yield _in_band(
        "in_band_openrouter",
        "an error beside the choices of a chunk, as of OpenRouter",
        FailureKind.SERVER,
        {"generic": _data(msgspec.json.encode(chunk)) + DONE},
    )
    yield _in_band(
        "in_band_named",
        "an error as an event of that name, as of Groq",
        FailureKind.SERVER,
        {"generic": _error(openai("Failed to generate", type="internal_server_error"))},
    )
    full = {"code": 500, "message": "Context size has been exceeded.", "type": "server_error"}
    yield _in_band(
        "in_band_context",
        "the context is full in the middle, as of llama.cpp",
        FailureKind.CONTEXT_TOO_LONG,
        {"generic": _data(msgspec.json.encode({"error": full}))},
    )
    upstream = {
        "message": "Provider returned error",
        "code": 429,
        "metadata": {"raw": "test-model is temporarily rate-limited upstream."},
    }
    yield Fault(
        name="error_as_answer",
        says="200, and an error for an answer, as of OpenRouter",
        act=lambda _: json_reply(msgspec.json.encode({"error": upstream})),
        kind=FailureKind.BROKEN_STREAM,
        inner=FailureKind.RATE_LIMITED,
        dialects=("generic",),
    )


def _no_answers() -> Iterator[Fault]:
    yield Fault(
        name="empty_answer",
        says="a sound answer with neither text nor call",
        act=lambda scene: _answered(scene, Answer()),
        kind=FailureKind.EMPTY,
    )
    yield Fault(
        name="only_thinking",
        says="a sound answer that is nothing but thinking",
        act=lambda scene: _answered(scene, Answer(thinking="Let me see.", seal="c2VhbA==")),
        kind=FailureKind.EMPTY,
    )
    yield Fault(
        name="refused_in_answer",
        says="the answer ends because a filter took it",
        act=lambda scene: due(replace(scene, answer=replace(scene.answer, stop="refused"))),
        kind=FailureKind.REFUSED,
        dialects=_WITH_REFUSAL,
    )
    yield Fault(
        name="gave_up",
        says="the answer ends by the vendor's word that it failed",
        act=_given_up,
        kind=FailureKind.BROKEN_STREAM,
        dialects=("mistral",),
    )


def _unsound_calls() -> Iterator[Fault]:
    """Answers, as far as the wire goes; whoever runs the calls has to tell."""
    cut = call("read", path="a/long/name/of/a/file.txt")
    cut = replace(cut, arguments=cut.arguments[: len(cut.arguments) // 2])
    yield Fault(
        name="arguments_cut",
        says="the bound of the answer is reached in the middle of a call",
        act=lambda scene: _answered(scene, Answer(calls=(cut,), stop="length")),
        streamed_only=True,
    )
    invalid = replace(cut, arguments='{"path": oops}')
    yield Fault(
        name="arguments_invalid",
        says="the arguments of a call are no JSON",
        act=lambda scene: _answered(scene, Answer(calls=(invalid,))),
        streamed_only=True,
    )
    yield Fault(
        name="unknown_tool",
        says="a call of a tool that was not offered",
        act=lambda scene: _answered(scene, Answer(calls=(call("no_such_tool"),))),
    )


def _in_band(name: str, says: str, inner: FailureKind, errors: Mapping[Backend, bytes]) -> Fault:
    def act(scene: Scene) -> Reply:
        stream = scene.stream
        sent = stream.events[: scene.cut(stream)]
        return streamed((*sent, errors[scene.asked.dialect]))

    return Fault(
        name=name,
        says=says,
        act=act,
        kind=FailureKind.BROKEN_STREAM,
        inner=inner,
        streamed_only=True,
        dialects=tuple(dialect for dialect in DIALECTS if dialect in errors),
    )


def _answered(scene: Scene, answer: Answer) -> Reply:
    return due(replace(scene, answer=answer))


def _given_up(scene: Scene) -> Reply:
    reply = due(scene)
    steps = tuple(
        step.replace(b'"finish_reason":"', b'"finish_reason":"error","was":"')
        for step in reply.steps
        if isinstance(step, bytes)
    )
    return replace(reply, steps=steps)


def _data(body: bytes) -> bytes:
    return b"data: %b\n\n" % body


def _error(body: bytes) -> bytes:
    return b"event: error\ndata: %b\n\n" % body


def _failed(code: str, message: str) -> bytes:
    response: dict[str, object] = {
        "id": "resp_0000",
        "object": "response",
        "status": "failed",
        "error": {"code": code, "message": message},
        "output": [],
        "usage": None,
    }
    body: dict[str, object] = {
        "type": "response.failed",
        "sequence_number": 2,
        "response": response,
    }
    return b"event: response.failed\ndata: %b\n\n" % msgspec.json.encode(body)
