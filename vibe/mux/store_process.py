"""Whether another process still runs, as far as the system tells. Reads; signals nobody."""

from __future__ import annotations

import os
from pathlib import Path


def birth_of(pid: int) -> str:
    """When the process began, in a form of the system's own; empty where it does not say."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
        return status.rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def is_running(pid: int, birth: str) -> bool:
    """`birth` guards against another process that has got the number since."""
    try:
        os.kill(pid, 0)
    except PermissionError:
        pass  # it is somebody else's, and runs
    except (ProcessLookupError, OverflowError):
        return False
    return birth == birth_of(pid)
