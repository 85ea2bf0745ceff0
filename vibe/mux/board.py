"""All entries of a pool as they stand, and who of them can be asked now.

Knows circuits, slots and shares, and nothing of requests but which entries one has to leave out.
Invariant: `free[tier]` holds, in order, exactly those whose circuits are all closed and that have a
slot; `resting` those with a circuit that is not closed. So a pick looks at few.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from math import inf
from typing import TypeAlias

from vibe.domain.model import Alias
from vibe.mux.entry import Entry, Pool, ScopeId
from vibe.mux.limits import Learned
from vibe.mux.standing import Circuit, Mark, Standing

PRIMARY, FALLBACK, BY_NAME = 0, 1, 2
Tiers: TypeAlias = tuple[int, ...]
EVERY: Tiers = (PRIMARY, FALLBACK, BY_NAME)
IN_TURN: tuple[Tiers, ...] = ((PRIMARY,), (FALLBACK,))  # whom a request on the pool goes to
AT_ONCE: tuple[Tiers, ...] = (EVERY,)  # one that has an order of its own
START: Mark = (0.0, -1)


class Board:
    def __init__(self, pool: Pool) -> None:
        self.circuits: dict[ScopeId, Circuit] = {}
        self.standings: dict[Alias, Standing] = {}
        self._known: dict[Alias, Standing] = {}  # of earlier pools too
        self.limited: set[Circuit] = set()
        self.spent: set[Standing] = set()
        self._learned: set[Circuit] = set()
        self.marks: list[Mark] = [START for _ in EVERY]
        self.attempts = 0
        self.pool = pool
        self.set_pool(pool)

    def set_pool(self, pool: Pool) -> None:
        """Entries that stay keep their slots and health; shares begin anew where they changed."""
        is_new = self.pool.signature != pool.signature
        self.pool = pool
        standings: dict[Alias, Standing] = {}
        for index, (entry, weight) in enumerate(pool.weighted):
            circuits = tuple(self._circuit(scope) for scope in _scopes(entry))
            standing = self._known.get(entry.alias)
            if standing is None:
                standing = Standing(entry, index=index, weight=weight, circuits=circuits)
                self._known[entry.alias] = standing
            else:
                standing.rejoined = standing.rejoined and standing.circuits == circuits
                was_full = not standing.has_slot
                standing.set_entry(entry, index=index, weight=weight, circuits=circuits)
                if was_full and standing.has_slot:
                    standing.rejoin(self.marks[standing.tier], spare=weight)
            if is_new:
                standing.sent = standing.raised_to = 0
            standings[entry.alias] = standing
        self.standings = standings
        if is_new:
            self.marks = [START for _ in EVERY]
        for circuit in self.circuits.values():
            circuit.standings = [s for s in standings.values() if circuit in s.circuits]
        self.refresh()

    def refresh(self) -> None:
        """Sort the entries anew, after a circuit, a slot or the pool has changed."""
        self.free: list[list[Standing]] = [[] for _ in EVERY]
        self.full: list[list[Standing]] = [[] for _ in EVERY]
        self.resting: list[list[Standing]] = [[] for _ in EVERY]
        self.able: list[Standing] = []
        self.is_offline = False
        for standing in self.standings.values():
            standing.look()
            if not standing.is_usable_at_all:
                continue
            self.able.append(standing)
            if not standing.is_closed:
                self.resting[standing.tier].append(standing)
                if len(standing.circuits) > 3 and not standing.circuits[3].is_closed:
                    self.is_offline = True
                continue
            self._rejoin(standing)
            kind = self.free if standing.has_slot else self.full
            kind[standing.tier].append(standing)

    def usable(
        self, tier: int, out: Collection[Standing], now: float, *, tokens: int
    ) -> list[Standing]:
        """Who can be asked now, in order. Those whose limit is used up are left out."""
        found = self.free[tier]
        if out:
            found = [standing for standing in found if standing not in out]
        if self.resting[tier]:
            probes = [s for s in self.resting[tier] if s not in out and self._may_join(s, now)]
            if probes:
                found = sorted([*found, *probes], key=lambda standing: standing.index)
        if self.limited or self.spent:
            found = [s for s in found if self._has_left(s, now, tokens)]
        return found

    def is_full(self, tiers: Tiers, out: set[Standing]) -> bool:
        """Whether somebody could be asked but for the slots."""
        return any(not out.issuperset(self.full[tier]) for tier in tiers)

    def has_full(self, out: set[Standing]) -> bool:
        return self.is_full(EVERY, out)

    def has_nobody(self, now: float) -> bool:
        """Whether nobody at all can be asked now."""
        return not any(self.free) and not any(
            standing.has_slot and standing.may_be_probed(now)
            for tier in self.resting
            for standing in tier
        )

    def refilled_at(self, out: Collection[Standing], now: float, *, tokens: int) -> float:
        """When the first of those whose limit is used up can be asked again."""
        if not self.limited:
            return inf
        times = (s.spent_until(now, tokens) for tier in self.free for s in tier if s not in out)
        return min((at for at in times if at is not None), default=inf)

    def take(self, standing: Standing, *, is_by_share: bool) -> None:
        if is_by_share:
            mark = standing.level, standing.index
            self.marks[standing.tier] = max(self.marks[standing.tier], mark)
        self.attempts += 1
        standing.sent += 1
        standing.in_flight += 1
        if not standing.has_slot:
            self.refresh()

    def give_back(self, standing: Standing, *, was_sent: bool) -> bool:
        """Whether it was full until now."""
        was_full = not standing.has_slot
        standing.in_flight -= 1
        if not was_sent and standing.sent:
            standing.sent -= 1
        if was_full and self.has(standing):
            standing.rejoin(self.marks[standing.tier], spare=standing.weight)
            self.refresh()
        return was_full

    def learn(self, scope: ScopeId, limit: Learned | None) -> None:
        """What is known of a scope's limit from now on."""
        if circuit := self.circuits.get(scope):
            circuit.limit = limit
            circuit.sent_since = 0
            self._learned.add(circuit)
            (self.limited.add if limit else self.limited.discard)(circuit)

    def take_limits(self) -> set[Circuit]:
        """Those whose limit has changed since this was last asked."""
        learned, self._learned = self._learned, set()
        return learned

    def set_sent(self, sent: Mapping[Alias, int]) -> None:
        """The counts by which shares are reckoned, of all processes together."""
        for alias, n in sent.items():
            if standing := self.standings.get(alias):
                standing.sent, standing.raised_to = n, 0
        for tier in EVERY:
            if upcoming := min(((s.level, s.index) for s in self.free[tier]), default=None):
                level, index = upcoming
                self.marks[tier] = max(self.marks[tier], (level, index - 1))

    def keep_up(self) -> None:
        """Whoever is passed over just now has no claim on what it misses.

        For what is remembered beyond this process: a later one cannot know that it was passed over.
        """
        for standing in self.standings.values():
            if standing in self.spent or not standing.is_usable_at_all:
                standing.rejoin(self.marks[standing.tier])

    def has(self, standing: Standing) -> bool:
        """Whether a reload has not left it out."""
        return self.standings.get(standing.entry.alias) is standing

    def _may_join(self, standing: Standing, now: float) -> bool:
        if not standing.has_slot or not standing.may_be_probed(now):
            return False
        self._rejoin(standing)
        return True

    def _has_left(self, standing: Standing, now: float, tokens: int) -> bool:
        if standing.spent_until(now, tokens) is not None:
            self.spent.add(standing)
            return False
        if standing in self.spent:
            self.spent.remove(standing)
            standing.rejoin(self.marks[standing.tier])
        return True

    def _rejoin(self, standing: Standing) -> None:
        if not standing.rejoined:
            standing.rejoin(self.marks[standing.tier])
            standing.rejoined = True

    def _circuit(self, scope: ScopeId) -> Circuit:
        return self.circuits.setdefault(scope, Circuit(scope))


def _scopes(entry: Entry) -> Iterator[ScopeId]:
    scopes = entry.scopes
    yield from (scopes.own, scopes.key, scopes.origin)
    if scopes.network:
        yield scopes.network
