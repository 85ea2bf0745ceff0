"""The help screen, from the tables of keys and commands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import zip_longest

from vibe.tui.draw.box import framed, room_in
from vibe.tui.draw.header import WIDE
from vibe.tui.draw.ink import Line, Span, cells, cropped, line, padded
from vibe.tui.keys import Key, keys_of, shown


class HelpPanel:
    """`told` are the commands and what they do."""

    def __init__(
        self,
        close: Callable[[], None],
        *,
        keys: Sequence[Key],
        changed: Mapping[str, str],
        told: Sequence[tuple[str, str]],
    ) -> None:
        self._close = close
        self._keys = tuple(_keys(keys, changed))
        self._commands = tuple(_commands(told))
        self._from = 0

    def lines(self, width: int, room: int) -> tuple[Line, ...]:
        inner = room_in(width)
        columns = self._keys, self._commands
        rows = _side_by_side(inner, *columns) if width >= WIDE else _stacked(*columns)
        shown_rows = max(1, room - 3)
        self._from = max(0, min(self._from, len(rows) - shown_rows))
        part = [cropped(row, inner) for row in rows[self._from : self._from + shown_rows]]
        more = "   ↑↓ more" if len(rows) > shown_rows else ""
        title = (Span("Help", "strong"), Span(f"   esc closes{more}", "muted"))
        return framed(title, part, width=width)

    def key(self, key: str) -> bool:
        if key == "escape":
            self._close()
        elif key in ("up", "down"):
            self._from += 1 if key == "down" else -1
        return key in ("escape", "up", "down")

    def said(self, text: str) -> bool:
        del text
        return False


def _pair(left: str, right: str, width: int) -> Line:
    return (*padded(line(left, "accent"), width), Span(" "), Span(right, "muted"))


def _keys(keys: Sequence[Key], changed: Mapping[str, str]) -> Iterable[Line]:
    yield line("Keys", "strong")
    for key in keys:
        names = " ".join(map(shown, keys_of(key.name, changed)[:2]))
        yield _pair(names, key.does, 13)


def _commands(told: Sequence[tuple[str, str]]) -> Iterable[Line]:
    yield line("Commands", "strong")
    for name, does in told:
        yield _pair(f"/{name}", does, 10)


def _stacked(keys: Sequence[Line], commands: Sequence[Line]) -> list[Line]:
    return [*keys, (), *commands]


def _side_by_side(width: int, keys: Sequence[Line], commands: Sequence[Line]) -> list[Line]:
    half = max(width // 2, width - max(map(cells, commands), default=0))
    half = min(half, 2 + max(map(cells, keys), default=0))
    pairs = zip_longest(keys, commands, fillvalue=())
    return [(*padded(cropped(left, half - 2), half), *right) for left, right in pairs]
