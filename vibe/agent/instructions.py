"""A project's own instructions, AGENTS.md: of its folder, of those above it, and of those below
once a file there is used.

Which folders are trusted is decided elsewhere, for the very bytes that are told here; what lies
below a trusted folder is trusted with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from vibe.errors import ToolError
from vibe.tools.files import opened, read_file

NAME: Final = "AGENTS.md"
MOST_BYTES: Final = 32_000


class Instructions:
    """Each file is told once in a session. `root` is a real path; `trusted` gives the instructions
    of a folder that is trusted with them, and None for any other."""

    def __init__(self, root: Path, *, trusted: Callable[[Path], bytes | None]) -> None:
        self._root = root
        self._trusted = trusted
        self._told: set[Path] = set()

    def at_first(self) -> str:
        """From the root of the repository down to the folder; later ones weigh more."""
        folders = reversed(list(_up_to_repository(self._root)))
        return _joined(self._tell(folder, self._trusted(folder)) for folder in folders)

    def of(self, path: str) -> str:
        """Those that hold for a file, by its real path, and have not been told yet."""
        folder = (self._root / path).parent
        if not folder.is_relative_to(self._root) or self._trusted(self._root) is None:
            return ""
        below = folder.relative_to(self._root).parts
        folders = (self._root.joinpath(*below[: depth + 1]) for depth in range(len(below)))
        return _joined(self._tell(folder, _content(folder)) for folder in folders)

    def _tell(self, folder: Path, content: bytes | None) -> str:
        path = folder / NAME
        if content is None or path in self._told:
            return ""
        self._told.add(path)
        text = content[:MOST_BYTES].decode("utf-8", "replace").strip()
        cut = " (its beginning; read the rest)" if len(content) > MOST_BYTES else ""
        return f'<instructions from="{path}">{cut}\n{text}\n</instructions>'


def _joined(texts: Iterator[str]) -> str:
    return "\n\n".join(filter(None, texts))


def _content(folder: Path) -> bytes | None:
    try:
        with opened(folder / NAME) as place:
            file = read_file(place)
    except ToolError:
        return None
    return file.content if file else None


def _up_to_repository(root: Path) -> Iterator[Path]:
    """The folder alone, where it is in no repository."""
    folders: list[Path] = []
    for folder in (root, *root.parents):
        folders.append(folder)
        if (folder / ".git").exists():
            yield from folders
            return
    yield root
