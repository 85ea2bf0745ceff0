"""A project's own instructions, AGENTS.md: of its folder, of those above it, and of those below
once a file there is used.

Which folders are trusted is decided elsewhere, for the very bytes that are told here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from vibe.agent.permissions.trust import INSTRUCTIONS

MOST_BYTES: Final = 32_000


class Instructions:
    """Each file is told once in a session, as it was when the session began. `root` is a real path.

    `trusted` gives what a folder is trusted with, by the names in it; nothing for any other. `tell`
    tells the person.
    """

    def __init__(
        self,
        root: Path,
        *,
        trusted: Callable[[Path], Mapping[str, bytes]],
        tell: Callable[[str], None],
    ) -> None:
        self._root = root
        self._trusted = trusted
        self._known = trusted(root)
        self._tell = tell
        self._met: set[Path] = set()

    def at_first(self) -> str:
        """From the root of the repository down to the folder; later ones weigh more."""
        above = [each for each in up_to_repository(self._root) if each != self._root]
        contents = [(each, self._trusted(each).get(INSTRUCTIONS)) for each in reversed(above)]
        contents.append((self._root, self._known.get(INSTRUCTIONS)))
        return _joined(_told(folder, content) for folder, content in contents)

    def of(self, path: str) -> str:
        """Those that hold for a file, by its real path, and have not been told yet."""
        folder = (self._root / path).parent
        if not folder.is_relative_to(self._root):
            return ""
        below = folder.relative_to(self._root).parts
        folders = (self._root.joinpath(*below[: depth + 1]) for depth in range(len(below)))
        new = [each for each in folders if each not in self._met]
        self._met.update(new)
        return _joined(self._below(each) for each in new)

    def anew(self) -> None:
        """What was told of folders below is forgotten, and to be told again."""
        self._met.clear()

    def _below(self, folder: Path) -> str:
        file = folder / INSTRUCTIONS
        name = file.relative_to(self._root).as_posix()
        if self._known and name not in self._known and file.is_file():
            self._tell(f"{name} is not among what you trusted here: no model is told of it")
        return _told(folder, self._known.get(name))


def _told(folder: Path, content: bytes | None) -> str:
    if content is None:
        return ""
    text = content[:MOST_BYTES].decode("utf-8", "replace").strip()
    cut = " (its beginning; read the rest)" if len(content) > MOST_BYTES else ""
    return f'<instructions from="{folder / INSTRUCTIONS}">{cut}\n{text}\n</instructions>'


def _joined(texts: Iterator[str]) -> str:
    return "\n\n".join(filter(None, texts))


def up_to_repository(root: Path) -> Iterator[Path]:
    """Whose instructions hold in `root`; the folder alone, where it is in no repository."""
    folders: list[Path] = []
    for folder in (root, *root.parents):
        folders.append(folder)
        if (folder / ".git").exists():
            yield from folders
            return
    yield root
