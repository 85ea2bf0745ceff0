"""Whatever a provider makes of a stream, a client that speaks as it does can read what it is sent.

Either the bytes that are passed on can be read by the clients of the protocol, and hold all the
text that vibe read, or the answer breaks, which the gateway tells as the protocol's error, or it
was translated, and nothing of it was passed on.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wire.as_clients import READERS
from tests.wire.told import HEADING, Pieces, answered, streamed
from vibe.domain.answer import Answer
from vibe.domain.model import Backend, ProviderName
from vibe.domain.request import Dialect, ModelRequest, Original
from vibe.domain.stream import Broken, CallBegan, Ended, Passed, StreamEvent, TextDelta
from vibe.domain.target import Target
from vibe.wire.codec import Decoder
from vibe.wire.dialects import codec_for
from vibe.wire.forwarding import Forwarding
from vibe.wire.serve_chat_answer import ServedChat
from vibe.wire.serve_messages_answer import ServedMessages
from vibe.wire.serve_responses import ResponsesWanted
from vibe.wire.serve_responses_answer import ServedResponses
from vibe.wire.serving import Wanted, Writer

BACKENDS: Final[dict[Dialect, Backend]] = {
    "chat": "generic",
    "messages": "anthropic",
    "responses": "responses",
}
REQUEST: Final = ModelRequest(messages=())
WANTED: Final = Wanted(request=REQUEST, model="auto", tells_usage=True)
WRITERS: Final[dict[Dialect, Callable[[], Writer]]] = {
    "chat": lambda: ServedChat().writer(WANTED, HEADING),
    "messages": lambda: ServedMessages().writer(WANTED, HEADING),
    "responses": lambda: ServedResponses().writer(
        ResponsesWanted(request=REQUEST, model="auto", origins={}), HEADING
    ),
}
CHANGES: Final = ("drop", "again", "swap", "null", "less", "number", "nameless", "misnamed")


def decoder(dialect: Dialect) -> Decoder:
    backend = BACKENDS[dialect]
    aim = Target(provider=ProviderName("p"), model="m", backend=backend)
    return codec_for(backend).decoder(aim, stream=True)


def blocks(sent: bytes) -> list[bytes]:
    return [part + b"\n\n" for part in sent.split(b"\n\n") if part]


@st.composite
def changed(draw: st.DrawFn, stream: list[bytes]) -> list[bytes]:
    stream = list(stream)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, max(0, len(stream) - 1)))
        match draw(st.sampled_from(CHANGES)):
            case _ if not stream:
                break
            case "drop":
                del stream[at]
            case "again":
                stream.insert(draw(st.integers(at, len(stream))), stream[at])
            case "swap":
                other = draw(st.integers(0, len(stream) - 1))
                stream[at], stream[other] = stream[other], stream[at]
            case "nameless":
                stream[at] = re.sub(rb"^event: .*\n", b"", stream[at])
            case "misnamed":
                stream[at] = re.sub(rb"^event: .*\n", b"event: ping\n", stream[at])
            case kind:
                stream[at] = draw(with_another_member(stream[at], kind))
    return stream


@st.composite
def with_another_member(draw: st.DrawFn, one: bytes, kind: str) -> bytes:
    head, _, data = one.partition(b"data: ")
    if not data.startswith(b'{"'):
        return one
    whole = msgspec.json.decode(data)
    places = [*members(whole)]
    holder, key = draw(st.sampled_from(places))
    if kind == "null":
        holder[key] = None
    elif kind == "less":
        del holder[key]
    elif isinstance(holder[key], int):
        holder[key] += draw(st.sampled_from((-1, 1, 5)))
    return head + b"data: " + msgspec.json.encode(whole) + b"\n\n"


def members(value: object) -> list[tuple[Any, Any]]:
    """Each place in it that could hold something else."""
    if not isinstance(value, dict | list):
        return []
    holder = cast("dict[Any, object] | list[object]", value)
    keys: list[Any] = list(holder if isinstance(holder, dict) else range(len(holder)))
    return [place for key in keys for place in ((holder, key), *members(holder[key]))]


def run(decoder: Decoder | Forwarding, pieces: list[bytes]) -> list[StreamEvent]:
    return [*(event for piece in pieces for event in decoder.feed(piece)), *decoder.finish()]


def text(events: list[StreamEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


@pytest.mark.parametrize("dialect", BACKENDS)
@pytest.mark.parametrize("wants_usage", [True, False], ids=["usage", "no-usage"])
@given(told=answered(), data=st.data())
def test_what_is_passed_on_can_be_read_or_breaks(
    dialect: Dialect, wants_usage: bool, told: tuple[Pieces, Answer], data: st.DataObject
) -> None:
    pieces, answer = told
    legal = streamed(WRITERS[dialect](), pieces, lambda writer: writer.end(answer))
    sent = data.draw(changed(blocks(legal)))
    body = b'{"stream_options":{"include_usage":true}}' if wants_usage else b"{}"
    original = Original(dialect=dialect, body=body)
    in_pieces = sent if data.draw(st.booleans()) else [b"".join(sent)]
    events = run(Forwarding(decoder(dialect), original, stream=True), in_pieces)
    read = run(decoder(dialect), sent)
    passed = b"".join(event.data for event in events if isinstance(event, Passed))
    if not passed:
        assert events == read or isinstance(events[-1], Broken)
        return
    assert not any(isinstance(event, TextDelta | CallBegan) for event in events)
    is_whole = isinstance(events[-1], Ended)
    seen = READERS[dialect](passed, whole=is_whole)
    if is_whole:
        assert isinstance(read[-1], Ended)
        assert seen.replace("\n\n", "") == text(read).replace("\n\n", "")
