"""A request that was refused as wrong, in the form for its one repeat."""

from __future__ import annotations

import msgspec
import pytest

from vibe.domain.failure import Failure, FailureKind
from vibe.domain.message import (
    Assistant,
    CallId,
    Producer,
    Results,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    User,
)
from vibe.domain.model import Backend, ProviderName
from vibe.domain.quirks import Quirks
from vibe.domain.request import ModelRequest, Tool
from vibe.domain.target import Target
from vibe.testing.dialects import DIALECTS
from vibe.wire.codec import Reply
from vibe.wire.dialects import codec_for
from vibe.wire.failures import openai_failure
from vibe.wire.portability import fitted
from vibe.wire.repair import repaired

READ = Tool(name="read", description="Read a file.", parameters='{"type":"object"}')
CALL = ToolCall(id=CallId("toolu_01abcdefgh"), name="read", arguments='{"path":"a"}')


def target(backend: Backend) -> Target:
    return Target(
        provider=ProviderName("p"), model="m", backend=backend, quirks=Quirks(effort=True)
    )


def request(backend: Backend) -> ModelRequest:
    """With everything that may be wrong in it."""
    producer = Producer(provider=target(backend).provider, model="m")
    thought = Thinking(text="hm", producer=producer, seal="c2VhbA==")
    return ModelRequest(
        messages=(
            User((Text("Read it."),)),
            Assistant(parts=(thought, CALL), producer=producer),
            Results((ToolResult(call=CALL.id, name="read", parts=(Text("words"),)),)),
            User((Text("And?"),)),
        ),
        tools=(READ,),
        temperature=0.3,
        seed=1,
        effort="low",
        parallel_calls=True,
        max_output_tokens=100,
    )


def refused(detail: str) -> Failure:
    return Failure(kind=FailureKind.BAD_REQUEST, detail=detail, status=400)


def body(request: ModelRequest, target: Target) -> bytes:
    return codec_for(target.backend).encode(fitted(request, target), target).body


@pytest.mark.parametrize("detail", ["Extra inputs are not permitted", "temperature is wrong"])
@pytest.mark.parametrize("backend", DIALECTS)
def test_the_repeat_differs_and_loses_nothing_that_was_said(backend: Backend, detail: str) -> None:
    asked, at = request(backend), target(backend)
    found = repaired(asked, at, refused(detail))
    assert found
    changed = body(*found)
    assert changed != body(asked, at)
    for said in (b"Read it.", b"And?", b"words", b"100", b"Read a file.", b"path"):
        assert said in changed


@pytest.mark.parametrize(
    ("detail", "gone"),
    [
        ("Unrecognized request argument supplied: stream_options", b"stream_options"),
        ("Unknown parameter: 'parallel_tool_calls'.", b"parallel_tool_calls"),
        ("Unsupported parameter: 'seed'", b'"seed"'),
        ("'temperature' does not support 0.3 with this model.", b"temperature"),
        ("Unrecognized request argument supplied: reasoning_effort", b"reasoning_effort"),
    ],
)
def test_only_what_was_named_goes(detail: str, gone: bytes) -> None:
    optional = (
        b"stream_options", b"parallel_tool_calls", b'"seed"', b"temperature", b"reasoning_effort"
    )  # fmt: skip
    asked, at = request("generic"), target("generic")
    before = body(asked, at)
    assert all(name in before for name in optional)
    found = repaired(asked, at, refused(detail))
    assert found
    assert [name for name in optional if name not in body(*found)] == [gone]


@pytest.mark.parametrize(
    ("message", "before", "after"),
    [
        (
            "Unsupported value: 'temperature' does not support 0.3 with this model. "
            "Only the default (1) value is supported.",
            b'"temperature":0.3',
            b"",
        ),
        (
            "Unsupported parameter: 'parallel_tool_calls' is not supported with this model.",
            b'"parallel_tool_calls":true',
            b"",
        ),
        ("This model does not support stream_options.", b'"stream_options":', b""),
        (
            "Unsupported parameter: 'max_tokens' is not supported with this model. "
            "Use 'max_completion_tokens' instead.",
            b'"max_tokens":100',
            b'"max_completion_tokens":100',
        ),
    ],
    ids=["temperature", "parallel calls", "usage", "the bound"],
)
def test_a_parameter_that_a_model_does_not_support_is_no_lack_of_it(
    message: str, before: bytes, after: bytes
) -> None:
    error = {"error": {"message": message, "type": "invalid_request_error", "code": None}}
    refusal = Reply(status=400, body=msgspec.json.encode(error))
    asked, at = request("generic"), target("generic")
    found = repaired(asked, at, openai_failure(refusal, now=0.0))
    assert found
    assert before in body(asked, at)
    assert before not in body(*found)
    assert after in body(*found)


def test_a_signature_that_is_not_taken_goes_with_its_thought() -> None:
    asked, at = request("anthropic"), target("anthropic")
    assert b"c2VhbA==" in body(asked, at)
    found = repaired(asked, at, refused("messages.1: Invalid `signature` in `thinking` block"))
    assert found
    assert b"c2VhbA==" not in body(*found)


def test_where_nothing_can_go_there_is_no_repeat() -> None:
    plain = ModelRequest(messages=(User((Text("Hi"),)),), stream=False)
    assert repaired(plain, target("mistral"), refused("no")) is None


@pytest.mark.parametrize(
    "failure",
    [
        Failure(kind=FailureKind.BAD_REQUEST, lacks=True),
        Failure(kind=FailureKind.REFUSED),
        Failure(kind=FailureKind.SERVER),
    ],
    ids=["lacks", "refused", "server"],
)
def test_what_is_not_a_wrong_request_is_not_repaired(failure: Failure) -> None:
    assert repaired(request("generic"), target("generic"), failure) is None
