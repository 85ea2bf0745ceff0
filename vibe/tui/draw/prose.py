"""Blocks of Markdown drawn as lines of a given width."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import assert_never

from vibe.tui.draw.ink import EMPTY, Ink, Line, Span, cells, cropped, folded, hung, line, wrapped
from vibe.tui.draw.inline import spans
from vibe.tui.draw.markdown import Block, Code, Heading, Item, Paragraph, Quote, Rule, Side, Table

INLINE_MOST = 20_000  # characters of one paragraph whose marks are looked for
LEAST_COLUMN = 6
GAP = Span("  ")


def drawn(blocks: Sequence[Block], width: int) -> tuple[Line, ...]:
    """With a blank line between those that are apart."""
    lines: list[Line] = []
    before: Block | None = None
    for block in blocks:
        if before is not None and are_apart(before, block):
            lines.append(EMPTY)
        lines += drawn_block(block, width)
        before = block
    return tuple(lines)


def are_apart(before: Block, block: Block) -> bool:
    return not (isinstance(before, Item) and isinstance(block, Item))


def drawn_block(block: Block, width: int) -> list[Line]:
    match block:
        case Paragraph(text, indent):
            return _inset(indent, _flowing(text, "plain", width - indent))
        case Heading(_, text):
            return _flowing(text, "heading", width)
        case Item(mark, text, indent):
            prefix = line(f"{' ' * indent}{'•' if mark in '-*+' else mark} ", "muted")
            return hung(prefix, _flowing(text, "plain", width - cells(prefix)))
        case Quote(text):
            return [(Span("│ ", "muted"), *each) for each in _flowing(text, "muted", width - 2)]
        case Code(lines=lines, indent=indent):
            rows = [row.expandtabs(4) for row in lines]
            folds = [each for row in rows for each in folded(line(row, "code"), width - indent - 2)]
            return _inset(indent + 2, folds)
        case Table():
            return list(_table(block, width))
        case Rule():
            return [line("─" * width, "muted")]
    assert_never(block)


def _inset(indent: int, lines: Iterable[Line]) -> list[Line]:
    blank = Span(" " * indent)
    return [(blank, *each) if indent and each else each for each in lines]


def _flowing(text: str, ink: Ink, width: int) -> list[Line]:
    """A line of the text goes on in the next, but where two blanks or a backslash end it."""
    lines: list[Line] = []
    held: list[str] = []
    for row in text.split("\n"):
        is_ended = row.endswith(("  ", "\\"))
        held.append(row.rstrip().removesuffix("\\") if is_ended else row)
        if is_ended:
            lines += wrapped(_marked(" ".join(held), ink), width)
            held = []
    if held:
        lines += wrapped(_marked(" ".join(held), ink), width)
    return lines


def _marked(text: str, ink: Ink) -> Line:
    return spans(text, ink) if len(text) <= INLINE_MOST else line(text, ink)


def _table(table: Table, width: int) -> Iterable[Line]:
    rows, columns = table.rows, len(table.rows[0])
    missing: list[Side] = ["left"] * (columns - len(table.sides))
    sides = (*table.sides[:columns], *missing)
    inked: list[list[Line]] = [
        [_marked(cell, "plain" if number else "strong") for cell in (*row, *([""] * columns))]
        for number, row in enumerate(rows)
    ]
    widths = [max(1, *(cells(row[column]) for row in inked)) for column in range(columns)]
    room = width - 2 * (columns - 1)
    while sum(widths) > room and max(widths) > LEAST_COLUMN:
        widths[widths.index(max(widths))] -= 1
    for number, row in enumerate(inked):
        yield from (cropped(each, width) for each in _row(row[:columns], widths, sides))
        if not number:
            total = sum(widths) + 2 * (columns - 1)
            yield line("─" * min(total, width), "muted")


def _row(row: Sequence[Line], widths: Sequence[int], sides: Sequence[Side]) -> Iterable[Line]:
    parts = [wrapped(cell, width) for cell, width in zip(row, widths, strict=True)]
    for number in range(max(map(len, parts))):
        spans_: list[Span] = []
        for index, (part, width, side) in enumerate(zip(parts, widths, sides, strict=True)):
            cell = part[number] if number < len(part) else EMPTY
            gap = max(0, width - cells(cell))
            before = {"left": 0, "middle": gap // 2, "right": gap}[side]
            spans_ += [GAP] if index else []
            spans_ += [Span(" " * before), *cell, Span(" " * (gap - before))]
        yield tuple(span for span in spans_ if span.text)
