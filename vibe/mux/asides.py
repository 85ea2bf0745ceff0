"""Why an entry was not chosen, in a few words: for traces, which people read.

Asked before the pick changes anything, or when a request ends for which none was. Decides nothing.
"""

from __future__ import annotations

from math import ceil

from vibe.domain.telling import named
from vibe.mux.board import Board
from vibe.mux.course import Course
from vibe.mux.resort import failure_of
from vibe.mux.standing import Standing
from vibe.mux.step import Aside


def asides(board: Board, course: Course, chosen: Standing | None, now: float) -> tuple[Aside, ...]:
    return tuple(
        Aside(standing.entry.alias, _why_not(board, course, standing, chosen, now))
        for standing in board.standings.values()
        if standing is not chosen
    )


def _why_not(
    board: Board, course: Course, standing: Standing, chosen: Standing | None, now: float
) -> str:
    entry = standing.entry
    if entry.why_not is not None:
        return entry.why_not
    if not standing.weight:
        return "has no weight"
    if entry.alias in course.call.unable:
        return course.call.unable[entry.alias]
    if standing in course.out:
        return "was asked already"
    return _state(standing, now, course.call.tokens) or _order(board, standing, chosen)


def _state(standing: Standing, now: float, tokens: int) -> str | None:
    if not standing.is_closed:
        failure = failure_of(standing)
        kind = named(failure.kind) if failure else "by what another vibe told"
        if standing.is_probed(now):
            return f"is being probed after {kind}"
        until = max(c.health.until or now for c in standing.circuits)
        rest = f" for {ceil(until - now)} s" if now < until < float("inf") else ""
        return f"rests{rest}: {kind}"
    if not standing.has_slot:
        return f"is full: {standing.in_flight} of {standing.entry.max_concurrent}"
    spent_until = standing.spent_until(now, tokens)
    if spent_until is not None:
        return f"has used up its limit for {ceil(spent_until - now)} s"
    return None


def _order(board: Board, standing: Standing, chosen: Standing | None) -> str:
    if chosen is None:
        return "its turn had not come"
    if standing.tier > chosen.tier:
        return "is a fallback"
    if board.pool.rules.mode == "load_balance":
        return "had more of its share"
    return "comes later in order"
