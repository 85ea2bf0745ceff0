"""A clock that stands still until somebody sleeps by it, so that nothing in a test waits."""

from __future__ import annotations

import asyncio


class FakeClock:
    """Both of its times go on by what is slept, and by what `advance` is told."""

    def __init__(self, *, wall: float = 1_700_000_000.0) -> None:
        self._wall = wall
        self._passed_s = 0.0

    def monotonic(self) -> float:
        return self._passed_s

    def wall(self) -> float:
        return self._wall + self._passed_s

    async def sleep(self, seconds: float) -> None:
        self.advance(seconds)
        await asyncio.sleep(0)  # whoever else is ready goes first, as in a real sleep

    def advance(self, seconds: float) -> None:
        self._passed_s += max(0.0, seconds)
