"""The text of a file as edits see it: no mark at its start, `\\n` for every line end.

And the way back to bytes: what no splice names comes out as it went in, what a splice brings gets
the line ends of the place where it stands. Only UTF-8 is text; nothing else is guessed at. Nothing
here splits at form feeds, U+2028 or other characters that only some programs take for line ends.
"""

from __future__ import annotations

import codecs
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from vibe.errors import ToolError

_INSTEAD = "Edits are for UTF-8 text alone; change it with a command."


class Splice(Struct, frozen=True, kw_only=True):
    """`new` in the place of what stands from `start` to `end`; offsets in the body of a text."""

    start: int
    end: int
    new: str


class Text(Struct, frozen=True, kw_only=True):
    """`body` is `raw` with every `\\r\\n` made `\\n`; `returns` are the offsets of those in it.

    A file `of_returns` has lone `\\r` as its line ends; beside others they are characters. One that
    is `marked` starts with a byte order mark.
    """

    raw: str
    body: str
    returns: tuple[int, ...]
    of_returns: bool
    marked: bool

    def unified(self, text: str) -> str:
        """What was asked for, with the line ends that the body has."""
        text = text.replace("\r\n", "\n")
        return text.replace("\r", "\n") if self.of_returns else text

    def line_end_at(self, offset: int) -> str:
        """As it is written at the end of that line, or of the one before if it is the last."""
        if self.of_returns:
            return "\r"
        if not self.returns:
            return "\n"
        end = self.body.find("\n", offset)
        if end < 0:
            end = self.body.rfind("\n", 0, offset)
        following = bisect_left(self.returns, end)
        is_return = following < len(self.returns) and self.returns[following] == end
        return "\r\n" if is_return else "\n"

    def spliced(self, splices: Iterable[Splice]) -> bytes:
        """The file with these changes, which must be in order and not overlap."""
        pieces: list[str] = []
        copied = 0
        for splice in splices:
            start, copied_from = self._raw_offset(splice.start), copied
            copied = self._raw_offset(splice.end)
            new = splice.new
            if "\n" in new:
                new = new.replace("\n", self.line_end_at(splice.start))
            pieces += (self.raw[copied_from:start], new)
        pieces.append(self.raw[copied:])
        return (codecs.BOM_UTF8 if self.marked else b"") + "".join(pieces).encode()

    def _raw_offset(self, offset: int) -> int:
        return offset + bisect_left(self.returns, offset)


def text_of(content: bytes) -> Text:
    """ToolError: it is no text that could be given back byte by byte."""
    marked = content.startswith(codecs.BOM_UTF8)
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise ToolError(f"it is UTF-16. {_INSTEAD}")
    if (nul := content.find(b"\0")) >= 0:
        line = content.count(b"\n", 0, nul) + 1
        raise ToolError(f"it is binary: there is a NUL byte in line {line}. {_INSTEAD}")
    try:
        raw = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        position = error.start + (len(codecs.BOM_UTF8) if marked else 0)
        line = content.count(b"\n", 0, position) + 1
        byte = content[position]
        raise ToolError(f"byte 0x{byte:02X} in line {line} is not UTF-8. {_INSTEAD}") from error
    found = re.finditer("\r\n", raw) if "\r\n" in raw else ()
    returns = tuple(match.start() - number for number, match in enumerate(found))
    of_returns = "\r" in raw and "\n" not in raw
    body = raw.replace("\r", "\n") if of_returns else raw.replace("\r\n", "\n")
    return Text(raw=raw, body=body, returns=returns, of_returns=of_returns, marked=marked)


def rewritten(before: bytes, content: str) -> bytes:
    """A whole new content in the manner of the old one: its mark at the start, its line ends."""
    text = text_of(before)
    new = text.unified(content.removeprefix("\ufeff"))
    everything = Splice(start=0, end=len(text.body), new=new)
    return text.spliced([everything])


def line_numbers(body: str, offsets: Iterable[int]) -> Iterator[int]:
    """The lines, from 1, that the characters at these offsets belong to, which are in order."""
    line, counted = 1, 0
    for offset in offsets:
        line += body.count("\n", counted, offset)
        counted = offset
        yield line


def lines_after(body: str, splices: Sequence[Splice]) -> Iterator[range]:
    """For each splice, in order, the numbers of the lines that it brings or touches, once done."""
    added = 0
    lines = line_numbers(body, (splice.start for splice in splices))
    for line, splice in zip(lines, splices, strict=True):
        brought = splice.new.count("\n")
        first = line + added
        end = first + brought + 1
        if brought and splice.start == splice.end:  # whole lines, with one line end around them
            first, end = (first + 1, end) if splice.new.startswith("\n") else (first, end - 1)
        yield range(first, end)
        added += brought - body.count("\n", splice.start, splice.end)


def shared_ends(old: Sequence[str], new: Sequence[str]) -> tuple[int, int]:
    """How much the two have in common at the start, and of the rest at the end."""
    shortest = min(len(old), len(new))
    head = next((n for n in range(shortest) if old[n] != new[n]), shortest)
    rest = shortest - head
    return head, next((n for n in range(rest) if old[-1 - n] != new[-1 - n]), rest)
