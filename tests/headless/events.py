"""Events as turns bring them, for tests of whoever reads them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

from vibe.domain.answer import Answer, Piece
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
from vibe.domain.failure import Failure, FailureKind
from vibe.domain.message import AssistantPart, CallId, Producer, Text, ToolCall, ToolResult
from vibe.domain.model import Alias, ProviderName
from vibe.domain.stream import TextDelta
from vibe.domain.turn import CallKey, ToolFinished, ToolStarted, TurnEnd, TurnFinished
from vibe.headless.readers import Reader, followed

CUT = Failure(kind=FailureKind.BROKEN_STREAM, detail="cut")
LIMITED = Failure(kind=FailureKind.RATE_LIMITED, status=429, detail="Slow down, please.")
A, B = Alias("a"), Alias("b")
ROUTED = Routed(alias=A, why="order")
FAILED_OVER = FailedOver(from_alias=A, to_alias=B, failure=LIMITED, delay_s=0.214)
SEAM = Seam(from_alias=A, to_alias=B, failure=CUT, tokens=212)
RETRACTED = Retracted(alias=A, failure=CUT)
NONE = Unanswered(outcome=Outcome.EXHAUSTED, failure=CUT)
FINISHED = TurnFinished(turn=1, end=TurnEnd.FINISHED, answers=1)
KEY = CallKey(turn=1, answer=0, position=0)


def sealed(*parts: AssistantPart, by: Alias = A) -> Sealed:
    producer = Producer(provider=ProviderName("p"), model="m")
    return Sealed(Answer(parts=parts, pieces=(Piece(alias=by, producer=producer, characters=0),)))


WHOLE = sealed()


def called(name: str = "read", arguments: str = '{"path":"a.py"}') -> ToolCall:
    return ToolCall(id=CallId("1"), name=name, arguments=arguments)


CALLING = sealed(called())


def started(call: ToolCall) -> ToolStarted:
    return ToolStarted(key=KEY, call=call, allowed_by="the mode")


def finished(
    call: ToolCall, text: str, *, is_error: bool = False, took_s: float | None = 0.1
) -> ToolFinished:
    result = ToolResult(call=call.id, name=call.name, parts=(Text(text),), is_error=is_error)
    return ToolFinished(key=KEY, call=call, result=result, took_s=took_s)


def texts(pieces: Sequence[str]) -> tuple[TextDelta, ...]:
    return tuple(TextDelta(piece) for piece in pieces)


async def streamed(events: Sequence[Event]) -> AsyncIterator[Event]:
    for event in events:
        yield event


def read_by(events: Sequence[Event], *readers: Reader) -> None:
    asyncio.run(followed(streamed(events), readers))
