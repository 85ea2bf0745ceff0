"""Checks of who rests or was never asked: by GET /models, and no token is spent."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from tests.gateway.rig import Gate, gateway
from tests.mux.pools import Line
from vibe.domain.failure import Failure
from vibe.domain.model import ProviderName
from vibe.gateway.checks import Checks, Listing
from vibe.mux.entry import Rules
from vibe.testing.clock import FakeClock
from vibe.testing.faults import play

REST = Rules(error_s=600.0, rate_limit_s=600.0, max_wait_s=0.0)
DOWN = play("refused")


async def states(gate: Gate) -> dict[str, str]:
    found = (await gate.client.get("/health")).json()["providers"]
    return {name: each["status"] for name, each in found.items()}


def paths(gate: Gate, alias: str) -> list[str]:
    return [request.path for request in gate.rig.servers[alias].requests]


@pytest.mark.parametrize("threshold", [1, 5])
async def test_who_was_killed_and_started_again_is_healthy_after_one_check(threshold: int) -> None:
    lines = (Line(alias="alpha"), Line(alias="beta"))
    rules = Rules(error_s=600.0, failure_threshold=threshold)
    async with gateway(*lines, rules=rules) as gate:
        alpha = gate.rig.servers["alpha"]
        assert (await gate.chat()).headers["x-vibe-model"] == "alpha"
        await alpha.play(DOWN)
        for _ in range(threshold):
            assert (await gate.chat()).headers["x-vibe-model"] == "beta"
        assert await states(gate) == {"alpha": "circuit_open", "beta": "healthy"}
        await gate.checks.once()
        assert await states(gate) == {"alpha": "circuit_open", "beta": "healthy"}
        seen = len(alpha.requests)
        await alpha.play(None)
        await gate.checks.once()
        assert await states(gate) == {"alpha": "healthy", "beta": "healthy"}
        assert paths(gate, "alpha")[seen:] == ["/v1/models"]
        found = (await gate.client.get("/health")).json()["providers"]["alpha"]
        assert found["failure_count"] == 0
        assert (await gate.chat()).headers["x-vibe-model"] == "alpha"


async def test_who_was_cut_in_the_middle_of_an_answer_comes_back_by_a_check() -> None:
    async with gateway(Line(alias="alpha", faults=play("reset_in_body")), rules=REST) as gate:
        await gate.chat(stream=True)
        await gate.rig.servers["alpha"].play(None)
        assert await states(gate) == {"alpha": "circuit_open"}
        await gate.checks.once()
        assert await states(gate) == {"alpha": "healthy"}


@pytest.mark.parametrize(
    "fault", ["rate_limit", "unauthorized", "quota", "in_band_rate_limit", "in_band_quota"]
)
async def test_a_rest_that_a_list_of_models_says_nothing_of_goes_on(fault: str) -> None:
    async with gateway(Line(alias="alpha", faults=play(fault)), rules=REST) as gate:
        await gate.chat(stream=True)
        await gate.rig.servers["alpha"].play(None)
        before = gate.rig.mux.snapshot().entries[0]
        assert before.state == "open"
        await gate.checks.once()
        after = gate.rig.mux.snapshot().entries[0]
        assert (after.state, after.resting_from) == ("open", before.resting_from)


async def test_who_was_never_asked_is_checked_until_it_has_answered() -> None:
    async with gateway(Line(alias="alpha"), Line(alias="beta"), rules=REST) as gate:
        await gate.rig.servers["beta"].play(DOWN)
        await gate.checks.once()
        assert await states(gate) == {"alpha": "healthy", "beta": "unreachable"}
        await gate.rig.servers["beta"].play(None)
        await gate.chat("beta")
        assert await states(gate) == {"alpha": "healthy", "beta": "healthy"}
        await gate.checks.once()
        assert (paths(gate, "alpha"), paths(gate, "beta")) == (
            ["/v1/models", "/v1/models"],
            ["/v1/chat/completions"],
        )


class Slow:
    """Says nothing for ever."""

    async def models(self) -> object | Failure:
        await asyncio.Event().wait()
        return ()


async def test_a_provider_that_is_silent_keeps_nobody_waiting() -> None:
    lines = (Line(alias="silent"), Line(alias="alpha", faults=DOWN))
    async with gateway(*lines, rules=REST) as gate:
        assert (await gate.chat("alpha")).status_code == 503
        await gate.rig.servers["alpha"].play(None)
        listings: Mapping[ProviderName, Listing] = gate.checks.listings
        gate.checks.listings = {**listings, ProviderName("silent"): Slow()}
        checking = asyncio.create_task(gate.checks.once(patience_s=1.0))
        await gate.rig.servers["alpha"].settled(requests=1)
        await checking
        assert await states(gate) == {"silent": "unreachable", "alpha": "healthy"}


async def test_who_leaves_while_it_is_checked_is_nobodys_error() -> None:
    async with gateway(Line(alias="alpha", faults=DOWN), Line(alias="beta"), rules=REST) as gate:
        await gate.chat()
        await gate.rig.servers["alpha"].play(None)
        checking = asyncio.create_task(gate.checks.once())
        await asyncio.sleep(0)  # it has begun
        gate.rig.mux.set_members(gate.rig.mux.members[1:])
        await checking
        assert await states(gate) == {"beta": "healthy"}


async def test_checks_are_made_once_an_interval() -> None:
    clock = FakeClock()
    async with gateway(Line(alias="alpha"), rules=REST) as gate:
        checks = Checks(gate.rig.mux, gate.checks.listings, clock)
        task = asyncio.create_task(checks.every(300.0))
        await gate.rig.servers["alpha"].arrived(3)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert clock.monotonic() % 300.0 == 0.0
        assert clock.monotonic() >= 600.0
