"""The upstreams of a pool: each open for as long as it is of the pool, or may still be asked.

After a reload one may be of the pool no longer, and in the middle of an answer. It is closed once
all that was under way at that moment is over. Whatever begins later asks those of the new pool.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Generator, Iterable
from contextlib import contextmanager

from vibe.mux.member import Upstream


class Upstreams:
    """`_under_way` counts uses by the number of reloads before each; `_left` has those that went
    with a reload, by its number. Invariant: whoever is in `_left` may still be asked by a use of
    that number or a lower one, and by no other."""

    def __init__(self) -> None:
        self._present: dict[int, Upstream] = {}
        self._reloads = 0
        self._under_way: Counter[int] = Counter()
        self._left: list[tuple[int, Upstream]] = []
        self._closing: set[asyncio.Task[None]] = set()

    def keep(self, upstreams: Iterable[Upstream]) -> None:
        """These are all that the pool has from now on."""
        present = {id(each): each for each in upstreams}
        self._left += [
            (self._reloads, each) for key, each in self._present.items() if key not in present
        ]
        self._present = present
        self._reloads += 1
        self._close_unused()

    def begin(self) -> int:
        """A use, which `end` is told: nothing that is of the pool now is closed before."""
        self._under_way[self._reloads] += 1
        return self._reloads

    def end(self, use: int) -> None:
        self._under_way[use] -= 1
        if self._left:
            self._close_unused()

    @contextmanager
    def in_use(self) -> Generator[None]:
        use = self.begin()
        try:
            yield
        finally:
            self.end(use)

    async def aclose(self) -> None:
        for _, each in self._left:
            await each.aclose()
        for each in self._present.values():
            await each.aclose()
        await asyncio.gather(*self._closing)

    def _close_unused(self) -> None:
        self._under_way = +self._under_way
        oldest = min(self._under_way, default=self._reloads)
        for reload, each in self._left:
            if reload < oldest:
                task = asyncio.get_running_loop().create_task(self._close(each))
                self._closing.add(task)
                task.add_done_callback(self._closing.discard)
        self._left = [left for left in self._left if left[0] >= oldest]

    async def _close(self, upstream: Upstream) -> None:
        if id(upstream) not in self._present:  # it may have come back
            await upstream.aclose()
