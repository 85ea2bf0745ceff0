"""The marks within a line of Markdown: code, emphasis, links. What opens without a close is text.
Code keeps its marks: it is not told by colour alone.

Linear in the length of the text, whatever a model writes: a mark whose close is not found once is
never searched for again. The target of a link is always seen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html import unescape

from vibe.clean import clean_line
from vibe.tui.draw.ink import Ink, Line, Span

_MARK = re.compile(r"`+|\*\*|__|~~|\*|_|\[|<https?://|\\|&#?\w{1,31};")
_PUNCTUATION = frozenset("\\`*_{}[]()#+-.!~<>|")
_PAIRS: Mapping[str, Ink] = {
    "**": "strong",
    "__": "strong",
    "~~": "struck",
    "*": "emphasis",
    "_": "emphasis",
}


def spans(text: str, ink: Ink = "plain") -> Line:
    """`ink` is that of what is not marked."""
    return _Reader(text, ink).read()


class _Reader:
    """`_dead` are the closes of which there is none from here on."""

    def __init__(self, text: str, ink: Ink) -> None:
        self._text = text
        self._ink: Ink = ink
        self._dead: set[str] = set()
        self._spans: list[Span] = []
        self._plain: list[str] = []

    def read(self) -> Line:
        at = 0
        while mark := _MARK.search(self._text, at):
            self._plain.append(self._text[at : mark.start()])
            at = self._reader_of(mark[0])(mark) or self._as_it_is(mark)
        self._plain.append(self._text[at:])
        self._flush()
        return tuple(self._spans)

    def _reader_of(self, mark: str) -> Callable[[re.Match[str]], int | None]:
        if mark in _PAIRS:
            return self._pair
        if mark[0] == "`":
            return self._code
        if mark[0] == "&":
            return self._entity
        return {"[": self._link, "\\": self._escaped}.get(mark, self._address)

    def _as_it_is(self, mark: re.Match[str]) -> int:
        self._plain.append(mark[0])
        return mark.end()

    def _escaped(self, mark: re.Match[str]) -> int | None:
        following = self._text[mark.end() : mark.end() + 1]
        if following not in _PUNCTUATION:
            return None
        self._plain.append(following)
        return mark.end() + 1

    def _entity(self, mark: re.Match[str]) -> int:
        self._plain.append(clean_line(unescape(mark[0])))
        return mark.end()

    def _code(self, mark: re.Match[str]) -> int | None:
        end = self._found(mark[0], mark.end())
        if end is None:
            return None
        self._add(self._text[mark.start() : end + len(mark[0])], "code")
        return end + len(mark[0])

    def _pair(self, mark: re.Match[str]) -> int | None:
        start, close = mark.end(), mark[0]
        if not self._text[start : start + 1].strip() or self._is_within_word(mark.start(), close):
            return None
        end = self._found(close, start)
        if end is None or end == start or self._text[end - 1].isspace():
            return None
        after = end + len(close)
        if "_" in close and self._text[after : after + 1].isalnum():
            return None
        for span in spans(self._text[start:end], _PAIRS[close]):
            self._add(span.text, span.ink)
        return after

    def _link(self, mark: re.Match[str]) -> int | None:
        middle = self._found("](", mark.end())
        end = None if middle is None else self._found(")", middle)
        if middle is None or end is None:
            return None
        shown, target = self._text[mark.end() : middle], self._text[middle + 2 : end]
        self._add(shown, "link")
        if target != shown:
            self._add(f" ({target})", "muted")
        return end + 1

    def _address(self, mark: re.Match[str]) -> int | None:
        end = self._found(">", mark.end())
        if end is None:
            return None
        self._add(self._text[mark.start() + 1 : end], "link")
        return end + 1

    def _found(self, close: str, start: int) -> int | None:
        if close in self._dead:
            return None
        end = self._text.find(close, start)
        if end < 0:
            self._dead.add(close)
            return None
        return end

    def _is_within_word(self, start: int, close: str) -> bool:
        """As in `snake_case`, whose marks mean nothing."""
        return "_" in close and start > 0 and self._text[start - 1].isalnum()

    def _add(self, text: str, ink: Ink) -> None:
        self._flush()
        if text:
            self._spans.append(Span(text, ink))

    def _flush(self) -> None:
        plain = "".join(self._plain)
        self._plain.clear()
        if plain:
            self._spans.append(Span(plain, self._ink))
