"""A transport whose `close` lets the other side finish its sentence.

Closing a socket with bytes unread resets the connection, and the reset can overtake the answer:
whoever is refused while it still sends would never learn why. So our side ends first, what comes is
dropped, and only then, or when the time is over, the connection is. See RFC 9112, 9.6.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any


class Lingering(asyncio.Transport):
    """Stands before `inner`. Who reads from it drops what comes once `is_closing` is true."""

    _timer: asyncio.TimerHandle | None  # runs while it lingers, and no longer

    def __init__(
        self, inner: asyncio.Transport, *, linger_s: float, is_at_rest: Callable[[], bool]
    ) -> None:
        super().__init__()
        self._inner = inner
        self._linger_s = linger_s
        self._is_at_rest = is_at_rest
        self._is_closing = False
        self._timer = None

    def close(self) -> None:
        if self._is_closing:
            return
        self._is_closing = True
        if self._is_at_rest() or self._inner.is_closing():
            self._inner.close()
            return
        self._inner.write_eof()
        self._inner.resume_reading()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._linger_s, self._inner.abort)

    def lost(self) -> None:
        """The connection has ended, by whomever."""
        self._is_closing = True
        if self._timer is not None:
            self._timer.cancel()

    def is_closing(self) -> bool:
        return self._is_closing or self._inner.is_closing()

    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        if not self._is_closing:
            self._inner.write(data)

    def abort(self) -> None:
        self._inner.abort()

    def pause_reading(self) -> None:
        if not self._is_closing:
            self._inner.pause_reading()

    def resume_reading(self) -> None:
        self._inner.resume_reading()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._inner.get_extra_info(name, default)
