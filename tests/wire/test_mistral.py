"""Mistral's dialect: what of chat completions it takes, and its own errors."""

from __future__ import annotations

from typing import Final

import msgspec

from tests.wire.golden import heard, load
from vibe.domain.failure import Failure, FailureKind
from vibe.domain.message import Assistant, CallId, Results, Text, ToolCall, ToolResult, User
from vibe.domain.model import ProviderName
from vibe.domain.request import ModelRequest, Tool
from vibe.domain.target import Target
from vibe.wire.codec import Codec, HttpCall, Reply
from vibe.wire.mistral import Mistral
from vibe.wire.presets import MISTRAL

CODEC: Final[Codec] = Mistral()
TARGET: Final = Target(
    provider=ProviderName("mistral"), model="devstral-2", backend="mistral", quirks=MISTRAL
)


def test_a_turn_with_a_tool_is_these_bytes() -> None:
    call = ToolCall(id=CallId("abcdefgh1"), name="read", arguments="{}")
    request = ModelRequest(
        messages=(
            User((Text("Hi"),)),
            Assistant(parts=(call,)),
            Results((ToolResult(call=call.id, name="read", parts=(Text("42"),)),)),
            Assistant(parts=(Text("So"),)),
        ),
        tools=(Tool(name="read", description="Reads.", parameters='{"type":"object"}'),),
        tool_choice="required",
        seed=7,
        cache_key="k",
    )
    assert CODEC.encode(request, TARGET) == HttpCall(
        path="/chat/completions",
        body=(
            b'{"model":"devstral-2","messages":['
            b'{"role":"user","content":"Hi"},'
            b'{"role":"assistant","content":null,"tool_calls":[{"type":"function",'
            b'"id":"abcdefgh1","function":{"name":"read","arguments":"{}"}}]},'
            b'{"role":"tool","content":"42","tool_call_id":"abcdefgh1","name":"read"},'
            b'{"role":"assistant","content":"So","prefix":true}],'
            b'"stream":true,'
            b'"tools":[{"type":"function","function":{"name":"read",'
            b'"parameters":{"type":"object"},"description":"Reads."}}],'
            b'"tool_choice":"any","random_seed":7,"prompt_cache_key":"k"}'
        ),
    )


def test_an_answer_is_read_streamed_or_not() -> None:
    golden = load("mistral", "reasoning_in_chunks")
    assert heard(CODEC.decoder(TARGET, stream=True), golden.sent) == golden.expected
    golden = load("mistral", "body_reasoning")
    assert heard(CODEC.decoder(TARGET, stream=False), golden.sent) == golden.expected


def test_a_failure_is_judged_by_mistrals_codes() -> None:
    said = {"object": "error", "message": "Requests rate limit exceeded", "code": "1300"}
    reply = Reply(status=429, body=msgspec.json.encode(said))
    assert CODEC.failure(reply, now=0.0) == Failure(
        kind=FailureKind.RATE_LIMITED, detail="Requests rate limit exceeded", status=429
    )
