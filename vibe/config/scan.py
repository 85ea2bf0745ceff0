"""Where things stand in a TOML text: its statements, and the offsets of every key and value.

tomllib says what a file means but not where; this scanner says where and knows structure alone.
It accepts more than TOML does, so it never judges a file valid. Where it cannot go on, it stops
and tells what was open, which is what a person needs to hear about a missing quote or bracket.
"""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

from msgspec import Struct

Path: TypeAlias = tuple[str | int, ...]
MAX_DEPTH = 64
MAX_DIGITS = 19  # as many as TOML's 64-bit integers can have
MAX_VALUES = 20_000  # with headers and steps of keys; all that reads on takes time for each
_SHORT_LINE = (
    1000  # a correction repeats its line: in one so many times longer, a value counts more
)

Trouble: TypeAlias = Literal[
    "string", "array", "inline table", "header", "key", "equals", "value", "junk", "depth",
    "digits", "amount",
]  # fmt: skip


class Span(Struct, frozen=True):
    """Offsets into the text, the end exclusive."""

    start: int
    end: int


class Header(Struct, frozen=True, kw_only=True):
    """`[a.b]` or `[[a.b]]`; `path` carries the indices of the lists that it lies in."""

    path: Path
    keys: tuple[str, ...]
    is_list: bool
    span: Span


class Assignment(Struct, frozen=True, kw_only=True):
    """`key = value` outside of any inline table."""

    path: Path
    key: Span
    value: Span


class Place(Struct, frozen=True, kw_only=True):
    """Where one path stands; a table's value is its header."""

    key: Span
    value: Span


class Stop(Struct, frozen=True, kw_only=True):
    """Why the scan ended early: `what` was open since `opened` when `at` was reached."""

    what: Trouble
    at: int
    opened: int


class Outline(Struct, frozen=True, kw_only=True):
    statements: tuple[Header | Assignment, ...]
    places: dict[Path, Place]
    stop: Stop | None


class _Stopped(Exception):
    def __init__(self, what: Trouble, at: int, opened: int) -> None:
        self.stop = Stop(what=what, at=at, opened=opened)


