"""Markdown as models write it, as blocks: a fold over lines, so that an answer can be read while it
grows. Knows neither widths nor inks; what is not surely a mark stays text.
"""

from __future__ import annotations

import re
from copy import copy
from typing import Final, Literal, TypeAlias, assert_never

from msgspec import Struct
from msgspec.structs import replace

_FENCE = re.compile(r"( *)(`{3,}|~{3,})[ \t]*([^`\n]*)")
_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*")
_RULE = re.compile(r" {0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,})")
_ITEM = re.compile(r"( *)([-*+]|\d{1,9}[.)])[ \t]+(.*)")
_QUOTE = re.compile(r" {0,3}> ?(.*)")
_COLUMNS = re.compile(r"\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*")
_CELLS = re.compile(r"(?<!\\)\|")
_CODE_INDENT: Final = "    "
_DEEPEST: Final = 12

Side: TypeAlias = Literal["left", "middle", "right"]


class Paragraph(Struct, frozen=True):
    text: str
    indent: int = 0


class Heading(Struct, frozen=True):
    level: int
    text: str


class Item(Struct, frozen=True):
    """Of a list; `mark` is a bullet or a number."""

    mark: str
    text: str
    indent: int = 0


class Quote(Struct, frozen=True):
    text: str


class Code(Struct, frozen=True, kw_only=True):
    """`fence` closes it: "" where it is indented, None once it is closed."""

    lines: tuple[str, ...]
    language: str = ""
    indent: int = 0
    fence: str | None = None


class Table(Struct, frozen=True):
    """The first row names the columns, `sides` tell where in them the text stands."""

    rows: tuple[tuple[str, ...], ...]
    sides: tuple[Side, ...] = ()


class Rule(Struct, frozen=True):
    pass


Block: TypeAlias = Paragraph | Heading | Item | Quote | Code | Table | Rule


class Growing:
    """A text that comes in pieces. However it is cut, its blocks are those of the whole. A line is
    read once, when somebody asks for the blocks and it has ended."""

    # `_fold` has read the lines that ended, up to the piece `_read`; `_row` is the one after them.
    def __init__(self, text: str = "") -> None:
        self._fold = _Fold()
        self._row = ""
        self._read = 0
        self._pieces = [text]

    def feed(self, piece: str) -> None:
        self._pieces.append(piece)

    @property
    def text(self) -> str:
        return "".join(self._pieces)

    @property
    def blocks(self) -> tuple[Block, ...]:
        *ended, self._row = "".join((self._row, *self._pieces[self._read :])).split("\n")
        self._read = len(self._pieces)
        for row in ended:
            self._fold.take(row)
        return self._fold.with_row(self._row)

    @property
    def open_fence(self) -> str:
        """What has to stand before the rest where another goes on; "" outside of code."""
        last = self.blocks[-1] if self.blocks else None
        return f"{last.fence}{last.language}\n" if isinstance(last, Code) and last.fence else ""


def blocks(text: str) -> tuple[Block, ...]:
    return Growing(text).blocks


