"""What is left when nobody is well: whom a request may ask all the same, and when at the earliest.

Configured rests do not bind a request that nothing else can serve; the provider's own word does.
Pure questions about the board; what is done about the answers is core.py's.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from msgspec import Struct

from vibe.domain.failure import Failure, FailureKind
from vibe.domain.model import Alias
from vibe.mux.board import Board
from vibe.mux.course import Course
from vibe.mux.standing import PROBED, Circuit, Standing

BREATH_S = 2.5
MENDED_BY_PEOPLE = frozenset({FailureKind.AUTH, FailureKind.NO_CREDIT, FailureKind.NOT_FOUND})


class Chance(Struct, frozen=True):
    """When an entry may be asked at last, as far as is known; infinity: not by itself."""

    standing: Standing
    at: float


class Chances(Struct, frozen=True, kw_only=True):
    """`pending`: an attempt is under way, here or in another process, whose end will tell more."""

    soonest: Chance | None
    pending: bool


def chances(board: Board, course: Course, now: float) -> Chances:
    soonest: Chance | None = None
    first = (inf, 0, 0)
    pending = False
    for standing in board.able:
        if standing in course.barred or not course.means(standing):
            continue
        if not standing.has_slot or standing.is_probed_here:
            pending = True
            continue
        if standing.is_probed(now) and course.call.on_limit == "wait":
            pending = True
        at = max(now, _allowed_at(standing, course))
        if (order := (at, standing.tier, _place(standing, course))) < first:
            first, soonest = order, Chance(standing, at)
    return Chances(soonest=soonest, pending=pending)


def _place(standing: Standing, course: Course) -> int:
    order = course.call.order
    return order.index(standing.entry.alias) if order else standing.index


def _allowed_at(standing: Standing, course: Course) -> float:
    at = -inf if standing.is_closed else _rests_until(standing, course)
    if standing not in course.out:
        return at
    waits_since = course.waits_since
    was_proved = waits_since is not None and standing.proved_at >= waits_since
    return at if was_proved else max(at, course.retry_at)


def _rests_until(standing: Standing, course: Course) -> float:
    resting = [circuit for circuit in standing.circuits if not circuit.is_closed]
    leased = (circuit.leased_until for circuit in standing.circuits[:PROBED] if circuit in resting)
    if course.call.by_person:
        rests = (_earliest(circuit, standing, course) for circuit in resting)
        return max(*rests, *leased, -inf)
    return max(standing.earliest, *leased, -inf)


def _earliest(circuit: Circuit, standing: Standing, course: Course) -> float:
    """For somebody who may have mended meanwhile what no wait helps against."""
    failure = circuit.health.failure
    if (
        failure is not None
        and (failure.inner or failure.kind) in MENDED_BY_PEOPLE
        and circuit.opened_at < course.began
        and not course.asked.get(standing)
    ):
        return -inf
    return circuit.health.earliest


def failure_of(standing: Standing, among: Sequence[Circuit] | None = None) -> Failure | None:
    """What the entry rests from: of several, what keeps it longest."""
    circuits = standing.circuits if among is None else among
    resting = [circuit.health for circuit in circuits if circuit.health.until is not None]
    longest = max(resting, key=lambda health: health.until or -inf, default=None)
    return longest.failure if longest else None


def known_failure(board: Board, course: Course) -> tuple[Alias, Failure] | None:
    """Why nobody could even be asked."""
    for standing in board.standings.values():
        if not course.means(standing) or standing.entry.alias in course.call.unable:
            continue
        if failure := failure_of(standing):
            return standing.entry.alias, failure
    return None


def back_at(board: Board, course: Course) -> float | None:
    """When the first entry is expected back."""
    times = [
        max(
            (
                max(c.health.until, c.leased_until)
                for c in standing.circuits
                if c.health.until is not None
            ),
            default=inf,
        )
        for standing in board.standings.values()
        if standing.is_usable_at_all
        and course.means(standing)
        and standing.entry.alias not in course.call.unable
    ]
    soonest = min(times, default=inf)
    return None if soonest == inf else soonest
