"""As much of YAML as configurations of proxies use: block maps and lists, lists and maps in
brackets, plain and quoted texts, comments.

Text to values, in one pass. Numbers are decimal. What else YAML knows (anchors, tags, texts over
several lines, further documents) is refused with a sentence and its line, never guessed. Why this
is no dependency: docs/adr/0008-reading-yaml.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import cast

from msgspec import Struct

from vibe.clean import quote
from vibe.config.importing.read_json import number
from vibe.config.importing.tree import MAX_DEPTH, Node, Scalar, Unreadable

_LINE = re.compile(r"([ ]*+)([^\n]*+)(?:\n|\Z)")
_VOID = re.compile(r"(?:[ \t\r\n]++|(?<=\s)#[^\n]*+)*+")
_REST = re.compile(r"[ \t]*+(?:(?<=[ \t])#.*+)?")
_DASH = re.compile(r"-(?:[ \t]++|$)")
_KEY = re.compile(r"""(?:"((?:[^"\\]++|\\.)*+)"|'((?:[^']++|'')*+)'|([^\s"'#\[\]{},&*!|>%@`-]"""
                  r"""(?:[^\s:#]++|:(?=\S)|(?<=\S)#|[ \t]++(?![#\s]))*+|-(?=\S)[^\s:]*+))"""
                  r"""[ \t]*+:(?:[ \t]++|$)""")  # fmt: skip
_DOUBLE = re.compile(r'"(?:[^"\\\r\n]++|\\.)*+"')
_SINGLE = re.compile(r"'(?:[^'\r\n]++|'')*+'")
_PLAIN = re.compile(r"(?:[^\s:#]++|:(?=\S)|(?<=\S)#|[ \t]++(?![#\s]))++")
_INNER = re.compile(r"(?:[^\s:#,\[\]{}]++|:(?=[^\s,\[\]{}])|(?<=\S)#|[ \t]++(?![#\s,\[\]{}]))++")
_WHOLE = re.compile(r"[-+]?(?:0|[1-9][0-9_]*+)")
_POINT = re.compile(
    r"[-+]?(?:[0-9][0-9_]*+\.[0-9_]*+|\.[0-9][0-9_]*+)(?:[eE][-+]?[0-9]++)?"
    r"|[-+]?[0-9]++[eE][-+]?[0-9]++"
)
_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null"), None),
    **dict.fromkeys(("true", "yes", "on"), True),
    **dict.fromkeys(("false", "no", "off"), False),
}
_REFUSED = {
    "&": ("an anchor (&) cannot be read", "write the value out in each place"),
    "*": ("an alias (*) cannot be read", "write the value out in each place; quote a *"),
    "!": ("a tag (!) cannot be read", "write the plain value"),
    "|": ("a text over several lines (|) cannot be read", "write it on one line, in quotes"),
    ">": ("a text over several lines (>) cannot be read", "write it on one line, in quotes"),
    "%": ("a % begins no value", "put the text in quotes"),
    "@": ("an @ begins no value", "put the text in quotes"),
    "`": ("a ` begins no value", "put the text in quotes"),
    "?": ("a key of several parts (?) cannot be read", "write KEY: VALUE"),
}


class _Row(Struct, frozen=True, kw_only=True):
    """What stands on one line from the offset `start`, which is `indent` columns in, to `end`."""

    line: int
    indent: int
    start: int
    end: int


def read_yaml(text: str) -> Node:
    """The value that `text` is; raises `Unreadable`."""
    return _Reader(text).whole()


