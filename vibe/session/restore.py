"""The files as they were before a turn: what to write back, and what had better be left alone.

Only what vibe itself has left there is ever replaced: where a file has changed since, by whomever,
that is told instead. What to do is worked out first, then done, each file by itself.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, TypeAlias

from msgspec import Struct

from vibe.config.write import rewrite
from vibe.errors import VibeError
from vibe.session.blobs import Blobs, digest_of
from vibe.session.record import BlobId, Changed, File, NoFile, NotKept

Way: TypeAlias = Literal["write", "delete", "nothing", "refuse"]


class Restoring(Struct, frozen=True, kw_only=True):
    """What is to be done with one file, and why if that is nothing.

    `found` is what it holds now, None where there is no file; `content` what it held.
    """

    path: str
    way: Way
    why: str = ""
    found: BlobId | None = None
    content: bytes = b""
    mode: int = 0o600


def restorings(changes: Iterable[Changed], turn: int, *, blobs: Blobs) -> tuple[Restoring, ...]:
    """One for each file that was changed in this turn or after it."""
    changes = tuple(changes)
    paths = dict.fromkeys(change.path for change in changes if change.turn >= turn)
    return tuple(
        _restoring([each for each in changes if each.path == path], turn, blobs) for path in paths
    )


def restore(planned: Restoring) -> Restoring:
    """Do it; what has changed between the plan and now comes back as refused."""
    path = Path(planned.path)
    try:
        match planned.way:
            case "write":
                rewrite(path, lambda now: _checked(planned, now), mode=planned.mode)
            case "delete":
                _checked(planned, path.read_bytes())
                path.unlink()
            case "nothing" | "refuse":
                pass
    except OSError as error:
        return _refused(planned.path, error.strerror or str(error))
    except VibeError as error:
        return _refused(planned.path, error.message)
    return planned


def _checked(planned: Restoring, now: bytes | None) -> bytes:
    if (None if now is None else digest_of(now)) != planned.found:
        raise VibeError("it has changed just now")
    return planned.content


def _restoring(changes: list[Changed], turn: int, blobs: Blobs) -> Restoring:
    """`changes` are those of one path, in their order."""
    path = changes[0].path
    before = next(change.before for change in changes if change.turn >= turn)
    if isinstance(before, NotKept):
        return _refused(path, f"what it held was not kept: {before.why}")
    try:
        found = _found(Path(path))
    except OSError as error:
        return _refused(path, error.strerror or str(error))
    if found == _digest(before):
        return Restoring(path=path, way="nothing", why="it is as it was", found=found)
    states = (state for change in changes for state in (change.before, change.after))
    if found not in [_digest(state) for state in states if not isinstance(state, NotKept)]:
        return _refused(path, "it has changed since")
    if isinstance(before, NoFile):
        return Restoring(path=path, way="delete", found=found)
    content = blobs.get(before.digest)
    if content is None:
        return _refused(path, "the copy of what it held is missing or damaged")
    return Restoring(path=path, way="write", found=found, content=content, mode=before.mode)


def _found(path: Path) -> BlobId | None:
    """What is there now. Another kind of thing than a file in its own folder is an error."""
    if os.path.realpath(path) != str(path):
        raise OSError("it leads elsewhere now, over a link")
    try:
        status = path.lstat()
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(status.st_mode):
        raise OSError("it is not a file any more")
    return digest_of(path.read_bytes())


def _digest(state: File | NoFile) -> BlobId | None:
    return state.digest if isinstance(state, File) else None


def _refused(path: str, why: str) -> Restoring:
    return Restoring(path=path, way="refuse", why=why)
