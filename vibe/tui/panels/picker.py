"""A list that one filters by typing, and picks a row of; for models, sessions, commands, messages.

It draws rows that it is handed, and tells which was picked. While it stands, letters are the
filter: so a further key of a row is never a bare letter but `ctrl+…`, or one that stands for none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Generic, TypeAlias, TypeVar

from msgspec import Struct

from vibe.clean import clean_line
from vibe.tui.draw.box import framed, room_in
from vibe.tui.draw.hints import Hint, keys_line
from vibe.tui.draw.ink import EMPTY, Line, Span, cropped, line, text_of
from vibe.tui.typing.fuzzy import Choices, ranked

T = TypeVar("T")
FRAME: Final = 4  # lines: the title, the filter, the keys and the lower edge
LEAST_ROWS: Final = 3
MARKED: Final = "› "
UNMARKED: Final = "  "


class Row(Struct, Generic[T], frozen=True, kw_only=True):
    """`text` is what the filter looks at: what is seen, unless it is something else. What is found
    in its `name` goes first."""

    value: T
    line: Line
    text: str = ""
    name: str = ""


class Act(Struct, Generic[T], frozen=True, kw_only=True):
    """A further key of the selected row; with nothing to select it does nothing."""

    key: str
    does: str
    act: Callable[[T], None]


Rows: TypeAlias = Callable[[int], Sequence[Row[T]]]


class Picker(Generic[T]):
    """`rows` gives them as they are now, drawn for so many cells; a long list is given as the same
    object as long as it is the same, and is filtered once. `chosen` closes the panel if it likes.
    `at` is the row that is selected first; `about` draws below the list what is known of the
    selected row, for a width. `empty` is told where there is no row at all."""

    is_fleeting = True

    def __init__(
        self,
        title: Callable[[], Line],
        rows: Rows[T],
        *,
        chosen: Callable[[T], None],
        close: Callable[[], None],
        does: str = "",
        acts: Sequence[Act[T]] = (),
        about: Callable[[T, int], Sequence[Line]] | None = None,
        empty: str = "nothing here yet",
        at: int = 0,
    ) -> None:
        self._title = title
        self._rows = rows
        self._chosen = chosen
        self._close = close
        self._acts = tuple(acts)
        self._about = about
        self._empty = empty
        self._hints: tuple[Hint, ...] = (
            ("enter", does),
            *((each.key, each.does) for each in self._acts),
        )
        self._query: str = ""
        self._at, self._from = at, 0
        self._inner, self._shown = 80, 1
        self._all: Sequence[Row[T]] = ()
        self._found: tuple[Row[T], ...] = ()
        self._found_for: str = ""

    def lines(self, width: int, room: int) -> tuple[Line, ...]:
        self._inner = inner = room_in(width)
        found = self._filtered()
        below = self._below(room)
        rule = 1 if below else 0
        self._shown = max(1, room - FRAME - len(below) - rule)
        self._from = max(self._at - self._shown + 1, min(self._from, self._at))
        part = found[self._from : self._from + self._shown]
        rows = [_row(row, inner, is_at=row is self._selected) for row in part]
        if not rows:
            rows = [line("  nothing matches" if self._all else f"  {self._empty}", "muted")]
        rows += [EMPTY] * (min(self._shown, len(self._all)) - len(rows))  # so that nothing jumps
        asked = (Span("> ", "accent"), Span(self._query), Span("█", "accent"))
        body = [cropped(asked, inner), *rows]
        keys = keys_line(self._hints, inner)
        title = (*self._title(), *self._place(len(found)))
        if below:
            return framed(title, body, [*below, keys], width=width)
        return framed(title, [*body, keys], width=width)

    def key(self, key: str) -> bool:
        """All that a form gets is its own; only what can be read goes on to `typed`."""
        act = next((each for each in self._acts if each.key == key), None)
        self._filtered()
        moved = self._moved(key)
        if moved is not None:
            self._at = max(0, min(moved, len(self._found) - 1))
        elif act is not None:
            if self._selected is not None:
                act.act(self._selected.value)
        elif key == "enter":
            if self._selected is not None:
                self._chosen(self._selected.value)
        elif key == "escape":
            self._close()
        elif key in ("backspace", "ctrl+w", "ctrl+u"):
            self._ask(_shorter(self._query, key))
        else:
            return False
        return True

    def typed(self, text: str) -> None:
        self._ask(self._query + clean_line(text))

    def said(self, text: str) -> bool:
        del text
        return False

    @property
    def _selected(self) -> Row[T] | None:
        return self._found[self._at] if self._found else None

    def _ask(self, query: str) -> None:
        if query != self._query:
            self._query, self._at = query, 0

    def _moved(self, key: str) -> int | None:
        match key:
            case "up":
                return self._at - 1 if self._at else len(self._found) - 1
            case "down":
                return self._at + 1 if self._at + 1 < len(self._found) else 0
            case "pageup":
                return self._at - self._shown
            case "pagedown":
                return self._at + self._shown
            case "home":
                return 0
            case "end":
                return len(self._found) - 1
            case _:
                return None

    def _filtered(self) -> tuple[Row[T], ...]:
        rows = self._rows(self._inner - len(UNMARKED))
        if rows is not self._all or self._query != self._found_for:
            self._found = matching(rows, self._query)
            self._all, self._found_for = rows, self._query
        self._at = max(0, min(self._at, len(self._found) - 1))
        return self._found

    def _below(self, room: int) -> tuple[Line, ...]:
        """As much of it as leaves some rows of the list."""
        if self._about is None or self._selected is None:
            return ()
        most = max(0, room - FRAME - 1 - LEAST_ROWS)
        about = self._about(self._selected.value, self._inner)[:most]
        return tuple(cropped(each, self._inner) for each in about)

    def _place(self, found: int) -> Line:
        """Where in a list one is that is longer than the room for it."""
        return line(f"   {self._at + 1} of {found}", "muted") if found > self._shown else EMPTY


def matching(rows: Sequence[Row[T]], query: str) -> tuple[Row[T], ...]:
    """Those that fit, the best first."""
    texts = tuple((row.text or text_of(row.line)).lower() for row in rows)
    names = tuple(row.name.lower() or text for row, text in zip(rows, texts, strict=True))
    among = Choices(texts=texts, lowered=texts, names=names)
    return tuple(rows[index] for index in ranked(query, among))


def _shorter(query: str, key: str) -> str:
    match key:
        case "ctrl+u":
            return ""
        case "ctrl+w":
            return "".join(f"{word} " for word in query.split()[:-1])
        case _:
            return query[:-1]


def _row(row: Row[T], room: int, *, is_at: bool) -> Line:
    return cropped((Span(MARKED if is_at else UNMARKED, "accent"), *row.line), room)
