"""Answers in the form of OpenAI's chat completions: legal whatever comes, and read as they were."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wire import golden, grammar_chat
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
from vibe.domain.message import AssistantPart, CallId, Text, Thinking, ToolCall
from vibe.domain.model import ProviderName
from vibe.domain.request import ModelRequest
from vibe.domain.stream import CallBegan, CallDelta, CallEnded, StopReason, TextDelta, ThinkingDelta
from vibe.domain.target import Target
from vibe.domain.usage import Usage
from vibe.wire.chat import Chat
from vibe.wire.codec import Decoder
from vibe.wire.serve_chat_answer import ChatWriter, ServedChat
from vibe.wire.serving import Fault, Wanted

TARGET = Target(provider=ProviderName("p"), model="m", backend="generic")
FAULT = Fault(status=502, trouble="failed", message="The answer was cut.")
WANTED = Wanted(request=ModelRequest(messages=()), model="auto")


def writer() -> ChatWriter:
    return ChatWriter(HEADING, tells_usage=True)


def decoder(*, stream: bool) -> Decoder:
    return Chat().decoder(TARGET, stream=stream)


def sorted_out(parts: Iterable[AssistantPart]) -> tuple[AssistantPart, ...]:
    """As a chat message has them: what was thought, what was said, and the calls."""
    listed = tuple(parts)
    thought = "".join(part.text for part in listed if isinstance(part, Thinking))
    said = "".join(part.text for part in listed if isinstance(part, Text))
    return (
        *((Thinking(text=thought, producer=PRODUCER),) if thought else ()),
        *((Text(said),) if said else ()),
        *(part for part in listed if isinstance(part, ToolCall)),
    )


def told(parts: Iterable[AssistantPart], reason: StopReason, usage: Usage) -> Heard:
    return Heard(
        parts=sorted_out(parts),
        reason=reason,
        usage=msgspec.structs.replace(counted(usage), cache_write=None),
    )


@given(any_pieces(), reasons, usages, st.booleans())
def test_whatever_is_told_makes_a_legal_stream_that_ends(
    pieces: Pieces, reason: StopReason, usage: Usage, tells_usage: bool
) -> None:
    answer = Answer(parts=parts(pieces), pieces=(), reason=reason, usage=usage)
    writer = ChatWriter(HEADING, tells_usage=tells_usage)
    sent = streamed(writer, pieces, lambda writer: writer.beat() + writer.end(answer))
    assert grammar_chat.read(grammar_chat.events(sent)) == "done"


@given(any_pieces())
def test_what_fails_ends_in_its_error(pieces: Pieces) -> None:
    sent = streamed(writer(), pieces, lambda writer: writer.fail(FAULT))
    assert grammar_chat.read(grammar_chat.events(sent)) == "error"


@given(answered())
def test_a_stream_is_read_as_what_was_told(answered: tuple[Pieces, Answer]) -> None:
    pieces, answer = answered
    sent = streamed(writer(), pieces, lambda writer: writer.end(answer))
    read = heard(golden.heard(decoder(stream=True), sent))
    read = msgspec.structs.replace(read, parts=sorted_out(read.parts))
    assert read == told(answer.parts, answer.reason, answer.usage)


@given(answered())
def test_a_whole_answer_is_read_as_what_it_was(answered: tuple[Pieces, Answer]) -> None:
    _, answer = answered
    thoughts = [p.text for p in answer.parts if isinstance(p, Thinking) and p.text]
    thought = Thinking(text="\n\n".join(thoughts), producer=PRODUCER)
    rest = [part for part in answer.parts if not isinstance(part, Thinking)]
    read = heard(golden.heard(decoder(stream=False), ServedChat().whole(WANTED, HEADING, answer)))
    read = msgspec.structs.replace(read, parts=sorted_out(read.parts))
    assert read == told((thought, *rest), answer.reason, answer.usage)


@given(answered(), st.data())
def test_the_grammar_takes_no_stream_from_which_an_event_is_missing(
    answered: tuple[Pieces, Answer], data: st.DataObject
) -> None:
    pieces, answer = answered
    sent = grammar_chat.events(streamed(writer(), pieces, lambda writer: writer.end(answer)))
    optional = {index for index, event in enumerate(sent) if _is_optional(event)}
    missing = data.draw(st.sampled_from([i for i in range(len(sent)) if i not in optional]))
    with pytest.raises(AssertionError):
        grammar_chat.read(sent[:missing] + sent[missing + 1 :])


def _is_optional(event: grammar_chat.Json | str) -> bool:
    """A piece, which could as well be another, or usage."""
    if isinstance(event, str):
        return False
    if not event["choices"]:
        return True
    delta = event["choices"][0]["delta"]
    return bool(delta) and "role" not in delta


@pytest.mark.parametrize(
    ("pieces", "deltas"),
    [
        pytest.param((TextDelta(""), ThinkingDelta("")), [], id="nothing"),
        pytest.param(
            (CallBegan(call=0, id="c", name="f"), CallEnded(call=0)),
            [
                {
                    "tool_calls": [
                        {
                            "index": 0,
                            "id": "c",
                            "type": "function",
                            "function": {"name": "f", "arguments": ""},
                        }
                    ]
                },
                {"tool_calls": [{"index": 0, "function": {"arguments": "{}"}}]},
            ],
            id="a call without arguments",
        ),
    ],
)
def test_pieces_of_nothing(pieces: Pieces, deltas: list[object]) -> None:
    sent = b"".join(map(writer().piece, pieces))
    chunks = [msgspec.json.decode(line[6:]) for line in sent.split(b"\n\n") if line]
    assert [chunk["choices"][0]["delta"] for chunk in chunks] == deltas


def test_a_call_that_was_cut_is_not_told_as_whole() -> None:
    pieces = (CallBegan(call=0, id="c", name="f"), CallDelta(call=0, arguments="{"))
    answer = Answer(parts=(), pieces=(), reason="calls")
    sent = streamed(writer(), pieces, lambda writer: writer.end(answer))
    assert b'"finish_reason":"length"' in sent


def test_a_whole_call_without_arguments_has_an_empty_object() -> None:
    call = ToolCall(id=CallId("c"), name="f", arguments="")
    answer = Answer(parts=(call,), pieces=(), reason="calls")
    body = msgspec.json.decode(ServedChat().whole(WANTED, HEADING, answer))
    assert body["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"] == "{}"
