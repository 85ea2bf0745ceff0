"""Copies of what files hold, in a file without a name: nothing of it is left after the process.

Not kept in memory, where those of a large project would weigh as much as vibe itself. Waits for
the disk.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Set as AbstractSet
from contextlib import suppress
from tempfile import TemporaryFile

from vibe.session.blobs import digest_of
from vibe.session.record import BlobId

_SLACK = 1_000_000


class Copies:
    """Invariant: `_places` tells where in the file each content begins, and its size; all of them
    end before `_end`, and none overlaps another."""

    def __init__(self) -> None:
        self._file = -1
        self._places: dict[BlobId, tuple[int, int]] = {}
        self._end = 0

    def put(self, content: bytes) -> BlobId:
        """Raises OSError where there is no room."""
        digest = digest_of(content)
        if digest not in self._places:
            self._write(content, self._end)
            self._places[digest] = (self._end, len(content))
            self._end += len(content)
        return digest

    def get(self, digest: BlobId) -> bytes | None:
        if digest not in self._places:
            return None
        start, size = self._places[digest]
        content = os.pread(self._file, size, start)
        return content if digest_of(content) == digest else None

    def keep_only(self, digests: AbstractSet[BlobId]) -> None:
        """Forget the others, and give back their room once that is worth it."""
        self._places = {each: place for each, place in self._places.items() if each in digests}
        if self._end <= 2 * sum(size for _, size in self._places.values()) + _SLACK:
            return
        end = 0
        with suppress(OSError):
            for digest, (start, size) in sorted(self._places.items(), key=lambda each: each[1]):
                self._write(os.pread(self._file, size, start), end)
                self._places[digest] = (end, size)
                end += size
            self._end = end
            os.ftruncate(self._file, end)

    def _write(self, content: bytes, at: int) -> None:
        if self._file < 0:
            file = TemporaryFile(buffering=0)  # noqa: SIM115  closed with what it belongs to
            weakref.finalize(self, file.close)
            self._file = file.fileno()
        done = 0
        while done < len(content):
            done += os.pwrite(self._file, content[done:], at + done)
