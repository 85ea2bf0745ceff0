"""JSON as people write it into configurations: with comments, and commas before a closing bracket.

Text to values, in one pass whose effort grows with the text alone. Whatever is not such JSON is
refused with one sentence and its line.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import cast

from vibe.clean import quote
from vibe.config.importing.tree import MAX_DEPTH, MAX_DIGITS, Node, Scalar, Unreadable

_VOID = re.compile(r"(?:[ \t\r\n\ufeff]++|//[^\n]*+|/\*(?:[^*]++|\*(?!/))*+\*/)*+")
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]++|\\.)*+"')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?")
_WORD = re.compile(r"[\w.+-]++")
_WORDS: dict[str, Scalar] = {"true": True, "false": False, "null": None}


def read_json(text: str) -> Node:
    """The value that `text` is; raises `Unreadable`."""
    reader = _Reader(text)
    node = reader.value(0, line=None)
    if reader.ahead():
        raise reader.refused("something follows the end of the JSON")
    return node


class _Reader:
    """One pass over one text. `at` never moves back, and `line` is the line that it is in."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.line = 1

    def ahead(self) -> str:
        """The next character that means something; "" at the end."""
        self._to(_VOID.match(self.text, self.at))
        return self.text[self.at : self.at + 1]

    def refused(self, message: str, *, hint: str = "") -> Unreadable:
        return Unreadable(self.line, message, hint=hint)

    def value(self, depth: int, *, line: int | None) -> Node:
        """The value that comes next, whose key stands in `line`."""
        first = self.ahead()
        line = line or self.line
        if depth > MAX_DEPTH:
            raise self.refused(f"brackets nest deeper than {MAX_DEPTH} levels")
        match first:
            case "":
                raise self.refused("the file ends where a value belongs")
            case "{":
                return Node(line=line, value=self._table(depth))
            case "[":
                items: list[Node] = []
                self._items("]", lambda: items.append(self.value(depth + 1, line=None)))
                return Node(line=line, value=tuple(items))
            case '"':
                return Node(line=line, value=self._string())
            case _:
                return Node(line=line, value=self._plain())

    def _table(self, depth: int) -> dict[str, Node]:
        found: dict[str, Node] = {}

        def item() -> None:
            if self.ahead() != '"':
                raise self.refused("a key in double quotes belongs here")
            line, key = self.line, self._string()
            if key in found:
                raise self.refused(
                    f"the key {quote(key, limit=40)} stands twice, first in line {found[key].line}",
                    hint="keep one of them",
                )
            if self.ahead() != ":":
                raise self.refused("a colon belongs between key and value")
            self.at += 1
            found[key] = self.value(depth + 1, line=line)

        self._items("}", item)
        return found

    def _items(self, end: str, item: Callable[[], None]) -> None:
        """What stands between this bracket and `end`, each read by `item`."""
        opened = self.line
        self.at += 1
        while (ahead := self.ahead()) != end:
            if not ahead:
                raise Unreadable(opened, f"a bracket is opened here and never closed by {end}")
            item()
            ahead = self.ahead()
            if ahead not in (",", end, ""):
                raise self.refused(f"a comma or {end} belongs here")
            self.at += ahead == ","
        self.at += 1

    def _string(self) -> str:
        found = _STRING.match(self.text, self.at)
        if found is None:
            raise self.refused("a text is not closed on its line, or holds a control character")
        self._to(found)
        try:
            return cast("str", json.loads(found[0]))
        except ValueError:
            raise self.refused("a backslash begins no escape that JSON knows") from None

    def _plain(self) -> Scalar:
        word = _WORD.match(self.text, self.at)
        if word is None:
            raise self.refused(f"{quote(self.text[self.at])} cannot begin a value")
        self._to(word)
        if word[0] in _WORDS:
            return _WORDS[word[0]]
        if _NUMBER.fullmatch(word[0]) is None:
            raise self.refused(
                "a value is neither a number, true, false nor null",
                hint="texts stand in double quotes",
            )
        return number(word[0], self.line)

    def _to(self, found: re.Match[str] | None) -> None:
        if found is not None:
            self.line += found[0].count("\n")
            self.at = found.end()


def number(text: str, line: int) -> int | float:
    """What these digits mean; refused where no setting could be so large."""
    if text.lstrip("+-").isdecimal():
        if len(text) > MAX_DIGITS:
            raise Unreadable(line, f"a number has more than {MAX_DIGITS} digits")
        return int(text)
    figure = float(text)
    if not math.isfinite(figure):
        raise Unreadable(line, "a number is too large")
    return figure
