"""What is told beside an answer that nobody watches on a screen: enough to know, and no more.

The first of a row of waits is told, and then only those that last; a silence in the middle of an
answer is told once. Owns one timer, which its owner stops.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from vibe.domain.event import (
    Event,
    FailedOver,
    Retracted,
    Routed,
    Sealed,
    Seam,
    Slow,
    Unanswered,
    Waiting,
)
from vibe.domain.model import Alias
from vibe.domain.stream import CallBegan, CallDelta, CallEnded, TextDelta, ThinkingDelta
from vibe.domain.telling import told

SILENT_S = 15.0
LONG_WAIT_S = 2.0


class Notices:
    """`alive_by` is to be called with every event."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._has_waited = False
        self._asked: Alias | None = None
        self._loop = asyncio.get_running_loop()
        self._said_s: float | None = None  # by the loop's time; None before the first piece
        self._timer = self._loop.call_later(SILENT_S, self._look)

    def note(self, event: Routed | FailedOver | Seam | Retracted | Waiting | Slow) -> None:
        if isinstance(event, Routed):
            self._asked = event.alias
        elif isinstance(event, FailedOver | Seam):
            self._asked = event.to_alias
            self._said_s = None
        if not isinstance(event, Routed) and self._is_worth_telling(event):
            self._tell(told(event))
        self._has_waited = self._has_waited or isinstance(event, Waiting)

    def alive_by(self, event: Event) -> None:
        """Every event of a model or a tool is a sign of life; what runs by itself is no silence."""
        match event:
            case TextDelta() | ThinkingDelta() | CallBegan() | CallDelta() | CallEnded():
                self._said_s = self._loop.time()
            case Sealed() | Unanswered():
                self._said_s, self._asked = None, None
            case _:
                pass

    def stop(self) -> None:
        self._timer.cancel()

    def _is_worth_telling(self, event: FailedOver | Seam | Retracted | Waiting | Slow) -> bool:
        match event:
            case Waiting():
                return not self._has_waited or (event.for_s or 0) >= LONG_WAIT_S
            case FailedOver():
                return not self._has_waited
            case _:
                return True

    def _look(self) -> None:
        """The silence before the first piece is told by the pool itself."""
        now_s = self._loop.time()
        if self._said_s is not None and now_s - self._said_s >= SILENT_S and self._asked:
            self._tell(told(Slow(alias=self._asked, after_s=SILENT_S)))
            self._said_s = None
        next_s = SILENT_S if self._said_s is None else self._said_s + SILENT_S - now_s
        self._timer = self._loop.call_later(max(next_s, 0.1), self._look)
