"""The private /tmp of a session: a folder that goes with it, or if it was killed, with the next.

Who uses one holds a lock on it, which the kernel drops when he dies.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager, suppress
from fcntl import LOCK_EX, LOCK_NB, LOCK_SH, flock
from pathlib import Path
from shutil import rmtree
from tempfile import gettempdir, mkdtemp
from typing import Final

_PREFIX: Final = "vibe-sandbox-"


@contextmanager
def scratch_folder() -> Generator[Path]:
    _sweep()
    folder, lock = _made()
    try:
        yield folder
    finally:
        _remove(folder)
        os.close(lock)


def _made() -> tuple[Path, int]:
    """Anew, where somebody else's sweep was quicker than the lock."""
    while True:
        folder = Path(mkdtemp(prefix=_PREFIX)).resolve()
        with suppress(FileNotFoundError):
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            flock(lock, LOCK_SH)
            if folder.exists():
                return folder, lock
            os.close(lock)


def _sweep() -> None:
    """Take away what those left behind who were killed."""
    for folder in Path(gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if folder.lstat().st_uid != os.getuid():
                continue
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                flock(lock, LOCK_EX | LOCK_NB)
                _remove(folder)
            finally:
                os.close(lock)


def _remove(folder: Path) -> None:
    """Also folders in it that may not be written, as caches make them; no link is followed."""
    for _, _, _, descriptor in os.fwalk(folder):
        os.fchmod(descriptor, 0o700)
    rmtree(folder, ignore_errors=True)
