"""Answers as a model tells them, piece by piece, and the same as they are kept."""

from __future__ import annotations

import json

from hypothesis import strategies as st
from msgspec import Struct

from tests.wire.portability.histories import folded
from vibe.domain.answer import Answer
from vibe.domain.answer import Piece as Written
from vibe.domain.message import AssistantPart, CallId, Producer, Text, Thinking, ToolCall
from vibe.domain.model import Alias, ProviderName
from vibe.domain.request import ModelRequest
from vibe.domain.stream import (
    CallBegan,
    CallDelta,
    CallEnded,
    Ended,
    StopReason,
    StreamEvent,
    TextDelta,
    ThinkingDelta,
    ThinkingSealed,
    UsageSeen,
)
from vibe.domain.usage import Usage
from vibe.wire.serve_messages_answer import MessagesWriter, ServedMessages
from vibe.wire.serving import Fault, Heading, Piece, Wanted

PRODUCER = Producer(provider=ProviderName("deepseek"), model="reasoner")
HEADING = Heading(id="msg_1", created=1, model="claude-opus-5", producer=PRODUCER)
FAULT = Fault(status=503, trouble="overloaded", message="every model rests")
SERVED = ServedMessages()


class Told(Struct, frozen=True):
    pieces: tuple[Piece, ...]
    answer: Answer


def wanted(*stop: str) -> Wanted:
    """What is estimated to be 42 tokens."""
    request = ModelRequest(messages=(), system="four" * 41, stop=stop)
    return Wanted(request=request, model="auto", is_streamed=True)


def writer(*stop: str) -> MessagesWriter:
    return SERVED.writer(wanted(*stop), HEADING)


def answer(*parts: AssistantPart, reason: StopReason = "end", usage: Usage | None = None) -> Answer:
    characters = sum(len(part.text) for part in parts if isinstance(part, Text))
    by = Written(alias=Alias("a"), producer=PRODUCER, characters=characters)
    return Answer(parts=parts, pieces=(by,), reason=reason, usage=usage or Usage())


def told(*events: StreamEvent) -> Told:
    """What these events tell, in full."""
    pieces = tuple(event for event in events if isinstance(event, Piece))
    usage = Usage()
    reason: StopReason = "end"
    for event in events:
        if isinstance(event, UsageSeen):
            usage = usage.merged(event.usage)
        elif isinstance(event, Ended):
            reason = event.reason
    parts = folded(pieces, PRODUCER).parts
    return Told(pieces, answer(*parts, reason=reason, usage=usage))


def written(told: Told, *stop: str) -> bytes:
    """All that a client hears."""
    to = writer(*stop)
    return to.begin() + b"".join(map(to.piece, told.pieces)) + to.end(told.answer)


# Any answer at all.

_words = st.text(min_size=1, max_size=6)
_texts = st.builds(Text, _words)
_thoughts = st.builds(
    Thinking, text=_words | st.just(""), producer=st.just(PRODUCER), seal=st.sampled_from(["", "s"])
).filter(lambda thought: bool(thought.text or thought.seal))
_arguments = st.dictionaries(_words, st.integers() | _words, max_size=2).map(json.dumps)
_counts = st.integers(0, 99)


@st.composite
def parts_of_any_answer(draw: st.DrawFn) -> tuple[AssistantPart, ...]:
    """Something is said or called; no two texts stand side by side, for they would be one."""
    kinds = draw(st.lists(st.sampled_from(["text", "thought", "call"]), min_size=1, max_size=7))
    parts: list[AssistantPart] = []
    for number, kind in enumerate(kinds):
        if kind == "thought":
            parts.append(draw(_thoughts))
        elif kind == "call" or (parts and isinstance(parts[-1], Text)):
            parts.append(draw(_call(number)))
        else:
            parts.append(draw(_texts))
    if all(isinstance(part, Thinking) for part in parts):
        parts.append(draw(_texts))
    return tuple(parts)


@st.composite
def _call(draw: st.DrawFn, number: int) -> ToolCall:
    arguments = draw(st.just("") | _arguments)
    return ToolCall(id=CallId(f"call_{number}"), name=f"tool{number}", arguments=arguments)


@st.composite
def any_told(draw: st.DrawFn) -> Told:
    """Calls may end long after others have begun, and their pieces come by turns."""
    parts = draw(parts_of_any_answer())
    late: list[list[Piece]] = []
    pieces: list[Piece] = []
    calls = 0
    for part in parts:
        rest = _pieces(draw, part, calls)
        calls += isinstance(part, ToolCall)
        if isinstance(part, ToolCall) and draw(st.booleans()):
            late.append(rest[1:])
            rest = rest[:1]
        for piece in rest:
            pieces.append(piece)
            _let_come(draw, late, pieces)
    while late := [each for each in late[1:] + late[:1] if each]:
        pieces.append(late[0].pop(0))
    usage = Usage(
        input=draw(_counts) + 198,
        output=draw(_counts),
        cached_read=draw(_counts),
        cache_write=draw(_counts),
        reasoning=draw(st.none() | _counts),
    )
    reasons: list[StopReason] = ["calls" if calls else "end", "length", "stop_sequence"]
    reason = draw(st.sampled_from(reasons))
    return Told(tuple(pieces), answer(*parts, reason=reason, usage=usage))


def _let_come(draw: st.DrawFn, late: list[list[Piece]], pieces: list[Piece]) -> None:
    for each in late:
        if each and draw(st.booleans()):
            pieces.append(each.pop(0))


def _pieces(draw: st.DrawFn, part: AssistantPart, call: int) -> list[Piece]:
    match part:
        case Text(text):
            return [TextDelta(each) for each in _split(draw, text)]
        case Thinking(text=text, seal=seal):
            return [*map(ThinkingDelta, _split(draw, text)), ThinkingSealed(seal)]
        case ToolCall(id=id, name=name, arguments=arguments):
            deltas = [CallDelta(call=call, arguments=each) for each in _split(draw, arguments)]
            return [CallBegan(call=call, id=id, name=name), *deltas, CallEnded(call=call)]


def _split(draw: st.DrawFn, text: str) -> list[str]:
    at = draw(st.integers(0, len(text)))
    return [text[:at], text[at:]]  # a piece may be empty
