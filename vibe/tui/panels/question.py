"""A question of a model, or of vibe, to the person: choices by number, or an answer in words."""

from __future__ import annotations

from collections.abc import Callable

from vibe.agent.questions import Reply, Said
from vibe.clean import clean, clean_line
from vibe.domain.turn import QuestionAsked
from vibe.tui.draw.box import framed, room_in
from vibe.tui.draw.ink import Line, Span, line, wrapped


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
        self._at = 0

    def lines(self, width: int, room: int) -> tuple[Line, ...]:
        inner = room_in(width)
        rows = [
            each
            for row in clean(self._asked.question).split("\n")
            for each in wrapped(line(row), inner)
        ]
        choices = [
            (
                Span("› " if number == self._at else "  ", "accent"),
                Span(f"{number + 1}  ", "accent"),
                Span(clean_line(choice), "strong" if number == self._at else "plain"),
            )
            for number, choice in enumerate(self._asked.choices)
        ]
        hint = "↑↓ and ↵, or a number; or say it in your own words" if choices else "say it below"
        title = line("Question", "strong")
        most = max(1, room - len(choices) - 4)
        return framed(title, rows[:most], (*choices, line(f"  {hint}", "muted")), width=width)

    def key(self, key: str) -> bool:
        choices = self._asked.choices
        is_number = key.isdigit() and 1 <= int(key) <= len(choices)
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
