"""A command's output while it comes: decoded, and only so much of it."""

from __future__ import annotations

import codecs

from vibe.tools.base import Say

MOST_BYTES = 200_000
_ENOUGH = "\n[… the rest is not shown while it comes …]\n"


class Live:
    """Any pieces give the same text. After `MOST_BYTES` it says so, and then nothing more."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._left = MOST_BYTES

    def feed(self, data: bytes) -> None:
        if self._left <= 0:
            return
        text = self._decoder.decode(data[: self._left])
        self._left -= len(data)
        if self._left <= 0:
            text += self._decoder.decode(b"", final=True) + _ENOUGH
        if text:
            self._say(text)
