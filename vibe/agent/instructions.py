"""A project's own instructions, AGENTS.md: of its folder, of those above it, and of those below
once a file there is used.

Only for folders that the person trusts, which is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from vibe.errors import ToolError
from vibe.tools.files import opened, read_file

NAME: Final = "AGENTS.md"
MOST_BYTES: Final = 32_000


class Instructions:
    """Each file is told once in a session. `root` is a real path."""

    def __init__(self, root: Path, *, is_trusted: bool) -> None:
        self._root = root
        self._is_trusted = is_trusted
        self._told: set[Path] = set()

    def at_first(self) -> str:
        """From the root of the repository down to the folder; later ones weigh more."""
        return self._tell(reversed(list(_up_to_repository(self._root))))

    def of(self, path: str) -> str:
        """Those that hold for a file, as a tool was given it, and have not been told yet."""
        folder = Path(self._root / path).parent
        if not folder.is_relative_to(self._root):
            return ""
        below = folder.relative_to(self._root).parts
        folders = (self._root.joinpath(*below[: depth + 1]) for depth in range(len(below)))
        return self._tell(folders)

    def _tell(self, folders: Iterator[Path]) -> str:
        if not self._is_trusted:
            return ""
        return "\n\n".join(text for folder in folders if (text := self._read(folder)))

    def _read(self, folder: Path) -> str:
        path = folder / NAME
        if path in self._told:
            return ""
        try:
            with opened(path) as place:
                file = read_file(place)
        except ToolError:
            return ""
        if file is None:
            return ""
        self._told.add(path)
        text = file.content[:MOST_BYTES].decode("utf-8", "replace").strip()
        cut = " (its beginning; read the rest)" if len(file.content) > MOST_BYTES else ""
        return f'<instructions from="{path}">{cut}\n{text}\n</instructions>'


def _up_to_repository(root: Path) -> Iterator[Path]:
    """The folder alone, where it is in no repository."""
    folders: list[Path] = []
    for folder in (root, *root.parents):
        folders.append(folder)
        if (folder / ".git").exists():
            yield from folders
            return
    yield root
