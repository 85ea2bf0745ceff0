"""Medians of what was measured in turns, and how far the middle half of the runs lies apart."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import isnan

from msgspec import Struct
from mux_field import Contestant


class Figure(Struct, frozen=True):
    """`low` and `high` are the quartiles."""

    median: float
    low: float
    high: float


def figure(values: Iterable[float]) -> Figure:
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return Figure(median, low, high)


def in_turns(
    contestants: Sequence[Contestant], runs: int, measure: Callable[[Contestant], float]
) -> dict[str, list[float]]:
    """What was measured of each in every round but the first, which only warms all up."""
    rounds = [{each.label: measure(each) for each in contestants} for _ in range(runs + 1)]
    return {each.label: [row[each.label] for row in rounds[1:]] for each in contestants}


def ratio(taken: Mapping[str, Sequence[float]], who: Contestant, over: str = "") -> str:
    """Of each round by itself, so that it holds when the machine is busy."""
    base = over or who.over
    if base not in taken:
        return ""
    found = figure(a / b for a, b in zip(taken[who.label], taken[base], strict=True))
    if isnan(found.median):
        return "it fails"
    return f"{found.median:.2f}x ({found.low:.2f} to {found.high:.2f})"
