"""The checker of the grammars is itself held to conversations that break each rule."""

from __future__ import annotations

import msgspec
import pytest

from tests.wire.portability.grammar import GRAMMARS, Json, conversation, faults
from vibe.domain.model import Backend

ASKED = {"role": "user", "content": "Read a."}
NOTHING: Json = {"role": "user", "content": []}
CALLED = {
    "role": "assistant",
    "content": None,
    "tool_calls": [{"id": "gSIMJiOkT", "function": {"name": "read", "arguments": "{}"}}],
}
TOLD = {"role": "tool", "tool_call_id": "gSIMJiOkT", "content": "1"}
ANSWERED = {"role": "assistant", "content": "1"}
SYSTEM = {"role": "system", "content": "Be brief."}
BLOCK_CALLED: Json = {
    "role": "assistant",
    "content": [{"type": "tool_use", "id": "toolu_1", "name": "read", "input": {}}],
}
BLOCK_TOLD = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "1"}
BLOCK_SAID = {"type": "text", "text": "Go on."}
ITEM_ASKED = {"type": "message", "role": "user", "content": "Read a."}
ITEM_CALLED = {"type": "function_call", "call_id": "call_1", "name": "read", "arguments": "{}"}
ITEM_TOLD = {"type": "function_call_output", "call_id": "call_1", "output": "1"}


def found(backend: Backend, messages: list[Json]) -> list[str]:
    body = msgspec.json.encode({"messages": messages, "input": messages})
    return faults(conversation(backend, body), GRAMMARS[backend])


@pytest.mark.parametrize(
    ("backend", "messages"),
    [
        pytest.param("generic", [SYSTEM, ASKED, CALLED, TOLD, ASKED], id="generic"),
        pytest.param("mistral", [SYSTEM, ASKED, CALLED, TOLD, ANSWERED, ASKED], id="mistral"),
        pytest.param("mistral", [ASKED, ANSWERED | {"prefix": True}], id="mistral, a prefix"),
        pytest.param("anthropic", [ASKED, ANSWERED], id="anthropic, a prefill"),
        pytest.param(
            "anthropic",
            [ASKED, BLOCK_CALLED, {"role": "user", "content": [BLOCK_TOLD, BLOCK_SAID]}],
            id="anthropic",
        ),
        pytest.param("responses", [ITEM_ASKED, ITEM_CALLED, ITEM_TOLD, ITEM_ASKED], id="responses"),
    ],
)
def test_what_is_legal(backend: Backend, messages: list[Json]) -> None:
    assert found(backend, messages) == []


@pytest.mark.parametrize(
    ("backend", "messages", "fault"),
    [
        pytest.param("generic", [ANSWERED, ASKED], "does not begin with a user's", id="beginning"),
        pytest.param(
            "generic", [ASKED, ANSWERED | {"role": "x"}], "an illegal role: x", id="an unknown role"
        ),
        pytest.param("generic", [ASKED, ASKED], "two messages of role user", id="roles"),
        pytest.param("generic", [ASKED, ANSWERED], "ends with an answer", id="an answer last"),
        pytest.param("generic", [ASKED, CALLED], "calls without results", id="calls last"),
        pytest.param(
            "generic", [ASKED, CALLED, ASKED], "followed by results of []", id="no result"
        ),
        pytest.param("generic", [ASKED, TOLD], "calls [] are followed by results", id="no call"),
        pytest.param("generic", [ASKED | {"content": " "}], "a blank text", id="blank"),
        pytest.param("generic", [NOTHING], "an empty message", id="empty"),
        pytest.param(
            "generic", [ASKED, CALLED, TOLD, CALLED, TOLD], "ids are not unique", id="ids twice"
        ),
        pytest.param(
            "responses",
            [ITEM_ASKED, ITEM_CALLED | {"arguments": "[]"}, ITEM_TOLD],
            "arguments that are no object",
            id="arguments",
        ),
        pytest.param(
            "responses", [ITEM_ASKED | {"type": "x"}], "illegal role: unknown x", id="item"
        ),
        pytest.param("mistral", [ASKED, CALLED, TOLD, ASKED], "after a tool's", id="user too soon"),
        pytest.param(
            "mistral",
            [ASKED, CALLED, TOLD | {"tool_call_id": "call_1"}],
            "illegal id: 'call_1'",
            id="id of another form",
        ),
        pytest.param("mistral", [ASKED, SYSTEM, ASKED], "a system message in", id="system late"),
        pytest.param("mistral", [ASKED, ANSWERED], "ends with an answer", id="no prefix"),
        pytest.param("anthropic", [ASKED, BLOCK_CALLED, ASKED], "results of []", id="block"),
        pytest.param(
            "anthropic",
            [ASKED, BLOCK_CALLED, {"role": "user", "content": [BLOCK_SAID, BLOCK_TOLD]}],
            "user before a result",
            id="results late",
        ),
    ],
)
def test_what_is_illegal(backend: Backend, messages: list[Json], fault: str) -> None:
    assert any(fault in each for each in found(backend, messages))
