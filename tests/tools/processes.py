"""Whether processes that were started are still there."""

from __future__ import annotations

from pathlib import Path


def pids_in(file: Path) -> list[int]:
    return [int(line) for line in file.read_text().split()]


def is_gone(pid: int) -> bool:
    """A process that nobody has asked after yet is gone all the same."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True
    return status.rpartition(")")[2].split()[0] in "ZX"
