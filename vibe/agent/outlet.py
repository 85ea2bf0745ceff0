"""Events on their way out of a turn: whoever works on it tells them, one reader reads them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import suppress

from vibe.domain.event import Event


class Outlet:
    def __init__(self) -> None:
        self._events: asyncio.Queue[Event | None] = asyncio.Queue()

    def tell(self, event: Event) -> None:
        self._events.put_nowait(event)

    async def of(self, work: Coroutine[None, None, None]) -> AsyncGenerator[Event]:
        """All that is told while the work goes on. Closing it, or cancelling its reader, ends the
        work, and waits until it has ended."""
        events = self._events = asyncio.Queue()
        task = asyncio.get_running_loop().create_task(work)
        task.add_done_callback(lambda _: events.put_nowait(None))
        try:
            while (event := await events.get()) is not None:
                yield event
            await task
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
