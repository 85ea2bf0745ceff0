"""The calls under way: each is read by one reader, and can be ended by somebody else.

Nothing of a call outlives the end of all calls, whether its reader waits, pauses or has gone away.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from weakref import WeakSet

from vibe.domain.event import PoolEvent
from vibe.domain.stream import TextDelta
from vibe.errors import Cancelled


class Call:
    """The events of one answer. `_waiting` is set while the reader waits for the next one."""

    def __init__(self, events: AsyncGenerator[PoolEvent, None]) -> None:
        self._events = events
        self._waiting: asyncio.Timeout | None = None
        self._is_ended = False

    async def next(self) -> PoolEvent:
        """Nothing may follow the last event. Raises `Cancelled` once the call has been ended."""
        event = None if self._is_ended else await self._next()
        if event is None:
            raise Cancelled("the call was ended before its answer was whole")
        return event

    async def end(self) -> None:
        self._is_ended = True
        if self._waiting is None:
            await self._events.aclose()
        else:  # a generator that runs can only be ended by its own task
            self._waiting.reschedule(asyncio.get_running_loop().time())

    async def _next(self) -> PoolEvent | None:
        try:
            async with asyncio.timeout(None) as self._waiting:
                return await anext(self._events, None)
        except TimeoutError:  # nothing but `end` makes it run out
            return None
        finally:
            self._waiting = None


class Calls:
    """`note` is told every event but text, before its reader is.

    `_under_way` has a future for each call that has begun, until all of it is over; a call itself
    is only as long here as somebody reads it.
    """

    def __init__(self, note: Callable[[PoolEvent], None]) -> None:
        self._note = note
        self._calls: WeakSet[Call] = WeakSet()
        self._under_way: set[asyncio.Future[None]] = set()

    def begin(self, events: AsyncGenerator[PoolEvent, None]) -> Call:
        call = Call(self._watched(events))
        self._calls.add(call)
        return call

    async def aclose(self) -> None:
        for call in tuple(self._calls):
            await call.end()
        if self._under_way:
            await asyncio.wait(self._under_way)

    async def _watched(
        self, events: AsyncGenerator[PoolEvent, None]
    ) -> AsyncGenerator[PoolEvent, None]:
        over = asyncio.get_running_loop().create_future()
        self._under_way.add(over)
        try:
            async with aclosing(events):
                async for event in events:
                    if type(event) is not TextDelta:
                        self._note(event)
                    yield event
        finally:
            self._under_way.discard(over)
            over.set_result(None)
