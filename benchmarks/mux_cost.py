"""What the pool costs: CPU time a call, a chunk, a pick, and while nothing happens."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from itertools import chain
from random import Random
from typing import Final

from mux_field import (
    ALONE,
    BARE,
    FITTED,
    LIBRARY,
    LITELLM,
    MLLM,
    POOL,
    ROUTER,
    SDK,
    STORED,
    Contestant,
    Field,
)
from mux_figures import figure, in_turns, ratio
from mux_host import Pool

from vibe.domain.model import Alias
from vibe.mux import entry as pools
from vibe.mux.core import Core
from vibe.mux.entry import Entry, Rules, ScopeId, Scopes
from vibe.mux.step import Call, RequestId, Send

CALLS: Final = 20  # in a row, for one is too short to measure
TURNS: Final = (0, 10, 100)
WARMING: Final = 3  # the caches are cold after another process had its turn
CHUNKS: Final = 1_000
PACES: Final = ("in one go", "one by one")  # as stream.py numbers them
PICKS: Final = 5_000
AT_ONCE: Final = 50  # picks, for one is too short to measure
IDLE_S: Final = 10.0
WRITTEN_S: Final = 0.4
WAITERS: Final = 10


def calls(field: Field, runs: int) -> Iterator[str]:
    yield "| client | whole: µs a call | over its client | streamed: µs a call | over its client |"
    yield "|---|---:|---:|---:|---:|"
    found = field.present(BARE, ALONE, POOL, STORED, LIBRARY, SDK, MLLM, LITELLM, ROUTER)
    columns = [
        in_turns(found, runs, partial(call_s, field, streamed)) for streamed in (False, True)
    ]
    for each in found:
        cells = [
            f"{figure(column[each.label]).median * 1e6:.0f} | {ratio(column, each)}"
            for column in columns
        ]
        yield f"| {each.label} | {' | '.join(cells)} |"


def conversations(field: Field, runs: int) -> Iterator[str]:
    """Of turns with a call in each. What is measured is streamed."""
    yield "| messages | client | µs a call | over its client |"
    yield "|---:|---|---:|---:|"
    found = field.present(ALONE, FITTED, POOL)
    for turns in TURNS:
        took = in_turns(found, runs, partial(call_s, field, True, turns=turns))
        for each in found:
            median_us = figure(took[each.label]).median * 1e6
            yield f"| {4 * turns + 1} | {each.label} | {median_us:.0f} | {ratio(took, each)} |"


def call_s(field: Field, streamed: bool, who: Contestant, *, turns: int = 0) -> float:
    pool = field.pool("says/a", "says/b", mode="load_balance")._replace(turns=turns)
    field.calls(who, pool, times=WARMING, streamed=streamed)
    found = field.calls(who, pool, times=CALLS, streamed=streamed)
    if any(said.startswith("!") for said in found.said):
        return float("nan")
    return found.cpu_s / CALLS


def chunks(field: Field, runs: int) -> Iterator[str]:
    yield "| chunks come | client | µs a chunk | over httpx and json |"
    yield "|---|---|---:|---:|"
    found = field.present(BARE, ALONE, POOL, LIBRARY, SDK, LITELLM, ROUTER)
    for number, pace in enumerate(PACES):
        took = in_turns(found, runs, partial(chunk_s, field, number))
        for each in found:
            median_us = figure(took[each.label]).median * 1e6
            over = ratio(took, each, over=BARE.label)
            yield f"| {pace} | {each.label} | {median_us:.1f} | {over} |"


def chunk_s(field: Field, pace: int, who: Contestant) -> float:
    """What a thousand of them cost beyond one."""
    cost_s = {
        many: field.calls(
            who, field.pool("says/a", "says/b", model=f"{pace}/{many}"), times=times, streamed=True
        ).cpu_s
        / times
        for many, times in ((1, 10), (CHUNKS, 1))
    }
    return (cost_s[CHUNKS] - cost_s[1]) / (CHUNKS - 1)


def picks(field: Field, runs: int) -> Iterator[str]:
    yield "| entries | mode | µs a pick | with its reasons for the trace |"
    yield "|---:|---|---:|---:|"
    for entries in (2, 10, 100):
        for mode in ("failover", "load_balance"):
            bare_us, told_us = (
                figure(pick_us(entries, mode, explains=explains) for _ in range(runs)).median
                for explains in (False, True)
            )
            yield f"| {entries} | `{mode}` | {bare_us:.1f} | {told_us:.1f} |"


def pick_us(entries: int, mode: str, *, explains: bool) -> float:
    """Of the core alone, in CPU time, with every entry well and weights from 1 to 7."""
    pool = pools.Pool(
        entries=tuple(map(entry, range(entries))),
        rules=Rules(mode="failover" if mode == "failover" else "load_balance"),
    )
    core = Core(pool, rng=Random(7), explains=explains)  # noqa: S311 - the same in every run
    call, spent_s = Call(), 0.0
    for first in range(0, PICKS, AT_ONCE):
        numbers = range(first, first + AT_ONCE)
        before = time.process_time()
        picked = [core.decide(first, RequestId(number), call) for number in numbers]
        spent_s += time.process_time() - before
        for step in chain.from_iterable(picked):
            if isinstance(step, Send):
                core.succeeded(first, step.attempt)
    return spent_s / PICKS * 1e6


def entry(number: int) -> Entry:
    own, key, origin = (ScopeId(f"{scope} {number}") for scope in ("own", "key", "origin"))
    scopes = Scopes(own=own, key=key, origin=origin)
    return Entry(alias=Alias(f"entry-{number}"), scopes=scopes, weight=number % 7 + 1)


def idle(field: Field, runs: int) -> Iterator[str]:
    """What is spent when nobody waits for it, and while requests wait in line for a place."""
    used = field.pool("says/a", "says/b", mode="load_balance")
    slow = field.pool("slow-1000/a")
    one_place = slow._replace(endpoints=(slow.endpoints[0]._replace(most=1),))
    yield "| | CPU ms |"
    yield "|---|---:|"
    for each in (POOL, STORED):
        took = [after_s(field, each, used) for _ in range(runs + 1)][1:]
        yield f"| {each.label}: after a call | {figure(took).median * 1e3:.2f} |"
        rest_s = field.of(each).order("idle", seconds=IDLE_S)["cpu_s"]
        yield f"| {each.label}: a second at rest | {rest_s / IDLE_S * 1e3:.2f} |"
    alone_s = field.calls(POOL, one_place, times=WAITERS).cpu_s
    many_s = field.calls(POOL, one_place, times=WAITERS, at_once=WAITERS).cpu_s
    waited_s = sum(range(WAITERS))
    yield f"| a request's second in line | {max(0.0, many_s - alone_s) / waited_s * 1e3:.2f} |"


def after_s(field: Field, who: Contestant, pool: Pool) -> float:
    """Until all that is to be remembered has been written."""
    field.calls(who, pool)
    return field.of(who).order("idle", seconds=WRITTEN_S)["cpu_s"]
