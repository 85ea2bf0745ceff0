"""From offsets to what a person can find: file, line, column and the line itself.

A line that may hold a credential is shown with its value masked.
"""

from __future__ import annotations

import re
from bisect import bisect_right

from msgspec import Struct

from vibe.config.scan import Outline, Path, Place, Span, scan
from vibe.secret import looks_like_key

MASK = "***"
_SENSITIVE = re.compile(
    r"""(?:key|token|secret|passw|auth|credential|cookie) [\w.-]* ["']? \s* [=:]+ \s*
        (?P<value>.*[\w./+-]{6}.*)""",
    re.IGNORECASE | re.VERBOSE,
)
_VARIABLE_NAME = re.compile(
    r"""["'“”‘’]? (?:\$\{)? ([A-Za-z_][A-Za-z0-9_]*)? \}? ["'“”‘’]? \s* (?:[,;\#].*)?""",
    re.VERBOSE,
)


class Spot(Struct, frozen=True, kw_only=True):
    """One place in one file; without a `line` the whole of it, or no file at all."""

    file: str
    line: int | None = None
    column: int | None = None
    width: int = 1
    excerpt: str = ""

    def __str__(self) -> str:
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part)


class Source(Struct, frozen=True, kw_only=True):
    """A named TOML text with the means to point into it. `starts` are the offsets of its lines."""

    name: str
    text: str
    outline: Outline
    starts: tuple[int, ...]

    def line_of(self, offset: int) -> int:
        """The line of `offset`, counted from 1."""
        return bisect_right(self.starts, offset)

    def line(self, number: int) -> str:
        """The text of a line, without its end."""
        start = self.starts[number - 1]
        end = self.starts[number] if number < len(self.starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")

    def spot(self, span: Span) -> Spot:
        number = self.line_of(span.start)
        column = span.start - self.starts[number - 1] + 1
        text = self.line(number)
        masked = mask(text)
        width = max(1, min(span.end - span.start, len(text) - column + 1))
        if masked != text:
            width = max(1, min(width, len(masked) - column + 1))
        return Spot(file=self.name, line=number, column=column, width=width, excerpt=masked)

    def place(self, path: Path) -> Place | None:
        """Where `path` stands: itself, else the first thing in it, else the table around it."""
        places = self.outline.places
        while path:
            if found := places.get(path):
                return found
            inside = (place for known, place in places.items() if known[: len(path)] == path)
            if found := next(inside, None):
                return found
            path = path[:-1]
        return None


def source(name: str, text: str) -> Source:
    starts = (0, *(at + 1 for at, character in enumerate(text) if character == "\n"))
    return Source(name=name, text=text, outline=scan(text), starts=starts)


def sensitive_value(line: str) -> str | None:
    """The value in `line`, if its key sounds like a credential and it is no variable's name."""
    found = _SENSITIVE.search(line)
    if found is None:
        return None
    name = _VARIABLE_NAME.fullmatch(found["value"])
    return None if name and not looks_like_key(name[1] or "") else found["value"]


def mask(line: str) -> str:
    """`line` with the value of anything that sounds like a credential made unreadable."""
    value = sensitive_value(line)
    return line if value is None else line[: line.rindex(value)] + MASK
