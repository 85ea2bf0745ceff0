"""Chat completions for Mistral's SDK: legal whatever comes, and read as they were."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from hypothesis import given
from msgspec.structs import replace

from tests.wire import golden, grammar_chat, grammar_mistral
from tests.wire.told import (
    HEADING,
    PRODUCER,
    Heard,
    Pieces,
    answered,
    any_pieces,
    counted,
    heard,
    parts,
    reasons,
    streamed,
    usages,
)
from vibe.domain.answer import Answer
from vibe.domain.message import Assistant, AssistantPart, Text, Thinking, ToolCall, User
from vibe.domain.model import ProviderName
from vibe.domain.request import ModelRequest
from vibe.domain.stream import CallBegan, CallDelta, StopReason
from vibe.domain.target import Target
from vibe.domain.usage import Usage
from vibe.wire.codec import Decoder
from vibe.wire.mistral import Mistral
from vibe.wire.serve_mistral import MistralWriter, ServedMistral
from vibe.wire.serving import Fault, Wanted

TARGET = Target(provider=ProviderName("p"), model="m", backend="mistral")
FAULT = Fault(status=502, trouble="failed", message="The answer was cut.")
WANTED = Wanted(request=ModelRequest(messages=()), model="auto")
SERVED = ServedMistral()


def decoder(*, stream: bool) -> Decoder:
    return Mistral().decoder(TARGET, stream=stream)


def told(answer: Answer) -> Heard:
    """As a message of Mistral's has them: what was thought, what was said, and the calls."""
    usage = replace(counted(answer.usage), cache_write=None)
    return Heard(parts=sorted_out(answer.parts), reason=answer.reason, usage=usage)


def sorted_out(listed: Iterable[AssistantPart]) -> tuple[AssistantPart, ...]:
    parts = tuple(listed)
    thought = "".join(part.text for part in parts if isinstance(part, Thinking))
    said = "".join(part.text for part in parts if isinstance(part, Text))
    return (
        *((Thinking(text=thought, producer=PRODUCER),) if thought else ()),
        *((Text(said),) if said else ()),
        *(part for part in parts if isinstance(part, ToolCall)),
    )


@given(any_pieces(), reasons, usages)
def test_whatever_is_told_makes_a_legal_stream_that_ends(
    pieces: Pieces, reason: StopReason, usage: Usage
) -> None:
    answer = Answer(parts=parts(pieces), pieces=(), reason=reason, usage=usage)
    writer = MistralWriter(HEADING)
    sent = streamed(writer, pieces, lambda writer: writer.beat() + writer.end(answer))
    assert grammar_mistral.read(grammar_chat.events(sent)) == "done"


@given(any_pieces())
def test_what_fails_ends_in_its_error(pieces: Pieces) -> None:
    sent = streamed(MistralWriter(HEADING), pieces, lambda writer: writer.fail(FAULT))
    assert grammar_mistral.read(grammar_chat.events(sent)) == "error"


@given(answered())
def test_a_stream_is_read_as_what_was_told(answered: tuple[Pieces, Answer]) -> None:
    pieces, answer = answered
    sent = streamed(MistralWriter(HEADING), pieces, lambda writer: writer.end(answer))
    read = heard(golden.heard(decoder(stream=True), sent))
    in_order = [part for part in read.parts if isinstance(part, ToolCall)]
    calls = sorted(in_order, key=lambda call: call.id)  # they are told as they end
    read = replace(read, parts=(*sorted_out(read.parts[: -len(calls) or None]), *calls))
    assert read == told(answer)


@given(answered())
def test_a_whole_answer_is_read_as_what_it_was(answered: tuple[Pieces, Answer]) -> None:
    _, answer = answered
    read = heard(golden.heard(decoder(stream=False), SERVED.whole(WANTED, HEADING, answer)))
    assert replace(read, parts=sorted_out(read.parts)) == told(answer)


def test_a_call_that_was_cut_is_not_told() -> None:
    pieces = (CallBegan(call=0, id="c", name="f"), CallDelta(call=0, arguments="{"))
    answer = Answer(parts=(), pieces=(), reason="calls")
    sent = streamed(MistralWriter(HEADING), pieces, lambda writer: writer.end(answer))
    assert b"tool_calls" not in sent
    assert b'"finish_reason":"length"' in sent


def test_what_only_mistrals_clients_say_is_read() -> None:
    thought: dict[str, Any] = {"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}
    body = {
        "model": "m",
        "messages": [
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": [thought, {"type": "text", "text": "Yes?"}]},
            {"role": "user", "content": "Go"},
        ],
        "tool_choice": "any",
        "random_seed": 7,
    }
    request = ModelRequest(
        messages=(
            User((Text("Hi"),)),
            Assistant(parts=(Text("Yes?"),)),
            User((Text("Go"),)),
        ),
        tool_choice="required",
        seed=7,
    )
    assert SERVED.read(msgspec.json.encode(body)) == Wanted(request=request, model="m")
