"""The time that vibe goes by: a small protocol, and the system's own clock behind it.

No other file imports `time`. Whoever waits, or counts from one moment to another, is handed a
`Clock`; so a fake needs one number that its `sleep` moves on. Nothing here decides how long to
wait, and nothing here formats a time for people.
"""

from __future__ import annotations

import sys
import time
from typing import Protocol


class Clock(Protocol):
    """Seconds, as floats. Only differences of `monotonic` mean anything; its zero is arbitrary."""

    def monotonic(self) -> float:
        """Never goes back, and goes on while the machine is suspended."""
        ...

    def wall(self) -> float:
        """Seconds since 1970. It jumps when the machine's time is set; never subtract two."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after at least `seconds`; later, if the machine was suspended meanwhile."""
        ...


class SystemClock:
    """The machine's clock."""

    def monotonic(self) -> float:
        return time.monotonic() if _SUSPENSION_TOO is None else time.clock_gettime(_SUSPENSION_TOO)

    def wall(self) -> float:
        return time.time()

    async def sleep(self, seconds: float) -> None:
        import asyncio  # too slow to load for commands that never wait

        await asyncio.sleep(seconds)


def _clock_that_counts_suspension() -> int | None:
    # `time.monotonic` stands still during a suspension, on Linux and on Darwin. Darwin's own
    # CLOCK_MONOTONIC, which `time.monotonic` does not use there, does not.
    if sys.platform == "darwin":
        return time.CLOCK_MONOTONIC
    return getattr(time, "CLOCK_BOOTTIME", None)


_SUSPENSION_TOO = _clock_that_counts_suspension()
