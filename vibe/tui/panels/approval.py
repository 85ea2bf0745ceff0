"""The question whether a call may run: all that it would do, and the keys that answer.

A command may only be allowed once its whole text was on the screen.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from vibe.agent.questions import Allowed, Denied, Reply
from vibe.clean import clean, clean_line
from vibe.domain.turn import ApprovalAsked
from vibe.tui.draw.box import framed, room_in
from vibe.tui.draw.diff import changed, drawn_diff, is_diff
from vibe.tui.draw.ink import Line, Span, cells, cropped, folded, line, shortened, wrapped
from vibe.tui.history.toolrow import about as about_call

LEAST_ROWS: Final = 3
SMALL_ROWS: Final = 12
TITLES: Final = {"edit": "Edit", "write": "Write", "bash": "Run", "read": "Read", "grep": "Search"}


class Approval:
    """`is_graced` tells whether a key can be an answer by now."""

    # `_seen` is up to which row the text was on the screen; `_rows` how many it had then.
    def __init__(
        self,
        asked: ApprovalAsked,
        answer: Callable[[Reply], None],
        *,
        is_graced: Callable[[], bool],
    ) -> None:
        self._asked = asked
        self._answer = answer
        self._is_graced = is_graced
        self._text = clean(asked.shown) or clean_line(asked.call.arguments)
        self._is_diff = is_diff(self._text)
        self._is_full = False
        self._is_why = False
        self._from = 0
        self._shown = SMALL_ROWS
        self._seen = 0
        self._rows = 1
        self._width = 0

    def lines(self, width: int, room: int) -> tuple[Line, ...]:
        inner = room_in(width)
        reason = [(Span("  "), *each) for each in wrapped(self._reason(), inner - 2)][:2]
        rows = self._body(inner - 1)
        if width != self._width:  # then the rows are others
            self._width, self._seen = width, 0
        self._rows = len(rows)
        most = max(LEAST_ROWS, room - 4 - len(reason) - len(self._keys(inner, is_cut=True)))
        self._shown = most if self._is_full else min(most, SMALL_ROWS)
        if not self._is_full:
            self._from = 0
        self._from = max(0, min(self._from, self._rows - self._shown))
        part = rows[self._from : self._from + self._shown]
        if self._from <= self._seen:
            self._seen = max(self._seen, self._from + len(part))
        body = [(Span(" "), *row) for row in part]
        keys = self._keys(inner, is_cut=self._is_full or self._rows > self._shown)
        return framed(self._title(inner), body, (*reason, *keys), width=width)

    def key(self, key: str) -> bool:
        if self._is_why:
            if key == "escape":
                self._is_why = False
                return True
            return False
        if key not in ("y", "a", "n", "d", "up", "down"):
            return False
        if key in ("y", "a", "n") and not self._is_graced():
            return False
        self._press(key)
        return True

    def said(self, text: str) -> bool:
        if self._is_why:
            self._answer(Denied(text.strip()))
        return self._is_why

    def _press(self, key: str) -> None:
        match key:
            case "y" if self._may_be_allowed:
                self._answer(Allowed())
            case "a" if self._may_be_allowed and self._asked.always:
                self._answer(Allowed(always=True))
            case "n":
                self._is_why = True
            case "d":
                self._is_full = not self._is_full
            case "up" | "down":
                self._is_full = True
                self._from += 1 if key == "down" else -1
            case _:
                self._is_full = True  # what is allowed unseen is shown first

    @property
    def _may_be_allowed(self) -> bool:
        return self._is_diff or self._seen >= self._rows

    def _title(self, width: int) -> Line:
        name = clean_line(self._asked.call.name)
        title = TITLES.get(name, name)
        about = changed(self._text) if self._is_diff else ""
        path = ""
        if name != "bash":
            path = about_call(self._asked.call)
        hidden = self._rows - self._shown
        more = f"{self._from + 1}–{self._from + self._shown} of {self._rows}" if hidden > 0 else ""
        told = "   ".join(part for part in (shortened(path, width // 2), about, more) if part)
        return (Span(title, "strong"), Span(f" {told}" if told else ""))

    def _body(self, width: int) -> list[Line]:
        if self._is_diff:
            return drawn_diff(self._text, width)
        rows = self._text.rstrip("\n").split("\n")
        return [each for row in rows for each in folded(line(row.expandtabs(4), "code"), width)]

    def _reason(self) -> Line:
        return line(clean_line(self._asked.reason), "muted")

    def _keys(self, width: int, *, is_cut: bool) -> list[Line]:
        if self._is_why:
            return [line("  Say why below, ↵ rejects it     esc back", "warn")]
        full = "Less" if self._is_full else "All of it"
        hints = [("y", "Apply" if self._is_diff else "Allow")]
        if self._asked.always:
            hints.append(("a", f"and from now on: {', '.join(self._asked.always)}"))
        hints.append(("n", "Reject and say why"))
        if is_cut:
            hints.append(("d", f"{full} ↑↓"))
        if not self._may_be_allowed:
            hints = [("d", "shows the rest, which has to be seen first"), ("n", "Reject")]
        return _row_of(hints, width)


def _row_of(hints: list[tuple[str, str]], width: int) -> list[Line]:
    """On one line where they fit, else one below the other."""
    parts = [(Span(f"{key}  ", "accent"), Span(clean_line(does))) for key, does in hints]
    gap = Span("     ")
    joined = tuple(span for part in parts for span in (gap, *part))[1:]
    if cells(joined) + 2 <= width:
        return [(Span("› ", "accent"), *joined)]
    first, *rest = (cropped(part, width - 2) for part in parts)
    return [(Span("› ", "accent"), *first), *((Span("  "), *part) for part in rest)]
