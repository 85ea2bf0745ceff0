"""The help screen, from the tables of keys and commands; and what is offered while one types."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import Final

from vibe.tui.commands.table import COMMANDS
from vibe.tui.draw.box import framed, room_in
from vibe.tui.draw.header import WIDE
from vibe.tui.draw.ink import Line, Span, cropped, line, padded
from vibe.tui.keys import KEYS, keys_of, shown

OFFERED: Final = 8


class HelpPanel:
    def __init__(self, close: Callable[[], None], changed: Mapping[str, str]) -> None:
        self._close = close
        self._changed = changed
        self._from = 0

    def lines(self, width: int, room: int) -> tuple[Line, ...]:
        inner = room_in(width)
        rows = _side_by_side(inner, self._changed) if width >= WIDE else _stacked(self._changed)
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


def offered(found: Sequence[tuple[str, str]], width: int) -> tuple[Line, ...]:
    """The first of what could be meant; Tab takes it."""
    rows = [
        (Span("  › " if not number else "    ", "accent"), *_pair(text, told, 14))
        for number, (text, told) in enumerate(found[:OFFERED])
    ]
    left = len(found) - OFFERED
    rest = [line(f"    … {left} more", "muted")] if left > 0 else []
    return tuple(cropped(row, width) for row in (*rows, *rest))


def _pair(left: str, right: str, width: int) -> Line:
    return (*padded(line(left, "accent"), width), Span(" "), Span(right, "muted"))


def _keys(changed: Mapping[str, str]) -> Iterable[Line]:
    yield line("Keys", "strong")
    for key in KEYS:
        names = " ".join(map(shown, keys_of(key.name, changed)[:2]))
        yield _pair(names, key.does, 14)


def _commands() -> Iterable[Line]:
    yield line("Commands", "strong")
    for command in COMMANDS:
        yield _pair(f"/{command.name}", command.help, 10)


def _stacked(changed: Mapping[str, str]) -> list[Line]:
    return [*_keys(changed), (), *_commands()]


def _side_by_side(width: int, changed: Mapping[str, str]) -> list[Line]:
    half = width // 2
    pairs = zip_longest(_keys(changed), _commands(), fillvalue=())
    return [(*padded(cropped(left, half - 2), half), *right) for left, right in pairs]
