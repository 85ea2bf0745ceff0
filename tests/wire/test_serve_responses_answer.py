"""Answers in the form of OpenAI's Responses: legal whatever comes, and read as they were."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.wire import golden, grammar_responses
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
from vibe.domain.failure import FailureKind
from vibe.domain.message import AssistantPart, CallId, Text, Thinking, ToolCall
from vibe.domain.model import ProviderName
from vibe.domain.request import ModelRequest
from vibe.domain.stream import (
    Broken,
    CallBegan,
    CallDelta,
    CallEnded,
    StopReason,
    TextDelta,
    ThinkingDelta,
    ThinkingSealed,
)
from vibe.domain.target import Target
from vibe.domain.usage import Usage
from vibe.wire.responses import Responses
from vibe.wire.responses_form import REASONING
from vibe.wire.seals import unsealed
from vibe.wire.serve_responses import ResponsesWanted
from vibe.wire.serve_responses_answer import ResponsesWriter, ServedResponses
from vibe.wire.serve_responses_tools import Origin
from vibe.wire.serving import Fault, Trouble

TARGET: Final = Target(provider=ProviderName("p"), model="m", backend="responses")
FAULT: Final = Fault(status=502, trouble="failed", message="The answer was cut.")
ORIGINS: Final = {
    "a": Origin(name="apply_patch", takes_text=True),
    "b": Origin(name="search", namespace="web"),
}
SERVED: Final = Path(__file__).parent / "served"


def wanted(origins: dict[str, Origin]) -> ResponsesWanted:
    return ResponsesWanted(request=ModelRequest(messages=()), model="auto", origins=origins)


def writer(origins: dict[str, Origin] | None = None) -> ResponsesWriter:
    return ServedResponses().writer(wanted(origins or {}), HEADING)


def read(sent: bytes, *, stream: bool = True) -> Heard:
    events = golden.heard(Responses().decoder(TARGET, stream=stream), sent)
    found = heard(events)
    return replace(found, parts=tuple(map(_opened, found.parts)))


def _opened(part: AssistantPart) -> AssistantPart:
    """With the seal that vibe's own seal holds."""
    if not isinstance(part, Thinking):
        return part
    opened = unsealed(REASONING.decode(part.seal).encrypted_content)
    assert opened is not None
    producer, seal = opened
    return replace(part, producer=producer, seal=seal)


def told(parts: Iterable[AssistantPart], reason: StopReason, usage: Usage) -> Heard:
    return Heard(parts=tuple(parts), reason=reason, usage=counted(usage))


@given(any_pieces(), reasons, usages, st.booleans())
def test_whatever_is_told_makes_a_legal_stream_that_ends(
    pieces: Pieces, reason: StopReason, usage: Usage, turns_back: bool
) -> None:
    answer = Answer(parts=parts(pieces), pieces=(), reason=reason, usage=usage)
    sent = streamed(
        writer(ORIGINS if turns_back else {}),
        pieces,
        lambda writer: writer.beat() + writer.end(answer),
    )
    last = grammar_responses.read(grammar_responses.events(sent))
    is_cut = reason == "length" or _is_cut(pieces)
    assert last["type"] == ("response.incomplete" if is_cut else "response.completed")


def _is_cut(pieces: Pieces) -> bool:
    begun = {piece.call for piece in pieces if isinstance(piece, CallBegan)}
    return begun != {piece.call for piece in pieces if isinstance(piece, CallEnded)}


@given(any_pieces())
def test_what_fails_ends_in_its_error(pieces: Pieces) -> None:
    sent = streamed(writer(ORIGINS), pieces, lambda writer: writer.fail(FAULT))
    last = grammar_responses.read(grammar_responses.events(sent))
    assert last["response"]["error"] == {"code": "server_error", "message": FAULT.message}


@given(answered())
def test_a_stream_is_read_as_what_was_told(answered: tuple[Pieces, Answer]) -> None:
    pieces, answer = answered
    sent = streamed(writer(), pieces, lambda writer: writer.end(answer))
    assert read(sent) == told(answer.parts, answer.reason, answer.usage)


