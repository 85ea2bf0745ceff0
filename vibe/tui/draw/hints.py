"""Keys and what they do, as one line; where there is no room for all, the dearest stay."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

from vibe.tui.draw.ink import Line, Span, cells
from vibe.tui.keys import shown

Hint: TypeAlias = tuple[str, str]  # a key, and what it does
CLOSES: Final[Hint] = ("escape", "")
GAP: Final = "   "


def fitting(hints: Sequence[Hint], room: int) -> Line:
    """The first of them, which are the dearest; one that is too long is passed over."""
    kept: list[Span] = []
    for key, does in hints:
        gap = [Span(GAP)] if kept else []
        told = [*gap, Span(shown(key), "accent"), Span(f" {does}" if does else "", "muted")]
        if cells((*kept, *told)) <= room:
            kept += told
    return tuple(kept)


def keys_line(hints: Sequence[Hint], room: int, *, last: Hint = CLOSES) -> Line:
    """The last line of a panel: the way out of it is always told."""
    way_out = fitting((last,), room)
    first = fitting(hints, room - cells(way_out) - len(GAP))
    return (*first, Span(GAP), *way_out) if first else way_out
