"""Empty places that keep a name from being taken while a command runs, and that go with the last.

A mount can only hide or hold what is there. So what must not come into being gets a placeholder:
where git would see a file, a folder, which it passes over. Whoever uses one holds a lock on it,
which the kernel drops when he dies; so who comes next can tell what was left behind. What anybody
else made is never removed: only what is empty, bears the mark and nobody uses.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from errno import EACCES, EBUSY, ENOENT, ENOTDIR, ENOTSUP, EPERM, EROFS
from fcntl import LOCK_EX, LOCK_NB, LOCK_SH, flock
from pathlib import Path
from tempfile import mkstemp
from typing import Final

from msgspec import Struct

_MARK: Final = stat.S_ISVTX  # nobody may write it, and it is sticky: no other thing is made so
_TRIES: Final = 5
_MAY_NOT: Final = frozenset({EACCES, EPERM, EROFS, ENOENT, ENOTDIR})


class Placeholder(Struct, frozen=True, kw_only=True):
    """An empty folder, or a file with this content."""

    path: Path
    content: bytes | None = None


def is_placeholder(there: Placeholder) -> bool:
    """Whether it is there as such, of somebody who uses it or who died."""
    try:
        status = there.path.lstat()
        if status.st_mode & (_MARK | 0o222) != _MARK:
            return False
        if there.content is None:
            return stat.S_ISDIR(status.st_mode) and not any(there.path.iterdir())
        return stat.S_ISREG(status.st_mode) and there.path.read_bytes() == there.content
    except OSError:
        return False


@contextmanager
def placed(wanted: Iterable[Placeholder]) -> Generator[tuple[Path, ...]]:
    """Those that could be made. Where we may make nothing, a command of ours may not either; any
    other reason for their absence is raised."""
    held: list[tuple[Placeholder, int]] = []
    try:
        for each in wanted:
            lock = _taken(each)
            if lock is not None:
                held.append((each, lock))
        yield tuple(each.path for each, _ in held)
    finally:
        for each, lock in reversed(held):
            _let_go(each, lock)


def _taken(wanted: Placeholder) -> int | None:
    """A lock on it, made if need be; the last user of another time may be taking it away."""
    for _ in range(_TRIES):
        try:
            _make(wanted)
        except FileExistsError:
            pass
        except OSError as error:
            if error.errno in _MAY_NOT:
                return None
            raise
        with suppress(FileNotFoundError):
            lock = os.open(wanted.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
            if _is_locked(wanted.path, lock):
                return lock
    raise OSError(EBUSY, "it comes and goes", str(wanted.path))


def _is_locked(path: Path, lock: int) -> bool:
    """Whether `lock`, which is closed if not, now holds what is there."""
    try:
        flock(lock, LOCK_SH)
        if os.path.samestat(os.fstat(lock), path.lstat()):
            return True
    except FileNotFoundError:
        pass
    except OSError:
        os.close(lock)
        raise
    os.close(lock)
    return False


def _make(wanted: Placeholder) -> None:
    """At once and whole, for others may read it; a file system without marks gets none."""
    if wanted.content is None:
        wanted.path.mkdir(mode=_MARK | 0o555)
    else:
        _make_file(wanted.path, wanted.content)
    if not is_placeholder(wanted):
        _remove(wanted)
        raise OSError(ENOTSUP, "its file system cannot mark what is ours", str(wanted.path))


def _make_file(path: Path, content: bytes) -> None:
    descriptor, draft = mkstemp(prefix=".vibe-", dir=path.parent)
    try:
        os.write(descriptor, content)
        os.fchmod(descriptor, _MARK | 0o444)
        os.link(draft, path)
    finally:
        os.close(descriptor)
        Path(draft).unlink()


def _let_go(used: Placeholder, lock: int) -> None:
    try:
        with suppress(OSError):
            flock(lock, LOCK_EX | LOCK_NB)
            if not is_placeholder(used):
                return
            if not os.path.samestat(os.fstat(lock), used.path.lstat()):
                return
            _remove(used)
    finally:
        os.close(lock)


def _remove(made: Placeholder) -> None:
    if made.content is None:
        made.path.rmdir()
    else:
        made.path.unlink()
