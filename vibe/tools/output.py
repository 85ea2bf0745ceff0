"""What a command has printed: its beginning and its end for the model, all of it in a file.

Holds no more than its bounds in memory, however much is printed. Bytes that are no text are shown
as the replacement character; nothing is cleaned here, for nothing is shown.
"""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

HEAD_BYTES = 10_000
TAIL_BYTES = 20_000
FILE_BYTES = 64_000_000


class Printed(Struct, frozen=True, kw_only=True):
    """`left_out` bytes between head and tail are only in the file at `path`."""

    text: str
    total_bytes: int
    left_out: int = 0
    path: Path | None = None


class Output:
    """The file is made when there is more than the bounds hold; `close` ends it."""

    def __init__(self, path: Path | None) -> None:
        self.total_bytes = 0
        self._head = bytearray()
        self._tail: deque[bytes] = deque()
        self._tail_bytes = 0
        self._path = path
        self._file: BinaryIO | None = None
        self._written = 0

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
            self._spool(rest)
        elif self._tail_bytes > TAIL_BYTES and self._path is not None:
            self._open()
        while self._tail_bytes - len(self._tail[0]) >= TAIL_BYTES:
            self._tail_bytes -= len(self._tail.popleft())

    def printed(self) -> Printed:
        tail = b"".join(self._tail)[-TAIL_BYTES:]
        left_out = self.total_bytes - len(self._head) - len(tail)
        if not left_out:
            text = _text(bytes(self._head) + tail)
            return Printed(text=text, total_bytes=self.total_bytes)
        where = f"; all of it: {self._path}" if self._file is not None else ""
        gap = f"\n[… {left_out:,} bytes left out{where} …]\n"
        return Printed(
            text=_text(bytes(self._head)) + gap + _text(tail),
            total_bytes=self.total_bytes,
            left_out=left_out,
            path=self._path if self._file is not None else None,
        )

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def _open(self) -> None:
        """From now on all goes to the file; what came before is still at hand."""
        if self._path is None:
            return
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = self._path.open("xb", buffering=0)
        except OSError:  # then head and tail are what there is
            self._path = None
            return
        self._path.chmod(0o600)
        self._spool(bytes(self._head))
        for data in self._tail:
            self._spool(data)

    def _spool(self, data: bytes) -> None:
        room = FILE_BYTES - self._written
        if self._file is None or room <= 0:
            return
        try:
            self._written += self._file.write(data[:room])
        except OSError:  # the disk is full: the file ends here
            self._written = FILE_BYTES


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
