"""Answers of OpenAI's Responses API: recordings, and what no recording shows."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wire.golden import cases, heard, load
from vibe.domain.failure import Failure, FailureKind
from vibe.domain.model import ProviderName
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
from vibe.domain.target import Target
from vibe.domain.usage import Usage
from vibe.wire.answer_bytes import AnswerDecoder
from vibe.wire.codec import Reply
from vibe.wire.failures import openai_failure
from vibe.wire.responses import Responses

Json = dict[str, object]

TARGET = Target(provider=ProviderName("openai"), model="gpt-5.1", backend="responses")
CASES = [case for _, case in cases("responses")]
BEGAN = Began(model="gpt", id="resp_1")
EMPTY = Broken(
    Failure(kind=FailureKind.EMPTY, detail="the answer has neither text nor a call"),
)


def decoder() -> AnswerDecoder:
    return Responses().decoder(TARGET, stream=True)


def sse(*events: Json) -> bytes:
    return b"".join(b"data: %b\n\n" % msgspec.json.encode(event) for event in events)


def event(kind: str, **fields: object) -> Json:
    return {"type": f"response.{kind}"} | fields


def response(status: str = "completed", **fields: object) -> Json:
    return {"id": "resp_1", "model": "gpt", "status": status} | fields


def end(status: str = "completed", **fields: object) -> Json:
    return event(status, response=response(status, **fields))


def message(text: str, **fields: object) -> Json:
    return {"type": "message", "content": [{"type": "output_text", "text": text}]} | fields


def call(arguments: str, *, number: int = 1, **fields: object) -> Json:
    ids = {"id": f"fc_{number}", "call_id": f"call_{number}"}
    return {"type": "function_call", "name": "read", "arguments": arguments} | ids | fields


def thought(*summary: str, **fields: object) -> Json:
    parts = [{"type": "summary_text", "text": text} for text in summary]
    return {"type": "reasoning", "id": "rs_1", "summary": parts} | fields


def text(delta: str, **fields: object) -> Json:
    return event("output_text.delta", delta=delta, **fields)


def arguments(delta: str, **fields: object) -> Json:
    return event("function_call_arguments.delta", delta=delta, **fields)


def added(item: Json, **fields: object) -> Json:
    return event("output_item.added", item=item, **fields)


def done(item: Json, **fields: object) -> Json:
    return event("output_item.done", item=item, **fields)


def broken(detail: str) -> Broken:
    return Broken(Failure(kind=FailureKind.BROKEN_STREAM, detail=detail))


CREATED = event("created", response=response("in_progress"))


def is_well_formed(events: Iterable[StreamEvent]) -> bool:
    """One ending and nothing after it; pieces only of calls and thoughts that are open."""
    *before, last = events
    calls: dict[int, bool] = {}
    thinking = False
    for place, found in enumerate(before):
        match found:
            case Began() if place:
                return False
            case CallBegan(call=number) if number != len(calls) or thinking:
                return False
            case CallBegan(call=number):
                calls[number] = True
            case CallDelta(call=number) | CallEnded(call=number) if not calls.get(number):
                return False
            case CallEnded(call=number):
                calls[number] = False
            case TextDelta() if thinking:
                return False
            case ThinkingDelta() | ThinkingSealed():
                thinking = isinstance(found, ThinkingDelta)
            case Ended() | Broken():
                return False
            case _:
                pass
    return isinstance(last, Broken) or (isinstance(last, Ended) and not thinking)


# --- recordings


@pytest.mark.parametrize("case", CASES)
def test_a_recording_gives_its_events(case: str):
    golden = load("responses", case)
    assert heard(decoder(), golden.sent) == golden.expected
    assert is_well_formed(golden.expected)


@pytest.mark.parametrize("case", CASES)
def test_bytes_that_come_one_by_one_give_the_same_events(case: str):
    golden = load("responses", case)
    assert heard(decoder(), *(bytes([byte]) for byte in golden.sent)) == golden.expected


@given(case=st.sampled_from(CASES), data=st.data())
def test_bytes_that_come_in_any_pieces_give_the_same_events(case: str, data: st.DataObject):
    golden = load("responses", case)
    cuts = data.draw(st.lists(st.integers(0, len(golden.sent)), max_size=8).map(sorted))
    pieces = [golden.sent[a:b] for a, b in zip([0, *cuts], [*cuts, None], strict=True)]
    assert heard(decoder(), *pieces) == golden.expected


@pytest.mark.parametrize(
    "case", ["openai_thought_and_call", "llamacpp_thought_and_calls", "openai_body"]
)
def test_an_answer_that_is_cut_at_any_byte_has_not_ended(case: str):
    sent = load("responses", case).sent.rstrip(b"\n")
    for length in range(len(sent)):
        events = heard(decoder(), sent[:length])
        assert is_well_formed(events)
        assert isinstance(events[-1], Broken)


MUTATIONS = st.lists(st.tuples(st.integers(0, 2000), st.binary(max_size=4)), max_size=6)


def mutated(sent: bytes, mutations: list[tuple[int, bytes]]) -> bytes:
    for place, piece in mutations:
        sent = sent[:place] + piece + sent[place + 1 :]
    return sent


@given(case=st.sampled_from(CASES), mutations=MUTATIONS)
def test_no_bytes_raise(case: str, mutations: list[tuple[int, bytes]]):
    assert is_well_formed(heard(decoder(), mutated(load("responses", case).sent, mutations)))


KINDS = (
    "output_text.delta", "reasoning_text.delta", "reasoning_summary_text.delta", "other",
    "function_call_arguments.delta", "function_call_arguments.done", "refusal.delta",
    "output_item.added", "output_item.done", "completed", "incomplete",
)  # fmt: skip
ITEMS: st.SearchStrategy[Json] = st.sampled_from(
    [
        message("a"),
        message("b", id="m"),
        call("{}"),
        call("{", number=2, status="incomplete"),
        thought("c", encrypted_content="x"),
        thought("d", id="rs_2"),
    ]
)
STRANGE: list[object] = [None, True, -1, "", [], {}, [{}], {"type": "a"}]
ODD: st.SearchStrategy[object] = st.sampled_from(STRANGE)
FIELDS: st.SearchStrategy[Json] = st.fixed_dictionaries(
    {"type": st.sampled_from([f"response.{kind}" for kind in KINDS])},
    optional={
        "item": ITEMS | ODD,
        "delta": st.sampled_from(["", "a", "{"]),
        "arguments": st.sampled_from(["", "{}"]),
        "item_id": st.sampled_from(["", "m", "rs_1", "fc_1", "fc_2"]),
        "output_index": st.integers(0, 3),
        "summary_index": st.integers(0, 2),
        "response": st.lists(ITEMS | ODD).map(lambda items: response(output=items)) | ODD,
    },
)


@given(st.lists(FIELDS, max_size=12))
def test_no_events_make_a_malformed_answer(events: list[Json]):
    assert is_well_formed(heard(decoder(), sse(*events)))


@pytest.mark.slow
@settings(max_examples=3_000)
@given(events=st.lists(FIELDS, max_size=20), mutations=MUTATIONS)
def test_no_bytes_raise_however_many(events: list[Json], mutations: list[tuple[int, bytes]]):
    assert is_well_formed(heard(decoder(), mutated(sse(*events), mutations)))


# --- told once

SAID = (BEGAN, TextDelta("Hello"), Ended("end"))
CALLED = (
    BEGAN,
    CallBegan(call=0, id="call_1", name="read"),
    CallDelta(call=0, arguments='{"a":1}'),
    CallEnded(call=0),
    Ended("calls"),
)


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        pytest.param([end(output=[message("Hello")])], SAID, id="text in the last response alone"),
        pytest.param(
            [text("Hello"), done(message("Hello", id="m")), end(output=[message("Hello")])],
            SAID,
            id="deltas that name no item",
        ),
        pytest.param(
            [added(message("", id="m"), output_index=0), text("Hello"), done(message("?")), end()],
            SAID,
            id="deltas after an item with names",
        ),
        pytest.param(
            [
                text("Hello", output_index=0),
                *[done(message("?", id="m"), output_index=0)] * 2,
                end(),
            ],
            SAID,
            id="done twice",
        ),
        pytest.param([end(output=[call('{"a":1}')])], CALLED, id="call in the last response alone"),
        pytest.param([done(call('{"a":1}')), end()], CALLED, id="call only when done"),
        pytest.param(
            [added(call("")), arguments('{"a":1}'), done(call('{"a":1}')), end()],
            CALLED,
            id="arguments that name no call",
        ),
        pytest.param(
            [arguments('{"a":1}', item_id="fc_1"), done(call('{"a":1}')), end()],
            CALLED,
            id="arguments before the call",
        ),
        pytest.param(
            [
                added(call(""), output_index=0),
                event("function_call_arguments.done", output_index=0, arguments='{"a":1}'),
                end(),
            ],
            CALLED,
            id="a call that is never done",
        ),
    ],
)
def test_what_is_told_in_any_way_is_passed_on_once(
    events: list[Json], expected: tuple[StreamEvent, ...]
):
    assert heard(decoder(), sse(CREATED, *events)) == expected


def test_what_the_pieces_of_arguments_lack_is_taken_from_the_whole():
    events = [CREATED, added(call("")), arguments('{"a"'), done(call('{"a":1}')), end()]
    assert heard(decoder(), sse(*events)) == (
        BEGAN,
        CallBegan(call=0, id="call_1", name="read"),
        CallDelta(call=0, arguments='{"a"'),
        CallDelta(call=0, arguments=":1}"),
        CallEnded(call=0),
        Ended("calls"),
    )


def pieces(*arguments: str) -> tuple[StreamEvent, ...]:
    began = CallBegan(call=0, id="call_1", name="read")
    return (BEGAN, began, *(CallDelta(call=0, arguments=piece) for piece in arguments))


WHOLE = (CallEnded(call=0), Ended("calls"))
VERSIONS = (broken("the arguments of a call to read came in two versions"),)


@pytest.mark.parametrize("again", ["output_item.done", "function_call_arguments.done", "completed"])
@pytest.mark.parametrize(
    ("first", "whole", "expected"),
    [
        pytest.param('{"a"', '{"a":1}', pieces('{"a"', ":1}") + WHOLE, id="more"),
        pytest.param('{"a":1}', '{"a":1}', pieces('{"a":1}') + WHOLE, id="the same"),
        pytest.param(
            '{"b": 2,"a":1}', '{"a":1,"b":2}', pieces('{"b": 2,"a":1}') + WHOLE, id="form"
        ),
        pytest.param('{"a":1}', "", pieces('{"a":1}') + WHOLE, id="nothing"),
        pytest.param('{"a":1}', None, pieces('{"a":1}') + WHOLE, id="null"),
        pytest.param('{"a":1}', '{"a":2}', pieces('{"a":1}') + VERSIONS, id="another"),
        pytest.param('{"a":1}', '{"a":true}', pieces('{"a":1}') + VERSIONS, id="another type"),
        pytest.param('{"a":1}', '{"a"', pieces('{"a":1}') + VERSIONS, id="less"),
        pytest.param('{"a":1}', "{}", pieces('{"a":1}') + VERSIONS, id="no arguments"),
    ],
)
def test_arguments_told_again_extend_the_pieces_or_break_the_answer(
    again: str, first: str, whole: str | None, expected: tuple[StreamEvent, ...]
):
    item = call("") | {"arguments": whole}
    told = event(again, arguments=whole, item=item, response=response(output=[item]))
    sent = sse(CREATED, added(call("")), arguments(first), told, end())
    assert heard(decoder(), sent) == expected


@pytest.mark.parametrize(
    "later",
    [
        pytest.param(done(call('{"a":1,"b":2}')), id="done twice"),
        pytest.param(event("function_call_arguments.done", arguments='{"a":2}'), id="arguments"),
        pytest.param(end(output=[call('{"a":2}')]), id="in the last response"),
    ],
)
def test_other_arguments_after_the_end_of_a_call_break_the_answer(later: Json):
    sent = sse(CREATED, done(call('{"a":1}')), later, end())
    assert heard(decoder(), sent) == pieces('{"a":1}') + WHOLE[:1] + VERSIONS


# --- items side by side


def test_two_ids_in_one_place_are_two_calls():
    events = [
        added(call("", number=1), output_index=0),
        arguments("1", output_index=0),
        added(call("", number=2), output_index=0),
        arguments("2", output_index=0),
        done(call("1", number=1), output_index=0),
        done(call("2", number=2), output_index=0),
    ]
    assert heard(decoder(), sse(*events, end())) == (
        CallBegan(call=0, id="call_1", name="read"),
        CallDelta(call=0, arguments="1"),
        CallBegan(call=1, id="call_2", name="read"),
        CallDelta(call=1, arguments="2"),
        CallEnded(call=0),
        CallEnded(call=1),
        Ended("calls"),
    )


def test_calls_may_be_written_side_by_side():
    events = [
        added(call("", number=1), output_index=3),
        added(call("", number=2), output_index=1),
        arguments("1", output_index=3),
        arguments("2", output_index=1),
        done(call("2", number=2), output_index=1),
        done(call("1", number=1), output_index=3),
    ]
    assert heard(decoder(), sse(*events, end())) == (
        CallBegan(call=0, id="call_1", name="read"),
        CallBegan(call=1, id="call_2", name="read"),
        CallDelta(call=0, arguments="1"),
        CallDelta(call=1, arguments="2"),
        CallEnded(call=1),
        CallEnded(call=0),
        Ended("calls"),
    )


def test_calls_without_any_id_are_given_one():
    item: Json = {"type": "function_call", "name": "read", "arguments": "{}"}
    events = [done(item, output_index=0), done(item, output_index=1), end()]
    found = [e.id for e in heard(decoder(), sse(*events)) if isinstance(e, CallBegan)]
    assert found == ["call_0", "call_1"]


def test_messages_in_one_place_stand_apart():
    events = [
        added(message("", id="m1"), output_index=0),
        text("One.", output_index=0),
        done(message("One.", id="m1"), output_index=0),
        done(message("Two.", id="m2"), output_index=0),
        done(call("{}")),
        text("Three.", output_index=0),
    ]
    assert heard(decoder(), sse(*events, end())) == (
        TextDelta("One."),
        TextDelta("\n\nTwo."),
        CallBegan(call=0, id="call_1", name="read"),
        CallDelta(call=0, arguments="{}"),
        CallEnded(call=0),
        TextDelta("Three."),
        Ended("calls"),
    )


def test_only_one_thought_is_open_at_a_time():
    summary = "reasoning_summary_text.delta"
    events = [
        event(summary, delta="One", output_index=0, summary_index=0),
        event(summary, delta="Two", output_index=1, summary_index=0),
        done(thought("Two", id="rs_2", encrypted_content="x"), output_index=1),
        done(thought("One", id="rs_1", encrypted_content="y"), output_index=0),
        text("Hello"),
    ]
    assert heard(decoder(), sse(*events, end())) == (
        ThinkingDelta("One"),
        ThinkingSealed(""),
        ThinkingDelta("Two"),
        ThinkingSealed(
            '{"type":"reasoning","id":"rs_2",'
            '"summary":[{"type":"summary_text","text":"Two"}],"encrypted_content":"x"}'
        ),
        TextDelta("Hello"),
        Ended("end"),
    )


def test_a_thought_that_the_provider_keeps_to_itself_has_no_seal():
    events = [done(thought("Hm")), done(thought(id="rs_2")), text("Hello"), end()]
    assert heard(decoder(), sse(*events)) == (
        ThinkingDelta("Hm"),
        ThinkingSealed(""),
        TextDelta("Hello"),
        Ended("end"),
    )


def test_more_calls_than_any_model_makes_are_not_read():
    events = [done(call("{}", number=number)) for number in range(257)]
    assert heard(decoder(), sse(*events, end()))[-1] == broken("more than 256 calls")


# --- how an answer ends


UNFINISHED = broken("the response is complete, but one of its calls is not")
SORRY = Broken(Failure(kind=FailureKind.BROKEN_STREAM, detail="Sorry.", inner=FailureKind.SERVER))


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        pytest.param(
            [text("Hello"), event("completed", response=response("incomplete"))],
            Ended("length"),
            id="completed with the status incomplete",
        ),
        pytest.param(
            [text("Hello"), event("incomplete", response=None)], Ended("length"), id="no response"
        ),
        pytest.param([end()], EMPTY, id="nothing"),
        pytest.param([done(thought("Hm")), end()], EMPTY, id="thought alone"),
        pytest.param([end("incomplete")], EMPTY, id="cut before the first word"),
        pytest.param([{"type": "response.web_search_call.completed"}, end()], EMPTY, id="search"),
        pytest.param(
            [text("Hello"), end("cancelled")],
            broken("the response ended as cancelled"),
            id="cancelled",
        ),
        pytest.param(
            [text("Hello"), event("completed", response=response("in_progress"))],
            broken("the response ended as in_progress"),
            id="completed with the status in_progress",
        ),
        pytest.param(
            [text("Hello"), event("completed", response=response("cancelled"))],
            broken("the response ended as cancelled"),
            id="completed with the status cancelled",
        ),
        pytest.param(
            [text("Hello"), event("completed", response=response("of_tomorrow"))],
            Ended("length"),
            id="completed with a status that is not known",
        ),
        pytest.param(
            [text("Hello"), event("completed", response=response("failed"))],
            Broken(Failure(kind=FailureKind.BROKEN_STREAM, inner=FailureKind.SERVER)),
            id="completed with the status failed",
        ),
        pytest.param(
            [text("Hello"), end(error={"code": "server_error", "message": "Sorry."})],
            SORRY,
            id="completed with an error",
        ),
        pytest.param(
            [text("Hello"), end("incomplete", error={"code": "server_error", "message": "Sorry."})],
            SORRY,
            id="incomplete with an error",
        ),
        pytest.param(
            [text("Hello"), event("failed", response=response("completed"))],
            Broken(Failure(kind=FailureKind.BROKEN_STREAM, inner=FailureKind.SERVER)),
            id="failed with the status completed",
        ),
        pytest.param(
            [text("Hello"), event("incomplete", response=response("completed"))],
            Ended("length"),
            id="incomplete with the status completed",
        ),
        pytest.param(
            [done(call("{}", status="in_progress")), end()],
            UNFINISHED,
            id="a call in progress",
        ),
        pytest.param(
            [
                done(call("{}", status="incomplete")),
                event("function_call_arguments.done", arguments="{}"),
                end(),
            ],
            UNFINISHED,
            id="a cut call whose arguments are done",
        ),
        pytest.param(
            [added(call("")), arguments("{}"), end(output=[call("{}", status="in_progress")])],
            UNFINISHED,
            id="a call in progress at the end",
        ),
        pytest.param(
            [added(call("")), arguments('{"a":'), done(call("{", status="incomplete")), end()],
            UNFINISHED,
            id="a cut call that is told shorter",
        ),
        pytest.param(
            [added(call("")), arguments("{"), end()],
            UNFINISHED,
            id="a call without its end",
        ),
        pytest.param(
            [done(call("{", status="incomplete")), end()],
            UNFINISHED,
            id="a call that was cut",
        ),
        pytest.param(
            [done(call("{}")), end("incomplete", output=[call("{", number=2)])],
            Ended("length"),
            id="a cut call that nothing else has told",
        ),
        pytest.param(
            [text("Hello")], broken("the stream ended before the response did"), id="no end"
        ),
        pytest.param(
            [{"error": {"message": "Overloaded", "code": 503}}],
            Broken(
                Failure(
                    kind=FailureKind.BROKEN_STREAM,
                    detail="Overloaded",
                    status=503,
                    inner=FailureKind.OVERLOADED,
                )
            ),
            id="an error without a type",
        ),
    ],
)
def test_how_an_answer_ends(events: list[Json], expected: StreamEvent):
    found = heard(decoder(), sse(CREATED, *events))
    assert found[-1] == expected
    assert is_well_formed(found)


def test_a_call_that_was_cut_has_no_end():
    cut = end("incomplete", output=[call("{}"), call("{", number=2)])
    found = [event for event in heard(decoder(), sse(cut)) if isinstance(event, CallEnded)]
    assert found == []


def test_the_terminator_of_another_dialect_ends_nothing():
    events = heard(decoder(), sse(text("Hello")) + b"data: [DONE]\n\n")
    assert events == (TextDelta("Hello"), broken("the stream ended before the response did"))


def test_nothing_follows_the_end():
    reader = decoder()
    assert reader.feed(sse(text("Hello"), end(), text("more"))) == (
        TextDelta("Hello"),
        Ended("end"),
    )
    assert reader.feed(sse(text("more"), end())) == ()
    assert reader.finish() == ()


def test_a_failed_response_is_counted():
    usage = {"input_tokens": 50, "output_tokens": 0}
    failed = end("failed", error={"code": "server_error", "message": "Sorry."}, usage=usage)
    assert heard(decoder(), sse(failed)) == (
        BEGAN,
        UsageSeen(Usage(input=50, output=0)),
        SORRY,
    )


@pytest.mark.parametrize(
    "piece",
    [arguments("x" * 1_000_000), event("reasoning_text.delta", delta="x" * 1_000_000)],
    ids=["arguments", "thought"],
)
def test_what_is_kept_of_an_answer_has_a_bound(piece: Json):
    listening = decoder()
    listening.feed(sse(added(call(""))))
    *_, last = [found for _ in range(10) for found in listening.feed(sse(piece))]
    assert last == broken("the answer is too large")


@pytest.mark.parametrize("size", [1, 1_000_000], ids=["many", "large"])
@pytest.mark.parametrize(
    "item",
    [
        {"type": "message", "id": "NAME"},
        {"type": "reasoning", "id": "NAME"},
        {"type": "function_call", "call_id": "NAME", "name": "read"},
    ],
    ids=["messages", "thoughts", "calls"],
)
def test_the_items_of_an_answer_have_a_bound(item: Json, size: int):
    listening = decoder()
    sent = sse(added(item))
    broke: list[StreamEvent] = []
    for number in range(40_000):
        name = b"x" * size + b"%d" % number
        broke += [e for e in listening.feed(sent.replace(b"NAME", name)) if isinstance(e, Broken)]
        if broke:
            break
    assert broke[0] in (broken("the answer is too large"), broken("more than 256 calls"))


# --- what cannot be read


def test_strange_events_and_items_are_passed_over():
    strange: list[Json] = [
        {"type": "response.output_item.delta", "delta": {"text": "?"}, "item": 1},
        done({"type": "tool_search_call", "arguments": {"query": "?"}, "content": "?"}),
        added({"type": "mcp_call", "id": "mcp_1", "name": None, "arguments": None}),
        {"type": "ping"},
        {},
    ]
    assert heard(decoder(), sse(CREATED, *strange, text("Hello"), end())) == SAID


NUMBERED = response(id=5, model=5, error=None, output=None, usage=[], incomplete_details=[])


@pytest.mark.parametrize(
    ("events", "began"),
    [
        pytest.param([text("Hello"), end(error="")], (), id="an error that is empty"),
        pytest.param([text("Hello"), end(error={})], (), id="an error without members"),
        pytest.param([text("Hello"), end(usage=[])], (), id="usage that is a list"),
        pytest.param([text("Hello"), end(usage=None)], (), id="usage that is null"),
        pytest.param(
            [text("Hello"), end(usage={"input_tokens": "x"})], (), id="a count that is none"
        ),
        pytest.param([text("Hello"), event("completed", response=NUMBERED)], (), id="numbers"),
        pytest.param(
            [event("created", response=NUMBERED), text("Hello"), end()],
            (Began(model="5", id="5"),),
            id="names that are numbers",
        ),
        pytest.param(
            [text("Hello", output_index="0", item_id=5), end()], (), id="a place in quotes"
        ),
        pytest.param(
            [event("output_text.delta", delta=None), text("Hello"), end()],
            (),
            id="text that is null",
        ),
        pytest.param(
            [
                added(message("", id=5), output_index=0),
                text("Hello", output_index=0.0),
                done(message("Hello", id=5), output_index="0"),
                end(),
            ],
            (),
            id="one place in three forms",
        ),
    ],
)
def test_what_is_incidental_may_be_of_any_type(events: list[Json], began: tuple[StreamEvent, ...]):
    expected = (*began, TextDelta("Hello"), Ended("end"))
    assert heard(decoder(), sse(*events)) == expected


def test_counts_may_be_written_as_floats_or_as_text():
    usage = {"input_tokens": 12.0, "output_tokens": "12", "input_tokens_details": None}
    found = heard(decoder(), sse(CREATED, text("Hello"), end(usage=usage)))
    assert found == (*SAID[:-1], UsageSeen(Usage(input=12, output=12)), Ended("end"))


def test_a_character_that_is_cut_in_two_is_put_together():
    halves = [rb"\ud83d", rb"\ude00"]
    spoken = [sse(text("?")).replace(b"?", half) for half in halves]
    asked = [sse(arguments("?")).replace(b"?", half) for half in halves]
    first = sse(added(call("")), arguments('{"a":"'))
    last = sse(arguments('"}'), done(call('{"a":"😀"}')), end())
    assert heard(decoder(), sse(CREATED), *spoken, first, *asked, last) == (
        BEGAN,
        TextDelta("😀"),
        CallBegan(call=0, id="call_1", name="read"),
        CallDelta(call=0, arguments='{"a":"'),
        CallDelta(call=0, arguments="😀"),
        CallDelta(call=0, arguments='"}'),
        *WHOLE,
    )


def test_an_event_without_a_name_in_its_data_has_the_one_above_it():
    named = b'event: response.output_text.delta\ndata: {"delta":"Hello"}\n\n'
    assert heard(decoder(), named + sse(end())) == (TextDelta("Hello"), Ended("end"))


@pytest.mark.parametrize(
    ("sent", "detail"),
    [
        pytest.param(b"data: {\n\n", "not an event of a response: Input data was trunc", id="cut"),
        pytest.param(
            sse({"type": 1}), "not an event of a response: Expected `str | null`", id="type"
        ),
        pytest.param(
            sse(event("output_text.delta", delta=5)),
            "not an event of a response: Expected `str | null`, got `int` - at `$.delta`",
            id="delta",
        ),
        pytest.param(
            b'data: {"type":"response.completed","x":' + b"[" * 70 + b"]" * 70 + b"}\n\n",
            "an event is nested too deeply",
            id="deep",
        ),
        pytest.param(b"data: " + b"x" * 9_000_000, "an event of more than", id="huge event"),
        pytest.param(b"{" + b" " * 9_000_000, "the answer is too large", id="huge body"),
        pytest.param(b'{"output":', "not a response: Input data was truncated", id="body cut"),
        pytest.param(b"[" * 70, "the answer is nested too deeply", id="body deep"),
        pytest.param(b'{"output":"\xff"}', "not a response: ", id="body not UTF-8"),
        pytest.param(
            msgspec.json.encode(response("in_progress", output=[])),
            "the response ended as in_progress",
            id="body in progress",
        ),
        pytest.param(b"<html>", "the stream ended before the response did", id="html"),
        pytest.param(b"", "the stream ended before the response did", id="nothing"),
    ],
)
def test_what_cannot_be_read_is_a_broken_stream(sent: bytes, detail: str):
    *_, last = heard(decoder(), sent)
    assert isinstance(last, Broken)
    assert last.failure.kind is FailureKind.BROKEN_STREAM
    assert last.failure.detail.startswith(detail)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"error": {"message": "No endpoints", "code": 502}}, id="an error alone"),
        pytest.param(
            {"error": {"message": "No endpoints", "code": 502}, "output": []}, id="beside output"
        ),
        pytest.param(
            response(error={"message": "No endpoints", "code": 502}, output=[message("Hello")]),
            id="in a response that is complete",
        ),
    ],
)
def test_an_error_with_status_200_is_an_error(body: Json):
    *_, last = heard(decoder(), msgspec.json.encode(body))
    assert last == Broken(
        Failure(
            kind=FailureKind.BROKEN_STREAM,
            detail="No endpoints",
            status=502,
            inner=FailureKind.SERVER,
        )
    )


def test_a_body_may_come_where_a_stream_was_asked_for():
    body = b"\xef\xbb\xbf\n" + msgspec.json.encode(response(output=[message("Hello")]))
    assert heard(decoder(), body) == SAID


def test_a_reply_that_is_no_success_is_judged_in_one_place():
    reply = Reply(status=429, body=b'{"error":{"message":"Rate limit reached"}}')
    assert Responses().failure(reply, now=0.0) == openai_failure(reply, now=0.0)
