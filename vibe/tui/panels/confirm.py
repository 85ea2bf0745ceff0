"""A question of the chat itself: what would be done, and a key for each answer.

It is asked since the person has just asked for that; so there is no grace, and nothing else can be
typed until it is answered. What is too long is scrolled, and only done once all of it was seen. Esc
does nothing of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from msgspec import Struct

from vibe.tui.draw.box import framed, room_in
from vibe.tui.draw.hints import keys_line
from vibe.tui.draw.ink import Line, cropped, line, wrapped

FRAME: Final = 3  # lines: the title, the keys and the lower edge
UNSEEN: Final = (("↑↓", "scroll: all of it has to be seen first"),)


class Choice(Struct, frozen=True, kw_only=True):
    key: str
    does: str
    act: Callable[[], None]


class Confirm:
    """Whoever acts on an answer also closes it; `declined` is that of `n` and of Esc."""

    # `_seen` is up to which of the `_drawn` rows they were on the screen, at this `_width`.
    def __init__(
        self,
        title: Line,
        rows: Sequence[Line],
        choices: Sequence[Choice],
        *,
        declined: Callable[[], None],
        declines: str = "leave it",
    ) -> None:
        self._title = title
        self._rows = tuple(rows)
        self._declined = declined
        self._choices = tuple(choices)
        self._last = Choice(key="n", does=declines, act=declined)
        self._drawn: list[Line] = []
        self._width = self._from = self._seen = 0
        self._page = 1

    def lines(self, width: int, room: int) -> tuple[Line, ...]:
        inner = room_in(width)
        if width != self._width:
            self._width, self._seen = width, 0
            self._drawn = [each for row in self._rows for each in wrapped(row, inner)]
        rows, self._page = self._drawn, max(1, room - FRAME)
        self._from = max(0, min(self._from, len(rows) - self._page))
        part = rows[self._from : self._from + self._page]
        if self._from <= self._seen:
            self._seen = max(self._seen, self._from + len(part))
        is_long = len(rows) > len(part)
        place = f"   {self._from + 1}–{self._from + len(part)} of {len(rows)}" if is_long else ""
        title = cropped((*self._title, *line(place, "muted")), inner)
        choices = [(each.key, each.does) for each in (*self._choices, self._last)]
        hints = choices if self._is_seen else (*UNSEEN, *choices[-1:])
        return framed(title, [*part, keys_line(hints, inner)], width=width)

    def key(self, key: str) -> bool:
        steps = {"up": -1, "down": 1, "pageup": -self._page, "pagedown": self._page}
        able = (*self._choices, self._last) if self._is_seen else (self._last,)
        chosen = next((each for each in able if each.key == key), None)
        if chosen is not None:
            chosen.act()
        elif key == "escape":
            self._declined()
        self._from += steps.get(key, 0)
        return True

    @property
    def _is_seen(self) -> bool:
        return self._seen >= len(self._drawn)

    def typed(self, text: str) -> None:
        """Nothing is typed into it."""

    def said(self, text: str) -> bool:
        del text
        return False
