"""The store's file through whatever happens to it, and the sentence that tells a person of it.

A damaged file is moved aside, once and never deleted, and a fresh one begun. From all other trouble
the file is simply tried again with the next write. Nothing here raises.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from contextlib import suppress
from itertools import count
from pathlib import Path

from msgspec import ValidationError

from vibe.clean import clean_line
from vibe.mux.store_file import Identity, NewerSchema, StoreFile, place

TROUBLE = (OSError, sqlite3.Error, NewerSchema, ValueError, OverflowError)
PARTS = ("-shm", "-wal", "")  # the file last: a fresh one would take what lies beside for its own


class Keeper:
    """For one thread at a time, but that any may look at `file` and `notice`.

    `file` is None while there is none that can be used; `notice` is the first trouble's.
    """

    def __init__(self, path: Path, *, max_bytes: int) -> None:
        self.file: StoreFile | None = None
        self.notice: str | None = None
        self._path = path
        self._max_bytes = max_bytes
        self._identity: Identity = (0, 0)
        self._has_begun_anew = False
        self._is_closed = False

    def opened(self) -> StoreFile | None:
        if self.file is None and not self._is_closed:
            try:
                self._identity = place(self._path)
                self.file = StoreFile(self._path, max_bytes=self._max_bytes)
            except TROUBLE as error:
                return self.opened() if self.met(error) else None
        return self.file

    def met(self, error: Exception) -> bool:
        """Make the best of it. Whether a fresh file can be tried at once, which happens once."""
        if _is_busy(error) or self._is_closed:
            return False
        if _is_damage(error) and not self._has_begun_anew:
            self._has_begun_anew = True
            self._let_go()
            try:
                aside = _move_aside(self._path, self._identity)
            except OSError as refusal:
                error = refusal
            else:
                self._say(_told_of_damage(self._path, aside))
                return True
        self._say(_told(error, self._path))
        return False

    def give_up(self) -> None:
        """Nothing is tried any more, and something was left to be written."""
        if self._is_closed:
            return
        self._say(
            f"what was learned of the models is forgotten: another program keeps {self._path} "
            "locked; see which one: fuser -v " + str(self._path)
        )

    def close(self) -> None:
        self._is_closed = True
        self._let_go()

    def _let_go(self) -> None:
        file, self.file = self.file, None
        if file is not None:
            with suppress(sqlite3.Error):
                file.close()

    def _say(self, notice: str) -> None:
        self.notice = self.notice or clean_line(notice)


def _move_aside(path: Path, identity: Identity) -> Path | None:
    """Rename the file, with what belongs to it; None where another process has, or is about to."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        status = path.stat()
        if (status.st_dev, status.st_ino) != identity:
            return None
        numbered = (f"{path}.damaged-{number}" for number in count(1))
        aside = next(n for n in numbered if not any(Path(n + part).exists() for part in PARTS))
        for part in PARTS:
            with suppress(FileNotFoundError):
                Path(f"{path}{part}").rename(aside + part)
        return Path(aside)
    except (BlockingIOError, FileNotFoundError):
        return None
    finally:
        os.close(folder)


def _is_busy(error: Exception) -> bool:
    codes = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL)
    return _code_of(error) in codes


def _is_damage(error: Exception) -> bool:
    """Whether the file holds what nobody has written."""
    code = _code_of(error)
    if isinstance(error, sqlite3.OperationalError) and not code:
        return True  # a text that is not UTF-8, which Python's module finds, and not SQLite
    is_cut = getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_IOERR_SHORT_READ
    is_malformed = code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
    return is_cut or is_malformed or isinstance(error, ValidationError)


def _told(error: Exception, path: Path) -> str:
    remedy = f"see what is wrong there: ls -la {path.parent}"
    if isinstance(error, NewerSchema):
        reason, remedy = "a newer vibe has written it", "update vibe, or move that file away"
    elif _code_of(error) == sqlite3.SQLITE_FULL:
        reason, remedy = "it cannot grow any more", "free some space on its disk"
    else:
        reason = (isinstance(error, OSError) and error.strerror) or str(error)
    return (
        f"cool-downs and usage are remembered only until vibe ends: cannot use {path} ({reason}); "
        f"{remedy}"
    )


def _told_of_damage(path: Path, aside: Path | None) -> str:
    kept = f"it has been moved to {aside}" if aside else "another vibe has moved it aside"
    return (
        f"{path} was damaged: {kept}, and cool-downs, shares and usage begin anew; "
        "delete the damaged file when you do not need it"
    )


def _code_of(error: Exception) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF
