"""Embeddings: from the first who can, from the next where one fails, and errors to act on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from tests.gateway.rig import Gate, gateway
from tests.mux.pools import LONG, Line
from vibe.domain.event import Outcome
from vibe.domain.model import Size
from vibe.domain.usage import Usage
from vibe.gateway.record import Record, Switched
from vibe.mux.entry import Rules
from vibe.testing.faults import play

BY_CHAT = Rules(error_s=60.0, rate_limit_s=60.0, max_wait_s=0.0)


async def embed(gate: Gate, model: str = "auto", **more: Any) -> httpx.Response:
    body = {"model": model, "input": ["one", "two"], **more}
    return await gate.client.post("/v1/embeddings", json=body)


async def test_the_first_who_can_embed_does() -> None:
    lines = (
        Line(alias="claude", dialect="anthropic"),
        Line(alias="alpha"),
        Line(alias="beta"),
    )
    async with gateway(*lines) as gate:
        response = await embed(gate)
        assert [each["index"] for each in response.json()["data"]] == [0, 1]
        assert response.json()["model"] == "alpha-model"
        assert response.json()["id"] == response.headers["x-request-id"]
        told = response.headers["x-vibe-model"], response.headers["x-vibe-attempts"]
        assert told == ("alpha", "1")
        (record,) = gate.records
        assert (record.end, record.asked, record.alias) == ("ok", "auto", "alpha")
        assert (record.usage, record.cost_uusd) == (Usage(input=2, output=0), 2)


async def test_who_was_named_is_asked() -> None:
    sizes: Mapping[Size, tuple[str, ...]] = {"small": ("beta", "alpha")}
    async with gateway(Line(alias="alpha"), Line(alias="beta"), sizes=sizes) as gate:
        for model in ("beta", "small", "text-embedding-3-nano"):
            assert (await embed(gate, model)).headers["x-vibe-model"] == "beta"
        assert gate.rig.reached() == {"alpha": 0, "beta": 3}


@pytest.mark.parametrize(
    "fault", ["refused", "server_error", "rate_limit_long", "not_found", "bad_parameter"]
)
async def test_where_one_fails_the_next_is_asked(fault: str) -> None:
    lines = (Line(alias="alpha", faults=play(fault)), Line(alias="beta", dialect="mistral"))
    async with gateway(*lines) as gate:
        response = await embed(gate)
        told = response.headers["x-vibe-model"], response.headers["x-vibe-attempts"]
        assert (response.status_code, told) == (200, ("beta", "2"))
        switched, record = gate.told
        assert isinstance(switched, Switched)
        assert (switched.event.from_alias, switched.event.to_alias) == ("alpha", "beta")
        assert isinstance(record, Record)
        assert (record.end, record.usage) == ("ok", Usage(input=2, output=0))


async def test_it_is_counted_as_any_other_request() -> None:
    lines = (Line(alias="alpha", faults=play("server_error")), Line(alias="beta"))
    async with gateway(*lines) as gate:
        await embed(gate)
        snapshot = gate.rig.mux.snapshot()
        assert (snapshot.requests, snapshot.failovers) == (1, 1)
        counted = {e.alias: (e.ok, e.failed, e.input_tokens, e.cost_uusd) for e in snapshot.entries}
        assert counted == {"alpha": (0, 1, 0, 0), "beta": (1, 0, 2, 2)}
        (trace,) = gate.rig.mux.traces
        assert (trace.outcome, trace.alias) == (Outcome.OK, "beta")
        assert [(each.alias, each.outcome) for each in trace.attempts] == [
            ("alpha", "failed"),
            ("beta", "ok"),
        ]
        assert gate.rig.mux.at_rest


@pytest.mark.parametrize("fault", ["not_found", "bad_parameter", "server_error"])
async def test_that_one_cannot_embed_is_not_held_against_its_chat(fault: str) -> None:
    async with gateway(Line(alias="alpha", faults=play(fault))) as gate:
        assert (await embed(gate)).status_code >= 400
        (entry,) = gate.rig.mux.snapshot().entries
        assert (entry.state, entry.failed) == ("closed", 1)


async def test_who_is_limited_rests_for_a_chat_as_well() -> None:
    line = Line(alias="alpha", faults=play("rate_limit_long"))
    async with gateway(line, Line(alias="beta"), rules=BY_CHAT) as gate:
        assert (await embed(gate)).headers["x-vibe-model"] == "beta"
        assert (await gate.chat()).headers["x-vibe-model"] == "beta"
        assert gate.rig.reached() == {"alpha": 1, "beta": 2}


async def test_who_rests_is_not_asked() -> None:
    line = Line(alias="alpha", faults=play("rate_limit_long"))
    async with gateway(line, Line(alias="beta"), rules=BY_CHAT, beside=("beta",)) as gate:
        assert (await gate.chat("alpha")).status_code == 429
        response = await embed(gate, "alpha")
        assert response.json()["error"]["type"] == "rate_limit_error"
        assert (response.status_code, response.headers["retry-after"]) == (429, "7200")
        assert gate.rig.reached() == {"alpha": 1, "beta": 0}


@pytest.mark.parametrize(
    ("faults", "expected"),
    [
        (("bad_parameter",), (400, "invalid_request_error", None)),
        (("not_found", "not_found"), (404, "invalid_request_error", None)),
        (("unauthorized",), (502, "server_error", None)),
        (("rate_limit_long",), (429, "rate_limit_error", "7200")),
        (("rate_limit_long", "rate_limit_seconds"), (429, "rate_limit_error", "7")),
        (("rate_limit_seconds", "not_found"), (503, "server_error", "7")),
        (("server_error",), (503, "server_error", "1")),
    ],
    ids=lambda each: "-".join(map(str, each)),
)
async def test_where_nobody_embeds_a_client_is_told_what_it_can_act_on(
    faults: tuple[str, ...], expected: tuple[int, str, str | None]
) -> None:
    lines = [
        Line(alias=f"alpha{place}", faults=play(fault), key="canary-key-of-alpha")
        for place, fault in enumerate(faults)
    ]
    async with gateway(*lines) as gate:
        response = await embed(gate)
        after = response.headers.get("retry-after")
        assert (response.status_code, response.json()["error"]["type"], after) == expected
        assert response.json()["request_id"] == response.headers["x-request-id"]
        assert "canary-key" not in response.text
        (record,) = gate.records
        assert (record.status, record.attempts) == (expected[0], len(faults))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"input": []}, "input: expected array of length >= 1"),
        ({"input": [[1, 2]]}, "input: tokens mean something to one model alone"),
        ({"input": "a", "model": "claude"}, "none of the models that are meant can embed"),
    ],
    ids=["nothing", "tokens", "nobody who can"],
)
async def test_what_nobody_could_embed_is_refused(body: dict[str, Any], said: str) -> None:
    async with gateway(Line(alias="alpha"), Line(alias="claude", dialect="anthropic")) as gate:
        response = await embed(gate, **{"model": "alpha", **body})
        assert response.status_code == 400
        assert response.json()["error"]["message"].startswith(said)
        assert [record.end for record in gate.records] == ["refused"]
        assert gate.rig.reached() == {"alpha": 0, "claude": 0}


async def test_a_client_that_goes_away_ends_the_attempt() -> None:
    line = Line(alias="alpha", faults=play("stall_before_headers"), patience=LONG)
    async with gateway(line) as gate:
        server = gate.rig.servers["alpha"]
        with pytest.raises(httpx.ReadTimeout):
            await gate.client.post(
                "/v1/embeddings", json={"model": "auto", "input": "a"}, timeout=0.2
            )
        await server.settled(requests=1)
        assert [each.ended for each in server.requests] == ["gone"]
        await gate.ended.wait()
        assert [record.end for record in gate.records] == ["gone"]
        (entry,) = gate.rig.mux.snapshot().entries
        assert (entry.cancelled, gate.rig.mux.at_rest) == (1, True)
