"""What the person sent, on disk: one message a line, the newest last, without secrets.

Several processes add to the file at the same time, each by one write. It is private, and bounded:
whoever reads it finds the newest messages, and makes it shorter when it has become too long.
Nothing that the system refuses reaches a caller; then there is less history, and that is all.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import msgspec

MOST: Final = 2_000  # messages, after it was made shorter; before, as many again
LONGEST: Final = 64 * 1024  # bytes of one line
MOST_BYTES: Final = 8 * 1024 * 1024  # that are read, from the end
_FLAGS: Final = os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def _as_it_is(text: str) -> str:
    return text


class Kept:
    """Without a path nothing is kept. A message that begins with a blank never is."""

    def __init__(
        self, path: Path | None = None, *, redact: Callable[[str], str] = _as_it_is
    ) -> None:
        self._path = path
        self._redact = redact

    def add(self, text: str) -> None:
        if self._path is None or text[:1].isspace():
            return
        line = msgspec.json.encode(self._redact(text).encode(errors="replace").decode()) + b"\n"
        if len(line) > LONGEST:
            return
        with suppress(OSError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with _locked(self._path, os.O_CREAT) as file:
                if not _ends_with_a_line(file):  # another's write was cut short
                    line = b"\n" + line
                os.write(file, line)

    def entries(self) -> tuple[str, ...]:
        """The oldest first."""
        try:
            return self._entries()
        except OSError:
            return ()

    def _entries(self) -> tuple[str, ...]:
        if self._path is None:
            return ()
        with _locked(self._path, 0) as file:
            start = max(0, os.fstat(file).st_size - MOST_BYTES)
            lines = os.pread(file, MOST_BYTES, start).split(b"\n")
            if start or len(lines) > 2 * MOST:
                lines = lines[-MOST:]
                _replace(self._path, b"\n".join(lines))
        return tuple(text for line in lines if (text := _text(line)))


def _text(line: bytes) -> str:
    try:
        return msgspec.json.decode(line, type=str) if line else ""
    except msgspec.DecodeError:
        return ""


def _ends_with_a_line(file: int) -> bool:
    size = os.fstat(file).st_size
    return not size or os.pread(file, 1, size - 1) == b"\n"


@contextmanager
def _locked(path: Path, flags: int) -> Generator[int]:
    """The file that stands there now: what is added to one that was replaced would be lost."""
    while True:
        file = os.open(path, _FLAGS | flags, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            if os.path.samestat(os.fstat(file), path.lstat()):
                yield file
                return
        finally:
            os.close(file)


def _replace(path: Path, content: bytes) -> None:
    """Under the lock of the old file."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(file, "wb") as whole:
            whole.write(content)
            whole.flush()
            os.fsync(file)
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
