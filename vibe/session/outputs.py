"""The long outputs that lie with sessions: those that nobody will look at any more are removed."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Final

KEPT_S: Final = 7 * 86_400.0


def sweep(root: Path, *, at: float) -> None:
    """Remove those of all sessions that were written to last more than `KEPT_S` before `at`.

    So goes the folder of what never became a session. Another vibe may do the same meanwhile.
    """
    for folder in root.glob("*/outputs"):
        with suppress(OSError):
            for output in folder.iterdir():
                if output.lstat().st_mtime < at - KEPT_S:
                    output.unlink()
            folder.rmdir()
            folder.parent.rmdir()
