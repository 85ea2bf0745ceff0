"""Pools and worlds drawn from a seed: of every kind, at every rate, and longer than any cool-down.

The same seed is the same world for ever, but for changes of this file. The last phase is quiet, and
in it one entry never fails, so that what L1 promises can be seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log
from random import Random
from typing import TypeVar

from msgspec.structs import replace

from vibe.domain.failure import FailureKind
from vibe.domain.model import Alias
from vibe.domain.usage import Price
from vibe.mux.entry import Entry, Pool, Rules, ScopeId, Scopes
from vibe.mux.world import (
    Fault,
    Hand,
    Nature,
    Outage,
    Phase,
    Reload,
    Rumour,
    Sleep,
    Span,
    World,
)

PASSING = (
    FailureKind.RATE_LIMITED, FailureKind.OVERLOADED, FailureKind.SERVER, FailureKind.UNREACHABLE,
    FailureKind.STALLED, FailureKind.BROKEN_STREAM,
)  # fmt: skip
LASTING = (FailureKind.AUTH, FailureKind.NO_CREDIT, FailureKind.NOT_FOUND)
OF_REQUESTS = (
    FailureKind.BAD_REQUEST, FailureKind.CONTEXT_TOO_LONG, FailureKind.REFUSED, FailureKind.EMPTY,
)  # fmt: skip
OUTAGES = (*PASSING, FailureKind.AUTH, FailureKind.NOT_FOUND)
_T = TypeVar("_T")
QUIET = Phase(requests=12, rps=0.02)


def drawn(seed: int) -> tuple[Pool, World]:
    """The pool and the world of this seed."""
    return Dice(seed).world()


def faultless(seed: int) -> tuple[Pool, World]:
    """The same, but nothing ever fails there."""
    pool, world = drawn(seed)
    entries = (
        Nature(alias=nature.alias, first_s=nature.first_s, answer_s=nature.answer_s)
        for nature in world.entries
    )
    return pool, replace(
        world, entries=tuple(entries), offline=(), rumours=(), leased=0.0, turn=1, reloads=()
    )


class Dice:
    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311  it has to be repeatable
        self._seed = seed
        self._is_mild = self.chance(0.3)

    def world(self) -> tuple[Pool, World]:
        pool = self.pool()
        phases = tuple(self.phase() for _ in range(1 if self._is_mild else self.upto(3) + 1))
        busy_s = sum(phase.requests / phase.rps for phase in phases)
        able = [entry for entry in pool.entries if entry.trouble is None and entry.weight]
        calm = self.one_of(able or pool.entries).alias
        return pool, World(
            seed=self._seed,
            phases=(*phases, replace(QUIET, calm=calm)),
            entries=tuple(self.nature(entry.alias, busy_s) for entry in pool.entries),
            cancelled=self.sometimes(0.5, 0.3),
            hasty=self.sometimes(0.3, 1.0),
            by_person=self.sometimes(0.3, 1.0),
            unable=self.sometimes(0.3, 0.5),
            timed=self.sometimes(0.4, 1.0),
            deadline_s=self.scale(0.1, 100),
            turn=1 + self.upto(5) if self.chance(0.25) else 1,
            stopped=self.sometimes(0.3, 0.5),
            sealed=self.sometimes(0.3, 0.5),
            leased=self.sometimes(0.2, 0.5),
            offline=tuple(self.span(busy_s) for _ in range(self.upto(2))),
            sleeps=tuple(
                Sleep(at_s=self.scale(0.1, busy_s + 400), for_s=self.scale(0.1, 400))
                for _ in range(self.upto(2))
            ),
            reloads=self.reloads(pool, calm, busy_s),
            hands=tuple(
                Hand(at_s=self.within(busy_s), alias=self.one_of(pool.entries).alias)
                for _ in range(self.upto(2))
            ),
            rumours=tuple(self.rumour(pool, busy_s) for _ in range(self.upto(3))),
        )

    def pool(self) -> Pool:
        count = 1 + self.upto(5)
        entries = tuple(self.entry(Alias(name)) for name in "abcdef"[:count])
        if all(entry.is_fallback for entry in entries):
            entries = (replace(entries[0], is_fallback=False), *entries[1:])
        if not any(entry.weight for entry in entries):
            entries = tuple(replace(entry, weight=1) for entry in entries)
        rules = self.rules()
        if count == 1 and self.chance(0.5):
            rules = replace(rules, mode="single")
        return Pool(entries=entries, rules=rules)

    def entry(self, alias: Alias) -> Entry:
        origin = self.one_of("xyz") if self.chance(0.4) else alias
        key = origin + (self.one_of("12") if self.chance(0.5) else alias)
        return Entry(
            alias=alias,
            scopes=Scopes(
                own=ScopeId(f"own {alias} {key}"),
                key=ScopeId(f"key {key}"),
                origin=ScopeId(f"origin {origin}"),
                network=ScopeId("network" if self.chance(0.8) else ""),
            ),
            weight=self.one_of((1, 1, 1, 2, 3, 5, 7, 10, 30, 70, 0)),
            max_concurrent=self.one_of((None, None, 1, 2, 3, 5, 20)),
            most_asked=self.one_of((None, None, None, None, 1, 2, 4)),
            is_fallback=self.chance(0.3),
            rate_limited_by_key=self.chance(0.2),
            window=self.one_of((None, None, 8_000, 32_000, 128_000)),
            price=Price(input=1.0, output=2.0) if self.chance(0.3) else Price(),
            trouble="its key is not set" if self.chance(0.05) else None,
        )

    def rules(self) -> Rules:
        return Rules(
            mode=self.one_of(("failover", "load_balance", "load_balance", "load_balance")),
            strategy=self.one_of(("weighted", "weighted", "round_robin", "random", "least_busy")),
            overflow=self.one_of(("wait", "wait", "fallback")),
            rate_limit_s=self.one_of((0.0, 0.5, 5.0, 60.0)),
            error_s=self.one_of((0.0, 0.2, 1.0, 15.0)),
            failure_threshold=self.one_of((1, 1, 1, 2, 5)),
            max_wait_s=self.one_of((0.0, 5.0, 120.0, 120.0)),
            hedge_after_s=self.scale(0.01, 5) if self.chance(0.25) else None,
            hedge_priced=self.chance(0.5),
        )

    def phase(self) -> Phase:
        if self._is_mild:
            return Phase(requests=300 + self.upto(500), rps=self.scale(0.1, 30))
        rps = self.scale(0.03, 600)
        return Phase(requests=20 + self.upto(100 if rps > 1 else 20), rps=rps)

    def nature(self, alias: Alias, busy_s: float) -> Nature:
        is_good = self.chance(0.35)
        is_dead = not self._is_mild and self.chance(0.1)
        faults = () if is_good else tuple(self.fault() for _ in range(1 + self.upto(2)))
        if is_dead:
            faults = (Fault(kind=self.one_of(PASSING)),)
        return Nature(
            alias=alias,
            first_s=self.scale(0.02, 3),
            answer_s=self.scale(0.02, 20),
            faults=faults,
            cut=0.0 if is_good else self.sometimes(0.4, 0.02 if self._is_mild else 0.5),
            outages=tuple(self.outage(busy_s) for _ in range(self.upto(2))),
            per_minute=1 + self.upto(60) if self.chance(0.15) else None,
            tells_limits=self.chance(0.7),
            patience_s=self.scale(0.1, 120),
        )

    def fault(self) -> Fault:
        kinds = self.one_of((PASSING, PASSING, PASSING, OF_REQUESTS, OF_REQUESTS, LASTING))
        kind = self.one_of(kinds)
        says = kind in {FailureKind.RATE_LIMITED, FailureKind.OVERLOADED, FailureKind.NO_CREDIT}
        is_inner = kind is FailureKind.BROKEN_STREAM and self.chance(0.5)
        is_lost = kind is FailureKind.UNREACHABLE and self.chance(0.3)
        return Fault(
            kind=kind,
            share=self.scale(0.001 if self._is_mild else 0.01, self._most_of(kinds)),
            retry_after_s=self.scale(0.1, 100) if says and self.chance(0.5) else None,
            inner=self.one_of((*PASSING[:3], FailureKind.REFUSED)) if is_inner else None,
            cause="dns" if is_lost else None,
            lacks=kind is FailureKind.BAD_REQUEST and self.chance(0.3),
        )

    def _most_of(self, kinds: tuple[FailureKind, ...]) -> float:
        if self._is_mild:
            return 0.02
        return 0.3 if kinds is LASTING else 0.7

    def outage(self, busy_s: float) -> Outage:
        span = self.span(busy_s)
        return Outage(from_s=span.from_s, to_s=span.to_s, kind=self.one_of(OUTAGES))

    def rumour(self, pool: Pool, busy_s: float) -> Rumour:
        return Rumour(
            at_s=self.within(busy_s),
            alias=self.one_of(pool.entries).alias,
            rest_s=self.scale(0.1, 100) if self.chance(0.7) else 0.0,
            ahead=self.upto(2) - 1,
            kind=self.one_of((FailureKind.RATE_LIMITED, FailureKind.SERVER)),
        )

    def reloads(self, pool: Pool, calm: Alias, busy_s: float) -> tuple[Reload, ...]:
        if not self.chance(0.4):
            return ()
        return tuple(
            Reload(at_s=self.within(busy_s), pool=self.reloaded(pool, calm))
            for _ in range(1 + self.upto(2))
        )

    def reloaded(self, pool: Pool, calm: Alias) -> Pool:
        """The same pool with one or the other entry changed, or left out."""
        entries: list[Entry] = []
        for entry in pool.entries:
            other = self.entry(entry.alias)
            match self.upto(6):
                case 0 if entry.alias != calm:
                    continue
                case 1:
                    entries.append(replace(entry, weight=max(1, other.weight)))
                case 2:
                    entries.append(replace(entry, max_concurrent=other.max_concurrent))
                case 3 if entry.alias != calm:
                    entries.append(replace(entry, scopes=other.scopes))
                case 4:
                    entries.append(replace(entry, is_fallback=other.is_fallback))
                case _:
                    entries.append(entry)
        rules = self.rules() if self.chance(0.2) else pool.rules
        return Pool(entries=tuple(entries), rules=rules)

    def span(self, busy_s: float) -> Span:
        start = self.within(busy_s)
        return Span(from_s=start, to_s=min(busy_s, start + self.scale(0.05, 60)))

    def upto(self, most: int) -> int:
        return self._random.randint(0, most)

    def chance(self, share: float) -> bool:
        return self._random.random() < share

    def sometimes(self, how_often: float, most: float) -> float:
        return self._random.uniform(0, most) if self.chance(how_often) else 0.0

    def scale(self, least: float, most: float) -> float:
        """Each order of magnitude as likely as each other."""
        return exp(self._random.uniform(log(least), log(most)))

    def within(self, seconds: float) -> float:
        return self._random.uniform(0, seconds)

    def one_of(self, things: Sequence[_T]) -> _T:
        return self._random.choice(things)
