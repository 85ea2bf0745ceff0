"""From offsets to what a person can find: file, line, column and the line itself.

A line that may hold a credential is shown with its value masked.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import accumulate

from msgspec import Struct

from vibe.config.scan import Assignment, Header, Outline, Path, Place, Span, scan
from vibe.secret import looks_like_key

MASK = "***"
_MOST_COMMENTED = 500  # of many more, none is the one that somebody forgot to uncomment
INDEXED = 4  # steps of a path, as many as the deepest setting has
MAX_SHOWN = 2_000  # characters of a line that a person may still want to see
_KEY_AND_EQUALS = re.compile(r"""(?<![\w.-])([\w.-]++)["']?\s*+[=:]++\s*+""")
_SENSITIVE = re.compile(r"key|token|secret|passw|auth|credential|cookie", re.IGNORECASE)
_LONG_WORD = re.compile(r"\S{6}")
_KEY_AND_BLANK = re.compile(r"""\s*+["']?([\w.-]++)["']?\s++(?=[^\s=:])""")
_PLAIN = re.compile(
    r"""["']?[\d_.+-]++(?:ms|s|%)?["']?\s*+(?:#.*)?|["']?(?:true|false)["']?""", re.IGNORECASE
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


class Commented(Struct, frozen=True, kw_only=True):
    """What would be a setting if it were no comment; `value` is all behind the equals sign."""

    line: int
    key: str
    value: str


class Source(Struct, frozen=True, kw_only=True, dict=True):
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
        if self._length(number) > MAX_SHOWN:
            return Spot(file=self.name, line=number, column=column)
        text = self.line(number)
        masked = mask(text)
        width = max(1, min(span.end - span.start, len(text) - column + 1))
        if masked != text:
            width = max(1, min(width, len(masked) - column + 1))
        return Spot(file=self.name, line=number, column=column, width=width, excerpt=masked)

    def _length(self, number: int) -> int:
        end = self.starts[number] if number < len(self.starts) else len(self.text)
        return end - self.starts[number - 1]

    def place(self, path: Path) -> Place | None:
        """Where `path` stands: itself, else the first thing in it, else the table around it."""
        while path:
            if found := self.outline.places.get(path) or self._first_inside.get(path):
                return found
            path = path[:-1]
        return None

    @cached_property
    def _first_inside(self) -> dict[Path, Place]:
        """The first place inside each path that has one."""
        first: dict[Path, Place] = {}  # what is around a path in it is in it too
        for path, place in self.outline.places.items():
            around = path[:-1]
            while around and around not in first:
                first[around] = place
                around = around[:-1]
        return first

    @cached_property
    def statements_in(self) -> Mapping[Path, Sequence[Header | Assignment]]:
        """The statements at and below each path of at most `INDEXED` steps."""
        inside: defaultdict[Path, list[Header | Assignment]] = defaultdict(list)
        for statement in self.outline.statements:
            for length in range(1, min(len(statement.path), INDEXED) + 1):
                inside[statement.path[:length]].append(statement)
        return inside

    @cached_property
    def headers_in(self) -> Mapping[tuple[str, ...], Sequence[Header]]:
        """The headers that begin with the same names, at most `INDEXED`."""
        inside: defaultdict[tuple[str, ...], list[Header]] = defaultdict(list)
        for each in self.outline.statements:
            if isinstance(each, Header):
                for length in range(1, min(len(each.keys), INDEXED) + 1):
                    inside[each.keys[:length]].append(each)
        return inside

    @cached_property
    def bracketed(self) -> tuple[int, ...]:
        """The lines that begin like a header."""
        lines = self.text.split("\n")
        return tuple(at for at, line in enumerate(lines, 1) if line.lstrip().startswith("["))

    @cached_property
    def commented(self) -> tuple[Commented, ...]:
        """The first settings that are only comments."""
        found: list[Commented] = []
        for at, line in enumerate(self.text.split("\n"), 1):
            _, mark, comment = line.partition("#")
            key, equals, value = comment.lstrip("# ").partition("=")
            if mark and equals and len(line) <= MAX_SHOWN:
                found.append(Commented(line=at, key=key.strip(), value=value.rstrip("\r")))
                if len(found) == _MOST_COMMENTED:
                    break
        return tuple(found)


def source(name: str, text: str) -> Source:
    starts = tuple(accumulate((len(line) + 1 for line in text.split("\n")[:-1]), initial=0))
    return Source(name=name, text=text, outline=scan(text), starts=starts)


def sensitive_value(line: str) -> str | None:
    """The value in `line`, if its key sounds like a credential and it is no variable's name."""
    value = next((line[each.end() :] for each in _keys_in(line) if _SENSITIVE.search(each[1])), "")
    if not _LONG_WORD.search(value) or _PLAIN.fullmatch(value):
        return None
    name = _VARIABLE_NAME.fullmatch(value)
    return None if name and not looks_like_key(name[1] or "") else value


def _keys_in(line: str) -> Iterator[re.Match[str]]:
    """What a value follows: a key with an equals sign or a colon, or one that lacks them."""
    if "=" in line or ":" in line:
        yield from _KEY_AND_EQUALS.finditer(line)
    elif (found := _KEY_AND_BLANK.match(line)) and not line.lstrip().startswith("#"):
        yield found


def mask(line: str) -> str:
    """`line` with the value of anything that sounds like a credential made unreadable."""
    value = sensitive_value(line)
    return line if value is None else line[: line.rindex(value)] + MASK
