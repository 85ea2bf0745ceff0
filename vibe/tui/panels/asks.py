"""What the person is asked, one after another: each is a panel until it is answered or moot."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from msgspec import Struct

from vibe.agent.questions import Reply
from vibe.domain.turn import ApprovalAsked, CallKey, QuestionAsked, QuestionId
from vibe.tui.panels.approval import Approval, Revise, nothing_revised
from vibe.tui.panels.panel import Panel, Typing
from vibe.tui.panels.question import Question

Answer: TypeAlias = Callable[[QuestionId, Reply], bool]
Asked: TypeAlias = ApprovalAsked | QuestionAsked
Made: TypeAlias = Callable[[Asked, Callable[[Reply], None], Callable[[], bool]], Panel]


def on_screen(
    asked: Asked,
    answer: Callable[[Reply], None],
    is_graced: Callable[[], bool],
    *,
    revise: Revise = nothing_revised,
    typed: Callable[[], str] = str,
) -> Panel:
    if isinstance(asked, ApprovalAsked):
        return Approval(asked, answer, is_graced=is_graced, revise=revise, typed=typed)
    return Question(asked, answer, is_graced=is_graced)


class _Open(Struct, frozen=True, kw_only=True):
    asked: Asked
    answer: Answer
    panel: Panel


class Asks:
    """The panel of the first is shown; the grace of the next begins when it comes to the front."""

    def __init__(self, typing: Typing, made: Made) -> None:
        self._typing = typing
        self._made = made
        self._waiting: list[tuple[Asked, Answer]] = []
        self._open: _Open | None = None

    @property
    def first(self) -> Panel | None:
        return None if self._open is None else self._open.panel

    def add(self, asked: Asked, answer: Answer) -> None:
        self._waiting.append((asked, answer))
        if self._open is None:
            self._next()

    def drop(self, key: CallKey) -> None:
        """The call is over, so nobody waits for an answer about it."""
        self._waiting = [each for each in self._waiting if not _is_of(each[0], key)]
        if self._open is not None and _is_of(self._open.asked, key):
            self._next()

    def clear(self) -> None:
        self._waiting.clear()
        self._open = None

    def _next(self) -> None:
        self._open = None
        if not self._waiting:
            return
        asked, answer = self._waiting.pop(0)
        panel = self._made(asked, self._reply, self._typing.grace())
        self._open = _Open(asked=asked, answer=answer, panel=panel)

    def _reply(self, reply: Reply) -> None:
        if self._open is not None:
            self._open.answer(self._open.asked.id, reply)
            self._next()


def _is_of(asked: Asked, key: CallKey) -> bool:
    return isinstance(asked, ApprovalAsked) and asked.key == key
