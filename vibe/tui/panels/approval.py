"""The question whether a call may run: all that it would do, and the keys that answer.

A command may only be allowed once its whole text was on the screen. A change may be written
otherwise before it is applied.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from vibe.agent.questions import Allowed, Denied, Reply
from vibe.clean import clean_line, written_out
from vibe.domain.turn import ApprovalAsked
from vibe.tui.draw.box import framed, room_in
from vibe.tui.draw.diff import changed, drawn_diff, is_diff
from vibe.tui.draw.ink import EMPTY, Line, Span, cells, cropped, folded, line, shortened, wrapped
from vibe.tui.history.toolrow import about as about_call

GAP: Final = "     "
NARROW_GAP: Final = "   "
LEAST_ROWS: Final = 3
SMALL_ROWS: Final = 12
TITLES: Final = {"edit": "Edit", "write": "Write", "bash": "Run", "read": "Read", "grep": "Search"}
CHANGES: Final = frozenset({"edit", "write"})
ANSWERS: Final = frozenset({"y", "a", "n", "v"})
ROWS: Final = {"up": -1, "down": 1}
PAGES: Final = {"pageup": -1, "pagedown": 1}
DRAFT: Final = "First send what you type, or clear it (ctrl+u)"

Revise: TypeAlias = Callable[[str, str], str | None]


def nothing_revised(_text: str, _path: str) -> None:
    return None


class Approval:
    """`is_graced` tells whether a key can be an answer by now. `revise` has the person write the
    text of a file with its path, and gives what was saved; None: nothing else. What is
    `typed` in the composer gets the keys."""

    # `_seen` is up to which row the text was on the screen; `_rows` are all, for `_width`. Of them
    # `_shown` are, and `_most` could be.
    def __init__(
        self,
        asked: ApprovalAsked,
        answer: Callable[[Reply], None],
        *,
        is_graced: Callable[[], bool],
        revise: Revise = nothing_revised,
        typed: Callable[[], str] = str,
    ) -> None:
        self._asked = asked
        self._answer = answer
        self._is_graced = is_graced
        self._revise = revise
        self._typed = typed
        self._text = written_out(asked.shown) or clean_line(asked.call.arguments)
        self._is_diff = asked.call.name in CHANGES and is_diff(self._text)
        self._is_full = False
        self._is_why = False
        self._from = 0
        self._shown = self._most = SMALL_ROWS
        self._is_cut = False
        self._seen = 0
        self._rows: list[Line] = [()]
        self._width = 0

    def lines(self, width: int, room: int) -> tuple[Line, ...]:
        inner = room_in(width)
        reason = [(Span("  "), *each) for each in wrapped(self._reason(), inner - 2)][:2]
        if width != self._width:
            self._width, self._seen, self._rows = width, 0, self._body(inner - 1)
        below = max(len(self._answers(inner, is_cut=True)), len(_unseen(inner)))
        self._most = max(LEAST_ROWS, room - 4 - len(reason) - below)
        small = min(self._most, SMALL_ROWS)
        self._is_cut = len(self._rows) > small
        self._shown = self._most if self._is_full else small
        # Never past what was seen: keys may come faster than screens.
        self._from = max(0, min(self._from, self._seen, len(self._rows) - self._shown))
        part = self._rows[self._from : self._from + self._shown]
        self._seen = max(self._seen, self._from + len(part))
        body = [(Span(" "), *row) for row in part]
        return framed(self._title(inner), body, (*reason, *self._keys(inner)), width=width)

    def key(self, key: str) -> bool:
        if self._is_why:
            if key == "escape":
                self._is_why = False
            return key == "escape"
        if key in ANSWERS and not self._is_graced():
            return False
        if key in ANSWERS:
            self._press(key)
        elif key == "d":
            self._go_on()
        elif key in ROWS or key in PAGES:
            self._scroll(ROWS.get(key) or PAGES[key] * self._shown)
        else:
            return False
        return True

    def said(self, text: str) -> bool:
        if self._is_why:
            self._answer(Denied(text.strip()))
        return self._is_why

    def _press(self, key: str) -> None:
        match key:
            case "n":
                self._is_why = True
            case "v":
                self._write_otherwise()
            case _ if not self._may_be_allowed:
                self._is_full = True  # what is allowed unseen is shown first
            case "a" if self._asked.edits:
                self._answer(Allowed(edits=True))
            case "a" if self._asked.always:
                self._answer(Allowed(always=True))
            case "y":
                self._answer(Allowed())
            case _:
                pass

    def _go_on(self) -> None:
        """As much as there is room for, then page by page, and from the end back."""
        if self._is_at_end:
            self._is_full, self._from = False, 0
        elif self._shown < self._most:
            self._is_full = True
        else:
            self._from += self._shown

    def _scroll(self, by: int) -> None:
        if self._is_cut:
            self._is_full = True
            self._from += by

    def _write_otherwise(self) -> None:
        proposed = self._asked.proposed
        if proposed is None:
            return
        made = self._revise(proposed, about_call(self._asked.call))
        if made is not None and made != proposed:
            self._answer(Allowed(instead=made))

    @property
    def _is_at_end(self) -> bool:
        return self._from + self._shown >= len(self._rows)

    @property
    def _may_be_allowed(self) -> bool:
        return self._is_diff or self._seen >= len(self._rows)

    def _title(self, width: int) -> Line:
        name = clean_line(self._asked.call.name)
        title = TITLES.get(name, name)
        about = changed(self._text) if self._is_diff else ""
        path = "" if name == "bash" else about_call(self._asked.call)
        last = self._from + self._shown
        is_cut = len(self._rows) > self._shown
        more = f"{self._from + 1}–{last} of {len(self._rows)}" if is_cut else ""
        told = "   ".join(part for part in (shortened(path, width // 2), about, more) if part)
        return (Span(title, "strong"), Span(f" {told}" if told else ""))

    def _body(self, width: int) -> list[Line]:
        if self._is_diff:
            return drawn_diff(self._text, width)
        rows = self._text.rstrip("\n").split("\n")
        return [each for row in rows for each in folded(line(row.expandtabs(4), "code"), width)]

    def _reason(self) -> Line:
        return line(clean_line(self._asked.reason), "muted")

    def _keys(self, width: int) -> list[Line]:
        if self._is_why:
            return [line("  Say why below, ↵ rejects it     esc back", "warn")]
        may = self._may_be_allowed
        keys = self._answers(width, is_cut=self._is_cut) if may else _unseen(width)
        if self._typed():
            told = cropped(line(f"  {DRAFT}", "warn"), width)
            return [told, *[EMPTY] * (len(keys) - 1)]  # as many lines: nothing jumps
        return keys

    def _answers(self, width: int, *, is_cut: bool) -> list[Line]:
        hints = [("y", "Apply" if self._is_diff else "Allow")]
        if self._asked.edits:
            hints.append(("a", "Apply, and all edits this session"))
        elif self._asked.always:
            hints.append(("a", f"and from now on: {', '.join(self._asked.always)}"))
        hints.append(("n", "Reject and say why"))
        if is_cut:
            hints.append(("d", f"{self._more} ↑↓"))
        if self._asked.proposed is not None:
            hints.append(("v", "$EDITOR"))
        return _row_of(hints, width)

    @property
    def _more(self) -> str:
        if self._is_at_end:
            return "Less"
        if len(self._rows) > self._most:
            return "More"
        return "Full diff" if self._is_diff else "All of it"


def _unseen(width: int) -> list[Line]:
    rest = ("d", "shows the rest, which has to be seen first ↑↓")
    return _row_of([rest, ("n", "Reject and say why")], width)


def _row_of(hints: list[tuple[str, str]], width: int) -> list[Line]:
    """On as few lines as hold them."""
    parts = [(Span(f"{key}  ", "accent"), Span(clean_line(does))) for key, does in hints]
    is_roomy = sum(map(cells, parts)) + len(GAP) * len(parts) <= width
    gap = Span(GAP if is_roomy else NARROW_GAP)
    rows: list[Line] = []
    for part in (cropped(each, width - 2) for each in parts):
        if rows and cells((*rows[-1], gap, *part)) <= width:
            rows[-1] = (*rows[-1], gap, *part)
        else:
            rows.append((Span("  " if rows else "› ", "accent"), *part))
    return rows
