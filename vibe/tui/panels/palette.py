"""The palette: whatever can be done, in one list that is filtered by typing.

It draws what it is offered, and does what was picked once it is closed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from msgspec import Struct

from vibe.tui.draw.ink import Line, Span, cells, cropped, line, sides
from vibe.tui.panels.picker import Picker, Row

LEAST_DOES: Final = 16  # cells; where what it does has fewer, the name may have all
GAP: Final = 2


class Choice(Struct, frozen=True, kw_only=True):
    """`does` tells what comes of `act`; `key` is the key that does the same. All are clean."""

    name: str
    does: str
    act: Callable[[], None]
    key: str = ""


class Palette:
    is_fleeting = True

    # `_rows` are those of all choices for `_width`; None: a choice came since.
    def __init__(self, choices: Iterable[Choice], *, close: Callable[[], None]) -> None:
        self._choices = tuple(choices)
        self._close = close
        self._rows: tuple[Row[Choice], ...] | None = None
        self._width = 0
        self._picker = Picker(
            lambda: line("Do", "strong"),
            self._drawn,
            chosen=self._do,
            close=close,
            does="do it",
        )

    def add(self, choices: Iterable[Choice]) -> None:
        self._choices = (*self._choices, *choices)
        self._rows = None

    def lines(self, width: int, room: int) -> tuple[Line, ...]:
        return self._picker.lines(width, room)

    def key(self, key: str) -> bool:
        return self._picker.key(key)

    def typed(self, text: str) -> None:
        self._picker.typed(text)

    def said(self, text: str) -> bool:
        return self._picker.said(text)

    def _do(self, choice: Choice) -> None:
        self._close()
        choice.act()

    def _drawn(self, room: int) -> tuple[Row[Choice], ...]:
        if self._rows is None or room != self._width:
            self._width = room
            self._rows = tuple(_row(each, room) for each in self._choices)
        return self._rows


def _row(choice: Choice, room: int) -> Row[Choice]:
    name = cropped((Span(choice.name), Span(f"  {choice.key}" * bool(choice.key), "accent")), room)
    left = room - cells(name) - GAP
    does = cropped(line(choice.does, "muted"), left) if left >= LEAST_DOES else ()
    text = f"{choice.name} {choice.does} {choice.key}"
    return Row(value=choice, line=sides(name, does, room), text=text, name=choice.name.lstrip("/"))
