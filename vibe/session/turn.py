"""One turn as it is known from its records: what was asked, answered and done.

Any records in any order make a valid turn: what is missing, because its record was damaged, is
replaced by words that say so, and a call without a result says what is known of it. No I/O.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Final, TypeAlias, assert_never

from msgspec import Struct
from msgspec.structs import replace

from vibe.domain.answer import Answer, Pace
from vibe.domain.message import CallId, Text, ToolCall, ToolResult, User
from vibe.domain.turn import CallKey, Denial
from vibe.session.record import (
    Added,
    Answered,
    Approved,
    Arrived,
    CallRecord,
    Compacted,
    Finished,
    Noted,
    Started,
    TurnBegan,
    TurnEnded,
    TurnRecord,
    Unknown,
)

LOST: Final = Text("[A part of the conversation was damaged on disk and is missing here.]")
OUTCOME_UNKNOWN: Final = """\
interrupted: outcome unknown. It may have run as a whole, in part or not at all: look before you \
do it again."""
NOT_RUN: Final = "interrupted: it was not run."


class CallState(StrEnum):
    SEALED = "sealed"
    APPROVED = "approved"
    STARTED = "started"
    FINISHED = "finished"
    UNKNOWN = "unknown"


class Call(Struct, frozen=True, kw_only=True):
    """One call and what became of it. The last two states are final. Not `is_traced`: which files
    it has changed may not be known."""

    key: CallKey
    asked: ToolCall
    state: CallState = CallState.SEALED
    approved_by: str = ""
    result: ToolResult | None = None
    details: str = ""
    took_s: float | None = None
    denied: Denial | None = None
    is_traced: bool = True

    @property
    def is_settled(self) -> bool:
        return self.state in (CallState.FINISHED, CallState.UNKNOWN)

    @property
    def may_start(self) -> bool:
        return self.state in (CallState.SEALED, CallState.APPROVED)

    @property
    def told(self) -> ToolResult:
        """The result, or what can be said in place of one."""
        if self.result is not None:
            return self.result
        said = Text(NOT_RUN if self.may_start else OUTCOME_UNKNOWN)
        return ToolResult(call=self.asked.id, name=self.asked.name, parts=(said,), is_error=True)

    def apply(self, record: CallRecord) -> Call:
        if self.is_settled:
            return self
        match record:
            case Approved(by=by):
                state = CallState.APPROVED if self.may_start else self.state
                return replace(self, state=state, approved_by=by)
            case Started():
                return replace(self, state=CallState.STARTED, is_traced=False)
            case Finished():
                return replace(
                    self,
                    state=CallState.FINISHED,
                    result=replace(record.result, call=self.asked.id),
                    details=record.details,
                    took_s=record.took_s,
                    denied=record.denied,
                    is_traced=True,
                )
            case Unknown(is_traced=is_traced):
                return replace(self, state=CallState.UNKNOWN, is_traced=is_traced)
        assert_never(record)


class Step(Struct, frozen=True, kw_only=True, tag="answer"):
    """One answer and its calls, by their positions; a cut one has none, for none is ever run.

    Of an answer that is lost, those calls are known that a record names.
    """

    number: int
    answer: Answer
    pace: Pace | None = None
    calls: tuple[Call, ...] = ()
    is_lost: bool = False

    def apply(self, record: CallRecord) -> Step:
        position = record.call.position
        calls = [*self.calls]
        if self.is_lost:
            calls += (_lost_call(record.call, each) for each in range(len(calls), position + 1))
            calls[position] = _named(calls[position], record)
        if position >= len(calls):
            return self
        calls[position] = calls[position].apply(record)
        return replace(self, calls=tuple(calls))

    def given_up(self) -> Step:
        """Nothing more will be heard of what has no result."""
        return replace(self, calls=tuple(call.apply(Unknown(call=call.key)) for call in self.calls))


Item: TypeAlias = Step | Added | Compacted | Noted


class Turn(Struct, frozen=True, kw_only=True):
    """What happened in it, in that order: the numbers of its answers grow. `ended` is None while
    it is under way."""

    number: int
    message: User = User((LOST,))
    context: str = ""
    began: float | None = None
    items: tuple[Item, ...] = ()
    ended: TurnEnded | None = None

    @property
    def steps(self) -> tuple[Step, ...]:
        return tuple(item for item in self.items if isinstance(item, Step))

    @property
    def next_answer(self) -> int:
        steps = (item for item in reversed(self.items) if isinstance(item, Step))
        return next((step.number + 1 for step in steps), 0)

    @property
    def calls(self) -> tuple[Call, ...]:
        return tuple(call for step in self.steps for call in step.calls)

    @property
    def unsettled(self) -> tuple[Call, ...]:
        return tuple(call for call in self.calls if not call.is_settled)

    def apply(self, record: TurnRecord) -> Turn:
        match record:
            case TurnBegan(message=message, context=context, at=at):
                return replace(self, message=message, context=context, began=at)
            case Answered(number=number):
                if number < self.next_answer:
                    return self  # sealed is sealed
                return replace(self, items=(*self.items, _step(record)))
            case Arrived():
                return self  # is no answer yet
            case Added() | Compacted() | Noted():
                return replace(self, items=(*self.items, record))
            case TurnEnded():
                return replace(self, ended=record)
            case Approved() | Started() | Finished() | Unknown():
                return self._with_step(record.call.answer, lambda step: step.apply(record))
        assert_never(record)

    def given_up(self) -> Turn:
        items = (item.given_up() if isinstance(item, Step) else item for item in self.items)
        return replace(self, items=tuple(items))

    def _with_step(self, number: int, change: Callable[[Step], Step]) -> Turn:
        for index in reversed(range(len(self.items))):
            item = self.items[index]
            if isinstance(item, Step) and item.number == number:
                before, after = self.items[:index], self.items[index + 1 :]
                return replace(self, items=(*before, change(item), *after))
        if number < self.next_answer:
            return self  # so late that nobody can have written it
        lost = Step(number=number, answer=Answer(parts=(LOST,), pieces=()), is_lost=True)
        return replace(self, items=(*self.items, change(lost)))


def _step(record: Answered) -> Step:
    asked = () if record.answer.cut else record.answer.calls
    calls = (
        Call(key=CallKey(turn=record.turn, answer=record.number, position=position), asked=each)
        for position, each in enumerate(asked)
    )
    return Step(number=record.number, answer=record.answer, pace=record.pace, calls=tuple(calls))


def _lost_call(like: CallKey, position: int) -> Call:
    key = replace(like, position=position)
    lost = f"lost-{key.turn}-{key.answer}-{key.position}"
    return Call(key=key, asked=ToolCall(id=CallId(lost), name="unknown", arguments="{}"))


def _named(call: Call, record: CallRecord) -> Call:
    """What its result tells of a call whose answer is lost."""
    if call.is_settled or not isinstance(record, Finished):
        return call
    result = record.result
    return replace(call, asked=replace(call.asked, id=result.call, name=result.name))
