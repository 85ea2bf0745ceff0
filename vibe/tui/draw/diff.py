"""A unified diff as coloured lines: side by side where two columns have room, else one below the
other. Of two lines that stand for each other, the words that differ have an ink of their own.

Every line of the diff is drawn, those that are too long on several rows. Knows no file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby, zip_longest
from typing import Final, Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from vibe.tui.draw.ink import EMPTY, Ink, Line, Span, cells, folded, hung, line, padded

BESIDE: Final = 132  # cells: what margins and a frame leave of a screen of 140
EDGE: Final = Span(" │ ", "muted")
LIKENESS: Final = 1 / 3  # of a line that has to be the same, for the rest to be told apart

_HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)")
_WORD = re.compile(r"\w+|\s+|.")
_INKS: Final[dict[str, Ink]] = {"+": "added", "-": "removed"}
_WORD_INKS: Final[dict[str, Ink]] = {"+": "inserted", "-": "deleted"}

Side: TypeAlias = Literal["old", "new"]


class _Row(Struct, frozen=True, kw_only=True):
    """One line, with its numbers in the old and in the new file. `mark` is "" for what is a line of
    neither."""

    mark: str
    text: Line
    old: int | None = None
    new: int | None = None


def is_diff(text: str) -> bool:
    """With hunks; or a new file, which has none."""
    return any(row.startswith("+") or _HUNK.match(row) for row in text.split("\n"))


def changed(diff: str) -> str:
    """`+3 −1`."""
    marks = [row.mark for row in _rows(diff)]
    return f"+{marks.count('+')} −{marks.count('-')}"


def drawn_diff(diff: str, width: int) -> list[Line]:
    rows = tuple(_rows(diff))
    is_beside = width >= BESIDE and {"+", "-"} <= {row.mark for row in rows}
    lines: list[Line] = []
    for is_changed, group in groupby(rows, key=lambda row: row.mark in _INKS):
        block = tuple(group)
        if is_changed:
            removed, added = _told_apart(block)
            drawn = _beside(removed, added, width) if is_beside else _below(removed, added, width)
        elif is_beside:
            drawn = (each for row in block for each in _on_both_sides(row, width))
        else:
            drawn = (each for row in block for each in _drawn(row, "new", width))
        lines += drawn
    return lines


def _rows(diff: str) -> Iterator[_Row]:
    """Without the names of the files above the first hunk."""
    has_hunks = any(_HUNK.match(row) for row in diff.split("\n"))
    old, new, is_within = 0, 1, False
    for row in diff.rstrip("\n").split("\n"):
        if found := _HUNK.match(row):
            if is_within:
                yield _Row(mark="", text=line("   ⋮", "muted"))
            old, new, is_within = int(found[1]), int(found[2]), True
            continue
        is_within = is_within or (row.startswith("+") and not has_hunks)
        mark = row[:1] or " "
        if not is_within or mark not in "+- ":
            if is_within or not row.startswith(("--- ", "+++ ")):
                yield _Row(mark="", text=line(row.expandtabs(4), "muted"))
            continue
        text = line(row[1:].expandtabs(4), _INKS.get(mark, "plain"))
        yield _Row(mark=mark, text=text, old=old, new=new)
        old += mark in "- "
        new += mark in "+ "


def _told_apart(block: Sequence[_Row]) -> tuple[list[_Row], list[_Row]]:
    """What was removed and what was added; as many of each stand for one another."""
    removed = [row for row in block if row.mark == "-"]
    added = [row for row in block if row.mark == "+"]
    if len(removed) == len(added):
        pairs = [_unlike(*pair) for pair in zip(removed, added, strict=True)]
        removed, added = [old for old, _ in pairs], [new for _, new in pairs]
    return removed, added


def _unlike(old: _Row, new: _Row) -> tuple[_Row, _Row]:
    """The middle of both, where enough around it is the same."""
    olds, news = (_WORD.findall("".join(span.text for span in row.text)) for row in (old, new))
    most = min(len(olds), len(news))
    first = next((at for at in range(most) if olds[at] != news[at]), most)
    most -= first
    last = next((at for at in range(most) if olds[-1 - at] != news[-1 - at]), most)
    same = len("".join((*olds[:first], *olds[len(olds) - last :])).strip())
    if same < LIKENESS * max(len("".join(words).strip()) for words in (olds, news)):
        return old, new
    return _with_middle(old, olds, first, last), _with_middle(new, news, first, last)


def _with_middle(row: _Row, words: Sequence[str], first: int, last: int) -> _Row:
    end = len(words) - last
    parts = ("".join(part) for part in (words[:first], words[first:end], words[end:]))
    inks = _INKS[row.mark], _WORD_INKS[row.mark], _INKS[row.mark]
    spans = (Span(text, ink) for text, ink in zip(parts, inks, strict=True) if text)
    return replace(row, text=tuple(spans))


def _below(removed: Sequence[_Row], added: Sequence[_Row], width: int) -> Iterator[Line]:
    for row in removed:
        yield from _drawn(row, "old", width)
    for row in added:
        yield from _drawn(row, "new", width)


def _beside(removed: Sequence[_Row], added: Sequence[_Row], width: int) -> Iterator[Line]:
    for old, new in zip_longest(removed, added):
        yield from _joined(old, new, width)


def _on_both_sides(row: _Row, width: int) -> Iterator[Line]:
    if row.mark:
        yield from _joined(row, row, width)
    else:
        yield from _drawn(row, "new", width)


def _joined(old: _Row | None, new: _Row | None, width: int) -> Iterator[Line]:
    half = (width - cells((EDGE,))) // 2
    left = _drawn(old, "old", half) if old else []
    right = _drawn(new, "new", half) if new else []
    for one, other in zip_longest(left, right, fillvalue=EMPTY):
        yield (*padded(one, half), EDGE, *other)


def _drawn(row: _Row, side: Side, width: int) -> list[Line]:
    if not row.mark:
        return folded(row.text, width)
    number = row.old if side == "old" else row.new
    prefix = (Span(f"{number:>4} ", "muted"), Span(f"{row.mark} ", _INKS.get(row.mark, "plain")))
    return hung(prefix, folded(row.text, max(1, width - cells(prefix))))
