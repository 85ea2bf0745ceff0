"""The pool in simulated worlds: whatever happens there, what the design promises holds.

The worlds are drawn from seeds, the judge is oracle.py. A seed that fails is named, with the
command that shows what led to it.
"""

from __future__ import annotations

import os
from collections import Counter
from itertools import count

import pytest

from tests.mux.oracle import Oracle
from tests.mux.runs import has_no_scale, is_repeatable, recorded, run
from tests.mux.worlds import drawn
from vibe.domain.failure import FailureKind
from vibe.domain.model import Alias
from vibe.mux.entry import Entry, Pool, Rules, ScopeId, Scopes
from vibe.mux.simulate import simulate
from vibe.mux.step import Outcome
from vibe.mux.world import Nature, Outage, Phase, World

TRANSITIONS = (
    "closed -> open", "open -> half-open", "half-open -> closed", "half-open -> open",
    "last resort", "open -> open", "extended", "offline", "denied", "spent",
)  # fmt: skip
REASONS = (
    "order", "share", "turn", "random", "least_busy", "failover", "repeat", "repair", "probe",
    "last_resort", "hedge",
)  # fmt: skip
EVERYTHING = {
    *TRANSITIONS,
    *(f"why {reason}" for reason in REASONS),
    *(f"outcome {outcome}" for outcome in Outcome),
}


def entry(
    name: str, *, weight: int = 1, most: int | None = None, is_fallback: bool = False
) -> Entry:
    return Entry(
        alias=Alias(name),
        scopes=Scopes(
            own=ScopeId(f"own {name}"), key=ScopeId(f"key {name}"), origin=ScopeId(f"origin {name}")
        ),
        weight=weight,
        max_concurrent=most,
        is_fallback=is_fallback,
    )


def test_every_invariant_holds_and_everything_comes_about() -> None:
    ran = run(count(), requests=12_000)
    assert {name for name in EVERYTHING if not ran.seen[name]} == set()


@pytest.mark.slow
def test_every_invariant_holds_over_many_requests() -> None:
    """100,000 requests, or as many as VIBE_SIMULATED says, from the seed VIBE_SEED on:

    VIBE_SIMULATED=1000000 sh scripts/test -m slow tests/mux/test_simulation.py
    """
    requests = int(os.environ.get("VIBE_SIMULATED", "100000"))
    ran = run(count(int(os.environ.get("VIBE_SEED", "1000"))), requests=requests)
    assert {name for name in EVERYTHING if not ran.seen[name]} == set()


@pytest.mark.parametrize("seed", range(12))
def test_s20_the_same_seed_gives_the_same_trace(seed: int) -> None:
    assert is_repeatable(seed)


@pytest.mark.parametrize("seed", range(12))
def test_d2_only_the_ratio_of_weights_counts(seed: int) -> None:
    assert has_no_scale(seed)


@pytest.mark.parametrize("seed", range(12))
def test_c3_the_figures_are_what_happened(seed: int) -> None:
    pool, world = drawn(seed)
    oracle = Oracle()
    result = simulate(pool, world, observer=oracle)
    seen = oracle.seen
    assert result.requests == world.requests
    assert result.outcomes == {outcome: seen[f"outcome {outcome}"] for outcome in Outcome}
    assert sum(part.attempts for part in result.entries) == seen["attempts"] - seen["denied"]
    for part in result.entries:
        assert part.attempts == part.ok + part.limited + part.failed + part.cancelled
        assert part.attempts == sum(part.over_time)


def test_l4_after_a_common_reopening_each_entry_gets_one_probe() -> None:
    limited = Outage(from_s=0, to_s=10, kind=FailureKind.RATE_LIMITED, retry_after_s=30)
    names = ("a", "b", "c", "d")
    pool = Pool(entries=tuple(map(entry, names)), rules=Rules(mode="load_balance"))
    world = World(
        phases=(Phase(requests=40, rps=1_000),),
        entries=tuple(Nature(alias=Alias(name), outages=(limited,)) for name in names),
    )
    sent = recorded(pool, world).named("sent")
    probes = Counter(facts[3] for _, facts, more in sent if more["is_probe"])
    assert probes == dict.fromkeys(names, 1)


@pytest.mark.parametrize(
    "kind",
    [
        FailureKind.SERVER,
        FailureKind.OVERLOADED,
        FailureKind.RATE_LIMITED,
        FailureKind.UNREACHABLE,
        FailureKind.BROKEN_STREAM,
    ],
)
def test_a_pool_of_one_survives_twenty_seconds_without_it(kind: FailureKind) -> None:
    outage = Outage(from_s=0, to_s=20, kind=kind)
    world = World(
        phases=(Phase(requests=20, rps=10),), entries=(Nature(alias=Alias("a"), outages=(outage,)),)
    )
    result = simulate(Pool(entries=(entry("a"),)), world)
    assert result.outcomes == {**dict.fromkeys(Outcome, 0), Outcome.OK: 20}


def test_seventy_and_thirty_of_a_hundred_are_exactly_that() -> None:
    pool = Pool(
        entries=(entry("a", weight=70), entry("b", weight=30)), rules=Rules(mode="load_balance")
    )
    result = simulate(pool, World(phases=(Phase(requests=100, rps=5),)))
    assert [(part.alias, part.attempts, part.want) for part in result.entries] == [
        ("a", 70, 0.7),
        ("b", 30, 0.3),
    ]


def test_slots_are_never_exceeded_and_nobody_is_refused_for_want_of_one() -> None:
    pool = Pool(entries=(entry("a", most=3), entry("b", most=5)), rules=Rules(mode="load_balance"))
    oracle = Oracle()
    world = World(phases=(Phase(requests=200, rps=50),))
    result = simulate(pool, world, observer=oracle)
    assert result.outcomes[Outcome.OK] == 200
    assert result.waited_s.count > 100
