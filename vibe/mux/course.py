"""One request on its way: what it tried, whom it may not ask again, and how long it has waited.

A pass asks each entry at most once; `out` are those that this pass is done with, `barred` those
that the request is done with. Decides nothing about entries, which it only remembers.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import inf
from typing import NamedTuple

from vibe.domain.failure import Failure, FailureKind, verdict
from vibe.domain.model import Alias
from vibe.mux.standing import Claim, Standing
from vibe.mux.step import AttemptId, Call, RequestId, Wait, Why

MOST_WITH_EXIT = 3
BOUND_WAIT_S = 2.0
_MOST_TELLING = (
    FailureKind.RATE_LIMITED, FailureKind.OVERLOADED, FailureKind.SERVER, FailureKind.UNREACHABLE,
    FailureKind.STALLED, FailureKind.BROKEN_STREAM, FailureKind.NO_CREDIT, FailureKind.AUTH,
    FailureKind.NOT_FOUND, FailureKind.EMPTY, FailureKind.CONTEXT_TOO_LONG, FailureKind.REFUSED,
    FailureKind.BAD_REQUEST, FailureKind.CANCELLED,
)  # fmt: skip


class Course:
    """Mutable, and the core's alone. `waits_since` is None while it does not wait."""

    def __init__(self, request: RequestId, call: Call, *, now: float) -> None:
        self.request = request
        self.call = call
        self.began = now
        self.out: set[Standing] = set()
        self.barred: set[Standing] = set()
        self.failures: list[tuple[Alias, Failure]] = []
        self.asked: dict[Standing, int] = {}
        self.under_way: set[AttemptId] = set()
        self.tries = 0
        self.passes = 0
        self.waited_s = 0.0
        self.waits_since: float | None = None
        self.waits_full = False
        self.retry_at = -inf
        self.due = inf
        self.place = 0
        self.told: Wait | None = None
        self.bound_until: float | None = None
        self.is_unbound = False
        self._once: set[tuple[Standing, FailureKind]] = set()
        self._repeated: set[FailureKind] = set()

    def means(self, standing: Standing) -> bool:
        """Whether it may ask there at all, also where a reload has brought it just now."""
        entry = standing.entry
        return entry.alias in self.call.order if self.call.order else not entry.by_name

    def is_over(self, now: float) -> bool:
        return self.call.deadline is not None and now >= self.call.deadline

    def bar(self, standing: Standing) -> None:
        self.barred.add(standing)
        self.out.add(standing)

    def new_pass(self) -> None:
        self.out = set(self.barred)
        self._repeated.clear()
        self.passes += 1

    def asks(self, standing: Standing) -> None:
        self.tries += 1
        self.retry_at = -inf
        self.asked[standing] = self.asked.get(standing, 0) + 1
        self.out.add(standing)
        if self.asked[standing] >= self._most(standing):
            self.barred.add(standing)

    def _most(self, standing: Standing) -> float:
        most = standing.entry.most_asked
        by_entry = inf if most is None else most
        return min(by_entry, MOST_WITH_EXIT) if self.call.on_limit == "exit" else by_entry

    def why(self, standing: Standing) -> Why | None:
        """Why an entry is asked that can be, where it is not the first."""
        if not self.failures:
            return None
        return "failover" if self.failures[-1][0] != standing.entry.alias else "last_resort"

    def takes_back(self, standing: Standing) -> None:
        """It was not asked after all."""
        self.tries -= 1
        self.asked[standing] -= 1
        self.out.discard(standing)
        self.barred.discard(standing)

    def note(self, standing: Standing, failure: Failure) -> bool:
        """Remember a failure; tells whether the same entry may be asked again at once."""
        self.failures.append((standing.entry.alias, failure))
        again = verdict(failure.kind).again
        kind = failure.inner if again == "last_resort" and failure.inner else failure.kind
        again = verdict(kind).again
        is_first = (standing, kind) not in self._once
        match again:
            case "no":
                self.bar(standing)
            case "once" | "last_resort_once":
                self._once.add((standing, kind))
                if not is_first or failure.lacks:
                    self.bar(standing)
                elif again == "once" and standing not in self.barred:
                    return self._may_repeat(standing, kind)
            case "last_resort":
                pass
        return False

    def _may_repeat(self, standing: Standing, kind: FailureKind) -> bool:
        """A pass has one repair and one repeat."""
        if kind not in self._repeated:
            self._repeated.add(kind)
            return True
        if kind is FailureKind.BAD_REQUEST:
            self.bar(standing)
        return False

    def is_final(self, standing: Standing, failure: Failure, everybody: Iterable[Standing]) -> bool:
        """Whether no other entry may be asked; bars those that would be asked in vain."""
        match verdict(failure.inner or failure.kind).elsewhere:
            case "no" | "by_configuration":
                return True
            case "if_lacks":
                return standing in self.barred and not failure.lacks
            case "larger_window":
                window = failure.window or standing.entry.window or 0
                for other in everybody:
                    if other.entry.window is not None and other.entry.window <= window:
                        self.bar(other)
                return False
            case "yes" | "seam":
                return False

    def wait_ends(self, now: float) -> None:
        self.waited_s = self.waited_until(now)
        self.waits_since = None
        self.due = inf
        self.told = None

    def waited_until(self, now: float) -> float:
        """For how long it waited for somebody to come back, now included."""
        if self.waits_since is None or self.waits_full:
            return self.waited_s
        return self.waited_s + now - self.waits_since

    @property
    def telling(self) -> tuple[Alias, Failure] | None:
        """The failure that says most: a fallback's 400 never masks the primary's 429."""
        return min(self.failures, key=_rank, default=None)


def _rank(had: tuple[Alias, Failure]) -> int:
    return _MOST_TELLING.index(had[1].inner or had[1].kind)


class Attempt(NamedTuple):
    """What is under way, for whom and at whom."""

    course: Course
    claim: Claim
