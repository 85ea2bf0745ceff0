"""Rows of text in columns, for a terminal or a pipe. Widths count characters as they are drawn."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

from vibe.clean import clean_line
from vibe.cli.terminal import Paint, Painted

_GAP = "  "


def table(header: Sequence[str], rows: Sequence[Sequence[str]], paint: Paint) -> Iterator[Painted]:
    """The header and the rows, each column as wide as its widest text; no trailing blanks."""
    cleaned = [[clean_line(text) for text in row] for row in rows]
    widths = [max(map(drawn, column)) for column in zip(header, *cleaned, strict=True)]
    for index, row in enumerate([list(header), *cleaned]):
        cells = (
            text + " " * (width - drawn(text)) for text, width in zip(row, widths, strict=True)
        )
        yield paint(_GAP.join(cells).rstrip(), "bold" if index == 0 else None)


def drawn(text: str) -> int:
    """How many cells a terminal gives `text`."""
    return sum(
        0 if unicodedata.combining(each) else 2 if unicodedata.east_asian_width(each) in "WF" else 1
        for each in text
    )
