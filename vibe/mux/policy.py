"""Whom to ask of those who can be asked now: pure choices among standings, by strategy.

The candidates come in the order of failover, and are never none.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Protocol, assert_never

from vibe.domain.model import Alias
from vibe.mux.entry import Rules
from vibe.mux.standing import Standing
from vibe.mux.step import Why


class Rng(Protocol):
    def random(self) -> float:
        """At least 0 and less than 1."""
        ...


_by_level = attrgetter("level")


def choose(candidates: Sequence[Standing], rules: Rules, rng: Rng) -> tuple[Standing, Why]:
    match rules.mode:
        case "single":
            return candidates[0], "only"
        case "failover":
            return candidates[0], "order"
        case "load_balance":
            pass
        case _:
            assert_never(rules.mode)
    match rules.strategy:
        case "weighted" | "round_robin":  # of the latter all weights are one: see board.py
            return min(candidates, key=_by_level), "share"
        case "random":
            return drawn(candidates, rng.random()), "random"
        case "least_busy":
            return least_busy_of_two(candidates, rng), "least_busy"
    assert_never(rules.strategy)


def choose_in(
    order: Sequence[Alias], candidates: Sequence[Standing], rules: Rules, rng: Rng
) -> tuple[Standing, Why]:
    """As a request has it that names whom to ask. Where the pool shares its load, the first of each
    provider do so, and whoever else it has stands behind it."""
    wanted = sorted(candidates, key=lambda standing: order.index(standing.entry.alias))
    if rules.mode != "load_balance":
        return wanted[0], "order"
    first = {standing.entry.owner: standing for standing in reversed(wanted)}
    return choose([s for s in wanted if first[s.entry.owner] is s], rules, rng)


def drawn(candidates: Sequence[Standing], chance: float) -> Standing:
    """By lot, weighted."""
    left = chance * sum(candidate.weight for candidate in candidates)
    for candidate in candidates:
        left -= candidate.weight
        if left < 0:
            return candidate
    return candidates[-1]


def least_busy_of_two(candidates: Sequence[Standing], rng: Rng) -> Standing:
    """Two by lot, and of them the one with less to do; a tie goes to the quicker."""
    if len(candidates) < 2:
        return candidates[0]
    first = int(rng.random() * len(candidates))
    second = int(rng.random() * (len(candidates) - 1))
    second += second >= first
    return min(candidates[first], candidates[second], key=_busy)


def _busy(candidate: Standing) -> tuple[float, float, int]:
    return candidate.in_flight, candidate.first_token_s, candidate.index
