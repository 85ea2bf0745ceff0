"""Splices as a unified diff for the screen.

Only what stands around them is looked at, so a change costs the same in a file of any length, also
in one of a single line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate

from vibe.tools.editing.lines import changes, lines_of
from vibe.tools.editing.text import Splice, Text, text_of

_CONTEXT_LINES = 3
_CONTEXT_CHARACTERS = 1_000
_MOST_HUNKS = 200
_LINE = re.compile(r"[^\n]*\n|[^\n]+")


def diff_between(old: bytes, new: bytes) -> str:
    """Of one whole content to another. ToolError: one of them is no text."""
    text = text_of(old)
    olds, news = _LINE.findall(text.body), _LINE.findall(text_of(new).body)
    starts = list(accumulate(map(len, olds), initial=0))
    splices = [
        Splice(start=starts[change.first], end=starts[change.end], new="".join(change.new))
        for change in changes(olds, news)
    ]
    return unified_diff(text, splices)


def unified_diff(text: Text, splices: Sequence[Splice]) -> str:
    """The splices, which are in order, as hunks without a header for the file."""
    hunks: list[str] = []
    line, counted, added = 1, 0, 0
    for start, end, inside in _groups(text.body, splices):
        if len(hunks) == _MOST_HUNKS:
            hunks.append("… and more")
            break
        line += text.body.count("\n", counted, start)
        counted = start
        old, new = _sides(text.body, start, end, inside)
        spans = f"-{line},{len(old)} +{line + added},{len(new)}"
        hunks.append("\n".join((f"@@ {spans} @@", *_marked(old, new))))
        added += len(new) - len(old)
    return "\n".join(hunks)


def _groups(body: str, splices: Sequence[Splice]) -> Iterator[tuple[int, int, list[Splice]]]:
    """Stretches of the body around splices that are near to one another."""
    start, end = 0, -1
    inside: list[Splice] = []
    for splice in splices:
        first, last = _context_start(body, splice.start), _context_end(body, splice)
        if inside and first > end:
            yield start, end, inside
            inside = []
        start, end = start if inside else first, last
        inside.append(splice)
    if inside:
        yield start, end, inside


def _context_start(body: str, offset: int) -> int:
    start = body.rfind("\n", 0, offset)
    for _ in range(_CONTEXT_LINES):
        start = body.rfind("\n", 0, max(start, 0))
    return max(start + 1, offset - _CONTEXT_CHARACTERS)


def _context_end(body: str, splice: Splice) -> int:
    is_whole_lines = splice.new.endswith("\n") or not splice.new
    follows_line_end = body[splice.end - 1 : splice.end] == "\n"
    end = splice.end - 1
    for _ in range(_CONTEXT_LINES + (not (is_whole_lines and follows_line_end))):
        found = body.find("\n", end + 1)
        end = found if found >= 0 else len(body)
    return min(end, splice.end + _CONTEXT_CHARACTERS)


def _sides(
    body: str, start: int, end: int, splices: Sequence[Splice]
) -> tuple[Sequence[str], Sequence[str]]:
    pieces: list[str] = []
    copied = start
    for splice in splices:
        pieces += (body[copied : splice.start], splice.new)
        copied = splice.end
    old, new = body[start:end], "".join((*pieces, body[copied:end]))
    if end < len(body):
        return old.split("\n"), new.split("\n")
    is_same_end = old.endswith("\n") == new.endswith("\n")
    return _last_lines(old, is_told=not is_same_end), _last_lines(new, is_told=not is_same_end)


def _last_lines(text: str, *, is_told: bool) -> Sequence[str]:
    """The lines at the end of a file; it is told of the last if it has no line end."""
    lines = lines_of(text)
    if not is_told or not text or text.endswith("\n"):
        return lines
    return (*lines[:-1], f"{lines[-1]}\n\\ No newline at end of file")


def _marked(old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    copied = 0
    for change in changes(old, new):
        yield from (f" {line}" for line in old[copied : change.first])
        yield from (f"-{line}" for line in old[change.first : change.end])
        yield from (f"+{line}" for line in change.new)
        copied = change.end
    yield from (f" {line}" for line in old[copied:])
