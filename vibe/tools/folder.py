"""The names in a folder: what `read` gives for it."""

from __future__ import annotations

import os
import stat
from itertools import islice

from msgspec import Struct

from vibe.errors import ToolError
from vibe.tools.files import Place

MOST_NAMES = 300
_MOST_SEEN = 20_000
_LOOKING = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Names(Struct, frozen=True, kw_only=True):
    """In their order, a folder's with `/` behind it; `left_out` of those that were counted."""

    names: tuple[str, ...]
    left_out: int
    is_all: bool


def is_folder(place: Place) -> bool:
    try:
        status = os.stat(place.name or ".", dir_fd=place.folder, follow_symlinks=False)
    except OSError:  # whoever opens it says why
        return False
    return stat.S_ISDIR(status.st_mode)


def names_in(place: Place) -> Names:
    """ToolError: it cannot be looked into."""
    try:
        folder = os.open(place.name or ".", _LOOKING, dir_fd=place.folder)
        try:
            with os.scandir(folder) as entries:
                found = [_told(entry) for entry in islice(entries, _MOST_SEEN + 1)]
        finally:
            os.close(folder)
    except OSError as error:
        raise ToolError(f"the folder {place.path} was not read: {error.strerror}") from error
    names = sorted(found[:_MOST_SEEN])
    return Names(
        names=tuple(names[:MOST_NAMES]),
        left_out=max(len(names) - MOST_NAMES, 0),
        is_all=len(found) <= _MOST_SEEN,
    )


def _told(entry: os.DirEntry[str]) -> str:
    name = os.fsencode(entry.name).decode("utf-8", "replace")
    return f"{name}/" if entry.is_dir(follow_symlinks=False) else name
