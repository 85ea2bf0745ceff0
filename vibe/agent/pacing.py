"""How fast an answer comes, by the clock. Decides nothing, and knows no pool."""

from __future__ import annotations

from collections.abc import Callable

from vibe.domain.answer import Pace
from vibe.domain.event import PoolEvent, Retracted, Routed
from vibe.domain.stream import CallDelta, TextDelta, ThinkingDelta


class Pacing:
    """Of one answer, counted from when somebody was asked who then began."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._asked_s = now()
        self._first_s: float | None = None

    def note(self, event: PoolEvent) -> None:
        match event:
            case Retracted():
                self._first_s = None
            case Routed() if self._first_s is None:
                self._asked_s = self._now()
            case TextDelta() | ThinkingDelta() | CallDelta() if self._first_s is None:
                self._first_s = self._now()
            case _:
                pass

    @property
    def pace(self) -> Pace | None:
        """None before the first of it."""
        if self._first_s is None:
            return None
        return Pace(first_s=self._first_s - self._asked_s, wrote_s=self._now() - self._first_s)
