"""What is pasted stays one paste: a control character in it is no key.

Textual (8.2) reads an escape in the middle of a paste as the beginning of one, so that what stands
in a clipboard could press Ctrl+G or Enter. Here such characters go before it reads them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Final
from weakref import WeakKeyDictionary

from textual._xterm_parser import XTermParser
from textual.message import Message

START: Final = "\x1b[200~"
END: Final = "\x1b[201~"
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


class Pastes:
    """What a terminal sends, piece by piece, and the same to be read. `_before` is the end of what
    was handed on outside of a paste, `_held` what may be the beginning of a paste's end."""

    def __init__(self) -> None:
        self._is_within = False
        self._before: str = ""
        self._held: str = ""

    def feed(self, text: str) -> str:
        read: list[str] = []
        while text:
            text, piece = self._within(text) if self._is_within else self._outside(text)
            read.append(piece)
        return "".join(read)

    def _outside(self, text: str) -> tuple[str, str]:
        """The rest and what comes before it. Nothing is held back: an escape is a key, too."""
        known = len(self._before)
        at = (self._before + text).find(START)
        if at < 0:
            self._before = (self._before + text)[-len(START) + 1 :]
            return "", text
        end = at + len(START) - known
        self._is_within, self._before = True, ""
        return text[end:], text[:end]

    def _within(self, text: str) -> tuple[str, str]:
        text, self._held = self._held + text, ""
        at = text.find(END)
        if at >= 0:
            self._is_within = False
            return text[at + len(END) :], _CONTROLS.sub("", text[:at]) + END
        kept = next((n for n in range(len(END) - 1, 0, -1) if text.endswith(END[:n])), 0)
        self._held = text[len(text) - kept :]
        return "", _CONTROLS.sub("", text[: len(text) - kept])


@cache
def keep_pastes_whole() -> None:
    """For every terminal that Textual reads from now on."""
    feed = XTermParser.feed
    pastes: WeakKeyDictionary[XTermParser, Pastes] = WeakKeyDictionary()

    def guarded(self: XTermParser, data: str) -> Iterable[Message]:
        text = pastes.setdefault(self, Pastes()).feed(data)
        return feed(self, text) if text or not data else ()  # nothing at all means the end

    XTermParser.feed = guarded
