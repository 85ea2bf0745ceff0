"""The repairs: each is a way in which what was asked for may differ from the file, and a sentence.

There is no other. Whatever else differs is refused.
"""

from __future__ import annotations

from enum import Enum


class Repair(Enum):
    """What the model is told was done to its text."""

    LINE_ENDS = "the line ends of the file were kept"
    LAST_LINE_END = "the file's last line has no line end, and still has none"
    TRAILING_BLANKS = (
        "blanks at the ends of lines differed; on unchanged lines the file's were kept"
    )
    BLANK_LINES = "the blank lines around the text differed; the file's were kept"
    QUOTES = "typographic and straight quotes differed; the file's were kept"
    INDENTATION = "the indentation differed; the new lines were indented as the file is"
    LINE_NUMBERS = "line numbers were taken off"
    ESCAPES = r"each \n, written as two characters, was made a line end"
