"""An entry of the client's own protocol that does not take what this client sends: it is asked in
vibe's words instead, each time anew, since a request may be wrong where the next is not."""

from __future__ import annotations

import json
from typing import Any

from tests.gateway.rig import chat_body, gateway
from tests.mux.pools import Line
from vibe.domain.failure import FailureKind
from vibe.testing.envelopes import openai
from vibe.testing.faults import Play, at
from vibe.testing.http_error import compatible, http_fault

# As Claude Code sends it, but to an entry that knows nothing of this.
BODY: dict[str, Any] = {
    "model": "claude-opus-4-8",
    "max_tokens": 1000,
    "thinking": {"type": "adaptive"},
    "tools": [{"name": "read", "input_schema": {"type": "object"}, "strict": True}],
    "messages": [
        {"role": "user", "content": "Hello"},
        {"role": "system", "content": "Be brief."},
    ],
}


async def test_a_form_that_is_refused_is_put_into_other_words() -> None:
    async with gateway(Line(alias="alpha", dialect="anthropic")) as gate:
        answer = await gate.client.post("/v1/messages", json=BODY)
        refused, taken = gate.rig.servers["alpha"].requests
    assert (answer.status_code, answer.headers["x-vibe-attempts"]) == (200, "2")
    assert [b'"system"' in each.body for each in (refused, taken)] == [True, False]


async def test_what_was_wrong_with_one_request_is_not_held_against_the_next() -> None:
    sound = {**BODY, "messages": BODY["messages"][:1], "thinking": None, "top_k": 5}
    async with gateway(Line(alias="alpha", dialect="anthropic")) as gate:
        await gate.client.post("/v1/messages", json=BODY)
        await gate.client.post("/v1/messages", json=sound)
        last = gate.rig.servers["alpha"].requests[-1]
    assert json.loads(last.body) == {**sound, "model": "alpha-model"}


async def test_the_option_that_vibe_puts_in_is_left_out_once_it_was_refused() -> None:
    body = openai("Unrecognized request argument supplied: stream_options")
    fault = http_fault("no", "no", compatible(400, body), kind=FailureKind.BAD_REQUEST)
    asked = chat_body("auto", stream=True, odd=1)
    async with gateway(Line(alias="alpha", faults=at({1: Play(fault=fault)}))) as gate:
        for _ in range(2):
            response = await gate.client.post("/v1/chat/completions", json=asked)
            assert response.status_code == 200
        first, again, next_one = (json.loads(r.body) for r in gate.rig.servers["alpha"].requests)
    assert first == {**asked, "model": "alpha-model", "stream_options": {"include_usage": True}}
    assert "odd" not in again
    assert next_one == {**asked, "model": "alpha-model"}
