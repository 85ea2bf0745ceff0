"""What a command has printed: its beginning and its end for the model, all of it in a file.

Holds no more than its bounds in memory, however much is printed. Bytes that are no text are shown
as the replacement character; nothing is cleaned here, for nothing is shown.
"""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from vibe.tools.spool import Spool, SpoolFile

HEAD_BYTES = 10_000
TAIL_BYTES = 20_000


class Printed(Struct, frozen=True, kw_only=True):
    """`left_out` bytes between head and tail are only in the file at `path`."""

    text: str
    total_bytes: int
    left_out: int = 0
    path: Path | None = None


class Output:
    """The file is made when there is more than the bounds hold; `close` ends it."""

    def __init__(self, spool: Spool | None) -> None:
        self.total_bytes = 0
        self._head = bytearray()
        self._tail: deque[bytes] = deque()
        self._tail_bytes = 0
        self._spool = spool
        self._file: SpoolFile | None = None

    def add(self, data: bytes) -> None:
        self.total_bytes += len(data)
        room = HEAD_BYTES - len(self._head)
        self._head += data[:room]
        rest = data[room:] if room < len(data) else b""
        if not rest:
            return
        self._tail.append(rest)
        self._tail_bytes += len(rest)
        if self._file is not None:
            self._file.put(rest)
        elif self._tail_bytes > TAIL_BYTES and self._spool is not None:
            self._open(self._spool)
        while self._tail_bytes - len(self._tail[0]) >= TAIL_BYTES:
            self._tail_bytes -= len(self._tail.popleft())

    def printed(self) -> Printed:
        tail = b"".join(self._tail)[-TAIL_BYTES:]
        left_out = self.total_bytes - len(self._head) - len(tail)
        if not left_out:
            text = _text(bytes(self._head) + tail)
            return Printed(text=text, total_bytes=self.total_bytes)
        path = None if self._file is None else self._file.path
        where = f"; all of it, for read and grep: {path}" if path else ""
        gap = f"\n[… {left_out:,} bytes left out{where} …]\n"
        return Printed(
            text=_text(bytes(self._head)) + gap + _text(tail),
            total_bytes=self.total_bytes,
            left_out=left_out,
            path=path,
        )

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def _open(self, spool: Spool) -> None:
        """From now on all goes to the file; what came before is still at hand."""
        self._spool = None
        with suppress(OSError):  # then head and tail are what there is
            self._file = spool.opened()
            for data in (bytes(self._head), *self._tail):
                self._file.put(data)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
