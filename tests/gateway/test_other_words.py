"""An entry of the client's own protocol that does not take what this client sends: from then on it
is asked in vibe's words, and refuses nothing any more."""

from __future__ import annotations

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


async def test_a_form_that_was_refused_is_not_sent_again() -> None:
    async with gateway(Line(alias="alpha", dialect="anthropic")) as gate:
        answers = [await gate.client.post("/v1/messages", json=BODY) for _ in range(3)]
        requests = gate.rig.servers["alpha"].requests
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert [answer.headers["x-vibe-attempts"] for answer in answers] == ["2", "1", "1"]
    assert [b'"system"' in each.body for each in requests] == [True, False, False, False]
    # What was not to blame is there again.
    assert [b'"strict"' in each.body for each in requests] == [True, False, True, True]
