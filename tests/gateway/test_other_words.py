"""An entry of the client's own protocol that does not take what this client sends: it is asked in
vibe's words instead, each time anew, since a request may be wrong where the next is not."""

from __future__ import annotations

import json
from typing import Any

from tests.gateway.rig import gateway
from tests.mux.pools import Line

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
