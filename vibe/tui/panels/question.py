"""A question of a model, or of vibe, to the person: choices by number, or an answer in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from vibe.agent.questions import Reply, Said
from vibe.clean import clean, clean_line
from vibe.domain.turn import QuestionAsked
from vibe.tui.draw.box import framed, room_in
from vibe.tui.draw.ink import EMPTY, Line, Span, cells, cropped, hung, line, wrapped

FRAME: Final = 3  # lines: the title, the rule and the lower edge
LEAST_CHOICES: Final = 3
MOST_BY_NUMBER: Final = 9  # one digit answers
CHOOSING: Final = "↑↓ and ↵, or a number; or say it in your own words"
SAYING: Final = "say it below"
PAGING: Final = "PgUp PgDn the rest   "


class Question:
    def __init__(
        self,
        asked: QuestionAsked,
        answer: Callable[[Reply], None],
        *,
        is_graced: Callable[[], bool],
    ) -> None:
        self._asked = asked
        self._answer = answer
        self._is_graced = is_graced
        self._at = self._from = 0
        self._seen = 1

    def lines(self, width: int, room: int) -> tuple[Line, ...]:
        inner = room_in(width)
        rows = [
            each
            for row in clean(self._asked.question).split("\n")
            for each in wrapped(line(row), inner)
        ]
        most = max(2, room - FRAME - len(self._keys(inner, is_cut=True)))
        choices = self._choices(most, inner)
        self._seen = max(1, most - len(choices))
        self._from = max(0, min(self._from, len(rows) - self._seen))
        part = rows[self._from : self._from + self._seen]
        is_cut = len(rows) > self._seen
        at = f"   {self._from + 1}–{self._from + len(part)} of {len(rows)}" if is_cut else ""
        title = (Span("Question", "strong"), *line(at, "muted"))
        return framed(title, part, (*choices, *self._keys(inner, is_cut=is_cut)), width=width)

    def _keys(self, inner: int, *, is_cut: bool) -> list[Line]:
        told = f"{PAGING if is_cut else ''}{CHOOSING if self._asked.choices else SAYING}"
        return hung(line("  "), wrapped(line(told, "muted"), inner - 2))

    def _choices(self, room: int, inner: int) -> tuple[Line, ...]:
        """Those around the one that is marked, which alone is unfolded. As many lines whichever it
        is, so that nothing jumps; and one is left for the question."""
        every = [self._choice(number, inner) for number in range(len(self._asked.choices))]
        if not every:
            return ()
        shown = min(len(every), max(LEAST_CHOICES, room // 2))
        most = min(room - 1, shown - 1 + max(map(len, every)))
        marked = every[self._at][:most]
        if len(marked) < len(every[self._at]):
            marked[-1] = cropped((*marked[-1], Span("…")), inner)
        others = min(len(every) - 1, most - len(marked))
        first = max(0, min(self._at - (others + 1) // 2, len(every) - others - 1))
        rows = [
            each
            for number in range(first, first + others + 1)
            for each in (marked if number == self._at else [_folded(every[number], inner)])
        ]
        return (*rows, *[EMPTY] * (most - len(rows)))

    def _choice(self, number: int, inner: int) -> list[Line]:
        is_at = number == self._at
        mark = (Span("› " if is_at else "  ", "accent"), Span(f"{number + 1}  ", "accent"))
        said = line(clean_line(self._asked.choices[number]), "strong" if is_at else "plain")
        return hung(mark, wrapped(said, inner - cells(mark)))

    def key(self, key: str) -> bool:
        choices = self._asked.choices
        if key in ("pageup", "pagedown"):
            self._from += (self._seen - 1 or 1) * (1 if key == "pagedown" else -1)
            return True
        is_number = key.isdigit() and 1 <= int(key) <= len(choices) <= MOST_BY_NUMBER
        if not choices or not (is_number or key in ("up", "down", "enter")):
            return False
        if key not in ("up", "down") and not self._is_graced():
            return False
        if key == "enter":
            self._answer(Said(choices[self._at]))
        elif is_number:
            self._answer(Said(choices[int(key) - 1]))
        else:
            self._at = (self._at + (1 if key == "down" else -1)) % len(choices)
        return True

    def said(self, text: str) -> bool:
        self._answer(Said(text))
        return True


def _folded(choice: list[Line], inner: int) -> Line:
    return choice[0] if len(choice) == 1 else cropped((*choice[0], Span(" …")), inner)
