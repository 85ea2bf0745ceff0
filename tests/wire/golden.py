"""Golden files: the bytes of an answer as a provider sent them, and the events they have to give.

`<vendor>/<case>.sse` (a stream) or `<vendor>/<case>.json` (one body) holds the bytes; beside it,
`<case>.events` holds an event a line, as a JSON array of its name and its value or its fields.
Where the bytes are from stands in `<vendor>/SOURCES.md`, a line a case. Never written by our code.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from vibe.domain.stream import (
    Began,
    Broken,
    CallBegan,
    CallDelta,
    CallEnded,
    Ended,
    StreamEvent,
    TextDelta,
    ThinkingDelta,
    ThinkingSealed,
    UsageSeen,
)
from vibe.wire.codec import Decoder

HERE: Final = Path(__file__).parent
EVENTS: Final[dict[str, type[StreamEvent]]] = {
    "began": Began,
    "text": TextDelta,
    "thinking": ThinkingDelta,
    "sealed": ThinkingSealed,
    "call": CallBegan,
    "arguments": CallDelta,
    "call_ended": CallEnded,
    "usage": UsageSeen,
    "ended": Ended,
    "broken": Broken,
}
ONE_VALUE: Final = frozenset({TextDelta, ThinkingDelta, ThinkingSealed, UsageSeen, Ended, Broken})


class Golden(Struct, frozen=True):
    sent: bytes
    expected: tuple[StreamEvent, ...]


def load(vendor: str, case: str) -> Golden:
    sent = next(path for path in (HERE / vendor).glob(f"{case}.*") if path.suffix != ".events")
    lines = (HERE / vendor / f"{case}.events").read_bytes().splitlines()
    return Golden(sent.read_bytes(), tuple(event(line) for line in lines))


def event(line: bytes) -> StreamEvent:
    """One line of an `.events` file."""
    name, value = msgspec.json.decode(line, type=tuple[str, object])
    form = EVENTS[name]
    if form in ONE_VALUE:
        value = {form.__struct_fields__[0]: value}
    return msgspec.convert(value, form)


def cases(*vendors: str) -> list[tuple[str, str]]:
    """Every case of these vendors that has its events written down."""
    return [
        (vendor, path.stem)
        for vendor in vendors
        for path in sorted((HERE / vendor).glob("*.events"))
    ]


def heard(decoder: Decoder, *pieces: bytes) -> tuple[StreamEvent, ...]:
    """All that a decoder makes of an answer that arrives in these pieces and then ends."""
    events = [event for piece in pieces for event in decoder.feed(piece)]
    return (*events, *decoder.finish())
