"""One file's new content, brought to the disk: what it held is kept first, and whole or not at all.

Nothing here decides what the content should be, or whether the file may be changed.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from pathlib import Path

from vibe.errors import ToolError
from vibe.tools.base import Room
from vibe.tools.files import File, opened, read_file, write_file
from vibe.tools.unbroken import unbroken

_NEW_FILE = 0o644  # told to who keeps it; the file itself gets what the umask leaves


async def present(path: Path) -> File | None:
    return await asyncio.to_thread(look, path)


def look(path: Path) -> File | None:
    """What is there now. None: nothing, nor need there be its folder."""
    if not os.path.lexists(path.parent):
        return None
    with opened(path) as place:
        return read_file(place)


def missing_folders(path: Path) -> tuple[Path, ...]:
    """Those that it needs, the outermost first."""
    missing: list[Path] = []
    for folder in path.parents:
        if os.path.lexists(folder):
            break
        missing.append(folder)
    return tuple(reversed(missing))


async def carry_out(path: Path, content: bytes, *, before: File | None, room: Room) -> None:
    """Also makes the folders that are missing. ToolError: the file is as it was; among other
    reasons, as it is no longer as `before`."""
    old = None if before is None else before.content
    mode = _NEW_FILE if before is None else before.mode
    await room.keep(path, before=old, after=content, mode=mode)
    await unbroken(_written(path, content, before=before))
    room.saw(path, content)


async def _written(path: Path, content: bytes, *, before: File | None) -> None:
    def write() -> None:
        made: list[Path] = []
        try:
            for folder in missing_folders(path):
                make_folder(folder)
                made.append(folder)
            with opened(path) as place:
                write_file(place, content, before=before)
        except BaseException:
            for folder in reversed(made):
                with suppress(OSError):
                    folder.rmdir()
            raise

    await asyncio.to_thread(write)


def make_folder(folder: Path) -> None:
    """In the folder that it was decided on: not behind a link that was put there since."""
    with opened(folder) as place:
        try:
            os.mkdir(place.name, dir_fd=place.folder)
        except OSError as error:
            raise ToolError(f"the folder {folder} was not made: {error.strerror}") from error
