"""What speaks against reading a file besides its name: of one file, and of all below the folder.

Names, kinds and links are looked at. Nothing is decided here, and nothing changed.
"""

from __future__ import annotations

import os
import stat
from collections import defaultdict
from collections.abc import Container, Iterator
from contextlib import suppress
from pathlib import Path
from posixpath import realpath
from typing import Final

from msgspec.structs import replace

from vibe.agent.permissions.names import is_inside, is_name_of_secret, named_secret
from vibe.agent.permissions.repository import index_around
from vibe.agent.permissions.unhidden import EVERY_NAME, IGNORE_FILES, unhidden_names
from vibe.agent.permissions.values import Access, Doubtful, Surroundings, Use

MOST_ENTRIES: Final = 50_000  # of a folder; where there are more, secrets may be among them
_MOST_FOLLOWED: Final = 1_000  # links
_MOST_COMPARED: Final = 1_000_000_000  # bytes of git's index with names
_SHARED: Final = "has more names (hard links), which may lie outside the folder"
_STRANGE: Final = "is neither a file nor a folder"
_UNSEEN: Final = "is one of more links than are looked at"
# Packages of others: what is called a key there is a sample, and installers make hard links there.
SKIPPED: Final = frozenset({".git", "node_modules", ".venv", "venv", "site-packages", ".tox"})


def doubt_of(path: str) -> str | None:
    """About a file, by its real path."""
    try:
        status = os.lstat(path)
    except (OSError, ValueError):
        return None
    if path == "/dev/null" or stat.S_ISDIR(status.st_mode):
        return None
    if not stat.S_ISREG(status.st_mode):
        return "it is neither a file nor a folder"
    if status.st_nlink > 1:
        return "it has several names (hard links), and others may lie outside the folder"
    return None


def looked_through(around: Surroundings, uses: Container[Use]) -> Surroundings:
    """With all that was found below `root` which matters to these uses; as it was, where there are
    too many files."""
    root, home = Path(around.root), Path(around.home) if around.home else None
    found = _Found()
    if not found.look_below(around.root):
        return around
    if "followed" in uses or "tracked" in uses:
        found.doubtful += _leading_astray(found.links, around)
    known = index_around(root) if "tracked" in uses else ("", b"")
    if known and len(known[1]) * (len(found.secrets) + len(found.doubtful)) > _MOST_COMPARED:
        known = None

    def is_tracked(path: str, end: bytes = b"") -> bool:
        return known is None or os.fsencode(path.removeprefix(known[0])) + end in known[1]

    return replace(
        around,
        secrets=tuple(found.secrets),
        unhidden=unhidden_names(found.ignoring, root, home) if "visible" in uses else EVERY_NAME,
        tracked=tuple(path for path in found.secrets if is_tracked(path)),
        doubtful=tuple(
            # What was a folder when git came to know it may be a link by now.
            replace(each, is_tracked=is_tracked(each.path, b"/" if each.is_link else b""))
            for each in found.doubtful
        ),
    )


class _Found:
    """What holds secrets by its name, what else is doubtful by itself, links, and ignore files."""

    def __init__(self) -> None:
        self.secrets: list[str] = []
        self.doubtful: list[Doubtful] = []
        self.links: list[str] = []
        self.ignoring: list[str] = []
        self._shared: defaultdict[tuple[int, int, int], list[str]] = defaultdict(list)

    def look_below(self, root: str) -> bool:
        """Whether everything was looked at."""
        for number, entry in enumerate(_entries(root)):
            if number == MOST_ENTRIES:
                return False
            self._note(entry)
        for (*_, names), paths in self._shared.items():
            if len(paths) < names:
                self.doubtful += (Doubtful(path=path, why=_SHARED) for path in paths)
        return True

    def _note(self, entry: os.DirEntry[str]) -> None:
        if is_name_of_secret(entry.name):
            self.secrets.append(entry.path)
        elif entry.name in IGNORE_FILES:
            self.ignoring.append(entry.path)
        if entry.is_symlink():
            self.links.append(entry.path)
        elif entry.is_file():
            with suppress(OSError):  # it has gone
                status = entry.stat()
                if status.st_nlink > 1:
                    file = status.st_dev, status.st_ino, status.st_nlink
                    self._shared[file].append(entry.path)
        elif not entry.is_dir():
            self.doubtful.append(Doubtful(path=entry.path, why=_STRANGE, is_link=True))


def _entries(root: str) -> Iterator[os.DirEntry[str]]:
    """All that lies below, but for folders of packages; what cannot be listed, nobody reads."""
    folders = [root]
    while folders:
        with suppress(OSError), os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    if entry.name in SKIPPED:
                        continue
                    folders.append(entry.path)
                yield entry


def _leading_astray(links: list[str], around: Surroundings) -> Iterator[Doubtful]:
    """Those that lead to what is not read unasked, or to a folder, in which that may lie."""
    for number, link in enumerate(links):
        if why := _why_not(link, around) if number < _MOST_FOLLOWED else _UNSEEN:
            yield Doubtful(path=link, why=why, is_link=True)


def _why_not(link: str, around: Surroundings) -> str | None:
    real = realpath(link)
    if not is_inside(Access(path=real, use="read"), around.root):
        return "is a link that leads outside the folder"
    if named_secret(real, around):
        return "is a link to what may hold secrets"
    if os.path.isdir(real):  # noqa: PTH112  there may be very many
        return "is a link to another folder"
    doubt = doubt_of(real)
    return doubt and f"is a link, and of what it leads to, {doubt}"
