"""The file of the store: made, opened, and brought to the present schema.

Raises what the system and SQLite raise. What stands in the tables is not its concern, and it never
deletes or empties anything.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import stat
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeAlias

from vibe.mux.store_tables import MIGRATIONS

BUSY_S = 0.25
LAST_BUSY_S = 2.0
MAX_BYTES = 64_000_000
PAGE_BYTES = 4096

Identity: TypeAlias = tuple[int, int]


class NewerSchema(Exception):
    """A later vibe has written the file; what its tables mean is not known here."""


class StoreFile:
    """Two connections. `writer` is for one thread at a time, and its transactions are short;
    `reader` is for the event loop, and waits for nobody."""

    def __init__(self, path: Path, *, max_bytes: int) -> None:
        self.writer = _connection(path, wait_s=BUSY_S)
        try:
            _prepare(self.writer, max_bytes)
            self.reader = _connection(path, wait_s=0.0)
        except BaseException:
            self.writer.close()
            raise
        self._seen: int | None = None

    def changed(self) -> bool:
        """Whether anything was written, by anybody, since `reading`."""
        return self._version() != self._seen

    @contextmanager
    def reading(self) -> Generator[sqlite3.Connection]:
        """Everything as it is at one moment, which has come when the body begins."""
        with _transaction(self.reader, "BEGIN"):
            version = self._version()
            yield self.reader
        self._seen = version

    @contextmanager
    def writing(self) -> Generator[sqlite3.Connection]:
        """All or nothing, and nobody else meanwhile."""
        with _transaction(self.writer, "BEGIN IMMEDIATE"):
            yield self.writer

    def wait_longer(self) -> None:
        """For whoever else writes just now: what follows is written for the last time."""
        self.writer.execute(f"PRAGMA busy_timeout = {LAST_BUSY_S * 1000:.0f}")

    def close(self) -> None:
        self.reader.close()
        self.writer.close()

    def _version(self) -> int:
        return self.reader.execute("PRAGMA data_version").fetchone()[0]


def place(path: Path) -> Identity:
    """See to it that there is a file which only its owner can read. Tells which file it is."""
    try:
        _make(path)
    except FileNotFoundError:
        for folder in reversed(path.parents):
            folder.mkdir(mode=0o700, exist_ok=True)
        _make(path)
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "it is not a regular file")
    if stat.S_IMODE(status.st_mode) & 0o077:
        path.chmod(0o600)
    return status.st_dev, status.st_ino


def _make(path: Path) -> None:
    # Never opened where it exists: closing any descriptor of a file ends the locks that SQLite
    # holds on it for another connection of this process.
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _connection(path: Path, *, wait_s: float) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=wait_s, isolation_level=None, check_same_thread=False)


def _prepare(writer: sqlite3.Connection, max_bytes: int) -> None:
    if _schema_of(writer) == 0:
        # Nothing is in it that a power cut could take; waiting for the disk takes some 20 ms.
        writer.execute("PRAGMA synchronous = OFF")
        writer.execute("PRAGMA journal_mode = WAL")
    with _transaction(writer, "BEGIN IMMEDIATE"):  # fails where nothing can be written
        schema = _schema_of(writer)
        if schema > len(MIGRATIONS):
            raise NewerSchema
        for number, statements in enumerate(MIGRATIONS[schema:], start=schema + 1):
            for statement in statements:
                writer.execute(statement)
            writer.execute(f"PRAGMA user_version = {number}")
    writer.execute("PRAGMA synchronous = NORMAL")
    writer.execute(f"PRAGMA max_page_count = {max_bytes // PAGE_BYTES}")


def _schema_of(connection: sqlite3.Connection) -> int:
    return connection.execute("PRAGMA user_version").fetchone()[0]


@contextmanager
def _transaction(connection: sqlite3.Connection, begin: str) -> Generator[None]:
    connection.execute(begin)
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # SQLite ends it by itself where the disk is full
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
        raise
