"""A loop whose time leaps over every wait, so that an hour of patience is over at once.

Sockets are real, and so is the time in which something happens; only where nothing is left to do
but wait for a moment, that moment comes. While a thread or a process of its own is at work, nothing
leaps. For servers and clients of one loop: of other processes it cannot know.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any, Final, TypeVar

from vibe.clock import SystemClock

T = TypeVar("T")

# The kernel passes bytes on between sockets of this machine at once, or nearly so. The farther the
# leap, the longer it is made sure that none are on their way.
_GLANCE: Final = 0.002
_LONGEST_GLANCE_S: Final = 0.03


class LeapingLoop(asyncio.SelectorEventLoop):
    """`time` counts what was leapt over; timeouts, sleeps and timers all go by it."""

    def __init__(self) -> None:
        self._leapt_s = 0.0
        self._elsewhere = 0  # threads and processes at work
        super().__init__(_Selector(self._leap, self._may_leap))

    def time(self) -> float:
        return super().time() + self._leapt_s

    def run_in_executor(
        self, executor: Executor | None, func: Callable[..., T], *args: Any
    ) -> asyncio.Future[T]:
        future = super().run_in_executor(executor, func, *args)
        self._elsewhere += 1
        future.add_done_callback(self._came_back)
        return future

    async def subprocess_exec(
        self, protocol_factory: Callable[[], Any], *args: Any, **options: Any
    ) -> tuple[asyncio.SubprocessTransport, Any]:
        def watched() -> Any:
            protocol = protocol_factory()
            exited = protocol.process_exited

            def process_exited() -> None:
                self._came_back()
                exited()

            protocol.process_exited = process_exited
            return protocol

        self._elsewhere += 1
        try:
            return await super().subprocess_exec(watched, *args, **options)
        except BaseException:
            self._came_back()
            raise

    def _came_back(self, _: object = None) -> None:
        self._elsewhere -= 1

    def _may_leap(self) -> bool:
        return not self._elsewhere

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
    def __init__(self, leap: Callable[[float], None], may_leap: Callable[[], bool]) -> None:
        super().__init__()
        self._leap = leap
        self._may_leap = may_leap

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= 0 or not self._may_leap():
            return super().select(timeout)
        glance_s = min(timeout * _GLANCE, _LONGEST_GLANCE_S)
        ready = super().select(glance_s)
        if not ready:
            self._leap(timeout - glance_s)
        return ready
