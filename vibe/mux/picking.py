"""Whom one request may ask at this moment, and which of them it does: the board and the policy.

A request on the pool goes to the primaries, and then to the fallbacks; one that names an order to
all whom it names at once. Changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from vibe.mux.board import AT_ONCE, IN_TURN, Board, Tiers
from vibe.mux.course import Course
from vibe.mux.policy import Rng, choose, choose_in
from vibe.mux.standing import Standing
from vibe.mux.step import Why


class Picking:
    def __init__(self, board: Board, rng: Rng) -> None:
        self._board = board
        self._rng = rng

    def turns(self, course: Course) -> tuple[Tiers, ...]:
        """The tiers to look at together, one after another."""
        return AT_ONCE if course.call.order else IN_TURN

    def usable(self, now: float, course: Course, tiers: Tiers) -> list[Standing]:
        out, tokens = course.out, course.call.tokens
        found = [s for tier in tiers for s in self._board.usable(tier, out, now, tokens=tokens)]
        return [s for s in found if course.means(s)] if course.call.order else found

    def to_spare(self, now: float, course: Course) -> list[Standing]:
        """Who can be asked beside one that is silent."""
        rules = self._board.pool.rules
        for tiers in self.turns(course):
            if found := [
                standing
                for standing in self.usable(now, course, tiers)
                if standing.is_closed and (rules.hedge_priced or not standing.entry.price.input)
            ]:
                return found
        return []

    def limited(self, course: Course) -> list[Standing]:
        """Who can be asked but for a limit that its headers said is used up."""
        for tiers in self.turns(course) if self._board.limited else ():
            free = (s for tier in tiers for s in self._board.free[tier])
            if found := [s for s in free if s not in course.out and course.means(s)]:
                return found
        return []

    def chosen(self, found: Sequence[Standing], course: Course) -> tuple[Standing, Why]:
        rules = self._board.pool.rules
        if order := course.call.order:
            return choose_in(order, found, rules, self._rng)
        return choose(found, rules, self._rng)
