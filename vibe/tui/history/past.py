"""A conversation that was had before, told again as the events of its turns: so it becomes the very
rows that it was while it was had.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias, assert_never

from vibe.domain.event import (
    Event,
    FailedOver,
    Outcome,
    Retracted,
    Routed,
    Sealed,
    Seam,
    Unanswered,
)
from vibe.domain.hiding import Hiding
from vibe.domain.message import Text
from vibe.domain.model import Alias
from vibe.domain.stream import TextDelta
from vibe.domain.turn import (
    ContextCompacted,
    MessageAdded,
    Notice,
    ToolFinished,
    ToolStarted,
    TurnEnd,
    TurnFinished,
    TurnStarted,
)
from vibe.secret import Redactor
from vibe.session.record import Added, Compacted, Noted
from vibe.session.transcript import Transcript
from vibe.session.turn import CallState, Step, Turn
from vibe.tui.history.story import Story

CUT_OFF = "this turn was cut off: vibe itself was ended"
GO_ON = "say “go on”, and it goes on from here"

Happened: TypeAlias = FailedOver | Seam | Retracted


def story_of(transcript: Transcript, redactor: Redactor) -> Story:
    """Takes a while, where there is much to tell."""
    story = Story()
    steps = (step for turn in transcript.turns for step in turn.steps)
    paces = (step.pace for step in steps if step.answer.cut is None)
    for event in Hiding(redactor).each(events_of(transcript)):
        story.recall(event, next(paces) if isinstance(event, Sealed) else None)
    return story


def events_of(transcript: Transcript) -> Iterator[Event]:
    for turn in transcript.turns:
        yield TurnStarted(turn=turn.number, message=turn.message)
        yield from _within(turn)
        yield _end(turn)


def _within(turn: Turn) -> Iterator[Event]:
    happened: list[Happened] = []
    for item in turn.items:
        match item:
            case Noted():
                event = item.failed_over or item.seam or item.retracted
                if event is None:
                    yield Notice(text=item.text, level="warning")
                else:
                    happened.append(event)
            case Step():
                yield from _answered(item, happened)
                yield from _calls(turn, item)
                happened = []
            case Added(message=message):
                yield MessageAdded(turn=turn.number, message=message)
            case Compacted():
                yield _compacted(item)
            case _:
                assert_never(item)
    yield from happened


def _answered(step: Step, happened: list[Happened]) -> Iterator[Event]:
    answer = step.answer
    first = _asked_first(step, happened)
    if first is not None:
        yield Routed(alias=first, why="")
    yield from _written(step, happened)
    if answer.cut is None:
        yield Sealed(answer)
    else:
        yield Unanswered(outcome=Outcome.FAILED, failure=answer.cut, part=answer)


def _asked_first(step: Step, happened: list[Happened]) -> Alias | None:
    match happened[:1]:
        case [FailedOver(from_alias=alias) | Seam(from_alias=alias) | Retracted(alias=alias)]:
            return alias
        case _:
            pieces = step.answer.pieces
            return pieces[0].alias if pieces else None


def _written(step: Step, happened: list[Happened]) -> Iterator[Event]:
    """The text in the pieces that it was written in, with what happened between them."""
    text = "".join(part.text for part in step.answer.parts if isinstance(part, Text))
    pieces = list(step.answer.pieces)
    writer = next((each.from_alias for each in happened if isinstance(each, Seam)), None)
    if writer is None:
        yield from happened
        happened = []
    for event in happened:
        if isinstance(event, Seam):
            if pieces and pieces[0].alias == writer:
                size = pieces.pop(0).characters
                yield TextDelta(text[:size])
                text = text[size:]
            writer = event.to_alias
        yield event
    if text:
        yield TextDelta(text)


def _calls(turn: Turn, step: Step) -> Iterator[Event]:
    """Those that were never run, and that of a turn which the person stopped, its end tells of."""
    is_stopped = turn.ended is not None and turn.ended.end is TurnEnd.INTERRUPTED
    for call in step.calls:
        if call.state is CallState.UNKNOWN and is_stopped:
            yield ToolStarted(key=call.key, call=call.asked, allowed_by=call.approved_by)
        elif not call.may_start:
            yield ToolFinished(
                key=call.key,
                call=call.asked,
                result=call.told,
                details=call.details,
                took_s=call.took_s,
                denied=call.denied,
            )


def _compacted(item: Compacted) -> Event:
    before, after = item.tokens_before, item.tokens_after
    if before is None or after is None:
        return Notice(text="the conversation was summed up here")
    return ContextCompacted(turn=item.turn, tokens_before=before, tokens_after=after)


def _end(turn: Turn) -> TurnFinished:
    ended = turn.ended
    if ended is None:
        end = TurnEnd.INTERRUPTED
        return TurnFinished(turn=turn.number, end=end, detail=CUT_OFF, hint=GO_ON)
    return TurnFinished(turn=turn.number, end=ended.end, detail=ended.detail, hint=ended.hint)
