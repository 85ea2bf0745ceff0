"""A question of the chat itself: what would be done, and a key for each answer.

It is asked since the person has just asked for that; so there is no grace, and nothing else can be
typed until it is answered. Esc does nothing of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from msgspec import Struct

from vibe.tui.draw.box import framed, room_in
from vibe.tui.draw.hints import keys_line
from vibe.tui.draw.ink import Line, cropped, line, wrapped

FRAME: Final = 3  # lines: the title, the keys and the lower edge


class Choice(Struct, frozen=True, kw_only=True):
    key: str
    does: str
    act: Callable[[], None]


class Confirm:
    """Whoever acts on an answer also closes it; `declined` is that of `n` and of Esc."""

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
        self._choices = (*choices, Choice(key="n", does=declines, act=declined))

    def lines(self, width: int, room: int) -> tuple[Line, ...]:
        inner = room_in(width)
        rows = [each for row in self._rows for each in wrapped(row, inner)]
        most = max(1, room - FRAME)
        if len(rows) > most:
            left = len(rows) - most + 1
            rows = [*rows[: most - 1], line(f"… {left} more lines", "muted")]
        keys = keys_line([(each.key, each.does) for each in self._choices], inner)
        return framed(cropped(self._title, inner), [*rows, keys], width=width)

    def key(self, key: str) -> bool:
        chosen = next((each for each in self._choices if each.key == key), None)
        if chosen is not None:
            chosen.act()
        elif key == "escape":
            self._declined()
        return True

    def typed(self, text: str) -> None:
        """Nothing is typed into it."""

    def said(self, text: str) -> bool:
        del text
        return False
