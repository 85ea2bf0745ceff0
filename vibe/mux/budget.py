"""How many repeats and hedges the recent requests pay for: a fifth of them, and three.

Moving on to an entry that was not asked yet is never charged, nor is what a wait goes before.
"""

from __future__ import annotations

from collections import deque

SHARE = 0.2
SPARE = 3
WINDOW_S = 60.0
_GRAIN_S = 5.0

_Bucket = list[float]  # when it began, requests, charges


class Budget:
    """Counts by steps of five seconds, so that it stays small at any rate."""

    def __init__(self) -> None:
        self._buckets: deque[_Bucket] = deque()
        self._requests = 0.0
        self._charges = 0.0

    def request(self, now: float) -> None:
        self._bucket(now)[1] += 1
        self._requests += 1

    def charge(self, now: float) -> bool:
        """Take one out of the budget; False if there is none."""
        bucket = self._bucket(now)
        if self._charges + 1 > SPARE + SHARE * self._requests:
            return False
        bucket[2] += 1
        self._charges += 1
        return True

    def _bucket(self, now: float) -> _Bucket:
        buckets = self._buckets
        while buckets and now - buckets[0][0] >= WINDOW_S:
            _, requests, charges = buckets.popleft()
            self._requests -= requests
            self._charges -= charges
        if not buckets or now - buckets[-1][0] >= _GRAIN_S:
            buckets.append([now, 0.0, 0.0])
        return buckets[-1]
