"""The wait card: nobody can answer now. Who, why and until when; and what may be done about it.

It stands for as long as the request waits, and does nothing by itself: the request goes on alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import inf
from typing import Final

from msgspec import Struct

from vibe.clean import clean_line
from vibe.domain.event import Event, Waiting
from vibe.domain.failure import FailureKind
from vibe.domain.telling import duration, in_brief, named, tokens
from vibe.domain.turn import TurnFinished
from vibe.mux.snapshot import EntrySnapshot, MuxSnapshot
from vibe.tui.catalogue import Offered
from vibe.tui.draw.box import FRAMED, framed, room_in
from vibe.tui.draw.header import dot
from vibe.tui.draw.hints import Hint, keys_line
from vibe.tui.draw.ink import (
    Line,
    Span,
    cells,
    cropped,
    hung,
    line,
    padded,
    shortened,
    wrapped,
)
from vibe.tui.panels.models import price_told, window_told
from vibe.tui.panels.panel import Typing

SHORT_S: Final = 2.0  # a wait that is over before one has read of it is told by the progress
LONG_ALIAS: Final = 24


class Relief(Struct, frozen=True, kw_only=True):
    """What a person may do. `other` could answer at once, and is asked from then on by `switch`;
    None: there is none. `used` tokens the conversation takes up, 0 before the first answer;
    None: that is not known."""

    hurry: Callable[[], None]
    switch: Callable[[], None]
    other: Callable[[], Offered | None]
    used: Callable[[], int | None]


class Waits:
    """`card` is what is to be shown now. Where the person put it away, `ring` is called when the
    request goes on."""

    def __init__(
        self,
        relief: Relief,
        snapshot: Callable[[], MuxSnapshot],
        typing: Typing,
        *,
        now: Callable[[], float],
        ring: Callable[[], None],
    ) -> None:
        self.card: WaitCard | None = None
        self._relief = relief
        self._snapshot = snapshot
        self._typing = typing
        self._now = now
        self._ring = ring
        self._is_put_away = False

    def note(self, event: Event) -> None:
        if not isinstance(event, Waiting):
            if self._is_put_away and not isinstance(event, TurnFinished):
                self._ring()
            self._is_put_away, self.card = False, None
        elif event.full or (event.for_s is not None and event.for_s < SHORT_S):
            self.card = None
        else:
            until_s = inf if event.for_s is None else self._now() + event.for_s
            self.card = WaitCard(
                event,
                self._relief,
                self._snapshot,
                put_away=None if self._is_put_away else self._put_away,
                left_s=lambda: max(0.0, until_s - self._now()),
                is_graced=self._typing.grace(),
            )

    def _put_away(self) -> None:
        self._is_put_away = True


class WaitCard:
    """One line is all of it from when it is put away; with None for that, it is already."""

    def __init__(
        self,
        waiting: Waiting,
        relief: Relief,
        snapshot: Callable[[], MuxSnapshot],
        *,
        put_away: Callable[[], None] | None,
        left_s: Callable[[], float],
        is_graced: Callable[[], bool],
    ) -> None:
        self._waiting = waiting
        self._relief = relief
        self._snapshot = snapshot
        self._put_away = put_away
        self._left_s = left_s
        self._is_graced = is_graced

    def lines(self, width: int, room: int) -> tuple[Line, ...]:
        inner = room_in(width)
        if self._put_away is None:
            told = f"  ⋯ queued{_apart(self._when)}; it rings when it goes on"
            return (cropped(line(told, "muted"), width),)
        other = self._relief.other()
        told = _other(other, self._relief.used(), inner) if other else []
        free = max(1, room - 2 - (width >= FRAMED))
        told = told if len(told) < free else []
        entries = [each for each in self._snapshot().entries if not each.taken_out]
        when = self._when
        rows = [cropped(row, inner) for row in _resting(entries, self._waiting, when)]
        keys = keys_line(tuple(_hints(other)), inner, last=("escape", "stop"))
        return framed(
            self._title(inner, when), [*rows[: free - len(told)], *told, keys], width=width
        )

    def key(self, key: str) -> bool:
        put_away = self._put_away
        if key not in ("enter", "s", "q") or put_away is None or not self._is_graced():
            return False
        match key:
            case "enter":
                self._relief.hurry()
            case "q":
                self._put_away = None
                put_away()
            case _ if self._relief.other() is not None:
                self._relief.switch()
            case _:
                return False
        return True

    def said(self, text: str) -> bool:
        del text
        return False

    @property
    def _when(self) -> str:
        left_s = self._left_s()
        return "" if left_s == inf else f"again in {duration(left_s)}"

    def _title(self, room: int, when: str) -> Line:
        waiting = self._waiting
        what = "the network seems to be down" if waiting.offline else "nobody can answer now"
        title = (Span("Waiting", "strong"), Span(f"   {what}"), Span(_apart(when), "accent"))
        tries = Span(f"   tried {waiting.tries} time{'s' * (waiting.tries != 1)}", "muted")
        told = (*title, tries)
        return told if cells(told) <= room else cropped(title, room)


def _apart(when: str) -> str:
    return f"   {when}" if when else ""


def _resting(entries: Sequence[EntrySnapshot], waiting: Waiting, when: str) -> Iterator[Line]:
    """Who is asked next is asked before his rest is over, where nobody else can answer: so his row
    has the time of the title, and the others have theirs."""
    longest = max((cells(line(clean_line(each.alias))) for each in entries), default=0)
    resting = [each for each in entries if each.back_in_s is not None]
    reasons = max((cells(line(_why(each, waiting))) for each in resting), default=0)
    for entry in entries:
        glyph, ink = dot(entry)
        alias = shortened(clean_line(entry.alias), LONG_ALIAS)
        is_next = entry.alias == waiting.alias
        name = padded(line(alias, "strong" if is_next else "plain"), min(longest, LONG_ALIAS))
        back = "" if entry.back_in_s is None else f"back in {duration(entry.back_in_s)}"
        if is_next and when:
            back = when
        yield (
            Span(f"{glyph} ", ink),
            *name,
            *line(f"  {_why(entry, waiting):<{reasons}}"),
            Span(f"  {back}" if back else "", "muted"),
        )


def _why(entry: EntrySnapshot, waiting: Waiting) -> str:
    if entry.trouble:
        return clean_line(entry.trouble)
    if entry.alias == waiting.alias and waiting.failure is not None:
        return in_brief(waiting.failure)
    if entry.resting_from is None:
        return "could not answer" if entry.last_error else "is not asked"
    error = entry.last_error
    status = (
        f"{error.status} " if error and error.kind == entry.resting_from and error.status else ""
    )
    return f"{status}{named(FailureKind(entry.resting_from))}"


def _other(other: Offered, used: int | None, room: int) -> list[Line]:
    """Who could answer at once, for how much, and what is lost by it."""
    window = f", {window_told(other.window)} window" if other.window else ""
    if other.window and used and used > other.window:
        lost = f"; the conversation ({tokens(used)}) does not fit, and would be cut"
    elif used == 0:
        lost = ""
    else:
        lost = "; what the provider cached of this conversation is lost"
    name = clean_line(other.alias)
    told = (Span(name, "strong"), Span(f" could: {price_told(other.price)}{window}{lost}"))
    return hung(line("  "), wrapped(told, room - 2))


def _hints(other: Offered | None) -> Iterator[Hint]:
    yield "enter", "try now"
    if other is not None:
        yield "s", "switch"
    yield "q", "queue and ring"
