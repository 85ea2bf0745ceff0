"""A loop that leaps over waits: things keep their order, and bytes that are due are waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest

from tests.testing.client import ask
from vibe.testing.http1 import HttpRequest
from vibe.testing.leap import LeapingClock, LeapingLoop
from vibe.testing.reply import Pause, Reply
from vibe.testing.server import Server

_T = TypeVar("_T")
HOUR_S = 3600.0


def leaping(work: Coroutine[Any, Any, _T]) -> _T:
    with asyncio.Runner(loop_factory=LeapingLoop) as runner:
        return runner.run(work)


def test_an_hour_is_over_at_once_by_all_that_tells_the_time() -> None:
    async def passed() -> tuple[int, int, int]:
        clock, loop = LeapingClock(), asyncio.get_running_loop()
        before = loop.time(), clock.monotonic(), clock.wall()
        await clock.sleep(HOUR_S)
        after = loop.time(), clock.monotonic(), clock.wall()
        hours = [int((b - a) / HOUR_S) for a, b in zip(before, after, strict=True)]
        return hours[0], hours[1], hours[2]

    assert leaping(passed()) == (1, 1, 1)


def test_what_was_due_first_comes_first() -> None:
    async def order() -> list[float]:
        came: list[float] = []

        async def sleeper(seconds: float) -> None:
            await asyncio.sleep(seconds)
            came.append(seconds)

        await asyncio.gather(*(sleeper(seconds) for seconds in (30.0, 0.5, 7200.0, 2.0)))
        return came

    assert leaping(order()) == [0.5, 2.0, 30.0, 7200.0]


def test_a_wait_without_an_end_is_bounded_by_a_timeout() -> None:
    async def wait() -> None:
        async with asyncio.timeout(HOUR_S):
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        leaping(wait())


@pytest.mark.parametrize(("patience_s", "body"), [(2 * HOUR_S, b"late"), (HOUR_S / 2, None)])
def test_bytes_of_a_server_come_when_they_are_due(patience_s: float, body: bytes | None) -> None:
    def late(_request: HttpRequest) -> Reply:
        return Reply(steps=(Pause(HOUR_S), b"late"))

    async def asked() -> bytes | None:
        async with Server(late, clock=LeapingClock()) as server:
            try:
                async with asyncio.timeout(patience_s):
                    return (await ask(server.origin, "/")).body
            except TimeoutError:
                return None

    assert leaping(asked()) == body
