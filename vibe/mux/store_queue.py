"""What is still to be written to the store, merged as it comes, so that waiting costs no memory.

A counter that other processes move too is changed by what it does to any number, never by a number.
No files and no clock here.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from msgspec import Struct, field

from vibe.domain.model import Alias
from vibe.mux.entry import ScopeId
from vibe.mux.store_rows import HealthRow, LimitRow

KEPT_TRACES = 500


class Shift(NamedTuple):
    """What becomes of a counter, whatever it is: n is raised to `at_least`, then `more` is added.

    Additions and raisings in any row are one such shift.
    """

    at_least: int = 0
    more: int = 0

    def then(self, later: Shift) -> Shift:
        at_least = max(self.at_least, later.at_least - self.more)
        return Shift(at_least, self.more + later.more)

    def of(self, n: int) -> int:
        return max(n, self.at_least) + self.more


class Use(Struct, frozen=True, kw_only=True):
    """What was asked of an entry, and what that cost: attempts, tokens, micro-dollars.

    `unpriced` counts the attempts whose cost is not known, and so not in `cost_uusd`; `estimated`
    those whose tokens the provider did not tell.
    """

    requests: int = 0
    ok: int = 0
    limited: int = 0
    failed: int = 0
    cancelled: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cost_uusd: int = 0
    unpriced: int = 0
    estimated: int = 0

    def __add__(self, other: Use) -> Use:
        return Use(
            requests=self.requests + other.requests,
            ok=self.ok + other.ok,
            limited=self.limited + other.limited,
            failed=self.failed + other.failed,
            cancelled=self.cancelled + other.cancelled,
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
            cost_uusd=self.cost_uusd + other.cost_uusd,
            unpriced=self.unpriced + other.unpriced,
            estimated=self.estimated + other.estimated,
        )


class Noted(NamedTuple):
    """A value that is kept as JSON, and the wall time of it."""

    wall: float
    value: Struct


class Batch(Struct, kw_only=True):
    """What one transaction will write. The numbers of a process's batches grow."""

    number: int
    healths: dict[ScopeId, HealthRow] = {}
    limits: dict[ScopeId, LimitRow] = {}
    sent: dict[tuple[str, Alias], Shift] = {}
    usage: dict[tuple[str, Alias], Use] = {}
    traces: deque[Noted] = field(default_factory=lambda: deque(maxlen=KEPT_TRACES))
    snapshot: Struct | None = None
    releases: set[ScopeId] = set()

    @property
    def is_empty(self) -> bool:
        return not (
            self.healths
            or self.limits
            or self.sent
            or self.usage
            or self.traces
            or self.snapshot
            or self.releases
        )

    def shift(self, signature: str, alias: Alias, shift: Shift) -> None:
        self.sent[signature, alias] = self.sent.get((signature, alias), Shift()).then(shift)

    def count(self, day: str, alias: Alias, use: Use) -> None:
        earlier = self.usage.get((day, alias))
        self.usage[day, alias] = earlier + use if earlier else use

    def before(self, later: Batch) -> Batch:
        """Both as one, which has the number of the later; neither is changed."""
        both = Batch(
            number=later.number,
            healths=self.healths | later.healths,
            limits=self.limits | later.limits,
            sent=self.sent.copy(),
            usage=self.usage.copy(),
            traces=self.traces + later.traces,
            snapshot=later.snapshot or self.snapshot,
            releases=self.releases | later.releases,
        )
        for (signature, alias), shift in later.sent.items():
            both.shift(signature, alias, shift)
        for (day, alias), use in later.usage.items():
            both.count(day, alias, use)
        return both
