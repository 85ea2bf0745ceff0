"""A question of a model, or of vibe, to the person: choices by number, or an answer in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from vibe.agent.questions import Reply, Said
from vibe.clean import clean, clean_line
from vibe.domain.turn import QuestionAsked
from vibe.tui.draw.box import framed, room_in
from vibe.tui.draw.ink import Line, Span, cropped, line, wrapped

FRAME: Final = 4  # lines: the title, the rule, the keys and the lower edge
LEAST_CHOICES: Final = 3
MOST_BY_NUMBER: Final = 9  # one digit answers


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
        most = max(1, room - FRAME)
        choices = self._choices(min(len(self._asked.choices), max(LEAST_CHOICES, most // 2)), inner)
        self._seen = max(1, most - len(choices))
        self._from = max(0, min(self._from, len(rows) - self._seen))
        part = rows[self._from : self._from + self._seen]
        title = line("Question", "strong")
        hint = "↑↓ and ↵, or a number; or say it in your own words" if choices else "say it below"
        if len(rows) > self._seen:
            at = f"   {self._from + 1}–{self._from + len(part)} of {len(rows)}"
            title, hint = (*title, *line(at, "muted")), f"PgUp PgDn the rest   {hint}"
        return framed(
            title, part, (*choices, cropped(line(f"  {hint}", "muted"), inner)), width=width
        )

    def _choices(self, most: int, inner: int) -> tuple[Line, ...]:
        """Those around the one that is marked."""
        every = self._asked.choices
        first = max(0, min(self._at - most // 2, len(every) - most))
        rows: list[Line] = []
        for number in range(first, first + most):
            is_at = number == self._at
            mark = (Span("› " if is_at else "  ", "accent"), Span(f"{number + 1}  ", "accent"))
            said = Span(clean_line(every[number]), "strong" if is_at else "plain")
            rows.append(cropped((*mark, said), inner))
        return tuple(rows)

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
