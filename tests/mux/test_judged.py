"""The oracle judges pools over real sockets as well: it finds there what is broken on purpose."""

from __future__ import annotations

import asyncio

import pytest

from tests.mux.oracle import Violation
from tests.mux.pools import Line, ask, asked, pool
from tests.mux.test_broken_variants import (
    GivesSlotsBackTwice,
    IgnoresRetryAfter,
    OneSlotTooMany,
    TakesFallbacksForPrimaries,
)
from vibe.mux.core import Core
from vibe.mux.entry import Rules
from vibe.mux.mux import Mux
from vibe.testing.faults import at, play

LINES = (
    Line(alias="b", faults=at({2: play("rate_limit_words")}), max_concurrent=2),
    Line(alias="a", is_fallback=True),
)


async def used(mux: Mux) -> None:
    async with asyncio.TaskGroup() as group:
        for _ in range(4):
            group.create_task(ask(mux))
    await asked(mux, 3)


@pytest.mark.parametrize(
    ("core", "invariant"),
    [
        (OneSlotTooMany, "S1"),
        (GivesSlotsBackTwice, "S1"),
        (IgnoresRetryAfter, "S5"),
        (TakesFallbacksForPrimaries, "S6"),
    ],
)
async def test_what_is_broken_is_found_over_real_sockets(core: type[Core], invariant: str) -> None:
    with pytest.raises(Violation) as found:
        async with pool(*LINES, core=core, rules=Rules(mode="failover")) as rig:
            await used(rig.mux)
    assert str(found.value).split(":")[0] == invariant


async def test_what_is_whole_is_let_pass() -> None:
    async with pool(*LINES, rules=Rules(mode="failover")) as rig:
        await used(rig.mux)
        assert rig.reached() == {"b": 2, "a": 7 - 2 + 1}
