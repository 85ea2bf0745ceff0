"""Asks a real server by vibe's own way to a provider, and sums up what it answered."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import msgspec
from msgspec import Struct

from tests.wire.portability.histories import folded
from vibe.assemble import Line
from vibe.clock import SystemClock
from vibe.domain.failure import Failure
from vibe.domain.message import Assistant, Text, Thinking, ToolCall
from vibe.domain.request import ModelRequest
from vibe.domain.stream import Broken, CallEnded, Ended, StopReason, StreamEvent, UsageSeen
from vibe.transport.upstream import Upstream
from vibe.wire.listing import ListedModel
from vibe.wire.portability import fitted


class Answer(Struct, frozen=True, kw_only=True):
    """An answer without what differs each time: ids, seals, and where it was cut into pieces.

    `calls` are those that can be run: they have ended, and their arguments are an object.
    """

    thinking: str = ""
    text: str = ""
    calls: tuple[tuple[str, dict[str, str]], ...] = ()
    output_tokens: int | None = None
    end: StopReason | Failure


def events_of(line: Line, request: ModelRequest) -> tuple[StreamEvent, ...]:
    async def run() -> tuple[StreamEvent, ...]:
        async with (
            aclosing(Upstream(line.provider, clock=SystemClock())) as upstream,
            aclosing(upstream.ask(fitted(request, line.target), line.target)) as events,
        ):
            return tuple([event async for event in events])

    return asyncio.run(run())


def listing_of(line: Line) -> tuple[ListedModel, ...] | Failure:
    async def run() -> tuple[ListedModel, ...] | Failure:
        async with aclosing(Upstream(line.provider, clock=SystemClock())) as upstream:
            return await upstream.models()

    return asyncio.run(run())


def said(line: Line, request: ModelRequest) -> Assistant:
    """The answer as it stands in the history of the next request."""
    return folded(events_of(line, request), line.target.producer)


def answer(line: Line, request: ModelRequest) -> Answer:
    events = events_of(line, request)
    message = folded(events, line.target.producer)
    ended = {event.call for event in events if isinstance(event, CallEnded)}
    usages = [event.usage for event in events if isinstance(event, UsageSeen)]
    last = events[-1]
    assert isinstance(last, Ended | Broken)
    return Answer(
        thinking="".join(part.text for part in message.parts if isinstance(part, Thinking)),
        text="".join(part.text for part in message.parts if isinstance(part, Text)),
        calls=tuple(
            (call.name, arguments)
            for number, call in enumerate(message.calls)
            if number in ended and (arguments := _arguments(call)) is not None
        ),
        output_tokens=usages[-1].output if usages else None,
        end=last.reason if isinstance(last, Ended) else last.failure,
    )


def _arguments(call: ToolCall) -> dict[str, str] | None:
    try:
        return msgspec.json.decode(call.arguments, type=dict[str, str])
    except msgspec.DecodeError:
        return None
