"""Where a pattern stands, as a program finds it: ripgrep where it is installed, else our own.

Either only tells where to look. What stands there is read by whoever asks, so that nothing behind
a folder that is swapped meanwhile is ever shown.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from vibe.errors import ToolError
from vibe.tools.files import MOST_BYTES
from vibe.tools.globs import alternatives, is_wanted, wanted_rule
from vibe.tools.process import Command, Finished, NotStarted, run

MOST_FOUND = 1_000
MOST_IN_FILE = 100  # among several
MOST_S = 20.0
_RIPGREP = (
    "--no-config", "--no-messages", "--color=never", "--no-heading", "--with-filename", "--null",
    "--line-number", "--column", "--max-columns=1", "--sort=path", "--no-mmap", "--crlf",
    "--no-require-git", "--no-ignore-global", "--no-ignore-exclude", "--no-ignore-dot",
    f"--max-filesize={MOST_BYTES}",
)  # fmt: skip
_OURS = (
    "import sys; sys.path += sys.argv[1:3]; from vibe.tools.seek import main; main(*sys.argv[3:])"
)
_ROW = re.compile(rb"([^\0]++)\0(\d+):(\d+):[^\n]*\n")
_LONGEST_ROW = 65_536
_SIMPLE = re.compile(r"(?!\*\*)[\w.*+@ -]+", re.ASCII)


class Query(Struct, frozen=True, kw_only=True):
    """`pattern` is portable. `target` is a name in `folder`, or "" for all that is in it; only
    then does the glob count."""

    pattern: str
    folder: Path
    target: str = ""
    glob: str = ""
    within_s: float = MOST_S

    @property
    def most_in_file(self) -> int:
        return MOST_FOUND + 1 if self.target else MOST_IN_FILE


class Hit(Struct, frozen=True, kw_only=True):
    """The path is relative to the folder; lines and columns count from 1, the latter in bytes."""

    path: str
    line: int
    column: int


class Found(Struct, frozen=True, kw_only=True):
    """In the order of the files. `why_not_all` is "" if no file that matches is missing."""

    hits: tuple[Hit, ...]
    why_not_all: str = ""


async def search(query: Query, *, env: Mapping[str, str], ripgrep: str | None) -> Found:
    """ToolError: it is no regular expression, or there is no program that could search."""
    programs = [_our_own(query)]
    if ripgrep is not None:
        programs.insert(0, (ripgrep, *_options(query)))
    why = ""
    for argv in programs:
        found = await _searched(argv, query, env=env)
        if isinstance(found, Found):
            return found
        why = found.strip().rpartition("error: ")[2].partition("\n")[0]
        if "regex" in found.strip().partition("\n")[0]:
            raise ToolError(
                f"pattern is no regular expression: {why}; put a backslash before a character "
                "that is meant as it is"
            )
    raise ToolError(f"grep could not search, use bash instead: {why[-300:]}")


def ripgrep_in(env: Mapping[str, str], *, root: Path) -> str | None:
    """Not one that lies in the project, where anybody may have put it."""
    for folder in env.get("PATH", "").split(os.pathsep):
        program = Path(folder) / "rg"
        if program.is_absolute() and os.access(program, os.X_OK) and program.is_file():
            return None if program.resolve().is_relative_to(root) else str(program)
    return None


def _options(query: Query) -> tuple[str, ...]:
    names = [each.rpartition("/")[2] for each in alternatives(query.glob)]
    chosen: tuple[str, ...] = ()
    if not query.glob.startswith("!") and all(map(_SIMPLE.fullmatch, names)):
        # Less to look at. The whole glob is held against what is found in any case.
        chosen = (*(f"--type-add=wanted:{name}" for name in names), "--type=wanted")
    most = f"--max-count={query.most_in_file}"
    return (*_RIPGREP, most, *chosen, f"--regexp={query.pattern}", "--", f"./{query.target}")


def _our_own(query: Query) -> tuple[str, ...]:
    """Nothing is loaded from the folder that it runs in, nor by what the environment says."""
    homes = (str(Path(__file__).parents[2]), str(Path(msgspec.__file__).parents[1]))
    start = (sys.executable, "-I", "-X", "utf8", "-c", _OURS, *homes)
    return (*start, query.pattern, query.glob, query.target, str(query.most_in_file))


async def _searched(argv: tuple[str, ...], query: Query, *, env: Mapping[str, str]) -> Found | str:
    """Ended as soon as enough is found. A string: what it printed instead of searching."""
    rows = _Rows(query)
    command = Command(argv=argv, cwd=query.folder, env=env, timeout_s=query.within_s)
    running = asyncio.create_task(run(command, on_output=rows.feed))
    full = asyncio.create_task(rows.is_full.wait())
    try:
        await asyncio.wait((running, full), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (running, full):
            task.cancel()
        ended, _ = await asyncio.gather(running, full, return_exceptions=True)
    hits = tuple(rows.hits[:MOST_FOUND])
    if isinstance(ended, NotStarted):
        return ended.why
    if rows.is_full.is_set():
        return Found(hits=hits, why_not_all=f"there are more than {MOST_FOUND:,}")
    if not isinstance(ended, Finished):
        raise ToolError("grep was ended before it was done; try again") from ended
    if ended.timed_out:
        return Found(hits=hits, why_not_all=f"it was ended after {query.within_s:g} s")
    if ended.code != 0 and not hits and ended.printed.text.strip():
        return ended.printed.text
    return Found(hits=hits)


class _Rows:
    """What a program prints, as hits; those in hidden files, or in unwanted ones, are dropped."""

    def __init__(self, query: Query) -> None:
        self.hits: list[Hit] = []
        self.is_full = asyncio.Event()
        self._is_all = not query.target
        self._rule = wanted_rule(query.glob) if self._is_all and query.glob else None
        self._rest = b""
        self._last = (b"", False)

    def feed(self, data: bytes) -> None:
        if self.is_full.is_set():
            return
        data = self._rest + data
        end = 0
        while row := _ROW.match(data, end):
            end = row.end()
            path = row[1][row[1].rfind(b"\n./") + 1 :].removeprefix(b"./")  # a warning may precede
            if self._counts(path):
                hit = Hit(path=os.fsdecode(path), line=int(row[2]), column=int(row[3]))
                self.hits.append(hit)
        self._rest = data[end:][-_LONGEST_ROW:]
        if len(self.hits) > MOST_FOUND:
            self.is_full.set()

    def _counts(self, path: bytes) -> bool:
        if path != self._last[0]:
            self._last = (path, self._is_shown(os.fsdecode(path)))
        return self._last[1]

    def _is_shown(self, path: str) -> bool:
        if not self._is_all:
            return True
        is_hidden = any(name.startswith(".") for name in path.split("/"))
        return not is_hidden and (self._rule is None or is_wanted(path, self._rule))