@given(answered())
def test_a_whole_answer_is_read_as_what_it_was(answered: tuple[Pieces, Answer]) -> None:
    _, answer = answered
    body = ServedResponses().whole(wanted({}), HEADING, answer)
    assert read(body, stream=False) == told(answer.parts, answer.reason, answer.usage)


@given(answered())
def test_a_whole_answer_is_what_its_stream_ends_with(answered: tuple[Pieces, Answer]) -> None:
    pieces, answer = answered
    sent = streamed(writer(ORIGINS), pieces, lambda writer: writer.end(answer))
    last = grammar_responses.read(grammar_responses.events(sent))
    whole = ServedResponses().whole(wanted(ORIGINS), HEADING, answer)
    assert msgspec.json.decode(whole) == last["response"]


@given(answered(), st.data())
def test_the_grammar_takes_no_stream_from_which_an_event_is_missing(
    answered: tuple[Pieces, Answer], data: st.DataObject
) -> None:
    pieces, answer = answered
    sent = streamed(writer(ORIGINS), pieces, lambda writer: writer.end(answer))
    events = grammar_responses.events(sent)
    missing = data.draw(st.integers(0, len(events) - 1))
    with pytest.raises((AssertionError, IndexError)):
        grammar_responses.read(events[:missing] + events[missing + 1 :])


@given(answered(), st.data())
def test_the_grammar_takes_no_stream_in_which_two_events_are_exchanged(
    answered: tuple[Pieces, Answer], data: st.DataObject
) -> None:
    pieces, answer = answered
    sent = streamed(writer(ORIGINS), pieces, lambda writer: writer.end(answer))
    events = grammar_responses.events(sent)
    first = data.draw(st.integers(0, len(events) - 2))
    events[first : first + 2] = reversed(events[first : first + 2])
    with pytest.raises((AssertionError, IndexError)):
        grammar_responses.read(events)


GOLDEN: Final[dict[str, tuple[Pieces, StopReason]]] = {
    "text": ((TextDelta("Hel"), TextDelta("lo.")), "end"),
    "length": ((TextDelta("Hel"),), "length"),
    "thought_and_calls": (
        (
            ThinkingDelta("Look"),
            ThinkingDelta(" first."),
            ThinkingSealed("s"),
            TextDelta("I look."),
            CallBegan(call=0, id="c0", name="web__search"),
            CallBegan(call=1, id="c1", name="apply_patch"),
            CallDelta(call=1, arguments='{"input":"*** Begin'),
            CallDelta(call=0, arguments='{"q":'),
            CallDelta(call=1, arguments=' Patch"}'),
            CallDelta(call=0, arguments="1}"),
            CallEnded(call=1),
            CallEnded(call=0),
        ),
        "calls",
    ),
    "sealed_thought": ((ThinkingSealed("s"), TextDelta("Hi")), "end"),
}
TOOLS: Final = {
    "web__search": Origin(name="search", namespace="web"),
    "apply_patch": Origin(name="apply_patch", takes_text=True),
}
USAGE: Final = Usage(input=30, output=8, cached_read=20, reasoning=3)


@pytest.mark.parametrize("case", GOLDEN)
def test_a_stream_is_written_byte_by_byte(case: str) -> None:
    pieces, reason = GOLDEN[case]
    answer = Answer(parts=parts(pieces), pieces=(), reason=reason, usage=USAGE)
    sent = streamed(writer(TOOLS), pieces, lambda writer: writer.end(answer))
    assert sent == (SERVED / f"responses_{case}.sse").read_bytes()


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ('{"input":"*** Begin Patch\\n"}', "*** Begin Patch\n"),
        ("*** Begin Patch\n", "*** Begin Patch\n"),
        ('{"patch":"*** Begin Patch"}', '{"patch":"*** Begin Patch"}'),
        ('{"input":7}', '{"input":7}'),
        ("", ""),
    ],
    ids=["as asked", "as it is", "another name", "no text", "nothing"],
)
def test_a_tool_that_takes_a_text_is_called_with_one(written: str, text: str) -> None:
    call = ToolCall(id=CallId("c"), name="a", arguments=written)
    answer = Answer(parts=(call,), pieces=(), reason="calls")
    body = msgspec.json.decode(ServedResponses().whole(wanted(ORIGINS), HEADING, answer))
    assert body["output"] == [
        {
            "id": "ctc_vibe-1_0",
            "type": "custom_tool_call",
            "status": "completed",
            "call_id": "c",
            "name": "apply_patch",
            "input": text,
        }
    ]


