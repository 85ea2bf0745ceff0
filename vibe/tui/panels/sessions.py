"""The session picker: past conversations, those of this folder or all, and how the selected began.

It draws summaries that it is handed; what is done with a session is done by whom it tells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from msgspec import Struct

from vibe.clean import clean, clean_line
from vibe.domain.message import Text
from vibe.domain.telling import money
from vibe.session.record import SessionId
from vibe.session.summary import Summary
from vibe.session.transcript import Transcript
from vibe.tui.draw.header import folder_told
from vibe.tui.draw.ink import Line, Span, cells, line, padded, shortened, wrapped
from vibe.tui.history.items import said_by
from vibe.tui.panels.picker import Act, Picker, Row

WHEN_CELLS: Final = 12
PLACE_CELLS: Final = 18
LEAST_TITLE: Final = 24
SAID_LINES: Final = 2
ANSWER_LINES: Final = 3
IN_USE: Final = "another vibe has it open; ctrl+f goes on with a copy"
PRESENT: Final = "this is the conversation that you are in"


class Looks(Struct, frozen=True, kw_only=True):
    """What is looked up for the selected session: how it began, and whether somebody writes it."""

    beginning: Callable[[SessionId], Transcript]
    is_in_use: Callable[[SessionId], bool]


class Deeds(Struct, frozen=True, kw_only=True):
    """What is done with the selected session, and with the panel."""

    resume: Callable[[Summary], None]
    fork: Callable[[Summary], None]
    export: Callable[[Summary], None]
    delete: Callable[[Summary], None]
    close: Callable[[], None]


class Around(Struct, frozen=True, kw_only=True):
    """`local` gives a wall time in the person's zone; `present` is the session that is held."""

    folder: Path
    home: Path
    now: datetime
    local: Callable[[float], datetime]
    present: str


class SessionsPanel:
    is_fleeting = True

    def __init__(
        self, found: Sequence[Summary], *, around: Around, looks: Looks, deeds: Deeds
    ) -> None:
        self._found = tuple(found)
        self._around = around
        self._looks = looks
        self._is_everywhere = not any(each.folder == str(around.folder) for each in found)
        self._rows: tuple[Row[Summary], ...] = ()
        self._rows_for: tuple[int, bool] | None = None
        self._began: dict[tuple[SessionId, int], tuple[Line, ...]] = {}
        self._picker = Picker(
            self._title,
            self._drawn,
            chosen=deeds.resume,
            close=deeds.close,
            does="resume",
            acts=(
                Act(key="ctrl+f", does="fork", act=deeds.fork),
                Act(key="ctrl+e", does="export md", act=deeds.export),
                Act(key="ctrl+d", does="delete", act=deeds.delete),
            ),
            about=self._about,
            empty="no conversation was had here yet",
        )

    def lines(self, width: int, room: int) -> tuple[Line, ...]:
        return self._picker.lines(width, room)

    def key(self, key: str) -> bool:
        if key == "tab":
            self._is_everywhere = not self._is_everywhere
            return True
        return self._picker.key(key)

    def typed(self, text: str) -> None:
        self._picker.typed(text)

    def said(self, text: str) -> bool:
        del text
        return False

    def _title(self) -> Line:
        here, other = "this folder", "all"
        if self._is_everywhere:
            here, other = "all folders", "this one"
        return Span("Sessions", "strong"), Span(f" ── {here} ‹tab: {other}›", "muted")

    def _drawn(self, width: int) -> Sequence[Row[Summary]]:
        shown = width, self._is_everywhere
        if self._rows_for != shown:
            self._rows_for = shown
            self._rows = tuple(self._made(tuple(self._those_meant()), width))
        return self._rows

    def _those_meant(self) -> Iterator[Summary]:
        folder = str(self._around.folder)
        return (each for each in self._found if self._is_everywhere or each.folder == folder)

    def _made(self, meant: Sequence[Summary], width: int) -> Iterator[Row[Summary]]:
        """Facts that leave a title no room are left out."""
        facts = [self._facts(each) for each in meant]
        columns = [max(map(len, column)) for column in zip(*facts, strict=True)]
        while columns and width - WHEN_CELLS - sum(columns) - 2 * len(columns) < LEAST_TITLE:
            columns.pop()
        for each, told in zip(meant, facts, strict=True):
            turns, cost, place = (f"  {fact}" for fact in told)
            aligned = zip((turns.rjust, cost.rjust, place.ljust), columns, strict=False)
            yield self._row(each, "".join(align(2 + size) for align, size in aligned), width)

    def _facts(self, each: Summary) -> tuple[str, str, str]:
        turns = f"{each.turns} turn{'s' * (each.turns != 1)}"
        cost = money(each.cost_uusd, is_estimate=not each.is_exact)
        return turns, cost, shortened(self._place(each), PLACE_CELLS)

    def _row(self, each: Summary, facts: str, width: int) -> Row[Summary]:
        when = told_when(self._around.local(each.last), self._around.now) if each.last else "–"
        room = max(8, width - WHEN_CELLS - 2 - len(facts))
        title = clean_line(each.title) if not each.trouble else f"! {clean_line(each.trouble)}"
        copy = "copy · " if each.origin else ""
        told = (Span(copy, "muted"), Span(shortened(title, room - len(copy))))
        left = (Span(f"{when:<{WHEN_CELLS}}  ", "muted"), *told)
        text = " ".join((when, title, clean_line(each.branch), clean_line(each.folder)))
        return Row(
            value=each,
            line=(*padded(left, WHEN_CELLS + 2 + room), Span(facts, "muted")),
            text=f"{text} {each.session}",
            name=title,
        )

    def _place(self, each: Summary) -> str:
        if not self._is_everywhere:
            return clean_line(each.branch)
        return folder_told(Path(each.folder), self._around.home)

    def _about(self, each: Summary, width: int) -> Sequence[Line]:
        looked = each.session, width
        if looked not in self._began:
            self._began[looked] = tuple(self._beginning(each, width))
        return self._began[looked]

    def _beginning(self, each: Summary, width: int) -> Iterator[Line]:
        if each.session == self._around.present:
            yield line(PRESENT, "accent")
        elif self._looks.is_in_use(each.session):
            yield line(IN_USE, "warn")
        turns = self._looks.beginning(each.session).turns[:1]
        for turn in turns:
            said = clean_line(said_by(turn.message).text)
            yield from _at_most(SAID_LINES, (Span("You: ", "accent"), Span(said)), width)
            parts = (part for step in turn.steps for part in step.answer.parts)
            answer = clean("\n".join(part.text for part in parts if isinstance(part, Text)))
            rows = [row for row in answer.split("\n") if row.strip()]
            yield from _at_most(ANSWER_LINES, line(" ".join(rows[:ANSWER_LINES])), width)


def told_when(at: datetime, now: datetime) -> str:
    """`today 21:38`, `Tue   09:11`, `12 Mar 2025`."""
    days = (now.date() - at.date()).days
    if days == 0:
        return at.strftime("today %H:%M")
    if 0 < days < 7:
        return at.strftime("%a   %H:%M")
    return at.strftime("%d %b %H:%M" if at.year == now.year else "%d %b %Y")


def _at_most(rows: int, of: Line, width: int) -> Iterator[Line]:
    lines = wrapped(of, width - 1)
    if not cells(of):
        return
    yield from lines[: rows - 1]
    if len(lines) > rows:
        yield (*lines[rows - 1], Span("…", "muted"))
    elif len(lines) == rows:
        yield lines[-1]
