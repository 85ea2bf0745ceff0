"""What is left when nobody is well: whom a request may ask all the same, and when at the earliest.

Configured rests do not bind a request that nothing else can serve; the provider's own word does.
Pure questions about the board; what is done about the answers is core.py's.
"""

from __future__ import annotations

from math import inf

from msgspec import Struct

from vibe.domain.failure import Failure, FailureKind
from vibe.domain.model import Alias
from vibe.mux.board import Board
from vibe.mux.course import Course
from vibe.mux.health import is_passing
from vibe.mux.standing import Circuit, Standing

BREATH_S = 2.5
MENDED_BY_PEOPLE = frozenset({FailureKind.AUTH, FailureKind.NO_CREDIT, FailureKind.NOT_FOUND})


class Chance(Struct, frozen=True):
    """When an entry may be asked at last, as far as is known; infinity: not by itself."""

    standing: Standing
    at: float


class Chances(Struct, frozen=True, kw_only=True):
    """`pending`: an attempt is under way whose end will tell more."""

    soonest: Chance | None
    pending: bool


def chances(board: Board, course: Course, now: float) -> Chances:
    soonest: Chance | None = None
    pending = False
    for standing in board.all_able(course.barred):
        if not standing.has_slot or standing.is_probed_here:
            pending = True
            continue
        chance = Chance(standing, max(now, _allowed_at(standing, course)))
        if chance.at < inf and (soonest is None or _order(chance) < _order(soonest)):
            soonest = chance
    return Chances(soonest=soonest, pending=pending)


def _order(chance: Chance) -> tuple[float, int, int]:
    return chance.at, chance.standing.tier, chance.standing.index


def _allowed_at(standing: Standing, course: Course) -> float:
    at = max((_bound_of(circuit, standing, course) for circuit in standing.circuits), default=-inf)
    waits_since = course.waits_since
    was_proved = waits_since is not None and standing.proved_at >= waits_since
    return at if standing not in course.out or was_proved else max(at, course.retry_at)


def _bound_of(circuit: Circuit, standing: Standing, course: Course) -> float:
    health = circuit.health
    if health.until is None:
        return -inf
    failure = health.failure
    if failure is None or is_passing(failure):
        return max(health.resort_at, circuit.leased_until)
    if (
        course.call.by_person
        and (failure.inner or failure.kind) in MENDED_BY_PEOPLE
        and circuit.opened_at < course.began
        and not course.asked.get(standing)
    ):
        return circuit.leased_until  # the remedy may have come meanwhile
    return max(health.until, circuit.leased_until)


def failure_of(standing: Standing) -> Failure | None:
    """What the entry rests from: of several, what keeps it longest."""
    resting = [circuit.health for circuit in standing.circuits if circuit.health.until is not None]
    longest = max(resting, key=lambda health: health.until or -inf, default=None)
    return longest.failure if longest else None


def known_failure(board: Board, course: Course) -> tuple[Alias, Failure] | None:
    """Why nobody could even be asked."""
    for standing in board.standings.values():
        if standing.entry.alias not in course.call.unable and (failure := failure_of(standing)):
            return standing.entry.alias, failure
    return None


def back_at(board: Board, course: Course) -> float | None:
    """When the first entry is expected back."""
    times = [
        max((c.health.until for c in standing.circuits if c.health.until is not None), default=inf)
        for standing in board.standings.values()
        if standing.is_usable_at_all and standing.entry.alias not in course.call.unable
    ]
    soonest = min(times, default=inf)
    return None if soonest == inf else soonest
