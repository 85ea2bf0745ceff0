"""How the entries stand at this moment: circuits, slots and counts, the mutable half of the core.

Changed by core.py and board.py alone, and never by two threads. Of a slot: `in_flight` is the
number of attempts under way, each of which gives its place back exactly once.
"""

from __future__ import annotations

from math import floor, inf
from typing import NamedTuple, TypeAlias

from vibe.mux.entry import Entry, ScopeId
from vibe.mux.health import WELL, Health
from vibe.mux.limits import Learned
from vibe.mux.step import AttemptId

NEVER = AttemptId(0)
PROBED = 3  # of an entry's circuits; for the network, asking it costs nobody anything
ROUNDING = 1e-9
Mark: TypeAlias = tuple[float, int]  # how far the shares are: a level, and whose turn was last


class Circuit:
    """One scope. At most one attempt is its `probe`; one of another process holds it as a lease.

    Attempts before `opened_by` began before the last opening, and close nothing.
    """

    __slots__ = (
        "health", "id", "leased_until", "limit", "opened_at", "opened_by", "probe", "sent_since",
        "standings",
    )  # fmt: skip

    def __init__(self, scope: ScopeId) -> None:
        self.id = scope
        self.health: Health = WELL
        self.probe: AttemptId | None = None
        self.leased_until = -inf
        self.opened_by = NEVER
        self.opened_at = -inf
        self.limit: Learned | None = None
        self.sent_since = 0
        self.standings: list[Standing] = []

    @property
    def is_closed(self) -> bool:
        return self.health.until is None

    def is_probed(self, now: float) -> bool:
        return self.probe is not None or now < self.leased_until

    def leave(self) -> None:
        """From now on its entries miss their picks, until they rejoin."""
        for standing in self.standings:
            standing.rejoined = False


class Standing:
    """One entry. `sent` counts what its share is reckoned by: attempts, or the pool's level.

    `is_closed`, `ready_at` (when a probe is due) and `earliest` (when at the earliest somebody may
    ask) are its circuits' as they were when it last looked.
    """

    __slots__ = (
        "circuits", "earliest", "entry", "first_token_s", "in_flight", "index", "is_closed",
        "most", "proved_at", "raised_to", "ready_at", "rejoined", "sent", "tier",
        "weight",
    )  # fmt: skip

    def __init__(
        self, entry: Entry, *, index: int, weight: int, circuits: tuple[Circuit, ...]
    ) -> None:
        self.in_flight = 0
        self.sent = 0
        self.rejoined = True
        self.raised_to = 0
        self.first_token_s = 0.0
        self.proved_at = -inf
        self.set_entry(entry, index=index, weight=weight, circuits=circuits)

    def set_entry(
        self, entry: Entry, *, index: int, weight: int, circuits: tuple[Circuit, ...]
    ) -> None:
        """What a reload may change; what is under way and counted stays."""
        self.entry = entry
        self.index = index
        self.weight = weight
        self.circuits = circuits
        self.tier = 2 if entry.by_name else int(entry.is_fallback)  # as board.py names them
        self.most = inf if entry.max_concurrent is None else entry.max_concurrent
        self.look()

    def look(self) -> None:
        """See how the circuits are, whenever one may have moved."""
        self.is_closed, self.ready_at, self.earliest = True, -inf, -inf
        for circuit in self.circuits:
            health = circuit.health
            if health.until is not None:
                self.is_closed = False
                self.ready_at = max(self.ready_at, health.until)
                self.earliest = max(self.earliest, health.earliest)

    def __repr__(self) -> str:
        return f"<Standing {self.entry.alias} {self.in_flight}/{self.most} sent {self.sent}>"

    @property
    def level(self) -> float:
        """How much of its share it will have had with one attempt more: the least goes next."""
        return (self.sent + 0.5) / self.weight

    @property
    def has_slot(self) -> bool:
        return self.in_flight < self.most

    @property
    def is_usable_at_all(self) -> bool:
        return self.entry.why_not is None and self.weight > 0

    @property
    def counted_by(self) -> Circuit:
        """The circuit that rate limits belong to."""
        own, key = self.circuits[:2]
        return key if self.entry.rate_limited_by_key else own

    def may_be_probed(self, now: float) -> bool:
        return now >= self.ready_at and not self.is_probed(now)

    def is_probed(self, now: float) -> bool:
        return not self.is_closed and any(
            circuit.is_probed(now) for circuit in self.circuits[:PROBED] if not circuit.is_closed
        )

    @property
    def is_probed_here(self) -> bool:
        return not self.is_closed and any(c.probe is not None for c in self.circuits[:PROBED])

    def spent_until(self, now: float, tokens: int) -> float | None:
        circuit = self.counted_by
        if circuit.limit is None:
            return None
        return circuit.limit.spent_until(now, sent=circuit.sent_since, tokens=tokens)

    def claim(self, attempt: AttemptId, *, is_probe: bool) -> Claim:
        return Claim(attempt, self, self.circuits, self.counted_by, is_probe)

    def rejoin(self, mark: Mark, *, spare: int = 0) -> None:
        """Come back with the share that is due from now on, and no claim on what was missed.

        `spare` is how many attempts it may lag behind all the same.
        """
        if not self.weight:
            return
        level, index = mark
        passed = floor(level * self.weight + 0.5 + ROUNDING)
        if self.index > index and (passed - 0.5) / self.weight == level:
            passed -= 1  # of those at the same level its turn is yet to come
        if passed - spare > self.sent:
            self.sent = self.raised_to = passed - spare


class Claim(NamedTuple):
    """What an attempt holds and tells about, even if a reload gives the entry other circuits."""

    attempt: AttemptId
    standing: Standing
    circuits: tuple[Circuit, ...]
    counted_by: Circuit
    is_probe: bool
