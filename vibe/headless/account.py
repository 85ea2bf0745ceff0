"""What a turn comes to, from its events: the answer, who gave it, and how it ended."""

from __future__ import annotations

from vibe.domain.event import (
    Event,
    FailedOver,
    Retracted,
    Routed,
    Sealed,
    Seam,
    Unanswered,
)
from vibe.domain.model import Alias
from vibe.domain.stream import TextDelta
from vibe.domain.turn import TurnFinished


class Account:
    """`answer` is the last one, or what there is of it; what was said on the way to calls is none.

    `finished` is None where the turn was interrupted; `unanswered` is how the last request on the
    pool ended that brought no answer.
    """

    def __init__(self) -> None:
        self.finished: TurnFinished | None = None
        self.unanswered: Unanswered | None = None
        self._pieces: list[str] = []
        self._asked: Alias | None = None
        self._answered: Alias | None = None

    @property
    def answer(self) -> str:
        return "".join(self._pieces)

    @property
    def model(self) -> Alias | None:
        """Who answered last; of a part, who was at it. None: nobody said anything."""
        return self._asked if self._pieces else self._answered

    def note(self, event: Event) -> None:
        match event:
            case TextDelta(text):
                self._pieces.append(text)
            case Routed(alias=alias):  # the first of another request
                self._pieces.clear()
                self._asked = alias
            case FailedOver(to_alias=alias) | Seam(to_alias=alias):
                self._asked = alias
            case Sealed(answer):
                self._asked = self._answered = answer.alias
                self.unanswered = None
                if answer.calls:
                    self._pieces.clear()
            case Retracted():
                self._pieces.clear()
            case Unanswered():
                self.unanswered = event
            case TurnFinished():
                self.finished = event
            case _:
                pass

    def end(self) -> None: ...
