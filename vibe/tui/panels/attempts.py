"""What an entry was last asked and what came of it: the details behind a row of `/mux`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from vibe.clean import clean_line
from vibe.domain.model import Alias
from vibe.mux.account import REASONS, came_of
from vibe.mux.trace import AttemptOutcome, AttemptTrace
from vibe.tui.draw.box import FRAMED, framed, room_in
from vibe.tui.draw.hints import keys_line
from vibe.tui.draw.ink import Line, Span, cells, cropped, hung, line, wrapped

MARKS: Final[Mapping[AttemptOutcome, Span]] = {
    "ok": Span("✓ ", "good"),
    "limited": Span("↷ ", "warn"),
    "failed": Span("✗ ", "bad"),
    "cancelled": Span("■ ", "muted"),
}


class AttemptsPanel:
    """`attempts` are the last of all entries, the oldest first, with the time when each began;
    `clock` writes that as the hour of the day. `back` goes to where it came from."""

    def __init__(
        self,
        alias: Alias,
        attempts: Callable[[], Sequence[tuple[float, AttemptTrace]]],
        back: Callable[[], None],
        *,
        clock: Callable[[float], str],
    ) -> None:
        self._alias = alias
        self._attempts = attempts
        self._back = back
        self._clock = clock
        self._from = 0

    def lines(self, width: int, room: int) -> tuple[Line, ...]:
        inner = room_in(width)
        name = Span(clean_line(self._alias), "strong")
        own = [each for each in reversed(self._attempts()) if each[1].alias == self._alias]
        rows = [row for began, attempt in own for row in _drawn(self._clock(began), attempt, inner)]
        rows = rows or [line("it has not been asked yet", "muted")]
        free = max(1, room - 2 - (width >= FRAMED))
        self._from = max(0, min(self._from, len(rows) - free))
        more = [("↑↓", "older")] if len(rows) > free else []
        keys = keys_line(more, inner, last=("escape", "back"))
        title = cropped((name, Span("   last attempts, the newest first", "muted")), inner)
        return framed(title, [*rows[self._from : self._from + free], keys], width=width)

    def key(self, key: str) -> bool:
        if key == "escape":
            self._back()
        elif key in ("up", "down"):
            self._from += 1 if key == "down" else -1
        return key in ("escape", "up", "down")

    def said(self, text: str) -> bool:
        del text
        return False


def _drawn(when: str, attempt: AttemptTrace, room: int) -> list[Line]:
    mark = (Span(f"{when}  ", "muted"), MARKS[attempt.outcome])
    took = f"; all of it after {attempt.took_s:.2f} s" if attempt.outcome == "ok" else ""
    told = (Span(clean_line(came_of(attempt)) + took), Span(f"  {REASONS[attempt.why]}", "muted"))
    rows = hung(mark, wrapped(told, room - cells(mark)))
    said = clean_line(attempt.failure.detail.strip()) if attempt.failure else ""
    if said:
        rows.append(cropped((Span(" " * cells(mark)), Span(said, "muted")), room))
    return rows
