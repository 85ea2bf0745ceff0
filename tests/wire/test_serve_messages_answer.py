"""Answers to a client of Anthropic's Messages: legal streams, which say what was told."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.wire.golden import cases, heard, load
from tests.wire.grammar_messages import verdict
from tests.wire.portability.histories import folded
from tests.wire.serve_messages_samples import (
    FAULT,
    HEADING,
    PRODUCER,
    SERVED,
    Told,
    answer,
    any_told,
    told,
    wanted,
    writer,
    written,
)
from vibe.domain.answer import Answer
from vibe.domain.message import AssistantPart, CallId, Producer, Text, Thinking, ToolCall
from vibe.domain.model import ProviderName
from vibe.domain.stream import (
    Began,
    Broken,
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
from vibe.domain.target import Target
from vibe.domain.usage import Usage
from vibe.wire.messages import Messages
from vibe.wire.seals import sealed, unsealed
from vibe.wire.serve_messages_answer import REASONS
from vibe.wire.serving import Fault, Trouble

TARGET = Target(provider=ProviderName("anthropic"), model="claude-opus-5", backend="anthropic")
OTHER = Producer(provider=ProviderName("other"), model="other")
GOLDEN = [case for _, case in cases("serve_messages")]
RECORDED = [
    (vendor, case)
    for vendor, case in cases("anthropic", "openai", "openrouter", "deepseek", "gemini", "mistral")
    if isinstance(load(vendor, case).expected[-1], Ended)
]


def read(data: bytes) -> tuple[StreamEvent, ...]:
    """What the other side makes of it."""
    return heard(Messages().decoder(TARGET, stream=True), data)


def kept(events: tuple[StreamEvent, ...]) -> Answer:
    """The answer that a client of vibe's own would keep, its signatures opened again."""
    whole = told(*events).answer
    return replace(whole, parts=tuple(map(opened, whole.parts)))


def opened(part: AssistantPart) -> AssistantPart:
    if not isinstance(part, Thinking) or not (held := unsealed(part.seal)):
        return part
    return Thinking(text=part.text, producer=held[0], seal=held[1])


def comparable(whole: Answer) -> Answer:
    """An answer without what the protocol has no word for: that a count is not known, arguments
    that are blank, and calls that name their own seal."""
    parts = tuple(
        replace(part, arguments=part.arguments.strip() or "{}", seal="")
        if isinstance(part, ToolCall)
        else part
        for part in whole.parts
    )
    usage = whole.usage
    counted = replace(usage, cached_read=usage.cached_read or 0, cache_write=usage.cache_write or 0)
    return replace(whole, parts=parts, usage=counted)


@pytest.mark.parametrize("case", GOLDEN)
def test_pieces_are_told_as_anthropic_tells_them(case: str) -> None:
    golden = load("serve_messages", case)
    assert written(told(*golden.expected)) == golden.sent
    assert verdict(golden.sent) == "whole"


def test_every_golden_file_says_where_it_is_from() -> None:
    here = Path(__file__).parent / "serve_messages"
    sources = (here / "SOURCES.md").read_text("utf-8")
    files = {path.name.partition(".")[0] for path in here.iterdir() if path.suffix != ".md"}
    assert [name for name in files if f"| {name} |" not in sources] == []


@pytest.mark.parametrize(("vendor", "case"), RECORDED)
def test_a_recorded_answer_of_any_vendor_is_told_whole(vendor: str, case: str) -> None:
    golden = load(vendor, case)
    stream = written(told(*golden.expected))
    assert verdict(stream) == "whole"
    assert said(folded(read(stream), PRODUCER).parts) == said(
        folded(golden.expected, PRODUCER).parts
    )


def said(parts: tuple[AssistantPart, ...]) -> list[object]:
    """Texts, and calls with what they mean."""
    return [
        (part.name, part.id, part.arguments.strip() or "{}")
        if isinstance(part, ToolCall)
        else part.text
        for part in parts
        if not isinstance(part, Thinking)
    ]


