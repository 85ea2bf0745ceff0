"""What stands in for ripgrep where there is none: a program of its own, which can be ended.

It prints, like ripgrep, the path, a NUL, the line and the column of each line that matches, folder
by folder in the order of names. Skipped are what .gitignore files name, hidden and binary files,
links, and files that are too large. Whatever a pattern may cost is on the account of this process.
"""

from __future__ import annotations

import os
import re
import sys
import warnings
from collections.abc import Iterator

from vibe.tools.binary import is_binary, is_utf16
from vibe.tools.files import MOST_BYTES
from vibe.tools.globs import Rule, is_wanted, rules_of, verdict, wanted_rule

FAILED = 2
_OPENING = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
# A folder, the rules in it, and whether it is the top of a repository: git looks no further.
Level = tuple[str, tuple[Rule, ...], bool]


def main(pattern: str, glob: str, target: str) -> None:
    """In the working folder; the target is a name in it, or `.` for all."""
    warnings.simplefilter("error", FutureWarning)  # of what a later Python would read differently
    try:
        regex = re.compile(pattern)
    except (re.error, OverflowError, RecursionError, FutureWarning) as error:
        sys.stderr.write(f"regex: error: {error}\n")
        raise SystemExit(FAILED) from error
    if target != ".":
        _search(target, regex)
        return
    rule = wanted_rule(glob) if glob else None
    for path in _files():
        if rule is None or is_wanted(path, rule):
            _search(path, regex)


def _search(path: str, regex: re.Pattern[str]) -> None:
    content = _content(path)
    if content is None or is_binary(content):
        return
    if is_utf16(content):
        text = content.decode("utf-16", "replace")
    else:
        text = content.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")
    name = os.fsencode(path)
    for number, line in enumerate(text.removesuffix("\n").split("\n") if text else (), start=1):
        found = regex.search(line.removesuffix("\r"))
        if found:
            column = len(line[: found.start()].encode("utf-8", "surrogateescape")) + 1
            sys.stdout.buffer.write(b"./%b\0%d:%d:\n" % (name, number, column))
    sys.stdout.buffer.flush()


def _content(path: str) -> bytes | None:
    try:
        with os.fdopen(os.open(path, _OPENING), "rb") as file:
            if os.fstat(file.fileno()).st_size > MOST_BYTES:
                return None
            return file.read(MOST_BYTES)
    except OSError:
        return None


def _files() -> Iterator[str]:
    """A loop: no tree is too deep for it."""
    here = os.getcwd()  # noqa: PTH109  text
    waiting: list[tuple[str, tuple[Level, ...]]] = [("", _levels_above(here))]
    while waiting:
        path, levels = waiting.pop()
        if path and not path.endswith("/"):
            yield path
            continue
        levels = (_level(f"{here}/{path}"), *levels)
        waiting += ((entry, levels) for entry in reversed(_entries(path, levels, here=here)))


def _entries(path: str, levels: tuple[Level, ...], *, here: str) -> list[str]:
    """What is neither hidden nor ignored, by name; a folder has `/` at its end."""
    try:
        with os.scandir(path or ".") as found:
            entries = sorted(found, key=lambda entry: os.fsencode(entry.name))
    except OSError:
        return []
    told: list[str] = []
    for entry in entries:
        is_folder = entry.is_dir(follow_symlinks=False)
        if entry.name.startswith(".") or not (is_folder or entry.is_file(follow_symlinks=False)):
            continue
        if not _is_ignored(f"{here}/{path}{entry.name}", levels, is_folder=is_folder):
            told.append(f"{path}{entry.name}{'/' if is_folder else ''}")
    return told


def _is_ignored(path: str, levels: tuple[Level, ...], *, is_folder: bool) -> bool:
    """The nearest folder with a word on it has the say; `path` is absolute."""
    for folder, rules, is_top in levels:
        said = verdict(rules, path[len(folder) :], is_folder=is_folder)
        if said is not None:
            return said
        if is_top:
            break
    return False


def _levels_above(folder: str) -> tuple[Level, ...]:
    levels: list[Level] = []
    while folder != "/":
        folder = os.path.dirname(folder)  # noqa: PTH120  text
        levels.append(_level(f"{folder.rstrip('/')}/"))
    return tuple(levels)


def _level(folder: str) -> Level:
    content = _content(f"{folder}.gitignore") or b""
    is_top = os.path.lexists(f"{folder}.git")
    return folder, rules_of(content.decode("utf-8", "replace")), is_top
