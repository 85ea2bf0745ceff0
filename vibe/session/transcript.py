"""The session as it is known from its records: a pure fold, `apply`, and what can be asked of it.

Live or read from disk, whole or damaged, every sequence of records gives a valid transcript. What
was spent and which files were changed is never taken back, whatever becomes of the turns.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from vibe.domain.turn import CallKey
from vibe.session.part import Part, with_more
from vibe.session.record import (
    Added,
    Answered,
    Approved,
    Arrived,
    Changed,
    Compacted,
    Finished,
    Forked,
    Gap,
    Noted,
    Opened,
    Record,
    Restored,
    Rewound,
    SessionId,
    Started,
    TurnBegan,
    TurnEnded,
    TurnRecord,
    Unknown,
    Used,
)
from vibe.session.spent import Spent, added, spent_on
from vibe.session.turn import Call, CallState, Turn


class Transcript(Struct, frozen=True, kw_only=True):
    """`last_turn` is the highest number of a turn that there ever was: none is given twice. While
    the files are as they were before a turn, and nothing has changed them since, it is `restored`.
    `part` is of the answer that comes, and of none that is there.
    """

    opened: Opened | None = None
    origin: SessionId | None = None
    turns: tuple[Turn, ...] = ()
    last_turn: int = 0
    changes: tuple[Changed, ...] = ()
    restored: int | None = None
    spent: tuple[Spent, ...] = ()
    part: Part | None = None

    @property
    def open_turn(self) -> Turn | None:
        """The turn that is under way, or was when its process ended."""
        return self.turns[-1] if self.turns and self.turns[-1].ended is None else None

    @property
    def next_answer(self) -> int:
        """Of the last turn."""
        return self.turns[-1].next_answer if self.turns else 0

    @property
    def _next(self) -> tuple[int, int]:
        """Which answer can still come, of which turn."""
        is_there = self.turns and self.turns[-1].number == self.last_turn
        return (self.last_turn, self.next_answer) if is_there else (self.last_turn + 1, 0)

    @property
    def calls(self) -> tuple[Call, ...]:
        return tuple(call for turn in self.turns for call in turn.calls)

    @property
    def unheard(self) -> tuple[Answered | Unknown, ...]:
        """What is to be added once nobody goes on with what had started."""
        cut = () if self.part is None else (self.part.cut,)
        started = (call for call in self.calls if call.state is CallState.STARTED)
        return (*cut, *(Unknown(call=call.key) for call in started))

    @property
    def unknown(self) -> tuple[Call, ...]:
        """Calls of which nobody knows what they did: to be looked after before the like is done."""
        return tuple(call for call in self.calls if call.state is CallState.UNKNOWN)

    def call(self, key: CallKey) -> Call | None:
        calls = (call for turn in reversed(self.turns) for call in turn.calls)
        return next((call for call in calls if call.key == key), None)

    def apply(self, record: Record) -> Transcript:
        part = self._part_after(record)
        transcript = self._applied(record)
        return transcript if part is transcript.part else replace(transcript, part=part)

    def _part_after(self, record: Record) -> Part | None:
        """Whatever goes on with the turn tells that there was an answer, be it lost."""
        match record:
            case Arrived(turn=turn, number=number) if (turn, number) >= self._next:
                return with_more(self.part, record)
            case Used():
                return self.part and self.part.paid()
            case Arrived() | Noted(retracted=None) | Opened() | Gap() | Changed() | Restored():
                return self.part
            case _:
                return None

    def _applied(self, record: Record) -> Transcript:
        match record:
            case Opened():
                return replace(self, opened=record)
            case Forked(origin=origin):
                return replace(self._given_up(), origin=origin, spent=(), changes=(), restored=None)
            case Gap():
                return self._given_up()
            case Rewound(turn=number):
                kept = tuple(turn for turn in self.turns if turn.number < number)
                return replace(self, turns=kept, last_turn=max(self.last_turn, number - 1))
            case Changed() | Restored():
                return self._with_files(record)
            case Used():
                return replace(self, spent=added(self.spent, spent_on(record)))
            case Answered():
                spent = added(self.spent, spent_on(record))
                return replace(self._within(record.turn, record), spent=spent)
            case TurnBegan() | Arrived() | Added() | Compacted() | Noted() | TurnEnded():
                return self._within(record.turn, record)
            case Approved() | Started() | Finished() | Unknown():
                return self._within(record.call.turn, record)
        assert_never(record)

    def applied(self, records: Iterable[Record]) -> Transcript:
        transcript = self
        for record in records:
            transcript = transcript.apply(record)
        return transcript

    def _with_files(self, record: Changed | Restored) -> Transcript:
        if isinstance(record, Restored):
            return replace(self, restored=record.turn)
        return replace(self, changes=(*self.changes, record), restored=None)

    def _within(self, number: int, record: TurnRecord) -> Transcript:
        if number > self.last_turn:
            turn = Turn(number=number).apply(record)
            return replace(self, turns=(*self.turns, turn), last_turn=number)
        for index in reversed(range(len(self.turns))):
            if self.turns[index].number == number:
                turn = self.turns[index].apply(record)
                before, after = self.turns[:index], self.turns[index + 1 :]
                return replace(self, turns=(*before, turn, *after))
        return self  # it has been rewound

    def _given_up(self) -> Transcript:
        return replace(self, turns=tuple(turn.given_up() for turn in self.turns))