@given(any_told())
def test_what_is_told_is_legal_and_reads_as_what_it_was(given_: Told) -> None:
    stream = written(given_)
    assert verdict(stream) == "whole"
    events = read(stream)
    assert events[0] == Began(model=HEADING.model, id=HEADING.id)
    assert comparable(kept(events)) == comparable(given_.answer)


@given(any_told(), st.data())
def test_a_failure_after_any_piece_ends_a_legal_stream(given_: Told, data: st.DataObject) -> None:
    to = writer()
    stream = to.begin()
    for piece in given_.pieces[: data.draw(st.integers(0, len(given_.pieces)))]:
        stream += to.piece(piece) + data.draw(st.sampled_from([b"", to.beat()]))
    trouble = data.draw(st.sampled_from(["overloaded", "refused"]))
    stream += to.fail(replace(FAULT, trouble=trouble))
    assert verdict(stream) == ("failed" if trouble == "overloaded" else "whole")
    assert isinstance(read(stream)[-1], Broken)


@given(any_told(), st.floats(0, 1, exclude_max=True))
def test_a_stream_that_is_cut_is_never_whole(given_: Told, share: float) -> None:
    stream = written(given_)
    assert verdict(stream[: int(share * (len(stream) - 1))]) == "cut"


@given(any_told(), st.data())
def test_an_answer_whose_last_pieces_never_came_is_legal(given_: Told, data: st.DataObject) -> None:
    pieces = given_.pieces[: data.draw(st.integers(0, len(given_.pieces)))]
    cut = replace(given_.answer, reason="length")
    assert verdict(written(Told(pieces, cut))) == "whole"


@given(any_told())
def test_a_whole_answer_reads_as_what_it_was(given_: Told) -> None:
    whole = replace(given_.answer, reason="calls" if given_.answer.calls else "end")
    events = read(SERVED.whole(wanted(), HEADING, whole))
    assert comparable(kept(events)) == comparable(whole)


def test_a_whole_answer_is_one_message() -> None:
    call = ToolCall(id=CallId("c1"), name="read", arguments='{"path": "a"}')
    wrong = replace(call, arguments='{"path"')
    usage = Usage(input=9, output=3, cached_read=4)
    whole = answer(Text("Hi"), call, wrong, Text(""), reason="calls", usage=usage)
    assert msgspec.json.decode(SERVED.whole(wanted(), HEADING, whole)) == {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-opus-5",
        "content": [
            {"type": "text", "text": "Hi"},
            {"type": "tool_use", "id": "c1", "name": "read", "input": {"path": "a"}},
            {"type": "tool_use", "id": "c1", "name": "read", "input": {"_invalid": '{"path"'}},
        ],
        "stop_reason": "tool_use",
        "stop_sequence": None,
        "usage": {
            "input_tokens": 5,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 4,
            "output_tokens": 3,
        },
    }


@pytest.mark.parametrize("reason", REASONS)
@pytest.mark.parametrize(("stop", "found"), [(("END",), "END"), (("END", "."), None)])
def test_a_reason_is_told_with_the_text_that_it_surely_was(
    reason: StopReason, stop: tuple[str, ...], found: str | None
) -> None:
    body = SERVED.whole(wanted(*stop), HEADING, answer(Text("Hi"), reason=reason))
    told = msgspec.json.decode(body, type=dict[str, object])
    expected = found if reason == "stop_sequence" else None
    assert told["stop_sequence"] == expected


def test_a_call_that_was_cut_is_nobodys_to_run() -> None:
    cut = (CallBegan(call=0, id="c", name="rm"), CallDelta(call=0, arguments='{"path": "/'))
    events = read(written(Told(cut, answer(reason="calls"))))
    assert [event for event in events if isinstance(event, CallEnded | Ended)] == [Ended("length")]


