"""Runs drawn worlds under the oracle. As a program it replays one and prints what led to its end.

.venv/bin/python -m tests.mux.runs SEED [EVENTS]
"""

from __future__ import annotations

import sys
from collections import Counter, deque
from collections.abc import Callable, Iterable
from typing import TypeAlias, cast

from msgspec import Struct
from msgspec.structs import replace

from tests.mux.oracle import Oracle, Violation
from tests.mux.worlds import drawn
from vibe.mux.core import Core
from vibe.mux.entry import Pool
from vibe.mux.simulate import simulate
from vibe.mux.watched import Observer
from vibe.mux.world import World

Event: TypeAlias = tuple[str, tuple[object, ...], dict[str, object]]


class Ran(Struct, kw_only=True):
    """What came of many worlds: how much was simulated, and what was seen."""

    worlds: int = 0
    requests: int = 0
    seen: Counter[str]


class Recorder:
    """Keeps the last events, and hands each on to the oracle, if there is one."""

    def __init__(self, oracle: Oracle | None = None, *, most: int | None = None) -> None:
        self.events: deque[Event] = deque(maxlen=most)
        self._oracle = oracle

    def __getattr__(self, name: str) -> Callable[..., None]:
        def happened(*facts: object, **more: object) -> None:
            self.events.append((name, facts, more))
            if self._oracle is not None:
                getattr(self._oracle, name)(*facts, **more)

        return happened

    def named(self, name: str) -> list[Event]:
        return [event for event in self.events if event[0] == name]


def run(seeds: Iterable[int], *, requests: int) -> Ran:
    """At least so many requests; a violation names the seed, and how to see it again."""
    ran = Ran(seen=Counter())
    for seed in seeds:
        pool, world = drawn(seed)
        oracle = Oracle()
        try:
            simulate(pool, world, observer=oracle)
        except Violation as violation:
            replay = f".venv/bin/python -m tests.mux.runs {seed}"
            raise Violation(f"{violation}\nseed {seed}; to see it again: {replay}") from None
        ran.worlds += 1
        ran.requests += world.requests
        ran.seen += oracle.seen
        if ran.requests >= requests:
            break
    return ran


def first_violation(
    seeds: Iterable[int],
    *,
    core: type[Core],
    worlds: Callable[[int], tuple[Pool, World]] = drawn,
) -> str | None:
    for seed in seeds:
        pool, world = worlds(seed)
        try:
            simulate(pool, world, observer=Oracle(), core=core)
        except Violation as violation:
            return str(violation)
    return None


def recorded(pool: Pool, world: World, *, core: type[Core] = Core) -> Recorder:
    recorder = Recorder()
    simulate(pool, world, observer=cast("Observer", recorder), core=core)
    return recorder


def is_repeatable(seed: int, *, core: type[Core] = Core) -> bool:
    """S20: whether the same seed gives the same trace."""
    first, second = (recorded(*drawn(seed), core=core).events for _ in range(2))
    return first == second


def has_no_scale(seed: int, *, core: type[Core] = Core) -> bool:
    """D2: whether the same entries are asked where all weights are ten times as large."""
    pool, world = drawn(seed)
    reloads = tuple(replace(each, pool=_tenfold(each.pool)) for each in world.reloads)
    larger = recorded(_tenfold(pool), replace(world, reloads=reloads), core=core)
    return larger.named("sent") == recorded(pool, world, core=core).named("sent")


def _tenfold(pool: Pool) -> Pool:
    entries = (replace(entry, weight=entry.weight * 10) for entry in pool.entries)
    return replace(pool, entries=tuple(entries))


def replay(seed: int, *, most: int) -> None:
    pool, world = drawn(seed)
    recorder = Recorder(Oracle(), most=most)
    end = "no violation"
    try:
        simulate(pool, world, observer=cast("Observer", recorder))
    except Violation as violation:
        end = str(violation)
    for name, facts, more in recorder.events:
        told = [*map(str, facts), *(f"{key}={value}" for key, value in more.items())]
        sys.stdout.write(f"{name:12} {' '.join(told)}\n")
    sys.stdout.write(f"{pool.rules}\n")
    for entry in pool.entries:
        sys.stdout.write(f"{entry}\n")
    sys.stdout.write(f"{end}\n")


if __name__ == "__main__":
    replay(int(sys.argv[1]), most=int(sys.argv[2]) if len(sys.argv) > 2 else 40)
