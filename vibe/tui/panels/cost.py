"""`/cost`: what was spent, by who answered: in this session, and today in all of them together.

A pure function of the sums and a width. What vibe had to count or to leave out, is marked and said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final, TypeAlias

from vibe.clean import clean_line
from vibe.domain.telling import money, tokens
from vibe.session.spent import Spent, in_all
from vibe.tui.draw.ink import Ink, Line, Span, cells, cropped, line, padded, shortened, wrapped

LEAST_ALIAS: Final = 10
MOST_ALIAS: Final = 28
GAP: Final = "  "
ESTIMATED: Final = "~ was counted by vibe, since the provider did not"

Column: TypeAlias = tuple[str, Callable[[Spent], str]]


def cost_lines(session: Sequence[Spent], today: Sequence[Spent], width: int) -> tuple[Line, ...]:
    return tuple(_lines(session, today, width))


def _lines(session: Sequence[Spent], today: Sequence[Spent], width: int) -> Iterator[Line]:
    here, all_day = _summed(session), _summed(today)
    draw = partial(_part, every=(*here, *all_day), width=width)
    yield from draw("This session", here, "nothing was asked in it yet")
    yield ()
    yield from draw("Today (UTC), all sessions", all_day, "nothing is known of today")
    every = in_all((*session, *today))
    notes = [ESTIMATED] if every.estimated else []
    notes += [f"{_unpriced(session, today)}: not in the sum"] if every.unpriced else []
    for note in notes:
        yield from ((), *wrapped(line(note, "muted"), width))


def _summed(spent: Sequence[Spent]) -> Sequence[Spent]:
    return (*spent, in_all(spent)) if len(spent) > 1 else spent


def _part(
    title: str, spent: Sequence[Spent], nothing: str, *, every: Sequence[Spent], width: int
) -> Iterator[Line]:
    """The columns have the room that `every` row of the view needs."""
    yield line(title, "strong")
    if not spent:
        yield line(nothing, "muted")
        return
    columns = _fitting(every, width)
    longest = max(cells(line(clean_line(each.alias))) for each in every)
    room = width - _room_for(every, columns) + LEAST_ALIAS
    alias = max(LEAST_ALIAS, min(longest, MOST_ALIAS, room))
    header = [name for name, _ in columns]
    yield cropped(_row("MODEL", header, every, columns, alias, "muted"), width)
    for each in spent:
        told = [tell(each) for _, tell in columns]
        ink: Ink = "strong" if each is spent[-1] and len(spent) > 1 else "plain"
        row = _row(clean_line(each.alias), told, every, columns, alias, ink)
        yield cropped(row, width)


def _row(
    name: str,
    told: Sequence[str],
    every: Sequence[Spent],
    columns: Sequence[Column],
    alias: int,
    ink: Ink,
) -> Line:
    widths = [_width(column, every) for column in columns]
    figures = "".join(f"{GAP}{each:>{width}}" for each, width in zip(told, widths, strict=True))
    return (*padded(line(shortened(name, alias), ink), alias), Span(figures, ink))


def _fitting(every: Sequence[Spent], width: int) -> Sequence[Column]:
    """The costs stay longest."""
    columns = list(_COLUMNS)
    for column in (_ANSWERS, _CACHED, _OUT, _IN):
        if width < _room_for(every, columns):
            columns.remove(column)
    return columns


def _room_for(every: Sequence[Spent], columns: Sequence[Column]) -> int:
    return LEAST_ALIAS + sum(len(GAP) + _width(column, every) for column in columns)


def _width(column: Column, every: Sequence[Spent]) -> int:
    name, tell = column
    return max(len(name), *(len(tell(each)) for each in every))


def _unpriced(*parts: Sequence[Spent]) -> str:
    without = dict.fromkeys(
        clean_line(each.alias) for part in parts for each in part if each.unpriced
    )
    return f"no price is known of {', '.join(without)}"


def _counted(count: int, spent: Spent) -> str:
    return f"{'~' * bool(spent.estimated)}{tokens(count)}"


def _cost(spent: Spent) -> str:
    is_estimate = bool(spent.estimated or spent.unpriced)
    return money(spent.known_cost_uusd, is_estimate=is_estimate)


_ANSWERS: Final[Column] = ("ANSWERS", lambda each: str(each.answers))
_IN: Final[Column] = ("IN", lambda each: _counted(each.input, each))
_CACHED: Final[Column] = ("CACHED", lambda each: tokens(each.cached_read))
_OUT: Final[Column] = ("OUT", lambda each: _counted(each.output, each))
_COLUMNS: Final[tuple[Column, ...]] = (_ANSWERS, _IN, _CACHED, _OUT, ("COST", _cost))
