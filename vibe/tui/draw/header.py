"""The first line of the screen: where, who answers, how full, how dear, and who is well.

A pure function of a frozen value and a width. Narrow screens drop the name and the words first.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace
from rich.cells import cell_len

from vibe.clean import clean_line
from vibe.domain.model import Mode
from vibe.domain.telling import money, tokens
from vibe.tui.draw.ink import Ink, Line, Span, cells, line, shortened, sides

if TYPE_CHECKING:
    from vibe.mux.snapshot import EntrySnapshot, MuxSnapshot

WIDE: Final = 100
MOST_DOTS: Final = 12
LEAST_ALIAS: Final = 10
LEAST_PLACE: Final = 12
MARGIN: Final = Span(" ")


class HeaderView(Struct, frozen=True, kw_only=True):
    """`used` of `window` tokens are known to be taken; None: not known. `cost_uusd` None: spent,
    and nobody knows how much; `is_estimate`: not all of it is known. `help_key` opens the help."""

    folder: str
    branch: str
    mode: Mode
    alias: str
    is_pinned: bool = False
    dots: Line = ()
    used: int | None = None
    window: int | None = None
    cost_uusd: int | None = 0
    is_estimate: bool = False
    help_key: str = "F1"


def header(view: HeaderView, width: int) -> tuple[Line, ...]:
    """With the rule below it."""
    is_wide = width >= WIDE
    room = width - 2
    name = (Span("vibe", "accent"), Span("  ")) if is_wide else ()
    rest = cells(_right(replace(view, alias=""), is_wide=is_wide))
    most = max(LEAST_ALIAS, room - rest - cells(name) - 2 - min(cell_len(view.folder), LEAST_PLACE))
    right = _right(replace(view, alias=shortened(view.alias, most)), is_wide=is_wide)
    left = (*name, *_place(view, room - cells(right) - cells(name) - 2, is_wide=is_wide))
    return (MARGIN, *sides(left, right, room)), rule(width)


def rule(width: int, told: str = "", ink: Ink = "accent") -> Line:
    """A line over the screen, with something to be told at its end."""
    room = max(0, width - 2)
    if not told:
        return (MARGIN, Span("─" * room, "muted"))
    shown = shortened(told, max(0, room - 6))
    dashes = room - cells(line(shown)) - 4
    return MARGIN, Span("─" * dashes, "muted"), Span(f" {shown} ", ink), Span("──", "muted")


def folder_told(folder: Path, home: Path) -> str:
    told = f"~/{folder.relative_to(home)}" if folder.is_relative_to(home) else str(folder)
    return clean_line("~" if told == "~/." else told)


def dots(snapshot: MuxSnapshot) -> Line:
    """One for each entry; of a large pool how many are well."""
    if len(snapshot.entries) > MOST_DOTS:
        ink: Ink = "good" if snapshot.available else "bad"
        return (Span(f"● {snapshot.available}/{snapshot.total}", ink),)
    return tuple(Span(*dot(entry)) for entry in snapshot.entries)


def dot(entry: EntrySnapshot) -> tuple[str, Ink]:
    if entry.taken_out:
        return "○", "muted"
    if entry.probing or entry.state == "half_open":
        return "◐", "warn"
    is_well = entry.state == "closed" and entry.can_answer and entry.spent_for_s is None
    return ("●", "good") if is_well else ("○", "bad")


def _place(view: HeaderView, room: int, *, is_wide: bool) -> Line:
    branch = f"{'  ' if is_wide else ' '}{view.branch}" if view.branch else ""
    if cell_len(view.folder) + cell_len(branch) > room:
        branch = ""  # where something has to give way, git does so first
    return (*line(_tail(view.folder, room)), *line(branch, "muted"))


def _tail(path: str, room: int) -> str:
    """The end of a path says more than its beginning."""
    if cell_len(path) <= room:
        return path
    while path and cell_len(path) >= room:
        path = path[1:]
    return f"…{path}" if room > 0 else ""


def _right(view: HeaderView, *, is_wide: bool) -> Line:
    gap = Span("   " if is_wide else "  ")
    parts = [part for part in _parts(view, is_wide=is_wide) if part]
    return tuple(span for part in parts for span in (gap, *part))[1:]


def _parts(view: HeaderView, *, is_wide: bool) -> Iterator[Line]:
    mode = "" if view.mode == "single" else f"{view.mode} · "
    mode = "pinned · " if view.is_pinned else mode
    yield (*line(mode, "muted"), Span(view.alias, "strong"))
    yield _context(view, is_wide=is_wide)
    yield line(f"{'~' if view.is_estimate else ''}{_cost(view.cost_uusd, is_wide=is_wide)}")
    yield _spaced(view.dots) if is_wide else view.dots
    yield line(view.help_key, "muted")


def _context(view: HeaderView, *, is_wide: bool) -> Line:
    if view.used is None:
        return ()
    if not view.window:
        return line(f"{tokens(view.used)} tok", "muted")
    share = view.used / view.window
    ink: Ink = "warn" if share >= 0.8 else "plain"
    return line(f"ctx {share:.0%}" if is_wide else f"{share:.0%}", ink)


def _cost(uusd: int | None, *, is_wide: bool) -> str:
    return money(uusd) if is_wide else _brief(uusd)


def _brief(uusd: int | None) -> str:
    return money(uusd) if uusd is None or (uusd < 10_000 and uusd) else f"${(uusd or 0) / 1e6:.2f}"


def _spaced(of: Line) -> Line:
    return tuple(span for each in of for span in (Span(" "), each))[1:]
