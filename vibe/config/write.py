"""The one way by which vibe changes a file that matters: config.toml, .env, the trust list.

The new content is written beside the file and renamed over it: through a full disk, a kill or a
power cut the file holds the whole old or the whole new content. It never looks into the bytes and
never opens the file itself for truncation. The lock holds among the processes of one machine that
write through here. POSIX only, for flock and descriptors of folders.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import select
import stat
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from vibe.errors import VibeError

_POLL_S = 0.01

_FULL = ("the disk, or your share of it, is full", "free some space, then try again")
_DENIED = ("permission denied", "file and folder must both be yours to write: see ls -la {folder}")
_NO_FOLDER = ("{culprit} is not a folder", "move away the file or broken link in that place")
_REFUSALS = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: _FULL,
    errno.EACCES: _DENIED,
    errno.EPERM: _DENIED,
    errno.EEXIST: _NO_FOLDER,
    errno.ENOTDIR: _NO_FOLDER,
    errno.ENOENT: ("the folder {folder} does not exist", "create it, or correct the link to it"),
    errno.ELOOP: ("its symbolic links lead in a circle", "point the link to a file: see ls -l"),
    errno.EISDIR: ("a folder stands in its place", "move that folder away, then try again"),
    errno.ENXIO: ("it is not a regular file", "move it away, then try again"),
    errno.EROFS: ("its file system is read-only", "make the change where that file comes from"),
    errno.EBUSY: ("it is a mount of its own", "mount the folder instead of the single file"),
    errno.EAGAIN: ("another program holds {folder} locked", "close the other vibe, then try again"),
}


class WriteError(VibeError):
    """A file could not be changed: it holds what it held, and nothing was left beside it."""


def rewrite(
    path: Path,
    change: Callable[[bytes | None], bytes],
    *,
    mode: int = 0o600,
    wait_s: float = 10.0,
) -> None:
    """Make the content of `path` that which `change` returns for the present one (None: no file).

    `change` runs under the lock of the folder: it must be quick and not rewrite in there itself.
    What it raises reaches the caller as it is, and nothing has happened. Links are followed, and
    stay; missing folders are made with mode 0700; an existing file keeps its mode and, where that
    is permitted, its owner, a new one gets `mode`. Hard links are cut and access control lists are
    not carried over.
    """
    target = Path(os.path.realpath(path))
    with _told(path, target):
        folder = _open_folder(path, target)
    try:
        with _told(path, target):
            _lock(folder, wait_s)
            old, status = _read(folder, target.name)
        new = change(old)
        if new != old:
            with _told(path, target):
                _replace(folder, target.name, new, status, mode)
    finally:
        os.close(folder)


@contextmanager
def _told(path: Path, target: Path) -> Generator[None]:
    """Turn what the system refuses into a sentence; used around everything but `change`."""
    try:
        yield
    except OSError as error:
        reason, hint = _REFUSALS.get(error.errno or 0, (error.strerror or repr(error), ""))
        places = {"folder": target.parent, "culprit": error.filename}
        told = f"cannot write {path}: {reason.format(**places)}; nothing was changed"
        raise WriteError(told, hint=hint.format(**places)) from error


def _open_folder(path: Path, target: Path) -> int:
    # The folders of the path, not those of its target: a link into a missing folder is more likely
    # a disk that is not mounted than a wish for a new one.
    for folder in reversed(path.parents):
        folder.mkdir(mode=0o700, exist_ok=True)
    return os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)


def _lock(folder: int, wait_s: float) -> None:
    """Hold the folder until its descriptor is closed, by us or by our death.

    The folder, since a lock file would be litter beside the user's files, and a lock on the file
    itself is lost with the rename. A flock that blocks would hang for as long as anybody who may
    read the folder cares to hold it; pauses are counted instead, as a `Clock` sleeps only for
    coroutines, and the bound need not be exact.
    """
    for _ in range(int(wait_s / _POLL_S)):
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            select.select([], [], [], _POLL_S)
        else:
            return
    fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _read(folder: int, name: str) -> tuple[bytes | None, os.stat_result | None]:
    # For writing too, though nothing is written: a rename asks only for the right to the folder,
    # but a file that is write-protected, or another's, is refused. Nor does that wait on a FIFO.
    try:
        descriptor = os.open(name, os.O_RDWR | os.O_NOFOLLOW, dir_fd=folder)
    except FileNotFoundError:
        return None, None
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.ENXIO, os.strerror(errno.ENXIO))
        return file.read(), status


def _replace(folder: int, name: str, content: bytes, old: os.stat_result | None, mode: int) -> None:
    _remove_leftovers(folder, name)
    temporary = f".{name}.{os.urandom(8).hex()}.tmp"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    descriptor = os.open(temporary, flags, 0o600, dir_fd=folder)
    try:
        try:
            _set_rights(descriptor, old, mode)
            rest = memoryview(content)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary, dir_fd=folder)
        raise
    # The new content stands; an error here would claim that the old one does.
    with suppress(OSError):
        os.fsync(folder)


def _remove_leftovers(folder: int, name: str) -> None:
    """What a killed writer left: any temporary file of `name` is dead while we hold the lock."""
    ours = re.compile(rf"\.{re.escape(name)}\.[0-9a-f]{{16}}\.tmp")
    for entry in filter(ours.fullmatch, os.listdir(folder)):
        with suppress(OSError):
            os.unlink(entry, dir_fd=folder)


def _set_rights(descriptor: int, old: os.stat_result | None, mode: int) -> None:
    """Those of the old file; never more readers than it had, and 0600 where they cannot be set."""
    if old is not None:
        mode = stat.S_IMODE(old.st_mode)
        for owner, group in ((-1, old.st_gid), (old.st_uid, -1)):
            with suppress(OSError):
                os.fchown(descriptor, owner, group)
        if os.fstat(descriptor).st_gid != old.st_gid:
            mode &= ~stat.S_IRWXG
    with suppress(OSError):
        os.fchmod(descriptor, mode)
