"""What landlock is to grant, and how the launcher is called that applies it to itself.

The kernel adds up grants: what is granted of a folder is granted of all below it. So where
something is to be hidden, everything around it is granted one by one.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from vibe.sandbox.ground import Ground
from vibe.sandbox.seccomp import program

_CREATE_RULESET: Final = 444
_VERSION: Final = 1
_EXECUTE: Final = 1 << 0
_WRITE_FILE: Final = 1 << 1
_READ_FILE: Final = 1 << 2
_READ_DIR: Final = 1 << 3
_RIGHTS: Final = {1: 13, 2: 14, 3: 15, 5: 16}  # how many there are, from which version on
_ALL_SCOPES: Final = 0b11  # abstract sockets and signals
_SCOPES_SINCE: Final = 6
_READS: Final = _EXECUTE | _READ_FILE | _READ_DIR
_DEVICES: Final = ("null", "zero", "full", "random", "urandom")
_LAUNCHER: Final = Path(__file__).with_name("launch.py")


def version() -> int:
    """Of the kernel's landlock, 0 where it has none or refuses. Only the call itself can tell:
    files below /sys may be hidden, or tell of what a container does not let through."""
    call = ctypes.CDLL(None, use_errno=True).syscall
    return max(0, int(call(_CREATE_RULESET, None, 0, _VERSION)))


def command_line(
    command: Sequence[str],
    ground: Ground,
    *,
    scratch: Path,
    abi: int,
    only_reads: bool = False,
    network: bool = False,
) -> tuple[str, ...]:
    """`python` with nothing of its own installation but the standard library, and the launcher."""
    handled = (1 << max(count for since, count in _RIGHTS.items() if since <= abi)) - 1
    scoped = _ALL_SCOPES if abi >= _SCOPES_SINCE else 0
    devices = [f"/dev/{name}" for name in _DEVICES]
    readable = beneath(Path("/"), without={*ground.masked, Path("/dev")})
    writable = [scratch]
    if not only_reads:
        writable += beneath(ground.folder, without=set(ground.masked))
    grants = (
        f"{_READ_DIR}=/",  # names may be listed everywhere: an exception cannot be made of that
        *(f"{_READS}={path}" for path in readable),
        *(f"{handled}={path}" for path in writable),
        *(f"{_READ_FILE | _WRITE_FILE}={path}" for path in devices),
    )
    return (
        sys.executable, "-I", "-S", str(_LAUNCHER),
        str(os.getpid()), str(handled), str(scoped), program(network=network).hex(), str(scratch),
        *grants, "--", *command,
    )  # fmt: skip


def beneath(path: Path, *, without: Collection[Path]) -> Iterator[Path]:
    """`path`, or the most of it that holds none of `without`. Links are left out: what they lead
    to stands for itself."""
    if path in without:
        return
    if not any(each.is_relative_to(path) for each in without):
        yield path
        return
    for child in _children(path):
        yield from beneath(child, without=without)


def _children(folder: Path) -> Iterable[Path]:
    try:
        with os.scandir(folder) as entries:
            return [folder / entry.name for entry in entries if not entry.is_symlink()]
    except OSError:
        return ()
