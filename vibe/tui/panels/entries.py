"""The table of `/mux`: for each entry a row of numbers, and below it what is wrong with it.

Drawn from a snapshot, whose numbers it shows as they are, and a width; where that is narrow, it has
fewer columns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from msgspec import Struct

from vibe.clean import clean_line
from vibe.domain.failure import FailureKind
from vibe.domain.model import Alias
from vibe.domain.telling import duration, money, named, tokens
from vibe.mux.condition import condition
from vibe.mux.snapshot import EntrySnapshot, MuxSnapshot
from vibe.tui.draw.header import dot
from vibe.tui.draw.ink import Ink, Line, Span, cells, cropped, line, padded, shortened

BARS: Final = "·▁▂▃▄▅▆▇█"
UNKNOWN: Final = "–"
LONG_ALIAS: Final = 20  # for one that is longer no column gives way
LEAST_ALIAS: Final = 8
STAYING: Final = 3  # columns that stay although the aliases are shortened by them
STATE_CELLS: Final = len("○ rests 60 s")  # so that nothing moves while it counts down

Column: TypeAlias = tuple[str, Callable[[EntrySnapshot], str]]


class Block(Struct, frozen=True, kw_only=True):
    """An entry: its row, and the line below it, which is empty where it is well."""

    row: Line
    trouble: Line


def table(
    snapshot: MuxSnapshot, room: int, *, selected: int | None, is_wide: bool
) -> tuple[Line, tuple[Block, ...]]:
    """The header, and the entries."""
    entries = snapshot.entries
    gap = "  " if is_wide else " "
    longest = max((cells(line(clean_line(each.alias))) for each in entries), default=LEAST_ALIAS)
    states = [state_of(each, snapshot.pinned) for each in entries]
    state_cells = max(STATE_CELLS, *map(cells, states)) if states else STATE_CELLS
    left = room - state_cells - 3 * len(gap)  # after the mark, the alias and the state
    columns, alias_cells = _columns(entries, left, len(gap), longest, is_wide=is_wide)
    numbers = [gap.join(row) for row in zip(*columns, strict=True)]

    def row(mark: str, alias: str, state: Line, number: int, ink: Ink) -> Line:
        name = padded(line(shortened(alias, alias_cells), ink), alias_cells)
        told = (Span(mark, "accent"), *name, Span(gap), *padded(state, state_cells), Span(gap))
        return cropped((*told, Span(numbers[number], ink)), room)

    unmarked = " " * len(gap)
    blocks: list[Block] = []
    for number, (entry, state) in enumerate(zip(entries, states, strict=True)):
        mark = "›".ljust(len(gap)) if number == selected else unmarked
        ink: Ink = "muted" if entry.taken_out else "plain"
        trouble = _trouble(entry, snapshot.at, is_wide=is_wide)
        told = line(f"{unmarked}  └ {trouble}", "muted") if trouble else ()
        blocks.append(
            Block(
                row=row(mark, clean_line(entry.alias), state, number + 1, ink),
                trouble=cropped(told, room),
            )
        )
    return row(unmarked, "MODEL", line("STATE", "muted"), 0, "muted"), tuple(blocks)


def _columns(
    entries: Sequence[EntrySnapshot], room: int, gap: int, longest: int, *, is_wide: bool
) -> tuple[list[list[str]], int]:
    """The texts of the most columns that leave room for the aliases, and that room."""
    texts: list[list[str]] = []
    left = 0
    wanted = max(LEAST_ALIAS, min(longest, LONG_ALIAS))
    for chosen in _WIDE if is_wide else _NARROW:
        texts = [_set_out(column, entries) for column in chosen]
        left = room - sum(len(text[0]) + gap for text in texts) + gap
        if left >= (wanted if len(chosen) > STAYING else LEAST_ALIAS):
            break
    return texts, max(LEAST_ALIAS, min(left, longest))


def _set_out(column: Column, entries: Sequence[EntrySnapshot]) -> list[str]:
    name, tell = column
    texts = [name, *map(tell, entries)]
    width = max(map(len, texts))
    return [text.rjust(width) for text in texts]


def state_of(entry: EntrySnapshot, pinned: Alias | None) -> Line:
    mark, word = condition(entry, pinned)
    _, ink = dot(entry)
    return Span(f"{mark} ", ink), Span(word, "muted" if entry.taken_out else "plain")


def _trouble(entry: EntrySnapshot, at: float, *, is_wide: bool) -> str:
    if entry.trouble:
        return clean_line(entry.trouble)
    error = entry.last_error
    if error is None or (entry.state == "closed" and (entry.can_answer or entry.taken_out)):
        return ""
    what = f"{error.status or ''} {named(FailureKind(error.kind))}".strip()
    ago = f"{what} {duration(max(0.0, at - error.at))} ago"
    said = clean_line(error.detail.strip())
    return f"{ago}; {said}" if said and is_wide else ago


def _share(entry: EntrySnapshot) -> str:
    share = UNKNOWN if entry.share is None else f"{entry.share:.0%}"
    if entry.is_fallback:
        return f"{share}/spare"
    return share if entry.want is None else f"{share}/{entry.want:.0%}"


def _narrow_share(entry: EntrySnapshot) -> str:
    if entry.share is None:
        return UNKNOWN
    if entry.want is None or entry.is_fallback:
        return f"{entry.share:.0%}"
    return f"{entry.share * 100:.0f}/{entry.want:.0%}"


def _busy(entry: EntrySnapshot) -> str:
    return f"{entry.busy}/{entry.limit or '∞'}"


def _ok(entry: EntrySnapshot) -> str:
    return f"{entry.ok}/{entry.failed + entry.limited}"


def _first(entry: EntrySnapshot) -> str:
    p50_s, p95_s = entry.first_token_p50_s, entry.first_token_p95_s
    if p50_s is None or p95_s is None:
        return UNKNOWN
    return f"{p50_s:.2f}/{p95_s:.2f}s"


def _narrow_first(entry: EntrySnapshot) -> str:
    return UNKNOWN if entry.first_token_p50_s is None else f"{entry.first_token_p50_s:.2f}s"


def _speed(entry: EntrySnapshot) -> str:
    return UNKNOWN if entry.tokens_a_second is None else f"{entry.tokens_a_second:.0f}"


def _in_out(entry: EntrySnapshot) -> str:
    counted = f"{tokens(entry.input_tokens)}/{tokens(entry.output_tokens)}"
    return f"{'~' * bool(entry.estimated)}{counted}"


def _cost(entry: EntrySnapshot) -> str:
    is_unknown = entry.unpriced and not entry.cost_uusd
    return money(None if is_unknown else entry.cost_uusd, is_estimate=bool(entry.estimated))


def _bars(entry: EntrySnapshot) -> str:
    most = max(entry.last_minute, default=0)
    if not most:
        return "·" * len(entry.last_minute)
    steps = len(BARS) - 1
    return "".join(BARS[-(-count * steps // most)] for count in entry.last_minute)


_FIRST: Final[Column] = ("TTFT 50/95", _first)
_FIRST_P50: Final[Column] = ("TTFT", _narrow_first)
_PER_MINUTE: Final[Column] = ("RPM", lambda entry: str(entry.per_minute))
_IN_OUT: Final[Column] = ("IN/OUT", _in_out)
_BARS: Final[Column] = ("LAST 60 s", _bars)
_BUSY: Final[Column] = ("BUSY", _busy)
_SPEED: Final[Column] = ("TOK/S", _speed)
_SHARE: Final[Column] = ("SHARE", _narrow_share)
_FAIL: Final[Column] = ("FAIL", lambda entry: str(entry.failed + entry.limited))
_COST: Final[Column] = ("COST", _cost)
_ALL: Final[tuple[Column, ...]] = (
    _BUSY,
    ("SHARE", _share),
    _PER_MINUTE,
    ("OK/FAIL", _ok),
    _FIRST,
    _SPEED,
    _IN_OUT,
    _COST,
    _BARS,
)
_SHORT: Final[tuple[Column, ...]] = (
    _BUSY,
    _SHARE,
    _PER_MINUTE,
    _FAIL,
    _FIRST_P50,
    _SPEED,
    _COST,
)


def _fewer(columns: tuple[Column, ...]) -> tuple[tuple[Column, ...], ...]:
    """The columns, and with one after the other dropped; the costs stay to the last."""
    sets = [columns]
    for each in (_BARS, _IN_OUT, _SPEED, _PER_MINUTE, _FIRST_P50, _BUSY, _FAIL, _SHARE):
        sets.append(tuple(column for column in sets[-1] if column is not each))
    return tuple(sets)


_WIDE: Final = (_ALL, *_fewer(tuple(_FIRST_P50 if each is _FIRST else each for each in _ALL)))
_NARROW: Final = _fewer(_SHORT)
