"""The rows of the `/model` picker: each model, how it stands, what it holds and costs.

Of a model of the pool the state and the time to the first word are the snapshot's; of another it is
said that it is none of the pool.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from vibe.clean import clean_line
from vibe.domain.model import Alias
from vibe.domain.telling import in_brief, money, tokens
from vibe.domain.usage import Price
from vibe.mux.snapshot import EntrySnapshot, MuxSnapshot
from vibe.tui.catalogue import Offered, Trial
from vibe.tui.draw.ink import EMPTY, Line, Span, cells, line, padded
from vibe.tui.panels.entries import UNKNOWN, state_of
from vibe.tui.panels.picker import Row

Trials: TypeAlias = Mapping[Alias, Trial | None]  # None: under way

GAP: Final = "  "
LEAST_ALIAS: Final = 16
OUTSIDE: Final = line("· not in the pool", "muted")
# The columns, the first of which stay longest where there is little room.
_ALIAS, _STATE, _PRICE, _WINDOW, _FIRST, _PROVIDER = range(6)
_ORDER: Final = (_ALIAS, _PROVIDER, _STATE, _WINDOW, _PRICE, _FIRST)


def offered_by(snapshot: MuxSnapshot, models: Sequence[Offered]) -> tuple[Offered, ...]:
    """All that could be used: those of the pool first, in its order."""
    known = {each.alias: each for each in models}
    pooled = [
        known.get(each.alias)
        or Offered(alias=each.alias, provider=each.provider, trouble=each.trouble)
        for each in snapshot.entries
    ]
    aliases = {each.alias for each in pooled}
    return (*pooled, *(each for each in models if each.alias not in aliases))


def model_rows(
    snapshot: MuxSnapshot, models: Sequence[Offered], trials: Trials, room: int
) -> tuple[Row[Alias | None], ...]:
    entries = {each.alias: each for each in snapshot.entries}
    table = [_cells(each, entries.get(each.alias), snapshot.pinned) for each in models]
    troubles = [each.trouble is not None for each in models]
    widths = _widths(table, troubles, room)
    count = f"{snapshot.total} model{'s' * (snapshot.total != 1)}"
    is_auto = line("  in use", "good") if snapshot.pinned is None else EMPTY
    auto = (Span(f"auto (multiplexer: {snapshot.mode})"), Span(f"{GAP}{count}", "muted"), *is_auto)
    rows = [Row[Alias | None](value=None, line=auto)]
    for model, columns in zip(models, table, strict=True):
        told = _joined(columns, widths, instead=_instead(model, trials))
        name = clean_line(model.alias)
        text = f"{name} {clean_line(model.provider)}"
        rows.append(Row[Alias | None](value=model.alias, line=told, text=text, name=name))
    return tuple(rows)


def price_told(price: Price) -> str:
    """For a million tokens, sent and received."""
    if price.input is None or price.output is None:
        return money(None)
    if not price.input and not price.output:
        return "free"
    return f"${price.input:.2f}/{price.output:.2f}"


def window_told(window: int | None) -> str:
    return UNKNOWN if window is None else tokens(window).replace(".0", "")


def _cells(model: Offered, entry: EntrySnapshot | None, pinned: Alias | None) -> dict[int, Line]:
    first_s = entry.first_token_p50_s if entry else None
    return {
        _ALIAS: line(clean_line(model.alias), "strong" if model.alias == pinned else "plain"),
        _PROVIDER: line(clean_line(model.provider), "muted"),
        _STATE: OUTSIDE if entry is None else state_of(entry, pinned),
        _WINDOW: line(window_told(model.window)),
        _PRICE: line(price_told(model.price)),
        _FIRST: line(UNKNOWN if first_s is None else f"{first_s:.2f} s"),
    }


def _widths(
    table: Sequence[dict[int, Line]], troubles: Sequence[bool], room: int
) -> dict[int, int]:
    """Of the columns that there is room for."""
    widths: dict[int, int] = {}
    for column in range(len(_ORDER)):
        is_told = column in (_ALIAS, _PROVIDER)  # what is wrong takes the place of the others
        rows = (
            row
            for row, has_trouble in zip(table, troubles, strict=True)
            if is_told or not has_trouble
        )
        width = max((cells(row[column]) for row in rows), default=0)
        if column == _ALIAS:
            width = min(width, max(LEAST_ALIAS, room // 3))
        if widths and sum(widths.values()) + len(GAP) * len(widths) + width > room:
            break
        widths[column] = width
    return widths


def _joined(columns: Mapping[int, Line], widths: Mapping[int, int], *, instead: Line) -> Line:
    """`instead` stands in the place of all numbers, unless there is nothing in it."""
    parts: list[Line] = []
    for column in _ORDER:
        if column == _STATE and instead:
            parts.append(instead)
            break
        if column in widths:
            of, width = columns[column], widths[column]
            is_number = column in (_WINDOW, _PRICE, _FIRST)
            blank = Span(" " * (width - cells(of)))
            parts.append((blank, *of) if is_number else padded(of, width))
    return tuple(span for part in parts for span in (Span(GAP), *part))[1:]


def _instead(model: Offered, trials: Trials) -> Line:
    """What is wrong with it, or what came of its trial."""
    if model.trouble is not None:
        return line(f"! {clean_line(model.trouble)}", "warn")
    if model.alias not in trials:
        return EMPTY
    trial = trials[model.alias]
    if trial is None:
        return line("is asked …", "muted")
    if trial.failure is None:
        cost = Span(f"  {money(trial.cost_uusd)}", "muted")
        return Span(f"✓ the first word after {trial.first_s or 0.0:.2f} s", "good"), cost
    said = clean_line(trial.failure.detail.strip())
    return Span(f"✗ {in_brief(trial.failure)}", "bad"), Span(f": {said}" if said else "", "muted")
