"""Nothing is left behind: by a call that ends early, by hundreds at once, or by the multiplexer."""

from __future__ import annotations

import asyncio
import gc
import random
from pathlib import Path
from typing import Any

import pytest

from tests.library.rig import HELLO, Line, Rig, pool, text_of
from vibe import Multiplexer
from vibe.errors import Cancelled, UsageError
from vibe.library.results import ChatCompletion
from vibe.library.stream import ChatStream
from vibe.testing.faults import at, play
from vibe.testing.script import says

LONG = "word " * 60
ONE_AT_A_TIME = Line(name="a", behaviour=says(LONG), max_concurrent=1)


def descriptors() -> int:
    gc.collect()
    return len(list(Path("/proc/self/fd").iterdir()))


def at_rest(rig: Rig) -> bool:
    snapshot = rig.m.snapshot
    busy = sum(entry.busy for entry in snapshot.entries)
    return (busy, snapshot.under_way, snapshot.waiting) == (0, 0, 0)


async def _to_the_end(chunks: ChatStream) -> None:
    async for _ in chunks:
        pass


async def test_a_stream_that_is_closed_early_frees_its_place_at_once() -> None:
    async with pool(ONE_AT_A_TIME) as rig:
        for _ in range(3):
            chunks = await rig.open()
            async with chunks:
                assert (await anext(chunks)).choices[0].delta.content == "word "
            assert at_rest(rig)
            with pytest.raises(Cancelled):
                await anext(chunks)


async def test_a_stream_that_is_forgotten_frees_its_place() -> None:
    async with pool(ONE_AT_A_TIME) as rig:
        async for _ in await rig.open():
            break
        gc.collect()
        assert text_of(await rig.stream()) == LONG


async def test_a_cancelled_call_frees_its_place() -> None:
    faults = at({1: play("stall_before_headers"), 2: play("stall_in_body")})
    async with pool(Line(name="a", max_concurrent=1, faults=faults)) as rig:
        for number in (1, 2):
            call = asyncio.create_task(rig.ask())
            await rig.servers["a"].arrived(number)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            assert at_rest(rig)
        assert (await rig.ask()).choices[0].message.content == HELLO
        assert [rig.m.get_stats()["a"][key] for key in ("cancelled", "failed")] == [2, 0]


async def test_a_reading_that_was_cancelled_is_never_taken_for_the_end() -> None:
    stalled = Line(name="a", behaviour=says(LONG), faults=play("stall_in_body"))
    async with pool(stalled) as rig:
        chunks = await rig.open()
        reading = asyncio.create_task(_to_the_end(chunks))
        await asyncio.sleep(0)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        with pytest.raises(Cancelled, match="before its answer was whole"):
            await anext(chunks)
        assert at_rest(rig)


async def test_of_three_hundred_calls_with_cancels_at_random_nothing_is_left() -> None:
    before = descriptors()
    dice = random.Random(11)  # noqa: S311 - the same each time
    lines = [Line(name=f"gpu-{n}", behaviour=says(LONG), max_concurrent=n * 10) for n in (1, 2, 3)]
    async with pool(*lines) as rig:

        async def streamed() -> None:
            async for _ in await rig.open():
                if dice.random() < 0.01:
                    return

        async def cancelled(call: asyncio.Task[Any]) -> None:
            for _ in range(dice.randrange(300)):
                await asyncio.sleep(0)
            call.cancel()

        calls: list[asyncio.Task[Any]] = [
            asyncio.create_task(rig.ask() if dice.random() < 0.5 else streamed())
            for _ in range(300)
        ]
        ended = asyncio.gather(*calls, return_exceptions=True)
        await asyncio.gather(*(cancelled(call) for call in calls if dice.random() < 0.4))
        outcomes: set[type] = {type(outcome) for outcome in await ended}
        assert outcomes == {ChatCompletion, type(None), asyncio.CancelledError}
        gc.collect()
        assert text_of(await rig.stream()) == LONG
        for entry in rig.m.snapshot.entries:
            assert entry.limited + entry.failed == 0
            assert entry.ok + entry.cancelled == entry.requests
            assert entry.requests >= len(rig.servers[entry.alias].requests)
        assert at_rest(rig)
    assert descriptors() == before


async def test_the_end_of_the_multiplexer_ends_all_calls() -> None:
    """Whether they wait for an answer or in line, are being read, pause, or were forgotten."""
    before = descriptors()
    stalled = Line(name="a", behaviour=says(LONG), faults=play("stall_in_body"), max_concurrent=4)
    async with pool(stalled) as rig:
        paused, forgotten = await rig.open(), await rig.open()
        await anext(paused)
        read = asyncio.create_task(rig.stream())
        waits = [asyncio.create_task(rig.ask()) for _ in range(3)]
        await rig.servers["a"].arrived(4)
        del forgotten
        await rig.m.aclose()
        for call in (read, *waits, anext(paused)):
            with pytest.raises(Cancelled, match="was ended before its answer was whole"):
                await call
        assert at_rest(rig)
        with pytest.raises(UsageError, match="the multiplexer is closed"):
            await rig.ask()
    assert descriptors() == before


async def test_an_error_in_the_body_goes_through() -> None:
    async def run() -> None:
        async with pool(ONE_AT_A_TIME) as rig:
            await rig.open()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await run()


async def test_without_a_call_nothing_is_opened() -> None:
    before = descriptors()
    m = Multiplexer()
    m.add_model(base_url="http://127.0.0.1:9/v1", model="smol")
    assert descriptors() == before
    await m.aclose()
    await m.aclose()