def test_a_call_that_was_cut_is_never_done() -> None:
    pieces = (
        CallBegan(call=0, id="c", name="a"),
        CallDelta(call=0, arguments='{"input":"rm -r /tmp/x'),
    )
    answer = Answer(parts=(), pieces=(), reason="calls")
    sent = streamed(writer(ORIGINS), pieces, lambda writer: writer.end(answer))
    assert [kind for kind, _ in grammar_responses.events(sent)] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.incomplete",
    ]


def test_thought_ends_where_another_goes_on() -> None:
    other = replace(PRODUCER, model="llama")
    writing = writer()
    sent = writing.begin() + writing.piece(ThinkingDelta("a")) + writing.by(other)
    pieces = (ThinkingDelta("b"), ThinkingSealed("2"), TextDelta("c"))
    answer = Answer(parts=(Text("c"),), pieces=())
    sent += b"".join(map(writing.piece, pieces)) + writing.end(answer)
    assert read(sent).parts == (
        Thinking(text="a", producer=PRODUCER, seal=""),
        Thinking(text="b", producer=other, seal="2"),
        Text("c"),
    )


def test_without_a_producer_thought_is_not_sealed() -> None:
    heading = replace(HEADING, producer=None)
    pieces = (ThinkingDelta("Hm"), ThinkingSealed("s"), TextDelta("Hi"))
    answer = Answer(parts=(Text("Hi"),), pieces=())
    sent = streamed(ResponsesWriter(heading, {}), pieces, lambda writer: writer.end(answer))
    last = grammar_responses.read(grammar_responses.events(sent))
    assert last["response"]["output"][0] == {
        "id": "rs_vibe-1_0",
        "type": "reasoning",
        "summary": [{"type": "summary_text", "text": "Hm"}],
    }


@pytest.mark.parametrize(
    ("trouble", "kind"),
    [
        ("too_long", FailureKind.CONTEXT_TOO_LONG),
        ("rate_limited", FailureKind.RATE_LIMITED),
        ("failed", FailureKind.SERVER),
        ("overloaded", FailureKind.SERVER),
    ],
)
def test_what_failed_is_read_as_what_it_was(trouble: Trouble, kind: FailureKind) -> None:
    fault = Fault(status=500, trouble=trouble, message="No answer.")
    sent = streamed(writer(), (), lambda writer: writer.fail(fault))
    last = golden.heard(Responses().decoder(TARGET, stream=True), sent)[-1]
    assert isinstance(last, Broken)
    assert (last.failure.inner, last.failure.detail) == (kind, "No answer.")


def test_an_error_has_openais_form() -> None:
    fault = Fault(status=404, trouble="not_found", message="There is no model x.")
    assert msgspec.json.decode(ServedResponses().error(fault, request_id="vibe-1")) == {
        "error": {
            "message": "There is no model x.",
            "type": "invalid_request_error",
            "param": None,
            "code": "model_not_found",
        },
        "request_id": "vibe-1",
    }


def test_a_beat_is_a_comment() -> None:
    assert grammar_responses.events(writer().begin() + writer().beat())[-1][0] == (
        "response.in_progress"
    )


def test_thought_of_two_blocks_is_two_items() -> None:
    pieces = (
        ThinkingDelta("a"),
        ThinkingSealed("1"),
        ThinkingSealed("2"),
        TextDelta("b"),
    )
    answer = Answer(parts=parts(pieces), pieces=())
    sent = streamed(writer(), pieces, lambda writer: writer.end(answer))
    assert read(sent).parts == (
        Thinking(text="a", producer=PRODUCER, seal="1"),
        Thinking(text="", producer=PRODUCER, seal="2"),
        Text("b"),
    )
