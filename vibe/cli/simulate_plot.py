"""Shares over time in block glyphs: a line for each entry, a column for each step of time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from vibe.cli.table import drawn

if TYPE_CHECKING:
    from vibe.mux.tally import Part, Result

LABEL: Final = 18
BLOCKS: Final = "▁▂▃▄▅▆▇█"
NONE, NOBODY = "·", " "


def plot(result: Result) -> Iterator[str]:
    """What share of the attempts of each moment went to whom; blank where there were none."""
    sums = [
        sum(column) for column in zip(*(part.over_time for part in result.entries), strict=True)
    ]
    yield f"share of the attempts, {_told(result.step_s)} a column"
    label = max(drawn(labelled(part)) for part in result.entries)
    for part in result.entries:
        name = labelled(part)
        bars = "".join(map(_bar, part.over_time, sums))
        yield f"{name}{' ' * (label - drawn(name))}  {bars}".rstrip()


def labelled(part: Part) -> str:
    """The alias, as long as there is room for it."""
    alias = part.alias
    if drawn(alias) <= LABEL:
        return alias
    while drawn(alias) >= LABEL:
        alias = alias[:-1]
    return f"{alias}…"


def _bar(count: int, whole: int) -> str:
    if not whole:
        return NOBODY
    return BLOCKS[max(0, round(count / whole * len(BLOCKS)) - 1)] if count else NONE


def _told(seconds: float) -> str:
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
