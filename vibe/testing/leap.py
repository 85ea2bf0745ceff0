"""A loop whose time leaps over every wait, so that an hour of patience is over at once.

Sockets are real, and so is the time in which something happens; only where nothing is left to do
but wait for a moment, that moment comes. For servers and clients of one loop: it cannot know of an
answer that comes from elsewhere, another process or a thread, and would not wait for it.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable
from typing import Final

from vibe.clock import SystemClock

# The kernel passes bytes on between sockets of this machine at once, or nearly so. The farther the
# leap, the longer it is made sure that none are on their way.
_GLANCE: Final = 0.002
_LONGEST_GLANCE_S: Final = 0.03


class LeapingLoop(asyncio.SelectorEventLoop):
    """`time` counts what was leapt over; timeouts, sleeps and timers all go by it."""

    def __init__(self) -> None:
        self._leapt_s = 0.0
        super().__init__(_Selector(self._leap))

    def time(self) -> float:
        return super().time() + self._leapt_s

    def _leap(self, seconds: float) -> None:
        self._leapt_s += seconds


class LeapingClock:
    """The time of the running loop, for all who are handed a clock."""

    def __init__(self) -> None:
        self._zero_s = SystemClock().wall() - self.monotonic()

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    def wall(self) -> float:
        return self._zero_s + self.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class _Selector(selectors.DefaultSelector):
    def __init__(self, leap: Callable[[float], None]) -> None:
        super().__init__()
        self._leap = leap

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        glance_s = min(timeout * _GLANCE, _LONGEST_GLANCE_S)
        ready = super().select(glance_s)
        if not ready:
            self._leap(timeout - glance_s)
        return ready
