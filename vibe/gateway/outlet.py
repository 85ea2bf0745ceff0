"""The way of one answer to its client: its head once, then bytes; signs of life between them.

Until the head is sent the answer may still become an error of its own. Nothing is sent after the
end, whoever asks for it, and nothing in the midst of something else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from vibe.gateway.asgi import Headers, Send

BEAT_S = 10.0


class Outlet:
    """`headers` tells those of the answer at the moment at which it begins. Invariant: while
    `_is_busy` somebody is sending, and nobody else does."""

    def __init__(self, send: Send, headers: Callable[[], Headers]) -> None:
        self._send = send
        self._headers = headers
        self._beating: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._last_s = 0.0
        self._is_busy = False
        self.has_begun = False

    def beat_with(self, beat: Callable[[], bytes]) -> None:
        """From now on, whenever nothing was sent for a while. A beat may come at any place, before
        the first piece as well."""
        loop = asyncio.get_running_loop()
        self._last_s = loop.time()

        def due() -> None:
            silent_s = 0.0 if self._is_busy else loop.time() - self._last_s
            if silent_s >= BEAT_S:
                self._beating = loop.create_task(self._put(beat()))
                silent_s = 0.0
            self._timer = loop.call_later(BEAT_S - silent_s, due)

        self._timer = loop.call_later(BEAT_S, due)

    async def write(self, data: bytes) -> None:
        if self._beating and not self._beating.done():
            await asyncio.wait((self._beating,))
        await self._put(data)

    async def end(self, data: bytes) -> None:
        self._end_beats()
        await self.write(data)
        await self._send({"type": "http.response.body", "body": b""})

    def stop(self) -> None:
        """No more signs of life, not even one that is on its way."""
        self._end_beats()
        if self._beating:
            self._beating.cancel()

    async def _put(self, data: bytes) -> None:
        self._is_busy = True
        if not self.has_begun:
            self.has_begun = True
            told = [
                (b"content-type", b"text/event-stream; charset=utf-8"),
                (b"cache-control", b"no-cache"),
                *self._headers(),
            ]
            await self._send({"type": "http.response.start", "status": 200, "headers": told})
        if data:
            await self._send({"type": "http.response.body", "body": data, "more_body": True})
        self._is_busy = False
        self._last_s = asyncio.get_running_loop().time()

    def _end_beats(self) -> None:
        if self._timer:
            self._timer.cancel()
