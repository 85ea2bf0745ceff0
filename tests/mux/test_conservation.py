"""Whatever ends a request, nothing of it is left: no slot, no waiter, no task, no connection."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from contextlib import aclosing, suppress
from pathlib import Path
from random import Random

import pytest

from tests.mux.beside import TEXT, lines, served_beside
from tests.mux.pools import HELLO, QUICK, Line, Told, ask, member, pool
from vibe.clock import SystemClock
from vibe.domain.event import Sealed
from vibe.domain.stream import TextDelta
from vibe.mux.asking import Asking
from vibe.mux.entry import Rules
from vibe.mux.memory import Forgetful
from vibe.mux.mux import Mux
from vibe.testing.faults import at, play
from vibe.testing.script import says

CLOCK = SystemClock()
KEPT_OPEN = 20  # connections to one provider, for its next requests
LEAKED = 500  # bytes a stream: what is forgotten of one is more
SLOTS = Rules(mode="load_balance", error_s=0.05, rate_limit_s=0.05, max_wait_s=5.0)


def descriptors_open() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def assert_at_rest(mux: Mux) -> None:
    assert mux.at_rest
    for entry in mux.snapshot().entries:
        assert entry.busy == 0
        assert entry.requests == entry.ok + entry.limited + entry.failed + entry.cancelled
    shown = mux.snapshot()
    assert (shown.under_way, shown.waiting) == (0, 0)


async def cancelled_after(mux: Mux, seconds: float) -> Told | None:
    task = asyncio.create_task(ask(mux))
    await asyncio.sleep(seconds)
    task.cancel()
    with suppress(asyncio.CancelledError):
        return await task
    return None


async def test_a_request_may_be_cancelled_at_any_moment_and_frees_its_place() -> None:
    async with pool(*lines(slots=1), rules=SLOTS) as rig:
        for tick in range(60):
            await cancelled_after(rig.mux, tick * 0.0004)
            assert_at_rest(rig.mux)
        assert (await ask(rig.mux)).text == TEXT


async def test_a_reader_that_stops_in_mid_answer_frees_its_place() -> None:
    async with pool(Line(alias="only", behaviour=says(TEXT), max_concurrent=1)) as rig:
        async with aclosing(rig.mux.stream(HELLO)) as events:
            async for event in events:
                if isinstance(event, TextDelta):
                    break
        assert_at_rest(rig.mux)
        assert rig.mux.snapshot().entries[0].cancelled == 1
        assert (await ask(rig.mux)).text == TEXT


async def test_being_cancelled_is_no_failure_of_an_entry() -> None:
    only = Line(alias="only", faults=at({1: play("stall_before_headers")}))
    async with pool(only) as rig:
        await cancelled_after(rig.mux, 0.1)
        entry = rig.mux.snapshot().entries[0]
        assert (entry.state, entry.failed, entry.cancelled) == ("closed", 0, 1)


async def test_a_waiter_that_goes_away_leaves_the_line() -> None:
    stalled = Line(
        alias="only",
        max_concurrent=1,
        faults=at({1: play("stall_in_body")}),
        behaviour=says(TEXT),
        patience=QUICK,
    )
    async with pool(stalled) as rig:
        first = asyncio.create_task(ask(rig.mux))
        await rig.servers["only"].arrived(1)
        second = asyncio.create_task(ask(rig.mux, asking=Asking()))
        await asyncio.sleep(0.02)
        assert rig.mux.snapshot().waiting == 1
        second.cancel()
        with suppress(asyncio.CancelledError):
            await second
        assert rig.mux.snapshot().waiting == 0
        await first
        assert_at_rest(rig.mux)


async def test_those_who_wait_in_line_are_served_as_they_came() -> None:
    order: list[int] = []

    async def one(number: int, mux: Mux) -> None:
        async with aclosing(mux.stream(HELLO)) as events:
            async for event in events:
                if isinstance(event, TextDelta) and number not in order:
                    order.append(number)
                assert not isinstance(event, Sealed) or event.answer.parts

    async with pool(Line(alias="only", max_concurrent=1)) as rig:
        async with asyncio.TaskGroup() as group:
            for number in range(20):
                group.create_task(one(number, rig.mux))
                await asyncio.sleep(0)
        assert order == list(range(20))


@pytest.mark.slow
async def test_a_thousand_streams_with_cancels_at_random_leave_nothing() -> None:
    rng = Random(11)  # noqa: S311 - the same choices in every run
    with served_beside() as servers:
        before = descriptors_open()
        members = [member(line, servers[line.alias], CLOCK) for line in lines()]
        mux = Mux(members, SLOTS, clock=CLOCK, rng=rng, memory=Forgetful())
        tracemalloc.start()
        sizes: list[int] = []
        for _ in range(4):
            waits = [cancelled_after(mux, rng.random() * 3) for _ in range(1_000)]
            await asyncio.gather(*waits)
            assert_at_rest(mux)
            del waits
            gc.collect()
            sizes.append(tracemalloc.get_traced_memory()[0])
        tracemalloc.stop()
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert descriptors_open() <= before + KEPT_OPEN * len(members)
        await mux.aclose()
        assert descriptors_open() == before
    assert sizes[-1] - sizes[0] < LEAKED * 3_000
