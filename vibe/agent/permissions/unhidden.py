"""Which hidden files rg searches all the same: those that an ignore file takes out of what it
ignores, as `!.env` does. Ignore files are read here, and nothing else; nothing is changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Final

IGNORE_FILES: Final = frozenset({".gitignore", ".ignore", ".rgignore"})
EVERY_NAME: Final = frozenset({"*"})
_MOST_FILES: Final = 1_000
_MOST_BYTES: Final = 1024 * 1024
_ELSEWHERE: Final = re.compile(
    r"^\s*excludesfile\s*=\s*\"?([^\"\n]+)", re.IGNORECASE | re.MULTILINE
)


def unhidden_names(below: Iterable[str], root: Path, home: Path | None) -> frozenset[str]:
    """Patterns of the names, in small letters. `below` are the ignore files in `root`; those around
    it, of its repository and of the person count as well."""
    files = [*islice(map(Path, below), _MOST_FILES + 1), *_around(root)]
    if len(files) > _MOST_FILES:
        return EVERY_NAME
    if home is not None:
        files += _of_person(home)
    found: set[str] = set()
    for text in filter(None, map(_text, files)):
        found.update(_names(text))
    return frozenset(found)


def _names(text: str) -> Iterator[str]:
    """The last part of a pattern, wherever it holds; with brackets, it may be any."""
    for line in text.lower().splitlines():
        if line.startswith("!"):
            name = line[1:].replace("\\", "").strip().rstrip("/").rpartition("/")[2]
            yield "*" if "[" in name else name


def _around(root: Path) -> Iterator[Path]:
    for folder in (root, *root.parents):
        yield folder / ".git/info/exclude"
        yield from (folder / name for name in sorted(IGNORE_FILES))


def _of_person(home: Path) -> Iterator[Path]:
    yield home / ".config/git/ignore"
    for name in (".gitconfig", ".config/git/config"):
        for found in _ELSEWHERE.findall(_text(home / name)):
            path = str(found).strip()
            yield home / path[2:] if path.startswith("~/") else Path(path)


def _text(path: Path) -> str:
    with suppress(OSError):
        if path.is_file():  # a pipe would be waited for
            with path.open("rb") as file:
                return file.read(_MOST_BYTES).decode("utf-8", "replace")
    return ""
