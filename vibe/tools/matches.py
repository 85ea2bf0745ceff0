"""The lines that a search has found, read from their files, and only so many of them.

A file that is no longer there, or turns out to be binary, holds none.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

from msgspec import Struct

from vibe.errors import ToolError
from vibe.tools.binary import is_binary, is_utf16
from vibe.tools.files import opened, read_file
from vibe.tools.search import Hit, Query

MOST_BYTES = 30_000
LONGEST_LINE = 300
_BEFORE = 80  # of a long line, before what matches


class Matches(Struct, frozen=True, kw_only=True):
    """`rows` are lines under the name of their file; `lines` and `files` count all there are, but
    for what lies further on in those `cut_files` that matched too often."""

    rows: tuple[str, ...]
    shown: int
    lines: int
    files: int
    cut_files: int


def matches_of(
    hits: Sequence[Hit],
    query: Query,
    *,
    prefix: str,
    most: int,
    may_search: Callable[[Path], bool],
) -> Matches:
    """In the order of the hits. `prefix` stands before each path."""
    rows: list[str] = []
    size = shown = lines = files = cut_files = 0
    for path, group in groupby(hits, key=lambda hit: hit.path):
        file = query.folder / path
        found = list(_lines(file, group)) if query.target or may_search(file) else []
        cut_files += len(found) == query.most_in_file
        lines += len(found)
        files += bool(found)
        for number, row in enumerate(found[: most - shown]):
            head = "" if number else f"{prefix}{os.fsencode(path).decode('utf-8', 'replace')}\n"
            size += len(head) + len(row) + 1
            if size > MOST_BYTES:
                most = shown
                break
            rows.append(head + row)
            shown += 1
    return Matches(rows=tuple(rows), shown=shown, lines=lines, files=files, cut_files=cut_files)


def _lines(path: Path, hits: Iterator[Hit]) -> Iterator[str]:
    try:
        with opened(path) as place:
            file = read_file(place)
    except ToolError:
        return
    if file is None or is_binary(file.content):
        return
    content = file.content.removeprefix(b"\xef\xbb\xbf")
    if is_utf16(content):
        content = content.decode("utf-16", "replace").encode()
    lines = content.split(b"\n")
    for hit in hits:
        if hit.line <= len(lines):
            line = lines[hit.line - 1].removesuffix(b"\r")
            yield f"{hit.line}\t{_part(line, hit.column)}"


def _part(line: bytes, column: int) -> str:
    """Of a long line what stands around the match."""
    start = 0 if len(line) <= LONGEST_LINE else max(column - 1 - _BEFORE, 0)
    end = start + LONGEST_LINE
    before, after = "…" if start else "", "…" if end < len(line) else ""
    return before + line[start:end].decode("utf-8", "replace") + after
