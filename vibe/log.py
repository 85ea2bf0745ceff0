"""The log: one file that several vibe processes append to, rotated, readable by its owner alone.

Each record is one write of cleaned and redacted text. Trouble with the file ends the log, never
the program: nothing here raises into a caller or prints. Needs POSIX (`fcntl`), not Windows.
"""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from vibe.clean import clean, clean_line
from vibe.secret import Redactor


def _say_nothing(trouble: str) -> None:
    """For a caller whom a log that is off does not concern."""


def start_logging(
    path: Path,
    *,
    redactor: Redactor,
    verbose: bool = False,
    on_trouble: Callable[[str], None] = _say_nothing,
) -> FileLog:
    """Send what the "vibe" loggers say to this file, and nowhere else; an earlier log is closed."""
    logger = logging.getLogger("vibe")
    for earlier in [handler for handler in logger.handlers if isinstance(handler, FileLog)]:
        logger.removeHandler(earlier)
        earlier.close()
    log = FileLog(path, redactor=redactor, on_trouble=on_trouble)
    logger.addHandler(log)
    logger.setLevel(logging.DEBUG if verbose else logging.INFO)
    logger.propagate = False
    return log


class FileLog(logging.Handler):
    """Appends to `path`; full, it becomes `path.1`, that `path.2`, and so on to `path.<keep>`.

    The file is made by the first record. After the first trouble the log is off for good, and
    `on_trouble` is told why.
    """

    # Any process may rotate the file at any time, so the descriptor may be that of `path.1`. What
    # is written there is not lost; but it is compared with `path` before each record, or a quiet
    # process would one day write into a file that has been rotated away.
    _descriptor: int | None
    _off: bool  # once set, the descriptor is closed and stays so

    def __init__(
        self,
        path: Path,
        *,
        redactor: Redactor,
        max_bytes: int = 1_000_000,
        keep: int = 3,
        on_trouble: Callable[[str], None] = _say_nothing,
    ) -> None:
        super().__init__()
        self._path = path
        self._redactor = redactor
        self._max_bytes = max_bytes
        self._keep = keep
        self._on_trouble = on_trouble
        self._descriptor = None
        self._off = False

    def emit(self, record: logging.LogRecord) -> None:
        if self._off:
            return
        line = self._line(record).encode()
        try:
            self._append(line)
        except OSError as error:
            self._turn_off()
            reason = error.strerror or str(error)
            self._on_trouble(clean_line(f"the log is off: cannot write {self._path} ({reason})"))

    def close(self) -> None:
        self.acquire()
        try:
            self._turn_off()
        finally:
            self.release()
        super().close()

    def _turn_off(self) -> None:
        self._off = True
        self._let_go()

    def _line(self, record: logging.LogRecord) -> str:
        try:
            message = self.format(record)  # with its traceback
        except Exception as error:  # it runs the `__str__` of foreign values
            message = (
                f"({type(error).__name__} while formatting the record of "
                f"{record.filename}:{record.lineno})"
            )
        moment = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        text = f"{moment} {record.levelname} {record.name}[{record.process}] {message}"
        # Cleaned first: an invisible character could hide a key from the redactor. Indented last:
        # only a record starts a line.
        return self._redactor.redact(clean(text)).rstrip().replace("\n", "\n    ") + "\n"

    def _append(self, line: bytes) -> None:
        if self._is_full_for(line):
            self._rotate_for(line)
        if os.write(self._current(), line) < len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _is_full_for(self, line: bytes) -> bool:
        size = os.fstat(self._current()).st_size
        return size > 0 and size + len(line) > self._max_bytes

    def _rotate_for(self, line: bytes) -> None:
        lock = os.open(self._numbered("lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            # Not waited for: who holds the lock may have been stopped, and a file may grow a bit.
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if self._is_full_for(line):  # or another process has rotated meanwhile
                for number in range(self._keep - 1, 0, -1):
                    with suppress(FileNotFoundError):
                        self._numbered(number).replace(self._numbered(number + 1))
                self._path.replace(self._numbered(1))
        except BlockingIOError:
            pass  # its holder is rotating
        finally:
            os.close(lock)

    def _numbered(self, suffix: int | str) -> Path:
        return self._path.with_name(f"{self._path.name}.{suffix}")

    def _current(self) -> int:
        """The descriptor of what is at `path` now, opened anew where that is another file."""
        if self._descriptor is not None:
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(self._descriptor), self._path.stat()):
                    return self._descriptor
            self._let_go()
        if not self._path.parent.exists():
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Without blocking, for a pipe that nobody reads; it is refused once open.
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK
        self._descriptor = os.open(self._path, flags, 0o600)
        if not stat.S_ISREG(os.fstat(self._descriptor).st_mode):
            raise OSError(errno.EINVAL, "not a regular file")
        os.fchmod(self._descriptor, 0o600)  # it may have been made by something else
        return self._descriptor

    def _let_go(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
