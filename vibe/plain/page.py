"""What a line-oriented chat writes: pieces of an answer in whole words, and lines of their own.

Nothing that was written is ever changed, and no escape sequence is written. Prose is broken between
words, where a terminal would break within them; a line of code is left to the terminal.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

from rich.cells import cell_len

from vibe.tui.draw.ink import Line, text_of

Write = Callable[[str], None]
# Frames and rules, which a screen reader would spell out one by one.
_DRAWN: Final = dict.fromkeys(range(0x2500, 0x2580), " ")
_PIECES: Final = re.compile(r"\n| +|[^ \n]+")
_FENCES: Final = ("```", "~~~")
_CODE: Final = ("\t", "    ", "|")


class Page:
    # `_held` is the end of what is streamed, which may be the beginning of a word; `_line` the line
    # so far, as it was streamed, and `_cells` how much of the present row is taken.
    def __init__(self, write: Write, *, width: Callable[[], int]) -> None:
        self._write = write
        self._width = width
        self._held = ""
        self._line = ""
        self._cells = 0
        self._is_fenced = False

    def stream(self, text: str) -> None:
        """A piece of a text, which is clean."""
        held = self._held + text
        cut = max(held.rfind(" "), held.rfind("\n")) + 1
        self._held = held[cut:]
        self._put(held[:cut])

    def end(self) -> None:
        """What is streamed ends here, and with it its line."""
        held, self._held = self._held, ""
        self._put(held)
        if self._line:
            self._put("\n")
        self._is_fenced = False

    def line(self, text: str) -> None:
        self.end()
        self.stream(f"{text}\n")

    def _put(self, text: str) -> None:
        width = self._width()
        written: list[str] = []
        for piece in _PIECES.findall(text):
            if piece == "\n":
                self._end_line()
            elif self._is_too_long(piece, width):
                written.append("\n")
                self._cells = 0
            if piece != "\n":
                self._line += piece
                self._cells += cell_len(piece)
            written.append(piece)
        if written:
            self._write("".join(written))

    def _is_too_long(self, piece: str, width: int) -> bool:
        if self._is_fenced or self._line.startswith((*_CODE, *_FENCES)) or piece.isspace():
            return False
        return self._cells > 0 and self._cells + cell_len(piece) > width

    def _end_line(self) -> None:
        if self._line.lstrip().startswith(_FENCES):
            self._is_fenced = not self._is_fenced
        self._line, self._cells = "", 0


def spoken(lines: Iterable[Line]) -> tuple[str, ...]:
    """Lines that were drawn for a screen, without what is only drawn."""
    texts = (text_of(line).translate(_DRAWN).strip() for line in lines)
    return tuple(text for text in texts if text)
