"""The system clock keeps the promises of the protocol."""

from __future__ import annotations

import asyncio
import time

import pytest

from vibe.clock import Clock, SystemClock

CLOCK: Clock = SystemClock()


def test_monotonic_time_never_goes_back():
    readings = [CLOCK.monotonic() for _ in range(100)]
    assert readings == sorted(readings)


@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="the platform has no such clock")
def test_monotonic_time_is_of_the_clock_that_counts_suspension():
    before = time.clock_gettime(time.CLOCK_BOOTTIME)
    reading = CLOCK.monotonic()
    after = time.clock_gettime(time.CLOCK_BOOTTIME)
    assert before <= reading <= after


def test_wall_time_is_unix_time():
    before = time.time()
    reading = CLOCK.wall()
    assert before <= reading <= time.time()


@pytest.mark.parametrize("seconds", [0.0, -1.0], ids=["zero", "negative"])
def test_nothing_to_sleep_lets_others_run_once_and_returns(seconds: float):
    order: list[str] = []

    async def other() -> None:
        order.append("other")

    async def both() -> None:
        task = asyncio.create_task(other())
        await CLOCK.sleep(seconds)
        order.append("sleeper")
        await task

    asyncio.run(both())
    assert order == ["other", "sleeper"]


def test_a_sleeper_can_be_cancelled():
    async def cancelled() -> bool:
        task = asyncio.create_task(CLOCK.sleep(3600))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        return task.cancelled()

    assert asyncio.run(cancelled())
