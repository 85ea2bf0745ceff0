"""How fast an answer comes, by the clock. Decides nothing, and knows no pool."""

from __future__ import annotations

from collections.abc import Callable

from vibe.domain.answer import Pace
from vibe.domain.event import PoolEvent, Retracted, Routed, Seam
from vibe.domain.stream import CallDelta, TextDelta, ThinkingDelta


class Pacing:
    """Of one answer, counted from when somebody was asked who then began: one that is begun anew,
    from the cut."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._asked_s = now()
        self._first_s: float | None = None
        self._cut_s: float | None = None

    def note(self, event: PoolEvent) -> None:
        match event:
            case Seam():
                self._cut_s = self._now()
            case Retracted():
                self._asked_s = self._now() if self._cut_s is None else self._cut_s
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
