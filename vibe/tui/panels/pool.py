"""`/mux`: the pool as text, from its snapshot and a width alone; the numbers are the snapshot's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeAlias

from vibe.clean import clean_line
from vibe.domain.failure import FailureKind
from vibe.domain.telling import duration, money, named, tokens
from vibe.mux.snapshot import EntrySnapshot, MuxSnapshot
from vibe.mux.stats import Switch
from vibe.tui.draw.box import framed, room_in
from vibe.tui.draw.header import WIDE, dot
from vibe.tui.draw.ink import Ink, Line, Span, cells, cropped, line, shortened

BARS: Final = "·▁▂▃▄▅▆▇█"
UNKNOWN: Final = "–"
LEAST_ALIAS: Final = 8
MOST_RECENT: Final = 4
STATES: Final = {"closed": "closed", "half_open": "probing", "open": "open"}

Column: TypeAlias = tuple[str, Callable[[EntrySnapshot], str]]
Clock: TypeAlias = Callable[[float], str]


class PoolPanel:
    """Live for as long as it stands. `clock` writes a wall time as the hour of the day."""

    def __init__(
        self, snapshot: Callable[[], MuxSnapshot], close: Callable[[], None], *, clock: Clock
    ) -> None:
        self._snapshot = snapshot
        self._close = close
        self._clock = clock

    def lines(self, width: int, room: int) -> tuple[Line, ...]:
        return pool_lines(self._snapshot(), width, clock=self._clock)[:room]

    def key(self, key: str) -> bool:
        if key == "escape":
            self._close()
        return key == "escape"

    def said(self, text: str) -> bool:
        del text
        return False


def pool_lines(snapshot: MuxSnapshot, width: int, *, clock: Clock) -> tuple[Line, ...]:
    is_wide = width >= WIDE
    room = room_in(width)
    title = _title(snapshot, room, is_wide=is_wide)
    body = [*_table(snapshot.entries, snapshot.at, room, is_wide=is_wide)]
    if is_wide and snapshot.recent:
        body.append(line(" RECENT", "muted"))
        body += (_recent(each, clock) for each in reversed(snapshot.recent[-MOST_RECENT:]))
    keys = (Span(" esc", "accent"), Span(" close", "muted"))
    return framed(title, [*body, keys], width=width)


def _title(snapshot: MuxSnapshot, room: int, *, is_wide: bool) -> Line:
    cost = f"last hour {money(snapshot.last_hour_uusd)}" if is_wide else _cost_an_hour(snapshot)
    parts = [
        (Span("mux", "strong"),),
        line(snapshot.mode),
        line(
            f"{snapshot.available} of {snapshot.total} can answer",
            "plain" if snapshot.available else "bad",
        ),
        line("the network seems to be down", "bad") if snapshot.offline else (),
        line(cost),
        line(f"{snapshot.requests} request{'s' * (snapshot.requests != 1)}") if is_wide else (),
        line(_switches(snapshot, is_wide=is_wide)),
    ]
    gap = Span("   " if is_wide else "  ")
    title = tuple(span for part in parts if part for span in (gap, *part))[1:]
    return cropped(title, room)


def _cost_an_hour(snapshot: MuxSnapshot) -> str:
    return f"{money(snapshot.last_hour_uusd)}/h"


def _switches(snapshot: MuxSnapshot, *, is_wide: bool) -> str:
    told = f"{snapshot.failovers} failover{'s' * (snapshot.failovers != 1)}"
    if not is_wide:
        return told
    if snapshot.failovers and not snapshot.seams:
        return f"{told}, all before the first word"
    return f"{told}, {snapshot.seams} in mid-answer" if snapshot.seams else told


def _table(
    entries: Sequence[EntrySnapshot], at: float, room: int, *, is_wide: bool
) -> Iterator[Line]:
    states = [_state(entry) for entry in entries]
    state_cells = max(len("STATE"), *(len(state) + 2 for state in states)) if states else 5
    gap = 2 if is_wide else 1
    longest = max((cells(line(clean_line(entry.alias))) for entry in entries), default=5)
    tried = [
        _set_out(columns, entries, room - 1 - state_cells - gap, gap)
        for columns in (_WIDE if is_wide else (_NARROW,))
    ]
    texts, alias_room = next((each for each in tried if each[1] >= longest), tried[-1])
    widths = [max(map(len, column)) for column in texts]
    alias_cells = max(LEAST_ALIAS, min(alias_room, longest))
    blank = " " * gap

    def row(alias: str, state: Sequence[Span], number: int, ink: Ink) -> Line:
        used = sum(cells((span,)) for span in state)
        name = shortened(alias, alias_cells)
        rest = blank.join(
            f"{column[number]:>{width}}" for column, width in zip(texts, widths, strict=True)
        )
        padding = " " * (alias_cells - cells(line(name)))
        spans = (Span(f" {name}{padding}{blank}", ink), *state)
        return (*spans, Span(f"{' ' * (state_cells - used)}{blank}{rest}", ink))

    yield cropped(row("MODEL", (Span("STATE", "muted"),), 0, "muted"), room)
    for number, (entry, state) in enumerate(zip(entries, states, strict=True), start=1):
        glyph, ink = dot(entry)
        parts = (Span(f"{glyph} ", ink), Span(state))
        yield cropped(row(clean_line(entry.alias), parts, number, "plain"), room)
        if trouble := _trouble(entry, at, is_wide=is_wide):
            yield cropped((Span("   └ ", "muted"), Span(trouble, "muted")), room)


def _set_out(
    columns: Sequence[Column], entries: Sequence[EntrySnapshot], room: int, gap: int
) -> tuple[list[list[str]], int]:
    """The texts of the columns, and what they leave for the aliases."""
    texts = [[name, *(tell(entry) for entry in entries)] for name, tell in columns]
    return texts, room - sum(max(map(len, column)) + gap for column in texts)


def _state(entry: EntrySnapshot) -> str:
    if entry.taken_out:
        return "out"
    if entry.trouble:
        return "unable"
    state = "probing" if entry.probing else STATES[entry.state]
    back_s = entry.back_in_s if entry.back_in_s is not None else entry.spent_for_s
    return f"{state} {duration(back_s)}" if back_s is not None else state


def _trouble(entry: EntrySnapshot, at: float, *, is_wide: bool) -> str:
    if entry.trouble:
        return clean_line(entry.trouble)
    error = entry.last_error
    if error is None or (entry.state == "closed" and entry.can_answer):
        return ""
    what = f"{error.status or ''} {named(FailureKind(error.kind))}".strip()
    ago = f"{what} {duration(max(0.0, at - error.at))} ago"
    said = clean_line(error.detail.strip())
    return f"{ago}; {said}" if said and is_wide else ago


def _recent(switch: Switch, clock: Clock) -> Line:
    what = f"{switch.status or ''} {named(FailureKind(switch.kind))}".strip()
    seam = "   in mid-answer" if switch.is_seam else ""
    return (
        Span(f" {clock(switch.at)}  ", "muted"),
        Span(clean_line(switch.from_alias)),
        Span(f"  {what} → ", "muted"),
        Span(clean_line(switch.to_alias)),
        Span(f"   +{switch.delay_s:.2f} s{seam}", "muted"),
    )


def _share(entry: EntrySnapshot) -> str:
    share = UNKNOWN if entry.share is None else f"{entry.share:.0%}"
    if entry.is_fallback:
        return f"{share} / spare"
    return share if entry.want is None else f"{share} / {entry.want:.0%}"


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


def _cost(entry: EntrySnapshot) -> str:
    is_unknown = entry.unpriced and not entry.cost_uusd
    return money(None if is_unknown else entry.cost_uusd, is_estimate=bool(entry.estimated))


def _bars(entry: EntrySnapshot) -> str:
    most = max(entry.last_minute, default=0)
    if not most:
        return "·" * len(entry.last_minute)
    steps = len(BARS) - 1
    return "".join(BARS[-(-count * steps // most)] for count in entry.last_minute)


_FIRST: Final[Column] = ("TTFT p50/p95", _first)
_BARS: Final[Column] = ("LAST 60 s", _bars)
_ALL: Final[tuple[Column, ...]] = (
    ("BUSY", _busy),
    ("SHARE/WANT", _share),
    ("RPM", lambda entry: str(entry.per_minute)),
    ("OK/FAIL", _ok),
    _FIRST,
    ("TOK/S", _speed),
    ("IN/OUT", lambda entry: f"{tokens(entry.input_tokens)}/{tokens(entry.output_tokens)}"),
    ("COST", _cost),
    _BARS,
)
_WITHOUT_P95: Final = tuple(("TTFT", _narrow_first) if each is _FIRST else each for each in _ALL)
_WITHOUT_BARS: Final = tuple(each for each in _WITHOUT_P95 if each is not _BARS)
_WIDE: Final = (_ALL, _WITHOUT_P95, _WITHOUT_BARS)  # the first in which the aliases are whole
_NARROW: Final[Sequence[Column]] = (
    ("BUSY", _busy),
    ("SHARE", _narrow_share),
    ("RPM", lambda entry: str(entry.per_minute)),
    ("FAIL", lambda entry: str(entry.failed + entry.limited)),
    ("TTFT", _narrow_first),
    ("TOK/S", _speed),
    ("COST", _cost),
)
