"""How long an answer may keep its reader waiting, and what becomes of one that does.

One timer an answer, which moves itself on: a timeout around each read would cost a third of the
reading. Only waiting counts, so a reader that takes its time is no stall of the provider.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from vibe.domain.failure import Failure
from vibe.domain.provider import Patience
from vibe.transport.errors import stalled

STILL_S: Final = 1.0  # a timer that is so late was not run


class Watch:
    """Calls `cut` once an answer is overdue; `overdue` then says how. To be stopped by its owner.

    `began_s` and all else is by the time of the loop. Where that itself stood still, since the
    process was put aside or the machine slept, nobody could have heard a word: then all patience
    begins anew.
    """

    _waiting_since_s: float | None  # None while the reader is busy with what it has got
    _said_s: float | None  # when there was last any news of the answer; None before its first word

    def __init__(self, patience: Patience, *, began_s: float, cut: Callable[[], None]) -> None:
        self.overdue: Failure | None = None
        self._patience = patience
        self._began_s = began_s
        self._cut = cut
        self._waiting_since_s = self._said_s = None
        self._loop = asyncio.get_running_loop()
        self._due_s = self._loop.time()
        self._timer: asyncio.Handle = self._loop.call_soon(self._look)

    def wait(self, *, has_news: bool) -> None:
        """The reader waits from here on, with or without news in what it got last."""
        now_s = self._waiting_since_s = self._loop.time()
        if has_news:
            self._said_s = now_s

    def rest(self) -> None:
        self._waiting_since_s = None

    def stop(self) -> None:
        self._timer.cancel()

    def _look(self) -> None:
        now_s = self._loop.time()
        if now_s - self._due_s > STILL_S:
            self._begin_anew(now_s)
        until_s, why = min(self._bounds())
        if until_s <= now_s and self._waiting_since_s is not None:
            self.overdue = stalled(why)
            self._cut()
            return
        # No bound that is still to come can be nearer than `idle_s`.
        next_s = now_s + self._patience.idle_s
        if until_s > now_s:
            next_s = min(next_s, until_s)
        self._due_s = next_s
        self._timer = self._loop.call_at(next_s, self._look)

    def _begin_anew(self, now_s: float) -> None:
        self._began_s += now_s - self._due_s
        if self._said_s is None:
            self._began_s = now_s
            return
        self._said_s = now_s
        if self._waiting_since_s is not None:
            self._waiting_since_s = now_s

    def _bounds(self) -> list[tuple[float, str]]:
        """Until when the wait may last, and what it means if it lasts longer."""
        patience = self._patience
        bounds: list[tuple[float, str]] = []
        if patience.total_s is not None:
            until_s = self._began_s + patience.total_s
            bounds.append((until_s, "the answer took longer than timeout_s allows"))
        if self._said_s is None:
            bounds.append((self._began_s + patience.first_token_s, "no answer began in time"))
        else:
            silent_since_s = self._waiting_since_s or self._said_s
            bounds.append((silent_since_s + patience.idle_s, "the answer stopped coming"))
            until_s = self._said_s + patience.meaning_s
            bounds.append((until_s, "only signs of life came, and no more of the answer"))
        return bounds
