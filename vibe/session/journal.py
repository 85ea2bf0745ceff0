"""The file of a session: records appended, each by one write, and brought to the disk when asked.

Nothing that the system refuses reaches a caller: what cannot be written waits in memory, in order,
and is tried again with the next record; one notice says so. What records mean is not known here.
POSIX only, for flock.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Final

from vibe.clean import clean_line
from vibe.errors import VibeError
from vibe.secret import Redactor
from vibe.session.line import Read, line_of, read
from vibe.session.record import Record

_WHOLE: Final = 0o600
# The mark of a file whose process knows more than it could write. A mode, for a full disk takes no
# file and no byte any more, but this; and the one bit that means nothing on a file of data.
BEHIND: Final = 0o700

_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class SessionInUse(VibeError):
    """Another process writes this session."""


class Journal:
    """For one thread at a time, but that `sync` may run beside an append.

    Invariant: the first `_end` bytes of the file are whole lines, the last one numbered `_seq`;
    whatever is behind them is cut off before the next line is written. What is not among them is in
    `_waiting`, in order. Without a path there is no file, and nothing waits for one.
    """

    def __init__(
        self, path: Path | None, *, redactor: Redactor, tell: Callable[[str], None]
    ) -> None:
        self._path = path
        self._redactor = redactor
        self._tell = tell
        self._file: int | None = None
        self._end = 0
        self._seq = 0
        self._waiting: deque[Record] = deque()
        self._mode = _WHOLE
        self._has_told = False
        self._unsynced: tuple[Path, ...] = ()  # the folders of a new file
        self._closing = Lock()

    @classmethod
    def resumed(
        cls, path: Path, *, redactor: Redactor, tell: Callable[[str], None]
    ) -> tuple[Journal, Read]:
        """For going on with a file, which nobody else may then write; and what is in it."""
        journal = cls(path, redactor=redactor, tell=tell)
        try:
            journal._file = locked(path, os.O_RDWR)
        except OSError as error:
            journal._give_up(error)
        try:
            found = read(path.read_bytes())
            journal._adopt(found, mode=path.stat().st_mode)
        except BaseException:
            journal.close()
            raise
        return journal, found

    @property
    def is_behind(self) -> bool:
        """Whether records may be missing at the end of the file."""
        return self._mode == BEHIND

    @property
    def is_open(self) -> bool:
        """Whether there is a file, and more may come to it."""
        return self._file is not None

    @property
    def size(self) -> int | None:
        """Of the file; None where it does not hold everything."""
        return None if self._file is None or self.is_behind or self._waiting else self._end

    def hold(self, record: Record) -> None:
        """To be written with the next one."""
        self._waiting.append(record)

    def append(self, records: Iterable[Record]) -> None:
        if self._path is None:
            return
        self._waiting.extend(records)
        try:
            file = self._opened(self._path)
            while self._waiting:
                self._write(self._waiting[0], file)
                self._waiting.popleft()
        except OSError as error:
            self._met(error)
        else:
            self._mark(_WHOLE)

    async def sync(self) -> None:
        """Return when the disk itself has what was appended; else there is a notice."""
        import asyncio  # too slow to load for commands that only look at sessions

        try:
            await asyncio.to_thread(self._sync)
        except OSError as error:
            self._give_up(error)

    def close(self) -> None:
        with self._closing:
            if self._file is not None:
                os.close(self._file)
            self._file = self._path = None

    def _adopt(self, found: Read, *, mode: int) -> None:
        self._end, self._seq, self._mode = found.end, found.seq, stat.S_IMODE(mode)
        if self._file is not None:
            self._cut(self._file)

    def _opened(self, path: Path) -> int:
        if self._file is None:
            for folder in reversed(path.parents):
                folder.mkdir(mode=0o700, exist_ok=True)
            self._file = locked(path, os.O_RDWR | os.O_CREAT | os.O_EXCL)
            self._unsynced = tuple(path.parents[:2])
        return self._file

    def _write(self, record: Record, file: int) -> None:
        self._cut(file)
        line = line_of(record, seq=self._seq + 1, redactor=self._redactor)
        if os.write(file, line) < len(line):
            self._cut(file)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._end += len(line)
        self._seq += 1

    def _cut(self, file: int) -> None:
        if os.fstat(file).st_size > self._end:
            os.ftruncate(file, self._end)

    def _sync(self) -> None:
        with self._closing:
            if self._file is None:
                return
            getattr(os, "fdatasync", os.fsync)(self._file)  # macOS has only the latter
            for path in self._unsynced:
                _sync_folder(path)
            self._unsynced = ()

    def _met(self, error: OSError) -> None:
        self._mark(BEHIND)
        is_full = error.errno in _FULL
        self._tell_once(error, "free some space, and the rest is written" if is_full else "")

    def _give_up(self, error: OSError) -> None:
        """What has been written may be there or not; nothing more will be."""
        self._mark(BEHIND)
        self._tell_once(error)
        self._waiting.clear()
        self.close()

    def _tell_once(self, error: OSError, remedy: str = "") -> None:
        if self._has_told or self._path is None:
            return
        self._has_told = True
        remedy = remedy or f"see what is wrong there: ls -la {self._path.parent}"
        reason = f"cannot write {self._path} ({error.strerror or error})"
        self._tell(clean_line(f"from here on the session is only in memory: {reason}; {remedy}"))

    def _mark(self, mode: int) -> None:
        if self._file is not None and self._mode != mode:
            with suppress(OSError):
                os.fchmod(self._file, mode)
        self._mode = mode


def locked(path: Path, flags: int) -> int:
    """The file, of which no other process is the writer until it is closed."""
    file = os.open(path, flags | os.O_APPEND | os.O_NOFOLLOW, _WHOLE)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        raise SessionInUse(
            f"another vibe is writing the session {path.parent.name}",
            hint=f"close it there, or go on with a copy: vibe sessions fork {path.parent.name}",
        ) from None
    except OSError:
        os.close(file)
        raise
    return file


def is_in_use(path: Path) -> bool:
    """Whether somebody writes it just now."""
    try:
        os.close(locked(path, os.O_RDONLY))
    except SessionInUse:
        return True
    return False


def _sync_folder(path: Path) -> None:
    """Not every file system can, and then it need not."""
    with suppress(OSError):
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
