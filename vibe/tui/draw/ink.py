"""Text with inks: the lines that every pure part of the chat draws, and their arithmetic in cells.

An ink says what a text is for; which colour that is, a theme says. What stands in a span is clean
already. Knows no terminal and no widget.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal, TypeAlias

from msgspec import Struct
from rich.cells import cell_len

Ink: TypeAlias = Literal[
    "plain", "muted", "accent", "strong", "emphasis", "struck", "code", "heading", "link",
    "good", "warn", "bad", "added", "removed", "inserted", "deleted",
]  # fmt: skip
ThemeName: TypeAlias = Literal["dark", "light", "ansi"]


class Span(Struct, frozen=True):
    text: str
    ink: Ink = "plain"


Line: TypeAlias = tuple[Span, ...]
EMPTY: Line = ()

_GAPS = re.compile(r" {2,}")
_PIECES = re.compile(r"\s+|\S+")


def line(text: str, ink: Ink = "plain") -> Line:
    return (Span(text, ink),) if text else EMPTY


def text_of(of: Line) -> str:
    return "".join(span.text for span in of)


def cells(of: Line) -> int:
    return sum(cell_len(span.text) for span in of)


def shortened(text: str, width: int) -> str:
    """At most `width` cells, the end cut off visibly."""
    if cell_len(text) <= width:
        return text
    return f"{_within(text, width - 1)[0]}…" if width > 0 else ""


def cropped(of: Line, width: int) -> Line:
    if cells(of) <= width:
        return of
    kept: list[Span] = []
    room = width
    for span in of:
        if cell_len(span.text) >= room:
            # One more than fits, so that the cut is seen although it is at the end of a span.
            kept.append(Span(shortened(f"{span.text}…", room), span.ink))
            break
        kept.append(span)
        room -= cell_len(span.text)
    return tuple(span for span in kept if span.text)


def sides(left: Line, right: Line, width: int) -> Line:
    """One at each margin; where there is no room for both, the left gives way."""
    right = cropped(right, width)
    left = cropped(left, max(0, width - cells(right) - bool(right)))
    gap = width - cells(left) - cells(right)
    return (*left, Span(" " * gap), *right) if right else left


def padded(of: Line, width: int) -> Line:
    """Exactly so many cells."""
    of = cropped(of, width)
    gap = width - cells(of)
    return (*of, Span(" " * gap)) if gap else of


def wrapped(of: Line, width: int) -> list[Line]:
    """At least one line; broken between words, and within those that are longer than a line."""
    width = max(1, width)
    if cells(of) <= width:
        return [of]
    lines: list[Line] = []
    held: list[Span] = []
    used = 0
    for word, blank in _words(of):
        size = cells(word)
        if held and used + cells(blank) + size > width:
            lines.append(tuple(held))
            held, used = [], 0
        elif held or not lines:
            held += blank
            used += cells(blank)
        while size > width:  # a word that no line holds
            first, word = _split(word, width - used)
            lines.append((*held, *first))
            held, used, size = [], 0, cells(word)
        held += word
        used += size
    return [*lines, tuple(held)] if held else lines


def folded(of: Line, width: int) -> list[Line]:
    """Cut wherever the width ends: for code, whose blanks count."""
    lines: list[Line] = []
    width = max(1, width)
    while cells(of) > width:
        first, of = _split(of, width)
        lines.append(first)
    return [*lines, of]


def hung(prefix: Line, lines: Sequence[Line]) -> list[Line]:
    """The lines behind a prefix, and as far in where they go on."""
    blank = Span(" " * cells(prefix))
    return [(*(prefix if not index else (blank,)), *each) for index, each in enumerate(lines)]


def hanging(of: Line, width: int) -> list[Line]:
    """Wrapped; it goes on below the last of its columns, which have two blanks between them."""
    if cells(of) <= width:
        return [of]
    text = text_of(of)
    columns = (cell_len(text[: gap.end()]) for gap in _GAPS.finditer(text))
    at = max((each for each in columns if each <= width * 2 // 3), default=0)
    before, rest = _split(of, at) if at else (EMPTY, of)
    return hung(before, wrapped(rest, width - at))


def _words(of: Line) -> Iterator[tuple[Line, Line]]:
    """Each with the blank before it; a word may be of several inks."""
    word: list[Span] = []
    blank: list[Span] = []
    for span in of:
        for piece in _PIECES.findall(span.text):
            if piece.isspace():
                if word:
                    yield tuple(word), tuple(blank)
                    word, blank = [], []
                blank.append(Span(piece, span.ink))
            else:
                word.append(Span(piece, span.ink))
    if word:
        yield tuple(word), tuple(blank)


def _split(of: Line, width: int) -> tuple[Line, Line]:
    """At least one character goes to the first part: a wide one may not fit in one cell."""
    first: list[Span] = []
    room = max(1, width)
    for index, span in enumerate(of):
        if cell_len(span.text) <= room:
            first.append(span)
            room -= cell_len(span.text)
            continue
        kept, rest = _within(span.text, room)
        if not kept and not first:
            kept, rest = span.text[:1], span.text[1:]
        first += [Span(kept, span.ink)] if kept else []
        left = [Span(rest, span.ink)] if rest else []
        return tuple(first), (*left, *of[index + 1 :])
    return tuple(first), EMPTY


def _within(text: str, width: int) -> tuple[str, str]:
    """The text in two, the first of which takes at most `width` cells."""
    if text.isascii():
        return text[: max(0, width)], text[max(0, width) :]
    used = 0
    for index, character in enumerate(text):
        used += cell_len(character)
        if used > width:
            return text[:index], text[index:]
    return text, ""
