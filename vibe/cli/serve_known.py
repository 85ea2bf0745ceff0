"""Where a gateway of this person runs: told by `vibe serve`, read by who looks for one.

The file is locked for as long as what it says is true. The system lets go of the lock when the
process ends, in whatever way, so nobody is sent to a port that has become somebody else's.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import msgspec
from msgspec import Struct


class Known(Struct, frozen=True, kw_only=True):
    """A running gateway, the configuration file that it serves, and the `marks` of what counts
    there: variables, flags and a project's file can make another configuration of the same file."""

    url: str
    config: str
    marks: dict[str, str] = {}


def announce(path: Path, known: Known) -> BinaryIO | None:
    """Until it is closed the gateway is known. None: another one is, or the disk takes nothing."""
    try:
        opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError:
        return None
    file = os.fdopen(opened, "r+b")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        tell(file, known)
    except OSError:
        file.close()
        return None
    return file


def tell(file: BinaryIO, known: Known) -> None:
    """In place of what it told before. Who reads half of it takes no gateway for known."""
    file.seek(0)
    file.truncate()
    file.write(msgspec.json.encode(known))
    file.flush()


def running(path: Path) -> Known | None:
    """The gateway that is known, if it runs."""
    with suppress(OSError, msgspec.DecodeError), path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return msgspec.json.decode(file.read(), type=Known)
    return None


def near(url: str) -> str:
    """The address for this machine, of a gateway that listens on all addresses as well."""
    return url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")
