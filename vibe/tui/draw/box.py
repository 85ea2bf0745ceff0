"""A frame around a panel. Where the screen is narrow there is none: its cells are worth more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from vibe.tui.draw.ink import Line, Span, cells, cropped, line, padded

FRAMED: Final = 60  # from this width on
BORDER: Final = 6  # what a frame takes of a line, the margins of the screen among it


def framed(title: Line, *parts: Sequence[Line], width: int) -> tuple[Line, ...]:
    """The parts with a rule between them."""
    if width < FRAMED:
        return tuple(cropped((Span(" "), *row), width) for row in (title, *_joined(parts, width)))
    inner = width - BORDER
    dashes = max(0, inner - cells(title))
    top = (*line(" ┌ ", "muted"), *cropped(title, inner), *line(f" {'─' * dashes}┐", "muted"))
    rows: list[Line] = [top]
    for index, part in enumerate(parts):
        if index:
            rows.append(line(f" ├{'─' * (inner + 2)}┤", "muted"))
        edge = Span(" │ ", "muted"), Span(" │", "muted")
        rows += ((edge[0], *padded(row, inner), edge[1]) for row in part)
    return (*rows, line(f" └{'─' * (inner + 2)}┘", "muted"))


def room_in(width: int) -> int:
    """What a line of a panel may take."""
    return width - BORDER if width >= FRAMED else width - 1


def _joined(parts: Iterable[Sequence[Line]], width: int) -> Iterable[Line]:
    for index, part in enumerate(parts):
        if index:
            yield line("─" * (width - 2), "muted")
        yield from part
