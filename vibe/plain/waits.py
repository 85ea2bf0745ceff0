"""Waits for a model, told when one begins and then every half minute, however often it is asked.

Owns one timer, which `end` stops.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from vibe.domain.event import Event, Sealed, Unanswered, Waiting
from vibe.domain.stream import CallBegan, TextDelta, ThinkingDelta
from vibe.domain.telling import told

EVERY_S: Final = 30.0


class Waits:
    """Times are the loop's. `_until_s` None: nobody knows how long."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._loop = asyncio.get_running_loop()
        self._last: Waiting | None = None
        self._until_s: float | None = None
        self._timer: asyncio.TimerHandle | None = None

    def note(self, event: Event) -> None:
        match event:
            case Waiting(for_s=for_s):
                self._last = event
                self._until_s = None if for_s is None else self._loop.time() + for_s
                if self._timer is None:
                    self._say()
            case TextDelta() | ThinkingDelta() | CallBegan() | Sealed() | Unanswered():
                self.end()
            case _:
                pass

    def end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._last = self._timer = None

    def _say(self) -> None:
        self._timer = self._loop.call_later(EVERY_S, self._say)
        if self._last is None:
            return
        if self._until_s is None:
            self._tell(told(self._last))
            return
        left_s = self._until_s - self._loop.time()
        if left_s > 0:  # else somebody is being asked
            self._tell(told(replace(self._last, for_s=left_s)))