class _Fold:
    """`_is_apart`: a blank line stood before this one."""

    def __init__(self) -> None:
        self._blocks: list[Block] = []
        self._is_apart = True
        self._blanks = 0

    def with_row(self, row: str) -> tuple[Block, ...]:
        """What the blocks are if this is all of the next row."""
        ahead = copy(self)
        ahead._blocks = self._blocks.copy()
        ahead.take(row)
        return tuple(ahead._blocks)

    def take(self, row: str) -> None:
        last = self._blocks[-1] if self._blocks else None
        if isinstance(last, Code) and last.fence is not None and self._is_in(last, row):
            return
        if not row.strip():
            self._is_apart = True
            self._blanks += 1
            return
        if self._is_apart or not self._joins(row, last):
            self._blocks.append(_begun(row, last))
        self._is_apart, self._blanks = False, 0

    def _is_in(self, code: Code, row: str) -> bool:
        """Whether the line belongs to the code that is open."""
        fence = code.fence
        if fence:
            body = row.strip()
            if body.startswith(fence) and not body.strip(fence[0]):
                self._put(replace(code, fence=None))
            else:
                self._put(replace(code, lines=(*code.lines, _less(row, code.indent))))
            self._is_apart = False
            return True
        if not row.startswith(_CODE_INDENT):
            return False
        blanks = ("",) * self._blanks
        self._put(replace(code, lines=(*code.lines, *blanks, row.removeprefix(_CODE_INDENT))))
        self._is_apart, self._blanks = False, 0
        return True

    def _joins(self, row: str, last: Block | None) -> bool:
        """Whether the line goes on with the last block, which is then put down with it."""
        match last:
            case Table(rows):
                if "|" not in row:
                    return False
                self._put(replace(last, rows=(*rows, _cells(row))))
                return True
            case Quote(text):
                quoted = _QUOTE.fullmatch(row)
                if quoted is None and _starts(row):
                    return False
                self._put(Quote(f"{text}\n{quoted[1] if quoted else row.strip()}"))
                return True
            case Paragraph(text):
                return self._joins_paragraph(row, last)
            case Item(text=text):
                if _starts(row):
                    return False
                self._put(replace(last, text=f"{text}\n{_tidy(row)}"))
                return True
            case Heading() | Code() | Rule() | None:
                return False
            case _:
                assert_never(last)

    def _joins_paragraph(self, row: str, last: Paragraph) -> bool:
        before, _, header = last.text.rpartition("\n")
        if "|" in row and "|" in header and _COLUMNS.fullmatch(row):
            sides: tuple[Side, ...] = tuple(_side(mark) for mark in _cells(row))
            table = Table((_cells(header),), sides)
            if not before:
                self._put(table)
            else:
                self._put(replace(last, text=before))
                self._blocks.append(table)
            return True
        if _starts(row):
            return False
        self._put(replace(last, text=f"{last.text}\n{_tidy(row)}"))
        return True

    def _put(self, block: Block) -> None:
        self._blocks[-1] = block


def _begun(row: str, last: Block | None) -> Block:
    if found := _FENCE.match(row):
        indent = min(len(found[1]), _DEEPEST)
        return Code(lines=(), language=found[3].strip(), indent=indent, fence=found[2])
    if found := _HEADING.fullmatch(row):
        return Heading(len(found[1]), found[2])
    if _RULE.fullmatch(row):
        return Rule()
    if found := _ITEM.fullmatch(row):
        return Item(found[2], _tidy(found[3]), min(len(found[1]), _DEEPEST))
    if found := _QUOTE.fullmatch(row):
        return Quote(found[1])
    indent = len(row) - len(row.lstrip(" "))
    is_within_list = isinstance(last, Item) or (isinstance(last, Paragraph) and last.indent > 0)
    if is_within_list and indent:
        return Paragraph(_tidy(row), min(indent, _DEEPEST))
    if row.startswith(_CODE_INDENT):
        return Code(lines=(row.removeprefix(_CODE_INDENT),), fence="")
    return Paragraph(_tidy(row))


def _starts(row: str) -> bool:
    """Whether the line begins something of its own, and so ends a paragraph."""
    marks = (_HEADING, _RULE, _ITEM, _QUOTE)
    return _FENCE.match(row) is not None or any(mark.fullmatch(row) for mark in marks)


def _tidy(row: str) -> str:
    """Without its margins, but for the two blanks that ask for a new line."""
    asks = row.endswith("  ")
    return row.strip() + "  " * asks


def _less(row: str, indent: int) -> str:
    return row[min(indent, len(row) - len(row.lstrip(" "))) :]


def _side(mark: str) -> Side:
    if not mark.endswith(":"):
        return "left"
    return "middle" if mark.startswith(":") else "right"


def _cells(row: str) -> tuple[str, ...]:
    bare = row.strip().removeprefix("|").removesuffix("|")
    return tuple(cell.strip().replace("\\|", "|") for cell in _CELLS.split(bare))
