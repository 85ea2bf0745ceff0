"""Processes that a command started and that have left its process group: daemons.

They are known by a variable in the environment that they were started with, which they pass on to
their own. Where there is no /proc, or where a process has cleared its environment, none is found;
there only the sandbox helps.
"""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

NAME = "VIBE_COMMAND"

_PROCESSES = Path("/proc")
_MOST_LOOKS = 200
_DYING_S = 1.0  # at most: it is dead at once, but for one that waits for a disk
_MOST_ROUNDS = 20  # some start others while they are being ended


def new_mark() -> str:
    """What the variable holds for one command, and for no other."""
    return os.urandom(12).hex()


def end_strays(mark: str) -> bool:
    """Whether there were any. It blocks, though hardly: for the time of a look at each process."""
    found = False
    for _ in range(_MOST_ROUNDS):
        ended = [pid for pid in _pids() if _end(pid, f"{NAME}={mark}".encode())]
        if not ended:
            break
        found = True
    return found


def _pids() -> Iterator[int]:
    with suppress(OSError):
        yield from (int(path.name) for path in _PROCESSES.iterdir() if path.name.isdecimal())


def _end(pid: int, variable: bytes) -> bool:
    """Looked at before and after it is held, so that no later process of that number is hit."""
    if not _has(pid, variable):
        return False
    try:
        held = os.pidfd_open(pid)
    except OSError:
        return False
    try:
        if not _has(pid, variable):
            return False
        signal.pidfd_send_signal(held, signal.SIGKILL)
        select.select([held], [], [], _DYING_S)
    except OSError:
        return False
    finally:
        os.close(held)
    return True


def _has(pid: int, variable: bytes) -> bool:
    """While a process becomes another program it shows no environment: it is looked at again."""
    process = _PROCESSES / str(pid)
    try:
        environment = (process / "environ").read_bytes()
        if not environment:
            (process / "exe").readlink()  # what is the kernel's own has no program either
        for _ in range(0 if environment else _MOST_LOOKS):
            os.sched_yield()
            if environment := (process / "environ").read_bytes():
                break
    except OSError:
        return False
    return variable in environment.split(b"\0")