class _Reader:
    """One pass over the rows that hold anything. `at` is the row that is read next; it never moves
    back, and a row after a dash is the row without that dash."""

    def __init__(self, text: str) -> None:
        self.text = text.removeprefix("\ufeff")
        self.rows = list(_rows(self.text))
        self.at = 0

    def whole(self) -> Node:
        if not self.rows:
            return Node(line=1, value=None)
        node = self._block(0)
        if self.at < len(self.rows):
            raise Unreadable(
                self.rows[self.at].line,
                "this line is indented otherwise than those above it",
                hint="keys of one table begin in the same column",
            )
        return node

    # blocks

    def _block(self, depth: int, *, line: int | None = None) -> Node:
        row = self.rows[self.at]
        if depth > MAX_DEPTH:
            raise Unreadable(row.line, f"values nest deeper than {MAX_DEPTH} levels")
        line = line or row.line
        if self._begins(_DASH, row):
            return Node(line=line, value=tuple(self._list(row.indent, depth)))
        if self._begins(_KEY, row):
            return Node(line=line, value=self._map(row.indent, depth))
        return self._inline(row, row.start, depth, line=line)

    def _list(self, indent: int, depth: int) -> Iterator[Node]:
        while (row := self._row_at(indent)) and (dash := self._begins(_DASH, row)):
            inside = indent + dash.end() - row.start
            if self._is_void(row, dash.end()):
                yield self._below(row, indent, depth)
            else:
                self.rows[self.at] = _Row(
                    line=row.line, indent=inside, start=dash.end(), end=row.end
                )
                yield self._block(depth + 1)

    def _map(self, indent: int, depth: int) -> dict[str, Node]:
        found: dict[str, Node] = {}
        while (row := self._row_at(indent)) and not self._begins(_DASH, row):
            key = self._begins(_KEY, row)
            if key is None:
                raise self._no_key(row)
            name = self._key(key, row)
            if name in found:
                raise Unreadable(
                    row.line,
                    f"the key {quote(name, limit=40)} stands twice, first in line "
                    f"{found[name].line}",
                    hint="keep one of them",
                )
            if self._is_void(row, key.end()):
                found[name] = self._below(row, indent, depth, is_key=True)
            else:
                found[name] = self._inline(row, key.end(), depth, line=row.line)
        return found

    def _below(self, row: _Row, indent: int, depth: int, *, is_key: bool = False) -> Node:
        """The block in the rows after `row`, null if there is none. The dashes of a list may stand
        right below their key."""
        self.at += 1
        below = self.rows[self.at] if self.at < len(self.rows) else None
        is_list = below is not None and is_key and self._begins(_DASH, below) is not None
        if below is None or below.indent < indent + (not is_list):
            return Node(line=row.line, value=None)
        return self._block(depth + 1, line=row.line)

    def _row_at(self, indent: int) -> _Row | None:
        row = self.rows[self.at] if self.at < len(self.rows) else None
        if row is not None and row.indent > indent:
            raise Unreadable(
                row.line,
                "this line goes on with a text, or is indented too far",
                hint="write each text on one line; keys of one table begin in the same column",
            )
        return row if row is not None and row.indent == indent else None

    def _key(self, found: re.Match[str], row: _Row) -> str:
        double, single, plain = found.groups()
        if plain == "<<":
            raise Unreadable(row.line, "a merge (<<) cannot be read", hint="write its keys out")
        if double is not None:
            return _unescaped(f'"{double}"', row.line)
        return single.replace("''", "'") if single is not None else cast("str", plain)

    def _no_key(self, row: _Row) -> Unreadable:
        message, hint = _REFUSED.get(self.text[row.start], ("a key and a colon belong here", ""))
        return Unreadable(row.line, message, hint=hint or "write KEY: VALUE")

    # values on one row, or in brackets over several

    def _inline(self, row: _Row, start: int, depth: int, *, line: int) -> Node:
        """The value that begins at the offset `start` of `row`, and nothing but it."""
        value, end = self._flow(start, depth, row.line, inside=False)
        while self.at < len(self.rows) and self.rows[self.at].start <= end:
            row = self.rows[self.at]
            self.at += 1
        if not self._is_void(row, end):
            raise Unreadable(
                row.line, "something follows the value", hint="put a text with : or # in quotes"
            )
        return Node(line=line, value=value)

    def _flow(
        self, at: int, depth: int, line: int, *, inside: bool
    ) -> tuple[Scalar | tuple[Node, ...] | dict[str, Node], int]:
        """The value at the offset `at`, and where it ends."""
        first = self.text[at : at + 1]
        if depth > MAX_DEPTH:
            raise Unreadable(line, f"values nest deeper than {MAX_DEPTH} levels")
        if first == "[":
            items: list[Node] = []

            def item(at: int, line: int) -> int:
                value, at = self._flow(at, depth + 1, line, inside=True)
                items.append(Node(line=line, value=value))
                return at

            end = self._brackets(at, line, "]", item)
            return tuple(items), end
        if first == "{":
            return self._flow_map(at, depth, line)
        if first in _REFUSED:
            message, hint = _REFUSED[first]
            raise Unreadable(line, message, hint=hint)
        return self._scalar(at, line, plain=_INNER if inside else _PLAIN)

    def _flow_map(self, at: int, depth: int, line: int) -> tuple[dict[str, Node], int]:
        found: dict[str, Node] = {}

        def item(at: int, line: int) -> int:
            key, at = self._scalar(at, line, plain=_INNER)
            name = str(key)
            if name in found:
                raise Unreadable(line, f"the key {quote(name, limit=40)} stands twice")
            at, value_line = self._void(at, line)
            if self.text[at : at + 1] != ":":
                raise Unreadable(line, "a colon belongs between key and value")
            at, value_line = self._void(at + 1, value_line)
            value, at = self._flow(at, depth + 1, value_line, inside=True)
            found[name] = Node(line=line, value=value)
            return at

        return found, self._brackets(at, line, "}", item)

    def _brackets(self, at: int, line: int, end: str, item: Callable[[int, int], int]) -> int:
        """Reads each `item` between the bracket at `at` and `end`; where the latter ends."""
        opened = line
        at, line = self._void(at + 1, line)
        while (ahead := self.text[at : at + 1]) != end:
            if not ahead:
                raise Unreadable(opened, f"a bracket is opened here and never closed by {end}")
            before, at = at, item(at, line)
            line += self.text.count("\n", before, at)
            at, line = self._void(at, line)
            ahead = self.text[at : at + 1]
            if ahead not in (",", end, ""):
                raise Unreadable(line, f"a comma or {end} belongs here")
            if ahead == ",":
                at, line = self._void(at + 1, line)
        return at + 1

    def _scalar(self, at: int, line: int, *, plain: re.Pattern[str]) -> tuple[Scalar, int]:
        first = self.text[at : at + 1]
        if first in ('"', "'"):
            found = (_DOUBLE if first == '"' else _SINGLE).match(self.text, at)
            if found is None:
                raise Unreadable(line, "a text in quotes is not closed on its line")
            written = found[0]
            if first == '"':
                return _unescaped(written, line), found.end()
            return written[1:-1].replace("''", "'"), found.end()
        found = plain.match(self.text, at)
        if found is None:
            raise Unreadable(line, "a value belongs here")
        return _meaning(found[0], line), found.end()

    def _void(self, at: int, line: int) -> tuple[int, int]:
        """Past blanks, line ends and comments."""
        found = _VOID.match(self.text, at)
        end = found.end() if found else at
        return end, line + self.text.count("\n", at, end)

    def _begins(self, pattern: re.Pattern[str], row: _Row) -> re.Match[str] | None:
        return pattern.match(self.text, row.start, row.end)

    def _is_void(self, row: _Row, at: int) -> bool:
        return _REST.fullmatch(self.text, at, row.end) is not None


