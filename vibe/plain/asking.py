"""What a person is asked, in words: all of it is shown, and a line with Enter answers it."""

from __future__ import annotations

from collections.abc import Callable

from vibe.agent.questions import Allowed, Denied, Reply, Said
from vibe.clean import clean, clean_line, written_out
from vibe.domain.turn import ApprovalAsked, QuestionAsked
from vibe.tui.draw.ink import Line, line
from vibe.tui.panels.approval import TITLES
from vibe.tui.panels.panel import Panel


def in_words(
    asked: ApprovalAsked | QuestionAsked,
    answer: Callable[[Reply], None],
    is_graced: Callable[[], bool],
) -> Panel:
    """Who asks for the line forgets what was typed before; so no moment has to pass."""
    del is_graced
    if isinstance(asked, ApprovalAsked):
        return Approval(asked, answer)
    return Question(asked, answer)


class Approval:
    def __init__(self, asked: ApprovalAsked, answer: Callable[[Reply], None]) -> None:
        self._asked = asked
        self._answer = answer

    def lines(self, width: int, room: int) -> tuple[Line, ...]:
        """However long: what is allowed was all shown."""
        del width, room
        asked = self._asked
        name = clean_line(asked.call.name)
        shown = written_out(asked.shown) or clean_line(asked.call.arguments)
        told = [f"May this be done? {TITLES.get(name, name)}:"]
        told += shown.rstrip("\n").split("\n")
        told += [f"It is asked because {clean_line(asked.reason)}", "y = yes"]
        if asked.edits:
            told.append("a = yes, and all edits of this session")
        elif asked.always:
            told.append(f"a = yes, and from now on: {', '.join(map(clean_line, asked.always))}")
        told.append("n = no; what you write behind the n is told to the model")
        return tuple(map(line, told))

    def key(self, key: str) -> bool:
        del key
        return False

    def said(self, text: str) -> bool:
        word, _, rest = text.strip().partition(" ")
        match word.lower():
            case "y" | "yes" if not rest:
                self._answer(Allowed())
            case "a" | "always" if self._asked.edits and not rest:
                self._answer(Allowed(edits=True))
            case "a" | "always" if self._asked.always and not rest:
                self._answer(Allowed(always=True))
            case "n" | "no":
                self._answer(Denied(rest.strip()))
            case _:
                return False
        return True


class Question:
    def __init__(self, asked: QuestionAsked, answer: Callable[[Reply], None]) -> None:
        self._asked = asked
        self._answer = answer

    def lines(self, width: int, room: int) -> tuple[Line, ...]:
        del width, room
        question, *more = clean(self._asked.question).rstrip("\n").split("\n")
        choices = enumerate(map(clean_line, self._asked.choices), start=1)
        listed = [f"{number} = {choice}" for number, choice in choices]
        hint = ["or say it in your own words"] if listed else []
        return tuple(map(line, (f"Question: {question}", *more, *listed, *hint)))

    def key(self, key: str) -> bool:
        del key
        return False

    def said(self, text: str) -> bool:
        """The number of a choice stands for it."""
        text, choices = text.strip(), self._asked.choices
        if not text:
            return False
        is_number = text.isdecimal() and 1 <= int(text) <= len(choices)
        self._answer(Said(choices[int(text) - 1] if is_number else text))
        return True
