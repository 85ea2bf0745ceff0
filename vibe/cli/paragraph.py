"""A sentence in lines that every terminal has room for.

It is freed of secrets before it is cut: half of one could not be told from other text.
"""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap
from typing import Final

from vibe.clean import clean_line
from vibe.cli.terminal import Ink, Paint, Painted

WIDTH: Final = 80


def paragraph(
    text: str, paint: Paint, ink: Ink | None = None, *, first: str = "", rest: str = ""
) -> Iterator[Painted]:
    """`first` stands before the first line, `rest` before each of the others."""
    safe = clean_line(paint.without_secrets(text))
    for line in wrap(
        safe, WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False
    ):
        yield paint(line, ink)
