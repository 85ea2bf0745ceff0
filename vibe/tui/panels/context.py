"""`/context`: what fills the window, as a bar and in parts that sum up to what is told above them.

A pure function of a frozen value and a width. All figures but the provider's own are estimates.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from vibe.agent.compaction import FULL
from vibe.agent.context import Share
from vibe.clean import clean_line
from vibe.domain.telling import tokens
from vibe.tui.draw.ink import Line, Span, cells, cropped, line, padded, shortened

NAME_CELLS: Final = 26
LEAST_BAR: Final = 10
MOST_BAR: Final = 40
EIGHTHS: Final = " ▏▎▍▌▋▊▉█"


class ContextView(Struct, frozen=True, kw_only=True):
    """`window` is that of `alias`, None where nobody knows it; `counted` is what the provider of
    the last answer counted, that answer included."""

    shares: tuple[Share, ...]
    alias: str = ""
    window: int | None = None
    counted: int | None = None

    @property
    def total(self) -> int:
        return sum(each.tokens for each in self.shares)


def context_lines(view: ContextView, width: int) -> tuple[Line, ...]:
    return tuple(_lines(view, width))


def _lines(view: ContextView, width: int) -> Iterator[Line]:
    yield cropped(_in_all(view), width)
    if view.window is not None:
        bar = min(width, NAME_CELLS + MOST_BAR + 16)
        used = min(1.0, view.total / view.window)
        yield (Span(_bar(used, bar), "accent"), *line(_rest(used, bar), "muted"))
        yield cropped(_free(view, view.window), width)
    yield ()
    for share in view.shares:
        yield _row(share, view.total, width)
    if view.counted is not None:
        yield ()
        told = f"counted with the last answer, which is in it: {view.counted:,}"
        yield cropped(line(told, "muted"), width)


def _in_all(view: ContextView) -> Line:
    total = Span(f"~{view.total:,} tokens", "strong")
    of = f" of the {tokens(view.window)} of {clean_line(view.alias)}" if view.window else ""
    used = f"   ~{view.total / view.window:.0%}" if view.window else "   its window is not known"
    return total, Span(of), Span(used, "muted")


def _free(view: ContextView, window: int) -> Line:
    left = int(window * FULL) - view.total
    if left <= 0:
        return line(f"over {FULL:.0%}: it is summed up before the next request", "warn")
    return line(f"~{tokens(left)} left until it is summed up at {FULL:.0%}", "muted")


def _row(share: Share, total: int, width: int) -> Line:
    part = share.tokens / total if total else 0.0
    count = f" ×{share.count}" if share.count > 1 else ""
    name = clean_line(share.name)
    room = min(NAME_CELLS, max(8, width - 17))
    told = (Span(shortened(name, room - len(count))), Span(count, "muted"))
    figures = f"{f'~{share.tokens:,}':>9}{part:>7.1%}"
    left = (*padded(told, room), Span(figures))
    bar = min(MOST_BAR, width - cells(left) - 2)
    return (*left, Span("  "), Span(_bar(part, bar), "accent")) if bar >= LEAST_BAR else left


def _bar(part: float, width: int) -> str:
    """In eighths of a cell, and at least one for what is there at all."""
    eighths = max(round(part * width * 8), 1 if part else 0)
    return EIGHTHS[-1] * (eighths // 8) + (EIGHTHS[eighths % 8] if eighths % 8 else "")


def _rest(part: float, width: int) -> str:
    return "·" * max(0, width - len(_bar(part, width)))
