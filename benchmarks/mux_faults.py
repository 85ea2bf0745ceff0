"""What a failing endpoint costs the answer: time, and how many requests are answered at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

import stream
from mux_field import (
    LIBRARY,
    MLLM,
    MLLM_AT_ONCE,
    POOL,
    ROUTER,
    ROUTER_AT_ONCE,
    Contestant,
    Field,
)
from mux_figures import figure

FAULTS: Final = {"429": "limited/-", "500": "failing/-", "refused connection": "refused/-"}
FEW: Final = 5  # of those that take seconds
REQUESTS: Final = 200
AT_ONCE: Final = 8
WORLDS: Final = {
    "each of 3 fails 1 in 5": ("flaky-20/a", "flaky-20/b", "flaky-20/c"),
    "1 of 3 is down": ("refused/-", "says/b", "says/c"),
    "1 of 3 is down, the others fail 1 in 5": ("refused/-", "flaky-20/b", "flaky-20/c"),
}
STREAMED: Final = {
    "nothing": "says/a", "429": "limited/-", "cut after 5 of 10 chunks": "cut-5/a",
}  # fmt: skip


def failover(field: Field, runs: int) -> Iterator[str]:
    """Each time by a pool that knows of nothing yet, and has no connection."""
    found = field.present(POOL, LIBRARY, MLLM, MLLM_AT_ONCE, ROUTER, ROUTER_AT_ONCE)
    yield f"| client | second alone, ms | {' | '.join(f'{name}, ms more' for name in FAULTS)} |"
    yield f"|---|---:|{'---:|' * len(FAULTS)}"
    for each in found:
        times = runs if each.home == "vibe" else FEW
        rounds = [trial(field, each) for _ in range(times + 1)][1:]
        alone = figure(row[""] for row in rounds)
        cells = [f"{alone.median * 1e3:.2f}"]
        for name in FAULTS:
            extra = figure(row[name] - row[""] for row in rounds)
            cells.append(
                f"{extra.median * 1e3:.2f} ({extra.low * 1e3:.2f} to {extra.high * 1e3:.2f})"
            )
        yield f"| {each.label} | {' | '.join(cells)} |"


def trial(field: Field, who: Contestant) -> dict[str, float]:
    """How long an answer takes: by the second endpoint alone, and after each fault."""
    pools = {"": field.pool("says/b", model="0/1")}
    pools |= {name: field.pool(kind, "says/b", model="0/1") for name, kind in FAULTS.items()}
    taken: dict[str, float] = {}
    for name, pool in pools.items():
        field.of(who).forget()
        (took,) = field.calls(who, pool).took
        taken[name] = took.seconds if took.said == "b" else float("nan")
    return taken


def streams(field: Field, runs: int) -> Iterator[str]:
    """Whether a streamed answer is whole all the same."""
    due = "a" + "".join(stream.words(10)[1:])
    yield f"| client | {' | '.join(STREAMED)} |"
    yield f"|---|{'---|' * len(STREAMED)}"
    for each in field.present(POOL, LIBRARY, MLLM, ROUTER):
        cells: list[str] = []
        for kind in STREAMED.values():
            field.of(each).forget()
            (said,) = field.calls(each, field.pool(kind, "says/a"), streamed=True).said
            cells.append("whole" if said == due else said.removeprefix("!"))
        yield f"| {each.label} | {' | '.join(cells)} |"


def availability(field: Field, runs: int) -> Iterator[str]:
    yield "| endpoints | client | answered | median s | longest s | errors |"
    yield "|---|---|---:|---:|---:|---|"
    for world, kinds in WORLDS.items():
        for each in field.present(POOL, MLLM, ROUTER):
            field.of(each).forget()
            pool = field.pool(*kinds, mode="load_balance")
            took = field.calls(each, pool, times=REQUESTS, at_once=AT_ONCE).took
            errors = Counter(one.said[1:] for one in took if one.said.startswith("!"))
            share = 1 - errors.total() / REQUESTS
            seconds = sorted(one.seconds for one in took)
            told = ", ".join(f"{count} {name}" for name, count in errors.items())
            yield (
                f"| {world} | {each.label} | {share:.1%} | {seconds[REQUESTS // 2]:.3f}"
                f" | {seconds[-1]:.2f} | {told} |"
            )