def test_thought_of_one_who_failed_is_not_sealed_by_the_next() -> None:
    to = writer()
    stream = to.begin() + to.piece(ThinkingDelta("Hm")) + to.by(OTHER)
    stream += to.piece(ThinkingDelta("So")) + to.piece(ThinkingSealed("s"))
    stream += to.piece(TextDelta("Hi")) + to.end(answer(Text("Hi")))
    assert verdict(stream) == "whole"
    thought = [event for event in read(stream) if isinstance(event, ThinkingDelta | ThinkingSealed)]
    assert thought == [
        ThinkingDelta("Hm"),
        ThinkingSealed(""),
        ThinkingDelta("So"),
        ThinkingSealed(sealed(Thinking(text="", producer=OTHER, seal="s"))),
    ]


def test_thought_that_ends_without_a_word_is_its_producers_all_the_same() -> None:
    to = writer()
    stream = to.begin() + to.piece(ThinkingDelta("Hm")) + to.piece(TextDelta("Hi"))
    stream += to.end(answer(Text("Hi")))
    thought = Thinking(text="Hm", producer=PRODUCER)
    assert ThinkingSealed(sealed(thought)) in read(stream)


def test_nothing_opens_no_block() -> None:
    to = writer()
    pieces = (TextDelta(""), ThinkingDelta(""), ThinkingSealed(""))
    assert [to.piece(piece) for piece in pieces] == [b"", b"", b""]


def test_thought_that_nobody_is_known_to_have_is_shown_alone() -> None:
    to = SERVED.writer(wanted(), replace(HEADING, producer=None))
    pieces = (ThinkingDelta("Hm"), ThinkingSealed("s"), ThinkingSealed("s"), TextDelta("Hi"))
    stream = to.begin() + b"".join(map(to.piece, pieces)) + to.end(answer(Text("Hi")))
    assert (verdict(stream), stream.count(b'"content_block_start"')) == ("whole", 2)
    assert b"signature_delta" not in stream


@pytest.mark.parametrize(
    ("trouble", "type", "message"),
    [
        ("invalid", "invalid_request_error", "No."),
        ("too_long", "invalid_request_error", "prompt is too long: No."),
        ("refused", "invalid_request_error", "No."),
        ("unauthorized", "authentication_error", "No."),
        ("forbidden", "permission_error", "No."),
        ("not_found", "not_found_error", "No."),
        ("too_large", "request_too_large", "No."),
        ("rate_limited", "rate_limit_error", "No."),
        ("overloaded", "overloaded_error", "No."),
        ("failed", "api_error", "No."),
        ("timeout", "timeout_error", "No."),
    ],
)
def test_errors_have_anthropics_own_types(trouble: Trouble, type: str, message: str) -> None:
    body = SERVED.error(Fault(status=400, trouble=trouble, message="No."), request_id="req_1")
    assert msgspec.json.decode(body) == {
        "type": "error",
        "error": {"type": type, "message": message},
        "request_id": "req_1",
    }


def test_a_stream_that_another_began_can_only_be_failed() -> None:
    for trouble in ("refused", "failed"):
        assert writer().fail(replace(FAULT, trouble=trouble)).startswith(b"event: error\n")


def test_an_error_in_a_stream_is_an_event_of_its_own() -> None:
    assert writer().fail(FAULT) == (
        b"event: error\n"
        b'data: {"type":"error","error":{"type":"overloaded_error","message":"every model rests"},'
        b'"request_id":"msg_1"}\n\n'
    )


def test_a_refusal_ends_a_stream_as_anthropics_own_does() -> None:
    to = writer()
    stream = to.begin() + to.piece(TextDelta("I")) + to.fail(replace(FAULT, trouble="refused"))
    *before, last = read(stream)
    assert [event for event in before if not isinstance(event, UsageSeen)] == [
        Began(model="claude-opus-5", id="msg_1"),
        TextDelta("I"),
    ]
    assert isinstance(last, Broken)
    assert (last.failure.kind, last.failure.detail) == ("refused", "every model rests")
