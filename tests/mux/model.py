"""How the entries of a pool stand, by the words of the design alone: a model for the oracle.

Written from the rules and from nothing of `vibe.mux`, of which only plain values arrive. It knows
what a failure takes down, for how long, and what ends that; it judges nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import Any

from vibe.domain.failure import Failure
from vibe.domain.limits import Limits

# What a failure takes down, and how long for: by configuration, or seconds. Others take down none.
TAKES_DOWN: Mapping[str, tuple[str, str | float]] = {
    "auth": ("key", inf),
    "no_credit": ("key", 3_600.0),
    "not_found": ("own", 600.0),
    "rate_limited": ("own", "rate_limit_s"),
    "overloaded": ("own", "error_s"),
    "server": ("own", "error_s"),
    "broken_stream": ("own", "error_s"),
    "stalled": ("own", "error_s"),
    "unreachable": ("origin", "error_s"),
}
MENDED_BY_PEOPLE = frozenset({"auth", "no_credit", "not_found"})
OF_A_SERVER = frozenset({"unreachable", "server", "overloaded", "stalled", "broken_stream"})
PASSING = frozenset(TAKES_DOWN) - MENDED_BY_PEOPLE
PROBED = 3  # of an entry's scopes: for the network all may try at once
LONGEST_PASSING_S = 300.0
LONGEST_S = 86_400.0
STALLS_WITHIN_S = 60.0
OFFLINE_WITHIN_S = 1.0
SPREAD = 0.2


def kind_of(failure: Failure) -> str:
    return str(failure.inner or failure.kind)


def backoff_s(tries: int) -> float:
    return min(8.0, 0.5 * 2.0 ** min(tries, 10))


class Scope:
    """What fails together. `until` is None while it is well.

    Where a rest is spread by chance, `until` is its earliest end and `late` its latest. Attempts up
    to `newest` began before the last opening. `resort` is the earliest moment for a request that
    nothing else can serve, `stated` the provider's own word.
    """

    __slots__ = (
        "epoch", "id", "in_a_row", "kind", "late", "leased", "limit", "newest", "opened_at",
        "openings", "probe", "resort", "sent_since", "stalled_at", "stated", "until", "was_lost",
    )  # fmt: skip

    def __init__(self, id_: str) -> None:
        self.id = id_
        self.epoch = self.openings = self.in_a_row = self.newest = self.sent_since = 0
        self.until: float | None = None
        self.late = self.resort = self.stated = self.leased = -inf
        self.stalled_at = self.opened_at = -inf
        self.kind = ""
        self.was_lost = False
        self.probe: int | None = None
        self.limit: tuple[int, float] | None = None

    def fail(self, now: float, failure: Failure, newest: int, rules: Mapping[str, Any]) -> bool:
        """A failure of this epoch; tells whether it opened the scope."""
        kind = kind_of(failure)
        self.in_a_row += 1
        self.kind = kind
        self.was_lost = failure.cause in ("dns", "route")
        if kind == "stalled":
            last, self.stalled_at = self.stalled_at, now
            if self.until is None and now - last > STALLS_WITHIN_S:
                return False
        is_patient = kind in PASSING and failure.retry_after_s is None and self.until is None
        if is_patient and self.in_a_row < rules["failure_threshold"]:
            return False
        if failure.retry_after_s is not None:
            self.open_until(now, now + min(max(failure.retry_after_s, 0.0), LONGEST_S), newest)
            return True
        configured = TAKES_DOWN[kind][1]
        base_s = configured if isinstance(configured, float) else rules[str(configured)]
        longest_s = max(base_s, LONGEST_PASSING_S if kind in PASSING else LONGEST_S)
        until = now + min(base_s * 2.0 ** min(self.openings, 30), longest_s)
        earliest = now + backoff_s(self.openings) * (1 - SPREAD) if kind in PASSING else until
        self.until = self.late = max(until, self.until or -inf)
        self.resort = max(min(earliest, self.until), self.stated)
        self._opened(now, newest)
        return True

    def open_until(self, now: float, stated: float, newest: int) -> None:
        """By the provider's own word."""
        self.stated = max(self.stated, stated)
        self.until = self.late = max(stated, self.until or -inf)
        self.resort = self.stated
        self._opened(now, newest)

    def extend(self, stated: float) -> None:
        """By the word that came late to an attempt of an older epoch."""
        self.until = self.late = max(self.until or -inf, stated)
        self.stated = max(self.stated, stated)
        self.resort = max(self.resort, stated)

    def hear(
        self, rest: tuple[float, float, float], openings: int, kind: str, *, is_more: bool
    ) -> None:
        """What another process knows of it: `is_more` if of a later opening than this one does."""
        until, stated, resort = rest
        if is_more or self.until is None or until > self.until:
            self.openings, self.kind = openings, kind
            self.in_a_row, self.was_lost, self.stalled_at = 0, False, -inf
        if not is_more and self.until is not None:
            until, stated = max(until, self.until), max(stated, self.stated)
            resort = max(resort, self.resort)
        self.until = self.late = until
        self.stated, self.resort = stated, resort

    def wake(self, now: float) -> None:
        """By hand, as if its rest were over."""
        if self.until is not None:
            self.until, self.late = min(self.until, now), min(self.late, now)
            self.stated, self.resort = min(self.stated, now), min(self.resort, now)

    def be_offline(self, now: float, newest: int) -> None:
        step_s = backoff_s(self.openings)
        self.until = self.resort = now + step_s * (1 - SPREAD)
        self.late = now + step_s * (1 + SPREAD)
        self.stated = -inf
        self.kind = "unreachable"
        self._opened(now, newest)

    def close(self) -> None:
        self.until = self.probe = None
        self.openings = self.in_a_row = 0
        self.late = self.resort = self.stated = -inf
        self.kind = ""
        self.was_lost = False

    def is_spent(self, now: float) -> bool:
        return self.limit is not None and self.limit[0] <= self.sent_since and now < self.limit[1]

    def learn(self, now: float, limits: Limits) -> None:
        told = limits.requests
        self.sent_since = 0
        self.limit = None
        if told is not None and told.remaining is not None and told.reset_s is not None:
            self.limit = (told.remaining, now + told.reset_s)

    def _opened(self, now: float, newest: int) -> None:
        self.epoch += 1
        self.openings += 1
        self.newest = newest
        self.opened_at = now
        self.probe = None