_BLANK = re.compile(r"[ \t]*")
_VOID = re.compile(r"(?:[ \t\r\n]++|#[^\n]*+)*+")
_REST = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\r?\n|\r?\Z)")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_TOP_SCALAR = re.compile(r"[^#\r\n]*[^#\r\n \t]")
_INNER_SCALAR = re.compile(r"[^#,\[\]{}\r\n]*[^#,\[\]{}\r\n \t]")
_BASIC = re.compile(r'"(?:[^"\\\r\n]|\\[^\r\n])*+"')
_LITERAL = re.compile(r"'[^'\r\n]*'")
_LONG_BASIC = re.compile(r'"""(?:[^"\\]|\\.|"(?!""))*+"""(?:""?(?!"))?', re.DOTALL)
_LONG_LITERAL = re.compile(r"'''(?:[^']|'(?!''))*+'''(?:''?(?!'))?", re.DOTALL)
_WHOLE = re.compile(r"[+-]?(?:0[xob])?[0-9a-fA-F_]+")


def scan(text: str) -> Outline:
    """Outline `text`, as far as its structure can be followed."""
    return _Scanner(text).run()


class _Scanner:
    """One pass over one text. `at` never moves back; `places` gains each path once, the first.

    `line_end` is the end of the line that the last counted value began in, `share` what it took.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.statements: list[Header | Assignment] = []
        self.places: dict[Path, Place] = {}
        self.counts: dict[Path, int] = {}
        self.table: Path = ()
        self.left = MAX_VALUES
        self.line_end = -1
        self.share = 1

    def run(self) -> Outline:
        stop = None
        try:
            self._skip(_VOID)
            while self.at < len(self.text):
                if self.text[self.at] == "[":
                    self._header()
                else:
                    self._assignment()
                self._skip(_VOID)
        except _Stopped as stopped:
            stop = stopped.stop
        return Outline(statements=tuple(self.statements), places=self.places, stop=stop)

    # statements

    def _header(self) -> None:
        start = self.at
        self._count()
        is_list = self.text.startswith("[[", start)
        opening, closing = ("[[", "]]") if is_list else ("[", "]")
        self.at += len(opening)
        try:
            keys, _ = self._dotted_key()
        except _Stopped as stopped:
            what = "depth" if stopped.stop.what == "depth" else "header"
            raise _Stopped(what, stopped.stop.at, start) from None
        if not self.text.startswith(closing, self.at):
            raise _Stopped("header", self.at, start)
        self.at += len(closing)
        span = Span(start, self.at)
        self._end_of_statement(start)
        self.table = self._resolve(keys, opens_item=is_list)
        self.statements.append(Header(path=self.table, keys=keys, is_list=is_list, span=span))
        if is_list:
            self.places.setdefault(self.table[:-1], Place(key=span, value=span))
        self.places.setdefault(self.table, Place(key=span, value=span))

    def _assignment(self) -> None:
        start = self.at
        keys, key = self._dotted_key()
        if not self.text.startswith("=", self.at):
            raise _Stopped("equals", self.at, start)
        self.at += 1
        self._skip(_BLANK)
        path = (*self.table, *keys)
        value = self._value(path, key=key, depth=1, scalar=_TOP_SCALAR, opened=start)
        self._end_of_statement(start)
        self.statements.append(Assignment(path=path, key=key, value=value))

    def _end_of_statement(self, start: int) -> None:
        rest = _REST.match(self.text, self.at)
        if rest is None:
            raise _Stopped("junk", self.at, start)
        self.at = rest.end()

    def _resolve(self, keys: tuple[str, ...], *, opens_item: bool) -> Path:
        """A header's full path: a list of tables met on the way means its newest item."""
        path: Path = ()
        for position, key in enumerate(keys):
            path = (*path, key)
            if opens_item and position == len(keys) - 1:
                self.counts[path] = self.counts.get(path, 0) + 1
            if path in self.counts:
                path = (*path, self.counts[path] - 1)
        return path

    # keys

    def _dotted_key(self) -> tuple[tuple[str, ...], Span]:
        keys: list[str] = []
        self._skip(_BLANK)
        start = end = self.at
        while True:
            keys.append(self._simple_key())
            end = self.at
            self._skip(_BLANK)
            if not self.text.startswith(".", self.at):
                break
            if len(keys) == MAX_DEPTH:
                raise _Stopped("depth", self.at, start)
            self.at += 1
            self._skip(_BLANK)
        self.left -= len(keys) - 1
        return tuple(keys), Span(start, end)

    def _simple_key(self) -> str:
        start = self.at
        for pattern in (_BARE_KEY, _BASIC, _LITERAL):
            if found := pattern.match(self.text, start):
                self.at = found.end()
                return _unquoted(found.group())
        if self.text[start : start + 1] in ('"', "'"):
            raise _Stopped("string", start, start)
        raise _Stopped("key", start, start)

    # values

    def _value(
        self, path: Path, *, key: Span, depth: int, scalar: re.Pattern[str], opened: int
    ) -> Span:
        start = self.at
        if depth > MAX_DEPTH:
            raise _Stopped("depth", start, opened)
        self._count()
        match self.text[start : start + 1]:
            case '"' | "'":
                self._string()
            case "[":
                self._array(path, depth)
            case "{":
                self._inline_table(path, depth)
            case _:
                self._scalar(scalar, opened)
        span = Span(start, self.at)
        self.places.setdefault(path, Place(key=key, value=span))
        return span

    def _scalar(self, pattern: re.Pattern[str], opened: int) -> None:
        found = pattern.match(self.text, self.at)
        if found is None:
            raise _Stopped("value", self.at, opened)
        word = found.group()
        if _WHOLE.fullmatch(word) and sum(map(str.isalnum, word)) > MAX_DIGITS:
            raise _Stopped("digits", self.at, opened)
        self.at = found.end()

    def _string(self) -> None:
        start = self.at
        for quotes, long, short in (('"""', _LONG_BASIC, _BASIC), ("'''", _LONG_LITERAL, _LITERAL)):
            if self.text[start] != quotes[0]:
                continue
            pattern = long if self.text.startswith(quotes, start) else short
            found = pattern.match(self.text, start)
            if found is None:
                raise _Stopped("string", start, start)
            self.at = found.end()

    def _array(self, path: Path, depth: int) -> None:
        opened = self.at
        self.at += 1
        index = 0
        while True:
            self._skip(_VOID)
            if self.text.startswith("]", self.at):
                break
            if self.at == len(self.text):
                raise _Stopped("array", self.at, opened)
            item = Span(self.at, self.at)
            self._inner((*path, index), item, depth, "array", opened)
            index += 1
            self._skip(_VOID)
            if self.text.startswith(",", self.at):
                self.at += 1
            elif not self.text.startswith("]", self.at):
                raise _Stopped("array", self.at, opened)
        self.at += 1

    def _inline_table(self, path: Path, depth: int) -> None:
        opened = self.at
        self.at += 1
        while True:
            self._skip(_VOID)
            if self.text.startswith("}", self.at):
                break
            if self.at == len(self.text):
                raise _Stopped("inline table", self.at, opened)
            keys, key = self._dotted_key()
            if not self.text.startswith("=", self.at):
                raise _Stopped("inline table", self.at, opened)
            self.at += 1
            self._skip(_BLANK)
            self._inner((*path, *keys), key, depth, "inline table", opened)
            self._skip(_VOID)
            if self.text.startswith(",", self.at):
                self.at += 1
            elif not self.text.startswith("}", self.at):
                raise _Stopped("inline table", self.at, opened)
        self.at += 1

    def _inner(self, path: Path, key: Span, depth: int, what: Trouble, opened: int) -> None:
        """A value inside brackets; what it lacks is told of the bracket."""
        try:
            self._value(path, key=key, depth=depth + 1, scalar=_INNER_SCALAR, opened=opened)
        except _Stopped as stopped:
            if stopped.stop.what == "value":
                raise _Stopped(what, stopped.stop.at, opened) from None
            raise

    def _count(self) -> None:
        if self.at > self.line_end:
            end = self.text.find("\n", self.at)
            self.line_end = end if end >= 0 else len(self.text)
            length = self.line_end - self.text.rfind("\n", 0, self.at)
            self.share = 1 + length // _SHORT_LINE
        self.left -= self.share
        if self.left < 0:
            raise _Stopped("amount", self.at, self.at)

    def _skip(self, pattern: re.Pattern[str]) -> None:
        if found := pattern.match(self.text, self.at):
            self.at = found.end()


def _unquoted(key: str) -> str:
    if key[0] == "'":
        return key[1:-1]
    if key[0] != '"' or "\\" not in key:
        return key.strip('"')
    import tomllib  # rare: a quoted key with an escape in it

    try:
        return str(tomllib.loads(f"key = {key}")["key"])
    except tomllib.TOMLDecodeError:
        return key[1:-1]