def _rows(text: str) -> Iterator[_Row]:
    """The lines that hold more than a comment; the mark of the one document is left out."""
    line = at = 0
    has_begun = False
    while at < len(text):
        found = cast("re.Match[str]", _LINE.match(text, at))
        line, at = line + 1, found.end()
        content = found[2].rstrip()
        if not content or content.startswith("#"):
            continue
        if content.startswith("\t"):
            raise Unreadable(line, "a tab indents this line", hint="YAML is indented by blanks")
        if not found[1] and content in ("---", "..."):
            if has_begun or content == "...":
                raise Unreadable(line, "a further document begins here", hint="keep one of them")
            has_begun = True
            continue
        has_begun = True
        start = found.start(2)
        yield _Row(line=line, indent=len(found[1]), start=start, end=start + len(content))


def _meaning(text: str, line: int) -> Scalar:
    """Of a text without quotes."""
    folded = text.lower()
    if folded in _WORDS and text in (folded, folded.capitalize(), folded.upper()):
        return _WORDS[folded]
    if _WHOLE.fullmatch(text) or _POINT.fullmatch(text):
        return number(text.replace("_", ""), line)
    return text


def _unescaped(written: str, line: int) -> str:
    try:
        return cast("str", json.loads(written, strict=False))
    except ValueError:
        raise Unreadable(
            line, "a backslash begins no escape that is known", hint="use single quotes"
        ) from None
