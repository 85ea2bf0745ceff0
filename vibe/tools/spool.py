"""The files that hold what commands printed, where that is too much for a model.

Kept for a while and no more than so many. They are written by whole lines, and without the secrets
that vibe knows of; otherwise nothing is cleaned here, for nothing is shown.
"""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import mkstemp
from typing import BinaryIO, Final

from msgspec import Struct

from vibe.secret import Redactor

FILE_BYTES: Final = 64_000_000
MOST_FILES: Final = 20
_LONGEST_LINE: Final = 65_536
_BETWEEN: Final = (b" ", b"\t", b"\r")


class Spool(Struct, frozen=True, kw_only=True):
    """A folder of a session's own for such files."""

    folder: Path
    redactor: Redactor

    def opened(self) -> SpoolFile:
        """A new one; the oldest goes for it where there are too many. OSError: there is none."""
        for folder in reversed((self.folder, *self.folder.parents)):
            folder.mkdir(mode=0o700, exist_ok=True)
        kept = sorted(self.folder.iterdir(), key=lambda path: path.lstat().st_mtime_ns)
        for old in kept[: max(len(kept) - MOST_FILES + 1, 0)]:
            old.unlink()
        descriptor, path = mkstemp(dir=self.folder, prefix="", suffix=".log")
        return SpoolFile(Path(path), os.fdopen(descriptor, "wb", buffering=0), self.redactor)


class SpoolFile:
    """One output, up to its bound.

    `_line` is what has come of a line that has not ended, for half a secret is not known for one.
    One that is too long is cut between two words.
    """

    def __init__(self, path: Path, file: BinaryIO, redactor: Redactor) -> None:
        self.path = path
        self._file = file
        self._redactor = redactor
        self._line = b""
        self._room = FILE_BYTES

    def put(self, data: bytes) -> None:
        whole, end, self._line = (self._line + data).rpartition(b"\n")
        self._write(whole + end)
        if len(self._line) > _LONGEST_LINE:
            at = max(self._line.rfind(each) for each in _BETWEEN) + 1 or _LONGEST_LINE
            self._write(self._line[:at])
            self._line = self._line[at:]

    def close(self) -> None:
        self._write(self._line)
        self._file.close()

    def _write(self, data: bytes) -> None:
        if not data or not self._room:
            return
        text = self._redactor.redact(data.decode("utf-8", "surrogateescape"))
        try:
            self._room -= self._file.write(text.encode("utf-8", "surrogateescape")[: self._room])
        except OSError:  # the disk is full: the file ends here
            self._room = 0
