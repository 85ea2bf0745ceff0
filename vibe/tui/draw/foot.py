"""The last line of the screen: what is going on, or who may do what; and always keys.

A pure function of a frozen value and a width: of the keys, those that say most stay longest.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from vibe.domain.model import Approval
from vibe.tui.draw.hints import fitting
from vibe.tui.draw.ink import Line, Span, cells, cropped, line, shortened, sides

MODES: Final[dict[Approval, str]] = {
    "plan": "plan: only reads",
    "ask": "ask before edits",
    "edits": "edits without asking",
    "auto": "auto, in the sandbox",
}
LEAST_LEFT: Final = 16


class FootView(Struct, frozen=True, kw_only=True):
    """`progress` is "" between turns. `hints` are keys and what they do, the dearest first. A `tip`
    stands in their place for a moment, and all else gives way to it."""

    mode: Approval
    hints: tuple[tuple[str, str], ...] = ()
    tip: str = ""
    progress: str = ""
    mode_key: str = "shift+tab"


def foot(view: FootView, width: int) -> Line:
    room = max(1, width - 4)
    if view.progress:
        left = line(view.progress, "accent")
    else:
        ink = "warn" if view.mode == "auto" else "plain"
        left = (Span(MODES[view.mode], ink), Span(f" · {view.mode_key}", "muted"))
    if view.tip:
        tip = line(shortened(view.tip, room), "muted")
        left = cropped(left, max(0, room - cells(tip) - 2))
        return (Span("  "), *sides(left, tip, room))
    hints = fitting(view.hints, room - max(LEAST_LEFT, min(cells(left), room // 2 + 8)) - 2)
    return (Span("  "), *sides(left, hints, room))
