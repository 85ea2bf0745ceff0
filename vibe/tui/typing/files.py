"""The files of the folder for `@`: what git would see of it, with its folders, in a thread.

A key never waits for them. The list is made after the first `@`, kept, and made anew when it is
asked for again later; until there is a new answer, what is left of the old one is given.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Mapping
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Final, TypeAlias

from vibe.clean import clean_line
from vibe.tui.typing.fuzzy import Choices, best, choices

MOST: Final = 300_000
OFFERED: Final = 50
FRESH_S: Final = 10.0
Work: TypeAlias = Callable[[Coroutine[object, object, None]], None]


class Files:
    """`changed` is called when there is something new to be found.

    Invariant: `_found` is what fits `_query`; one worker runs at most, and `_asked` waits for it.
    """

    def __init__(
        self, folder: Path, *, now: Callable[[], float], work: Work, changed: Callable[[], None]
    ) -> None:
        self._listing = Listing(folder)
        self._now = now
        self._work = work
        self._changed = changed
        self._choices: Choices | None = None
        self._listed_s = float("-inf")
        self._query: str | None = None
        self._found: tuple[str, ...] = ()
        self._asked: tuple[str, Mapping[str, int]] | None = None
        self._is_at_work = False

    def found(self, query: str, recent: Mapping[str, int]) -> tuple[str, ...]:
        """At once. `recent` ranks those that were named before."""
        if query == self._query and not self._is_stale:
            return self._found
        self._asked = query, recent
        if not self._is_at_work:
            self._is_at_work = True
            self._work(self._answer())
        if query == self._query:
            return self._found
        return best(query, choices(self._found), most=OFFERED, recent=recent)

    @property
    def _is_stale(self) -> bool:
        return self._now() - self._listed_s >= FRESH_S

    async def _answer(self) -> None:
        try:
            while self._asked is not None:
                (query, recent), self._asked = self._asked, None
                if self._choices is not None and query != self._query:
                    await self._match(query, recent, self._choices)
                if self._is_stale:
                    self._choices = await asyncio.to_thread(self._listing.made)
                    self._listed_s, self._query = self._now(), None
                    self._asked = self._asked or (query, recent)
        finally:
            self._is_at_work = False

    async def _match(self, query: str, recent: Mapping[str, int], among: Choices) -> None:
        self._found = await asyncio.to_thread(best, query, among, most=OFFERED, recent=recent)
        self._query = query
        self._changed()


class Listing:
    """Of one folder, again and again: what its .gitignore files say is remembered."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._walk: Callable[[], Iterator[str]] | None = None

    def made(self) -> Choices:
        """Takes as long as the folder is large."""
        from vibe.agent.permissions.names import is_name_of_secret

        paths = tuple(self._paths())
        secret = cache(is_name_of_secret)
        return choices(
            paths,
            hidden=frozenset(i for i, path in enumerate(paths) if path[0] == "." or "/." in path),
            last=frozenset(i for i, path in enumerate(paths) if any(map(secret, _names(path)))),
        )

    def _paths(self) -> Iterator[str]:
        """A folder ends with `/`. A name that is not what it looks like is left out."""
        from vibe.tools.tree import Tree

        if self._walk is None:
            tree = Tree(str(self._folder), wants=lambda entry: entry.name != ".git")
            self._walk = lambda: (path for path, _ in tree.files())
        folders: set[str] = set()
        for path in islice(self._walk(), MOST):
            if clean_line(path) != path:
                continue
            yield path
            folder = path[: path.rfind("/") + 1]
            while folder and folder not in folders:
                folders.add(folder)
                yield folder
                folder = folder[: folder.rfind("/", 0, -1) + 1]


def _names(path: str) -> list[str]:
    return path.rstrip("/").split("/")
