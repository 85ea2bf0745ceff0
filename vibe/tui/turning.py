"""The one turn that is under way: its events read to their end, or stopped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress

from vibe.domain.event import Event
from vibe.domain.turn import TurnEnd, TurnFinished

STOPPED_BY = "stopped by you"
STOPPED = TurnFinished(turn=0, end=TurnEnd.INTERRUPTED, detail=STOPPED_BY)


class Turning:
    """`note` gets every event, of which the last is `TurnFinished`, however the turn ends."""

    def __init__(self, note: Callable[[Event], None]) -> None:
        self._note = note
        self._task: asyncio.Task[None] | None = None
        self.is_under_way = False

    def start(self, events: AsyncGenerator[Event]) -> None:
        """When none is under way; also from within `note`, at the end of the one before."""
        self.is_under_way = True
        self._task = asyncio.get_running_loop().create_task(self._read(events))

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def ended(self) -> None:
        """Stops it, if it runs, and waits until all of it is in the session."""
        self.stop()
        if self._task is not None:
            with suppress(asyncio.CancelledError):
                await self._task

    async def _read(self, events: AsyncGenerator[Event]) -> None:
        has_ended = False
        try:
            async with aclosing(events):
                async for event in events:
                    if has_ended := isinstance(event, TurnFinished):
                        self.is_under_way = False
                    self._note(event)
        finally:
            if not has_ended:
                self.is_under_way = False
                self._note(STOPPED)
