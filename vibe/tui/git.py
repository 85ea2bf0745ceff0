"""Which branch a folder is on, read from its files: no program of anybody's is run for it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

MOST_BYTES: Final = 4_096


def branch_of(folder: Path) -> str:
    """Of a bare commit its beginning; "" where there is no repository."""
    for place in (folder, *folder.parents):
        head = _head(place / ".git")
        if head:
            return head.removeprefix("ref: refs/heads/") if head.startswith("ref: ") else head[:8]
    return ""


def _head(git: Path) -> str:
    """A work tree of its own has a file there, which says where its folder is."""
    try:
        if git.is_file():
            told = _text(git).removeprefix("gitdir: ")
            git = git.parent / told
        return _text(git / "HEAD")
    except OSError:
        return ""


def _text(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(MOST_BYTES).decode("utf-8", "replace").strip()
