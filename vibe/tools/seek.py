"""What stands in for ripgrep where there is none: a program of its own, which can be ended.

It prints, like ripgrep, the path, a NUL, the line and the column of each line that matches, folder
by folder in the order of names. Skipped are what .gitignore files name, hidden and binary files,
links, and files that are too large. A byte that is not UTF-8 counts as a character, which it does
not for ripgrep. Whatever a pattern may cost is on the account of this process.
"""

from __future__ import annotations

import os
import re
import sys
import warnings
from itertools import islice

from vibe.tools.binary import is_binary, is_utf16
from vibe.tools.globs import is_wanted, wanted_rule
from vibe.tools.tree import Tree, content_of

FAILED = 2


def main(pattern: str, glob: str, target: str, most: str) -> None:
    """In the working folder; the target is a name in it, or "" for all. `most` lines of a file."""
    warnings.simplefilter("error", FutureWarning)  # of what a later Python would read differently
    try:
        regex = re.compile(pattern)
    except (re.error, OverflowError, RecursionError, FutureWarning) as error:
        sys.stderr.write(f"regex: error: {error}\n")
        raise SystemExit(FAILED) from error
    if target:
        _search(target, regex, most=int(most))
        return
    rule = wanted_rule(glob) if glob else None
    for path, _ in Tree(os.getcwd(), wants=_is_shown).files():  # noqa: PTH109  text
        if rule is None or is_wanted(path, rule):
            _search(path, regex, most=int(most))


def _search(path: str, regex: re.Pattern[str], *, most: int) -> None:
    content = content_of(path)
    if content is None or is_binary(content):
        return
    if is_utf16(content):
        text = content.decode("utf-16", "replace")
    else:
        text = content.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")
    lines = text.removesuffix("\n").split("\n") if text else ()
    found = (
        (number, line[: match.start()])
        for number, line in enumerate(lines, start=1)
        if (match := regex.search(line.removesuffix("\r")))
    )
    for number, before in islice(found, most):
        column = len(before.encode("utf-8", "surrogateescape")) + 1
        sys.stdout.buffer.write(b"./%b\0%d:%d:\n" % (os.fsencode(path), number, column))
    sys.stdout.buffer.flush()


def _is_shown(entry: os.DirEntry[str]) -> bool:
    is_plain = entry.is_dir(follow_symlinks=False) or entry.is_file(follow_symlinks=False)
    return is_plain and not entry.name.startswith(".")
