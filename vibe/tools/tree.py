"""The files below a folder that no .gitignore file names, as git reads these.

Links are never followed. What .gitignore files say is remembered from one walk to the next, for
as long as they say the same. Nothing here looks into any other file.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

from vibe.tools.files import MOST_BYTES
from vibe.tools.globs import Rule, rules_of, verdict

_OPENING = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
# A folder, the rules in it, and whether it is the top of a repository: git looks no further.
Level = tuple[str, tuple[Rule, ...], bool]
Entry = os.DirEntry[str]


class Tree:
    """`folder` is absolute; `wants` chooses among the names in one folder.

    Invariant: `_said` holds for each folder what these levels said about the names in it. `_before`
    are the levels of each folder in the walk before the last one, and `_unread` those folders
    which that could not list.
    """

    def __init__(self, folder: str, *, wants: Callable[[Entry], bool]) -> None:
        self._top = folder.rstrip("/")
        self._wants = wants
        self._rules: dict[bytes, tuple[Rule, ...]] = {}
        self._said: dict[str, tuple[tuple[Level, ...], dict[str, bool]]] = {}
        self._before: dict[str, tuple[Level, ...]] = {}
        self._unread: set[str] = set()
        self._unread_now: set[str] = set()

    def files(self) -> Iterator[tuple[str, Entry]]:
        """All that is no folder, with its path below the top, in the order of names.

        A loop: no tree is too deep for it.
        """
        self._before = {folder: levels for folder, (levels, _) in self._said.items()}
        self._unread, self._unread_now = self._unread_now, set()
        waiting: list[tuple[str, Entry | None, tuple[Level, ...]]] = [("", None, self._above())]
        while waiting:
            path, entry, levels = waiting.pop()
            if entry is not None and not path.endswith("/"):
                yield path, entry
                continue
            levels = (self._level(f"{self._top}/{path}"), *levels)
            waiting += ((inner, each, levels) for inner, each in self._entries(path, levels))

    def was_passed_over(self, path: str) -> bool:
        """Whether the walk before the last one would not have shown this file, though it stood
        there: for what is not passed over now. `path` is below the top."""
        folder = f"{self._top}/"
        *folders, name = path.split("/")
        for inner in (*(f"{each}/" for each in folders), name):
            levels = self._before.get(folder)
            if levels is None:  # it was no folder then
                return False
            whole = f"{folder}{inner}"
            is_folder = inner.endswith("/")
            if folder in self._unread or _is_ignored(
                whole.rstrip("/"), levels, is_folder=is_folder
            ):
                return True
            folder = whole
        return False

    def _entries(self, path: str, levels: tuple[Level, ...]) -> Iterator[tuple[str, Entry]]:
        """What is wanted and not ignored, the last name first; a folder has `/` at its end."""
        folder = f"{self._top}/{path}"
        said = self._said_of(folder, levels)
        try:
            with os.scandir(folder) as found:
                entries = sorted(found, key=_name, reverse=True)
        except OSError:
            self._unread_now.add(folder)
            return
        for entry in entries:
            if not self._wants(entry):
                continue
            end = "/" if entry.is_dir(follow_symlinks=False) else ""
            name = f"{entry.name}{end}"
            if name not in said:
                said[name] = _is_ignored(f"{folder}{entry.name}", levels, is_folder=bool(end))
            if not said[name]:
                yield f"{path}{name}", entry

    def _said_of(self, folder: str, levels: tuple[Level, ...]) -> dict[str, bool]:
        known = self._said.get(folder)
        if known is None or known[0] != levels:
            known = self._said[folder] = levels, {}
        return known[1]

    def _above(self) -> tuple[Level, ...]:
        levels: list[Level] = []
        folder = self._top
        while folder:
            folder = folder.rpartition("/")[0]
            levels.append(self._level(f"{folder}/"))
        return tuple(levels)

    def _level(self, folder: str) -> Level:
        content = content_of(f"{folder}.gitignore") or b""
        if content not in self._rules:
            self._rules[content] = rules_of(content.decode("utf-8", "surrogateescape"))
        return folder, self._rules[content], os.path.lexists(f"{folder}.git")


def content_of(path: str) -> bytes | None:
    """None: there is no file that could be read, or it is too large."""
    try:
        with os.fdopen(os.open(path, _OPENING), "rb") as file:
            if os.fstat(file.fileno()).st_size > MOST_BYTES:
                return None
            return file.read(MOST_BYTES)
    except OSError:
        return None


def _name(entry: Entry) -> bytes:
    return os.fsencode(entry.name)


def _is_ignored(path: str, levels: tuple[Level, ...], *, is_folder: bool) -> bool:
    """The nearest folder with a word on it has the say; `path` is absolute."""
    for folder, rules, is_top in levels:
        said = verdict(rules, path[len(folder) :], is_folder=is_folder)
        if said is not None:
            return said
        if is_top:
            break
    return False
