"""What a writer may be told of an answer, and the same as a reader on the other side hears it.

Strategies for pieces in any order that the contract of vibe/wire/serving.py lets be, and a fold by
which two tellings of one answer are compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeAlias

import msgspec
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from vibe.domain.answer import Answer
from vibe.domain.message import AssistantPart, CallId, Producer, Text, Thinking, ToolCall
from vibe.domain.model import ProviderName
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
from vibe.wire.serving import Heading, Piece, Writer

Pieces: TypeAlias = tuple[Piece, ...]

PRODUCER: Final = Producer(provider=ProviderName("home"), model="qwen")
HEADING: Final = Heading(id="vibe-1", created=7, model="pool", producer=PRODUCER)

# Whoever reads an answer takes what lies beyond for halves of characters: wire/surrogates.py.
characters: Final = st.characters(max_codepoint=0x10F7FF, exclude_categories=["Cs"])
texts: Final = st.text(characters, max_size=8)
pieces_of_text: Final = st.text(characters, min_size=1, max_size=8)
reasons: Final = st.sampled_from(list[StopReason](["end", "length", "calls", "stop_sequence"]))
counts: Final = st.none() | st.integers(0, 1_000)
usages: Final = st.builds(
    Usage, input=counts, output=counts, cached_read=counts, cache_write=counts, reasoning=counts
)
names: Final = st.text("abc_", min_size=1, max_size=4)


@st.composite
def any_pieces(draw: st.DrawFn) -> Pieces:
    """Texts, thoughts and calls in any order, whole or not."""
    told: list[Piece] = []
    begun, open_calls = 0, list[int]()
    for _ in range(draw(st.integers(0, 12))):
        choices = ["text", "thought", "seal", "call", *(["more", "end"] if open_calls else [])]
        match draw(st.sampled_from(choices)):
            case "text":
                told.append(TextDelta(draw(texts)))
            case "thought":
                told.append(ThinkingDelta(draw(texts)))
            case "seal":
                told.append(ThinkingSealed(draw(texts)))
            case "call":
                told.append(CallBegan(call=begun, id=f"c{begun}", name=draw(names)))
                open_calls.append(begun)
                begun += 1
            case "more":
                call = draw(st.sampled_from(open_calls))
                told.append(CallDelta(call=call, arguments=draw(texts)))
            case _:
                call = draw(st.sampled_from(open_calls))
                told.append(CallEnded(call=call))
                open_calls.remove(call)
    return tuple(told)


@st.composite
def answered(draw: st.DrawFn) -> tuple[Pieces, Answer]:
    """An answer as models give it: thought, then text, then calls side by side; each may lack."""
    told: list[Piece] = []
    for _ in range(draw(st.integers(0, 2))):
        thought = draw(st.lists(pieces_of_text, min_size=1, max_size=3))
        told += [*map(ThinkingDelta, thought), ThinkingSealed(draw(texts))]
    said = draw(st.lists(pieces_of_text, max_size=4))
    told += map(TextDelta, said)
    calls = draw(st.lists(_calls, min_size=0 if said else 1, max_size=3))
    waiting = [_told_call(number, *call) for number, call in enumerate(calls)]
    told += [call.pop(0) for call in waiting]
    while waiting := [call for call in waiting if call]:
        told.append(draw(st.sampled_from(waiting)).pop(0))
    reason = draw(st.sampled_from(list[StopReason](["calls" if calls else "end", "length"])))
    answer = Answer(parts=parts(told), pieces=(), reason=reason, usage=draw(usages))
    return tuple(told), answer


_calls: Final = st.tuples(
    names,
    st.dictionaries(texts, st.integers() | texts, max_size=2),
    st.integers(0, 20),
)


def _told_call(number: int, name: str, arguments: Mapping[str, object], cut: int) -> list[Piece]:
    written = msgspec.json.encode(arguments).decode()
    return [
        CallBegan(call=number, id=f"c{number}", name=name),
        *(CallDelta(call=number, arguments=a) for a in (written[:cut], written[cut:]) if a),
        CallEnded(call=number),
    ]


class Heard(Struct, frozen=True, kw_only=True):
    """An answer without the seams between its pieces."""

    parts: tuple[AssistantPart, ...]
    reason: StopReason
    usage: Usage


def parts(told: Iterable[StreamEvent]) -> tuple[AssistantPart, ...]:
    """In the order in which they began."""
    found: list[AssistantPart] = []
    thought = ""
    places: dict[int, int] = {}
    for event in told:
        match event:
            case TextDelta(text):
                if found and isinstance(before := found[-1], Text):
                    found[-1] = Text(before.text + text)
                else:
                    found.append(Text(text))
            case ThinkingDelta(text):
                thought += text
            case ThinkingSealed(seal):
                found.append(Thinking(text=thought, producer=PRODUCER, seal=seal))
                thought = ""
            case CallBegan(call=call, id=id, name=name):
                places[call] = len(found)
                found.append(ToolCall(id=CallId(id), name=name, arguments=""))
            case CallDelta(call=call, arguments=arguments):
                known = found[places[call]]
                assert isinstance(known, ToolCall)
                found[places[call]] = replace(known, arguments=known.arguments + arguments)
            case _:
                pass
    return tuple(found)


def heard(events: Iterable[StreamEvent]) -> Heard:
    listed = list(events)
    last = listed[-1]
    assert isinstance(last, Ended), last
    usage = Usage()
    for event in listed:
        if isinstance(event, UsageSeen):
            usage = usage.merged(event.usage)
    return Heard(parts=parts(listed), reason=last.reason, usage=usage)


def counted(usage: Usage) -> Usage:
    """What is not known is told as nothing."""
    return Usage(**{name: getattr(usage, name) or 0 for name in Usage.__struct_fields__})


def streamed(writer: Writer, pieces: Pieces, end: Callable[[Writer], bytes]) -> bytes:
    return writer.begin() + b"".join(map(writer.piece, pieces)) + end(writer)