class Seat:
    """One entry. `scopes` are its own, its key's, its host's and, if it needs one, the network."""

    __slots__ = (
        "alias", "counted", "in_flight", "index", "most", "most_asked", "probed", "proved_at",
        "scopes", "tier", "trouble", "weight", "window",
    )  # fmt: skip

    def __init__(self, alias: str) -> None:
        self.alias = alias
        self.in_flight = 0
        self.proved_at = -inf

    def configure(self, entry: Mapping[str, Any], index: int, scopes: tuple[Scope, ...]) -> None:
        self.index = index
        self.weight: int = 0 if entry["is_out"] else entry["weight"]
        self.tier = 2 if entry["by_name"] else int(entry["is_fallback"])
        most = entry["max_concurrent"]
        self.most: float = inf if most is None else most
        self.trouble: str | None = entry["trouble"] or ("is out" if entry["is_out"] else None)
        self.window: int | None = entry["window"]
        self.most_asked: float = inf if entry["most_asked"] is None else entry["most_asked"]
        self.scopes, self.probed = scopes, scopes[:PROBED]
        self.counted = scopes[1] if entry["rate_limited_by_key"] else scopes[0]

    @property
    def is_full(self) -> bool:
        return self.in_flight >= self.most

    @property
    def is_well(self) -> bool:
        return all(scope.until is None for scope in self.scopes)

    def may_join(self, now: float) -> bool:
        """Well, or surely ready for its one probe."""
        for scope in self.scopes:
            if scope.until is None:
                continue
            if now < scope.late:
                return False
            if scope in self.probed and (scope.probe is not None or now < scope.leased):
                return False
        return True


def blamed(scopes: tuple[Scope, ...], counted: Scope, failure: Failure) -> Scope | None:
    kind = kind_of(failure)
    if kind not in TAKES_DOWN:
        return None
    if kind == "rate_limited":
        return counted
    return scopes[("own", "key", "origin").index(TAKES_DOWN[kind][0])]


class Network:
    """Which hosts could not be found, and when: two within a second, and it is nobody's fault."""

    def __init__(self) -> None:
        self._lost: dict[Scope, float] = {}

    def is_lost(
        self, now: float, attempt: int, newest: int, scopes: tuple[Scope, ...], failure: Failure
    ) -> bool:
        """Judge a failure of `attempt`; whether the network is to blame, and not the entry."""
        if len(scopes) < 4 or failure.cause not in ("dns", "route"):
            return False
        origin, network = scopes[2:]
        if attempt <= network.newest:
            return network.until is not None
        self._lost[origin] = now
        self._lost = {s: at for s, at in self._lost.items() if now - at <= OFFLINE_WITHIN_S}
        if network.until is None and len(self._lost) < 2:
            return False
        if network.until is None or now >= network.until:
            network.be_offline(now, newest)
        for scope in self._lost:
            if scope.was_lost:
                scope.close()
        return True
