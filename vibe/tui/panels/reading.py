"""Something long to look at, scrolled, closed with Esc; drawn anew only where it is another thing
or has another width. One may type on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from vibe.tui.draw.box import framed, room_in
from vibe.tui.draw.hints import Hint, keys_line
from vibe.tui.draw.ink import Line, cropped, line

FRAME: Final = 3  # lines: the title, the keys and the lower edge


def _nothing() -> None: ...


class Reading:
    """`draw` gives all lines for a width, as long as `told` is the same."""

    def __init__(
        self,
        title: Line,
        draw: Callable[[int], Sequence[Line]],
        *,
        close: Callable[[], None],
        told: Callable[[], object] = _nothing,
    ) -> None:
        self._title = title
        self._draw = draw
        self._close = close
        self._told = told
        self._drawn_for: tuple[int, object] = (0, None)
        self._rows: tuple[Line, ...] = ()
        self._from, self._seen = 0, 1

    def lines(self, width: int, room: int) -> tuple[Line, ...]:
        inner = room_in(width)
        drawn_for = (inner, self._told())
        if self._drawn_for != drawn_for:
            self._drawn_for, self._rows = drawn_for, tuple(self._draw(inner))
        rows = self._rows
        self._seen = max(1, room - FRAME)
        self._from = max(0, min(self._from, len(rows) - self._seen))
        part = rows[self._from : self._from + self._seen]
        is_long = len(rows) > self._seen
        at = f"   {self._from + 1}–{self._from + len(part)} of {len(rows)}" if is_long else ""
        hints: tuple[Hint, ...] = (("↑↓ PgUp PgDn", "scroll"),) * is_long
        keys = keys_line(hints, inner, last=("escape", "close"))
        title = cropped((*self._title, *line(at, "muted")), inner)
        return framed(title, [*(cropped(row, inner) for row in part), keys], width=width)

    def key(self, key: str) -> bool:
        steps = {
            "up": -1,
            "down": 1,
            "pageup": 1 - self._seen,
            "pagedown": self._seen - 1,
            "home": -len(self._rows),
            "end": len(self._rows),
        }
        if key == "escape":
            self._close()
        elif key in steps:
            last = len(self._rows) - self._seen
            self._from = max(0, min(self._from + steps[key], last))
        return key == "escape" or key in steps

    def said(self, text: str) -> bool:
        del text
        return False
