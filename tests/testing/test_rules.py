"""Conversations that a vendor refuses although their form is right, and those that it takes."""

from __future__ import annotations

import pytest

from vibe.domain.message import (
    Assistant,
    CallId,
    Message,
    Results,
    System,
    Text,
    ToolCall,
    ToolResult,
    User,
)
from vibe.domain.model import Backend
from vibe.testing.dialects import DIALECTS
from vibe.testing.envelopes import Refused
from vibe.testing.exchange import Asked
from vibe.testing.rules import check

GO = User((Text("go"),))
DONE = Assistant(parts=(Text("done"),))


def calling(*ids: str) -> Assistant:
    return Assistant(parts=tuple(ToolCall(id=CallId(i), name="t", arguments="{}") for i in ids))


def brought(*ids: str) -> Results:
    results = (ToolResult(call=CallId(i), name="t", parts=(Text("x"),)) for i in ids)
    return Results(tuple(results))


def refusal(dialect: Backend, *messages: Message) -> str:
    """The first words of what the vendor says; "" if it takes the conversation."""
    try:
        check(Asked(dialect=dialect, messages=messages))
    except Refused as refused:
        return refused.message[:40]
    return ""


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_conversation_with_calls_and_their_results_is_taken(dialect: Backend) -> None:
    one, two = "aaaaaaaa1", "aaaaaaaa2"
    messages = (GO, calling(one, two), brought(two, one), DONE, GO)
    assert refusal(dialect, *messages) == ""


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        pytest.param(
            (GO, calling("aaaaaaaa1", "aaaaaaaa2"), brought("aaaaaaaa1"), GO),
            {
                "generic": "An assistant message with 'tool_calls' m",
                "azure": "An assistant message with 'tool_calls' m",
                "mistral": "Not the same number of function calls an",
                "anthropic": "messages.1: `tool_use` ids were found wi",
                "responses": "No tool output found for function call a",
            },
            id="a call without a result",
        ),
        pytest.param(
            (GO, calling("aaaaaaaa1")),
            {
                "generic": "An assistant message with 'tool_calls' m",
                "azure": "An assistant message with 'tool_calls' m",
                "mistral": "Not the same number of function calls an",
                "anthropic": "messages.1: `tool_use` ids were found wi",
                "responses": "No tool output found for function call a",
            },
            id="a call at the end",
        ),
        pytest.param(
            (GO, brought("aaaaaaaa1")),
            {
                "generic": "Invalid parameter: messages with role 't",
                "azure": "Invalid parameter: messages with role 't",
                "mistral": "Not the same number of function calls an",
                "anthropic": "messages.1: unexpected `tool_use_id` fou",
                "responses": "No tool call found for function call out",
            },
            id="a result without a call",
        ),
        pytest.param(
            (GO, calling("call:1"), brought("call:1")),
            {
                "mistral": "Tool call id was call:1 but must be a-z,",
                "anthropic": "messages: tool_use.id: String should mat",
            },
            id="an id of another's form",
        ),
        pytest.param(
            (GO, calling("aaaaaaaa1"), brought("aaaaaaaa1"), GO),
            {"mistral": "Unexpected role 'user' after role 'tool'"},
            id="the person right after a tool",
        ),
        pytest.param(
            (GO, System("be brief"), GO),
            {"mistral": "Unexpected role 'system' after role 'use"},
            id="an instruction in the middle",
        ),
        pytest.param(
            (GO, Assistant(parts=()), GO),
            {"mistral": "Assistant message must have either conte"},
            id="an answer without anything",
        ),
        pytest.param(
            (GO, DONE),
            {"mistral": "Expected last role User or Tool (or Assi"},
            id="an answer to go on from, which does not say so",
        ),
        pytest.param(
            (GO, Assistant(parts=(Text("Once "),))),
            {
                "mistral": "Expected last role User or Tool (or Assi",
                "anthropic": "messages: final assistant content cannot",
            },
            id="an answer to go on from, with a blank at its end",
        ),
        pytest.param(
            (User((Text(""),)),),
            {"anthropic": "messages: text content blocks must be no"},
            id="an empty text",
        ),
    ],
)
def test_each_vendor_refuses_what_it_would_refuse(
    messages: tuple[Message, ...], expected: dict[str, str]
) -> None:
    found = {dialect: refusal(dialect, *messages) for dialect in DIALECTS}
    assert {dialect: words for dialect, words in found.items() if words} == expected
