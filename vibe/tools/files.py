"""Files as tools read and write them: one regular file in an opened folder, whole or not at all.

A `Place` is where it was decided that a tool may go. It is reached from `/` step by step, and no
step follows a link, so a folder that is swapped after the decision wins nothing. Nothing here
decides about a path, asks anyone or looks into the bytes. POSIX only, for descriptors of folders.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from msgspec import Struct

from vibe.errors import ToolError

MOST_BYTES = 16 * 1024 * 1024

_LEFT_OVER_S = 3_600
_START, _END = ".vibe-", ".tmp"
_WITHOUT_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS})
_READING = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_MAKING = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_FULL = "the disk, or your share of it, is full"
_DENIED = "permission denied"
_REASONS = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: _FULL,
    errno.EACCES: _DENIED,
    errno.EPERM: _DENIED,
    errno.EROFS: "its file system is read-only",
    errno.EBUSY: "it is a mount of its own",
    errno.ELOOP: "it is a symbolic link",
    errno.ENOTDIR: "a part of its path is a symbolic link, or no folder",
    errno.ENOENT: "it does not exist",
    errno.EISDIR: "it is a folder",
    errno.ETXTBSY: "it is a program that is running",
}
_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class Place(Struct, frozen=True, kw_only=True):
    """A name in the folder that is open as `folder`; `path` is what both together are called."""

    folder: int
    name: str
    path: str


class File(Struct, frozen=True, kw_only=True):
    """What a file held at one moment; another `state` may mean that it holds something else."""

    content: bytes
    mode: int
    state: tuple[int, ...]


class Change(Struct, frozen=True, kw_only=True):
    """What was done to a file, kept so that it can be undone; `before` is None for a new one."""

    path: str
    before: bytes | None
    after: bytes
    mode: int


@contextmanager
def opened(path: Path) -> Generator[Place]:
    """The place of a real path: absolute, with no link and no `..` in it when it was decided on."""
    with _told(path, "opened"):
        folder = _folder(path.parent)
    try:
        yield Place(folder=folder, name=path.name, path=str(path))
    finally:
        os.close(folder)


def _folder(path: Path) -> int:
    """Its descriptor. To pass through those above it asks for no right to read them."""
    if not path.is_absolute() or ".." in path.parts:
        raise ToolError("its path is not a real one")
    step = os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    passing = step | getattr(os, "O_PATH", os.O_RDONLY)
    folder = os.open(path.anchor, passing)
    for name in path.parts[1:]:
        try:
            inner = os.open(name, passing, dir_fd=folder)
        finally:
            os.close(folder)
        folder = inner
    try:
        return os.open(".", step | os.O_RDONLY, dir_fd=folder)
    finally:
        os.close(folder)


def read_file(place: Place) -> File | None:
    """None: there is none. ToolError: it is no regular file, too large, or being written to."""
    with _told(place.path, "read"):
        try:
            # A device is not even opened: some act on that.
            _check(_status(place))
            descriptor = os.open(place.name, _READING, dir_fd=place.folder)
        except FileNotFoundError:
            return None
        with os.fdopen(descriptor, "rb") as file:
            before = os.fstat(descriptor)
            _check(before)
            content = file.read(MOST_BYTES + 1)
            status = os.fstat(descriptor)
        _check(status)
        if _state(before) != _state(status):
            raise ToolError("another program is writing to it; try again")
    return File(content=content, mode=stat.S_IMODE(status.st_mode), state=_state(status))


def write_file(
    place: Place, content: bytes, *, before: File | None, mode: int | None = None
) -> Change:
    """Make this the content, if the file is still as it was read, or if there is still none.

    It is written beside the file and renamed over it: through a full disk, a kill or a power cut
    the file holds the whole old or the whole new content. The file keeps its mode and, where that
    is permitted, its owner; a new one gets `mode`, or what the umask leaves. Hard links are cut,
    and access control lists are not carried over.
    """
    with _told(place.path, "changed"):
        old = None if before is None else _status(place)
        temporary = f"{_START}{os.urandom(8).hex()}{_END}"
        rights = 0o666 if old is None else 0o600
        descriptor = os.open(temporary, _MAKING, rights, dir_fd=place.folder)
        try:
            try:
                _remove_left_overs(place.folder, os.fstat(descriptor).st_mtime - _LEFT_OVER_S)
                _set_rights(descriptor, old, mode)
                _write(descriptor, content)
                written = stat.S_IMODE(os.fstat(descriptor).st_mode)
            finally:
                os.close(descriptor)
            if before is None:
                _put_new(place, temporary)
            else:
                _put_over(place, temporary, before)
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary, dir_fd=place.folder)
            raise
    # The new content stands; an error here would claim that the old one does.
    with suppress(OSError):
        os.fsync(place.folder)
    past = None if before is None else before.content
    return Change(path=place.path, before=past, after=content, mode=written)


def restore(place: Place, change: Change) -> None:
    """Undo the change, if the file still holds what the change left in it."""
    present = read_file(place)
    if present is None or present.content != change.after:
        raise ToolError(f"{place.path} was not restored: it was changed since")
    if change.before is not None:
        write_file(place, change.before, before=present)
        return
    with _told(place.path, "removed"):
        os.unlink(place.name, dir_fd=place.folder)


@contextmanager
def _told(path: Path | str, done: str) -> Generator[None]:
    """Say of what a problem was found with, and that nothing was done."""
    try:
        yield
    except ToolError as error:
        raise ToolError(f"{path} was not {done}: {error.message}") from error
    except OSError as error:
        reason = _REASONS.get(error.errno or 0) or error.strerror or repr(error)
        raise ToolError(f"{path} was not {done}: {reason}") from error


def _check(status: os.stat_result) -> None:
    kind = _KINDS.get(stat.S_IFMT(status.st_mode))
    if kind is not None:
        raise ToolError(f"it is {kind}")
    if status.st_size > MOST_BYTES:
        raise ToolError(f"it is larger than {MOST_BYTES // 1024 // 1024} MB; use a command")


def _state(status: os.stat_result) -> tuple[int, ...]:
    times = (status.st_mtime_ns, status.st_ctime_ns)
    return (status.st_dev, status.st_ino, status.st_size, *times)


def _status(place: Place) -> os.stat_result:
    return os.stat(place.name, dir_fd=place.folder, follow_symlinks=False)


def _set_rights(descriptor: int, old: os.stat_result | None, mode: int | None) -> None:
    """Those of the old file, and never more readers than it had."""
    if old is not None:
        mode = stat.S_IMODE(old.st_mode)
        for owner, group in ((-1, old.st_gid), (old.st_uid, -1)):
            with suppress(OSError):
                os.fchown(descriptor, owner, group)
        if os.fstat(descriptor).st_gid != old.st_gid:
            mode &= ~stat.S_IRWXG
    if mode is not None:
        with suppress(OSError):
            os.fchmod(descriptor, mode)


def _write(descriptor: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
    os.fsync(descriptor)


def _put_over(place: Place, temporary: str, before: File) -> None:
    if before.state != _state(_status(place)):
        raise ToolError("it was changed by another program meanwhile; read it again")
    # A rename asks only for the right to the folder. Not tried by opening the file: an overlay
    # would then copy it, and its state would be another.
    if not os.access(place.name, os.W_OK, dir_fd=place.folder, effective_ids=True):
        raise ToolError("it is write-protected")
    os.replace(temporary, place.name, src_dir_fd=place.folder, dst_dir_fd=place.folder)


def _put_new(place: Place, temporary: str) -> None:
    """A link, as a rename would replace a file that was made meanwhile."""
    folder = place.folder
    try:
        os.link(temporary, place.name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
    except FileExistsError:
        raise ToolError("another program put a file there meanwhile; read it first") from None
    except OSError as error:
        if error.errno not in _WITHOUT_LINKS:
            raise
        os.replace(temporary, place.name, src_dir_fd=folder, dst_dir_fd=folder)
    else:
        os.unlink(temporary, dir_fd=folder)


def _remove_left_overs(folder: int, before: float) -> None:
    """What killed writers left. Old ones only: a young one may have its writer still."""
    for name in os.listdir(folder):
        if name.startswith(_START) and name.endswith(_END):
            with suppress(OSError):
                if os.stat(name, dir_fd=folder, follow_symlinks=False).st_mtime < before:
                    os.unlink(name, dir_fd=folder)
