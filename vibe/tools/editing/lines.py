"""Texts as lines: what differs between two, where lines stand in a file.

Blanks are spaces and tabs. Nothing here decides whether a change is sound.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from msgspec import Struct

from vibe.tools.editing.quotes import folded
from vibe.tools.editing.text import shared_ends

BLANKS = " \t"
_MOST_COMPARED = 250_000


class LineChange(Struct, frozen=True, kw_only=True):
    """`new` in the place of the lines from `first` up to but not with `end`."""

    first: int
    end: int
    new: tuple[str, ...]


class Block(Struct, frozen=True, kw_only=True):
    """Lines without the blank ones `before` and `after` them, which are only counted."""

    before: int
    lines: tuple[str, ...]
    after: int


def lines_of(text: str) -> tuple[str, ...]:
    """Its lines; a line end at its end begins no further one."""
    return tuple(text.removesuffix("\n").split("\n")) if text else ()


def block_of(lines: Sequence[str]) -> Block:
    filled = [number for number, line in enumerate(lines) if line.strip(BLANKS)]
    if not filled:
        return Block(before=0, lines=(), after=len(lines))
    first, end = filled[0], filled[-1] + 1
    return Block(before=first, lines=tuple(lines[first:end]), after=len(lines) - end)


def indent_of(line: str) -> str:
    return line[: len(line) - len(line.lstrip(BLANKS))]


def loose(line: str) -> str:
    """The line without the blanks at both its ends, with straight quotes."""
    return folded(line).strip(BLANKS)


def places(lines: Sequence[str], wanted: Sequence[str]) -> Iterator[int]:
    """Where `wanted` stands among the lines, overlaps included."""
    counts = Counter(lines)
    rarest = min(range(len(wanted)), key=lambda number: counts[wanted[number]])
    position = -1
    for _ in range(counts[wanted[rarest]]):
        position = lines.index(wanted[rarest], position + 1)
        start = position - rarest
        if 0 <= start <= len(lines) - len(wanted) and all(
            lines[start + number] == line for number, line in enumerate(wanted)
        ):
            yield start


def changes(old: Sequence[str], new: Sequence[str]) -> list[LineChange]:
    """What makes `new` of `old`, each change as small as can be.

    The lines alike at both ends are set aside first; between very many others none is sought.
    """
    head, tail = shared_ends(old, new)
    olds, news = old[head : len(old) - tail], new[head : len(new) - tail]
    if len(olds) * len(news) > _MOST_COMPARED:
        return [LineChange(first=head, end=head + len(olds), new=tuple(news))]
    from difflib import SequenceMatcher  # off the path of an assistant that edits nothing

    codes = SequenceMatcher(None, olds, news, autojunk=False).get_opcodes()
    return [
        LineChange(first=head + first, end=head + end, new=tuple(news[start:stop]))
        for kind, first, end, start, stop in codes
        if kind != "equal"
    ]
