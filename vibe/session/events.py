"""Which events are kept, and as what: the one place where an event becomes a record."""

from __future__ import annotations

from typing import assert_never

from msgspec.structs import replace

from vibe.domain.answer import Answer, Pace
from vibe.domain.event import (
    FailedOver,
    PoolEvent,
    Retracted,
    Routed,
    Sealed,
    Seam,
    Slow,
    Unanswered,
    Waiting,
)
from vibe.domain.failure import Failure, FailureKind
from vibe.domain.stream import (
    CallBegan,
    CallDelta,
    CallEnded,
    Passed,
    TextDelta,
    ThinkingDelta,
    ThinkingSealed,
)
from vibe.domain.telling import told
from vibe.session.record import Answered, Noted, Record, Used
from vibe.session.spent import NOBODY
from vibe.session.transcript import Transcript


def record_of(
    event: PoolEvent, transcript: Transcript, *, pace: Pace | None = None
) -> Record | None:
    """None for what is over once it was shown. The turn is the last one of `transcript`; `pace` is
    that of the answer."""
    turn = transcript.last_turn
    match event:
        case Sealed(answer):
            return Answered(turn=turn, number=transcript.next_answer, answer=answer, pace=pace)
        case Unanswered(part=part, failure=failure):
            if part is None or not part.parts:
                return None
            cut = part.cut or failure or Failure(kind=FailureKind.CANCELLED)
            answer = replace(part, cut=cut)
            return Answered(turn=turn, number=transcript.next_answer, answer=answer)
        case FailedOver():
            return Noted(turn=turn, text=told(event), failed_over=event)
        case Seam():
            return Noted(turn=turn, text=told(event), seam=event)
        case Retracted():
            return Noted(turn=turn, text=told(event), retracted=event)
        case Routed() | Waiting() | Slow():
            return None
        case TextDelta() | ThinkingDelta() | CallBegan() | CallDelta() | CallEnded():
            return None
        case ThinkingSealed() | Passed():
            return None
    assert_never(event)


def used(turn: int, answer: Answer) -> Used:
    """Of an answer that is not said."""
    return Used(
        turn=turn,
        alias=answer.alias or NOBODY,
        usage=answer.usage,
        cost_uusd=answer.cost_uusd,
        is_estimated=answer.is_estimated,
    )
