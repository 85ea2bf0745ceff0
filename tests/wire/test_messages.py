"""Answers of Anthropic's Messages API: recordings, and what no recording shows."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import pytest
from hypothesis import example, given
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
from vibe.wire.failures import anthropic_failure
from vibe.wire.messages import Messages

TARGET = Target(provider=ProviderName("anthropic"), model="claude-opus-5", backend="anthropic")
CASES = [case for _, case in cases("anthropic")]
STREAMS = [case for case in CASES if load("anthropic", case).sent.startswith(b"event:")]
STOP = b'{"type":"message_stop"'


def decoder() -> AnswerDecoder:
    return Messages().decoder(TARGET, stream=True)


def sse(*events: object) -> bytes:
    return b"".join(b"data: %b\n\n" % msgspec.json.encode(event) for event in events)


def start(**message: object) -> dict[str, object]:
    return {"type": "message_start", "message": {"id": "msg_1", "model": "claude"} | message}


def block(index: int, kind: str, **fields: object) -> dict[str, object]:
    shape = {"type": kind} | fields
    return {"type": "content_block_start", "index": index, "content_block": shape}


def delta(index: int, kind: str, **fields: object) -> dict[str, object]:
    return {"type": "content_block_delta", "index": index, "delta": {"type": kind} | fields}


def close(index: int) -> dict[str, object]:
    return {"type": "content_block_stop", "index": index}


def reason(word: str | None) -> dict[str, object]:
    return {"type": "message_delta", "delta": {"stop_reason": word}}


def body(content: object, word: str | None, **fields: object) -> bytes:
    message = {"id": "msg_1", "model": "claude", "content": content, "stop_reason": word}
    return msgspec.json.encode(message | fields)


END = {"type": "message_stop"}
TEXT = {"type": "text", "text": "Hi"}
BEGAN = Began(model="claude", id="msg_1")


def text(index: int, *pieces: str) -> list[dict[str, object]]:
    deltas = [delta(index, "text_delta", text=piece) for piece in pieces]
    return [block(index, "text", text=""), *deltas, close(index)]


def call(index: int, *pieces: str) -> list[dict[str, object]]:
    deltas = [delta(index, "input_json_delta", partial_json=piece) for piece in pieces]
    began = block(index, "tool_use", id=f"toolu_{index}", name="read", input={})
    return [began, *deltas, close(index)]


def is_well_formed(events: Iterable[StreamEvent]) -> bool:
    """One ending and nothing after it; pieces only of calls that began and have not ended."""
    *before, last = events
    calls: dict[int, bool] = {}
    for place, event in enumerate(before):
        match event:
            case Began():
                if place:
                    return False
            case CallBegan(call=number):
                if number != len(calls):
                    return False
                calls[number] = True
            case CallDelta(call=number) | CallEnded(call=number):
                if not calls.get(number):
                    return False
                calls[number] = isinstance(event, CallDelta)
            case Ended() | Broken():
                return False
            case _:
                pass
    return isinstance(last, Ended | Broken)


@pytest.mark.parametrize("case", CASES)
def test_a_recording_gives_its_events(case: str):
    golden = load("anthropic", case)
    assert heard(decoder(), golden.sent) == golden.expected
    assert is_well_formed(golden.expected)


@pytest.mark.parametrize("case", CASES)
def test_bytes_that_come_one_by_one_give_the_same_events(case: str):
    golden = load("anthropic", case)
    assert heard(decoder(), *(bytes([byte]) for byte in golden.sent)) == golden.expected


@given(case=st.sampled_from(CASES), data=st.data())
def test_bytes_that_come_in_any_pieces_give_the_same_events(case: str, data: st.DataObject):
    golden = load("anthropic", case)
    cuts = data.draw(st.lists(st.integers(0, len(golden.sent)), max_size=8).map(sorted))
    pieces = [golden.sent[a:b] for a, b in zip([0, *cuts], [*cuts, None], strict=True)]
    assert heard(decoder(), *pieces) == golden.expected


def ends_too_early(case: str, length: int) -> bool:
    sent = load("anthropic", case).sent
    events = heard(decoder(), sent[:length])
    whole = STOP in sent[:length] and b"}" in sent[sent.index(STOP) : length]
    return not is_well_formed(events) or (isinstance(events[-1], Ended) and not whole)


@pytest.mark.parametrize("case", ["llama_parallel_calls", "thinking"])
def test_a_stream_that_is_cut_at_any_byte_has_not_ended(case: str):
    lengths = range(len(load("anthropic", case).sent))
    assert [length for length in lengths if ends_too_early(case, length)] == []


@given(case=st.sampled_from(STREAMS), share=st.floats(0, 1))
def test_a_stream_that_is_cut_anywhere_has_not_ended(case: str, share: float):
    assert not ends_too_early(case, int(share * len(load("anthropic", case).sent)))


def mutated(case: str, data: st.DataObject) -> bytes:
    sent = bytearray(load("anthropic", case).sent)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(sent)))
        length = data.draw(st.integers(0, 30))
        sent[place : place + length] = data.draw(st.binary(max_size=6) | st.sampled_from(PIECES))
    return bytes(sent)


PIECES = [b"null", b"[", b'{"', b'"}', b"\n\n", b"-1", b"1e999", b'"index":9,', STOP, b"\xf0\x9f"]


@given(case=st.sampled_from(CASES), data=st.data())
def test_damaged_bytes_give_events_in_order_and_no_exception(case: str, data: st.DataObject):
    assert is_well_formed(heard(decoder(), mutated(case, data)))


@given(st.binary(max_size=300))
@example(b"")
@example(b"<html>502</html>")
def test_any_bytes_break_cleanly(sent: bytes):
    *_, last = heard(decoder(), sent)
    assert isinstance(last, Broken)


@pytest.mark.parametrize(
    ("word", "ended"),
    [
        ("end_turn", Ended("end")),
        ("max_tokens", Ended("length")),
        ("model_context_window_exceeded", Ended("length")),
        ("pause_turn", Ended("length")),
        ("stop_sequence", Ended("stop_sequence")),
        ("tool_use", Ended("end")),  # there are none
        ("a_word_of_tomorrow", Ended("length")),
    ],
)
def test_the_reason_is_told_in_our_words(word: str, ended: Ended):
    sent = sse(start(), *text(0, "Hi"), reason(word), END)
    assert heard(decoder(), sent) == (BEGAN, TextDelta("Hi"), ended)
    assert heard(decoder(), body([TEXT], word)) == (BEGAN, TextDelta("Hi"), ended)


@pytest.mark.parametrize("word", ["end_turn", "tool_use"])
def test_an_answer_with_calls_ends_for_them(word: str):
    events = heard(decoder(), sse(start(), *call(0, "{}"), reason(word), END))
    assert events[-2:] == (CallEnded(call=0), Ended("calls"))


@pytest.mark.parametrize(
    ("details", "detail"),
    [
        ({"explanation": "No.", "category": "bio"}, "No."),
        ({"explanation": None, "category": "bio"}, "bio"),
        ({"explanation": {}}, "the model refused to answer"),
        ([], "the model refused to answer"),
        (None, "the model refused to answer"),
    ],
    ids=["explained", "a category", "nothing readable", "no object", "null"],
)
@pytest.mark.parametrize("word", ["refusal", "sensitive"])
def test_a_refusal_tells_what_is_told_of_it(word: str, details: object, detail: str):
    stop = {"type": "message_delta", "delta": {"stop_reason": word, "stop_details": details}}
    assert heard(decoder(), sse(start(), *text(0, "Hi"), stop, END)) == (
        BEGAN,
        TextDelta("Hi"),
        Broken(Failure(kind=FailureKind.REFUSED, detail=detail)),
    )


WRONG = '{"path": }'
CUT = '{"path": "a'
BROKEN_STREAMS = {
    "bytes end": (sse(start(), *text(0, "Hi"), reason("end_turn")), "the stream ended"),
    "malformed JSON": (sse(start()) + b"data: {\n\n", "malformed JSON"),
    "other JSON": (sse(start()) + b"data: []\n\n", "malformed JSON"),
    "a field of another type": (sse(start(), close(0) | {"index": "x"}), "malformed content_block"),
    "text of another type": (
        sse(start(), block(0, "text"), delta(0, "text_delta", text=5)), "malformed content_block",
    ),
    "a field too few": (sse(start(), {"type": "content_block_delta"}), "malformed content_block"),
    "a piece of no block": (sse(start(), delta(3, "text_delta", text="Hi")), "block 3"),
    "a piece after its block": (
        sse(start(), *text(0, "Hi"), delta(0, "text_delta", text="!")), "block 0",
    ),
    "another message": (sse(start(), start(id="msg_2")), "another message"),
    "too many calls": (
        sse(start(), *(event for index in range(257) for event in call(index))), "more than 256",
    ),
    "too many open blocks": (
        sse(start(), *(block(index, "text") for index in range(257))), "more than 256",
    ),
    "JSON too deep": (
        sse(start()) + b'data: {"type":"ping","a":%b}\n\n' % (b"[" * 99 + b"]" * 99),
        "malformed JSON",
    ),
    "bytes end inside an event": (sse(start()) + b'data: {"type":"ping', "the stream ended"),
    "a message begins late": (sse(*text(0, "Hi"), start()), "another message"),
    "an array": (b"[]", "malformed JSON"),
    "a body of something else": (b'{"object":"list"}', "not a message"),
    "no reason": (sse(start(), *text(0, "Hi"), END), "without a reason"),
    "the reason null": (sse(start(), *text(0, "Hi"), reason(None), END), "without a reason"),
    "no reason for calls": (sse(start(), *call(0, "{}"), END), "without a reason"),
    "no reason in a body": (body([TEXT], None), "without a reason"),
    "an error as the reason": (
        sse(start(), *text(0, "Hi"), reason("error"), END), "the provider gave up: error",
    ),
    "an error as the reason in a body": (body([TEXT], "error"), "the provider gave up: error"),
    "an error in a body": (body([TEXT], "end_turn", error={"message": "Sorry."}), "Sorry."),
    "a call that is not closed": (
        sse(start(), *call(0, '{"a":1}')[:-1], reason("tool_use"), END), "a call to read were cut",
    ),
    "a call without arguments that is not closed": (
        sse(start(), *call(0)[:-1], reason("end_turn"), END), "a call to read were cut",
    ),
    "a call in whose place another begins": (
        sse(start(), *call(0, "{}")[:-1], *call(0, "{}"), reason("tool_use"), END),
        "a call to read were cut",
    ),
    "a cut call in an answer that ends": (
        sse(start(), *call(0, CUT), reason("end_turn"), END), "a call to read were cut",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("sent", "detail"), BROKEN_STREAMS.values(), ids=BROKEN_STREAMS)
def test_what_is_no_answer_is_a_broken_stream(sent: bytes, detail: str):
    *_, last = heard(decoder(), sent)
    assert isinstance(last, Broken)
    assert last.failure.kind is FailureKind.BROKEN_STREAM
    assert detail in last.failure.detail


@pytest.mark.parametrize(
    "sent",
    [
        b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error"}}\n\n',
        b'data: {"type":"error","error":{"type":"overloaded_error"}}\n\n',
        b'data: {"error":{"type":"overloaded_error"}}\n\n',
        b'data: {"type":"error","message":"Overloaded"}\n\n',
        b'event: error\ndata: {"type":"overloaded_error"}\n\n',
    ],
    ids=["event and type", "type alone", "error alone", "no error inside", "event alone"],
)
def test_an_error_inside_the_stream_keeps_its_kind(sent: bytes):
    *events, last = heard(decoder(), sse(start(), *text(0, "Hi")) + sent)
    assert events == [BEGAN, TextDelta("Hi")]
    assert isinstance(last, Broken)
    assert last.failure.kind is FailureKind.BROKEN_STREAM
    assert last.failure.inner is FailureKind.OVERLOADED


def test_bytes_that_are_not_utf_8_are_shown_as_such_in_a_body_too():
    body = b'{"content":[{"type":"tool_use","id":"1","name":"n","input":{"\xff":"\x80"}}]}'
    assert CallDelta(call=0, arguments='{"\ufffd":"\ufffd"}') in heard(decoder(), body)


def test_nothing_follows_the_end():
    sent = sse(start(), *text(0, "Hi"), reason("end_turn"), END)
    after = sse(*text(1, "more"), {"type": "error", "error": {}}) + b"data: [DONE]\n\n{"
    assert heard(decoder(), sent, after) == heard(decoder(), sent)


def test_events_and_blocks_that_are_not_known_are_passed_over():
    sent = sse(
        start(),
        {"type": "compaction", "delta": [1], "index": "x"},
        block(0, "server_tool_use", id="srvtoolu_1", name="web_search", input={}),
        delta(0, "input_json_delta", partial_json='{"query"'),
        close(0),
        block(1, "text", text="", citations=[]),
        delta(1, "citations_delta", citation={"url": "…"}),
        delta(1, "text_delta", text="Hi"),
        close(1),
        close(7),
        reason("end_turn"),
        END,
    )
    assert heard(decoder(), sent) == (BEGAN, TextDelta("Hi"), Ended("end"))


@pytest.mark.parametrize(
    "content",
    [
        [],
        text(0, "", ""),
        [block(0, "thinking"), delta(0, "signature_delta", signature="s"), close(0)],
        [block(0, "server_tool_use", id="1", name="web_search"), close(0)],
    ],
    ids=["no block", "an empty text", "thinking alone", "a tool of the provider"],
)
def test_an_answer_without_text_or_call_is_empty(content: list[object]):
    *_, last = heard(decoder(), sse(start(), *content, reason("end_turn"), END))
    assert isinstance(last, Broken)
    assert last.failure.kind is FailureKind.EMPTY


def test_no_content_for_want_of_room_is_a_context_too_long():
    *_, last = heard(decoder(), sse(start(), reason("model_context_window_exceeded"), END))
    assert isinstance(last, Broken)
    assert last.failure.kind is FailureKind.CONTEXT_TOO_LONG


def test_arguments_that_were_cut_break_the_answer_whatever_the_provider_says():
    events = heard(decoder(), sse(start(), *call(0, CUT), reason("tool_use"), END))
    assert not any(isinstance(event, CallEnded) for event in events)
    assert isinstance(events[-1], Broken)


@pytest.mark.parametrize(
    ("content", "word", "ended"),
    [
        (call(0, "{", '"path":"a"}'), "tool_use", [0]),
        (call(0), "tool_use", [0]),
        (call(0, "{}"), "max_tokens", [0]),
        (call(0, WRONG), "tool_use", [0]),
        (call(0, CUT), "max_tokens", []),
        (call(0, CUT), "model_context_window_exceeded", []),
        (call(0, CUT)[:-1], "max_tokens", []),
        (call(0, "{}")[:-1], "a_word_of_tomorrow", []),
        (call(0, WRONG), "end_turn", [0]),
        ([*call(0, "{}"), *call(1, CUT)], "max_tokens", [0]),
        ([*call(0, WRONG), *call(1, "{}")], "tool_use", [1, 0]),
    ],
    ids=[
        "whole", "no arguments", "whole before the limit", "wrong", "cut", "cut by the window",
        "cut and not closed", "not closed before who knows what",
        "wrong before the end", "the second cut", "the first wrong",
    ],
)  # fmt: skip
def test_a_call_ends_if_its_arguments_are_not_cut(
    content: list[object], word: str, ended: list[int]
):
    events = heard(decoder(), sse(start(), *content, reason(word), END))
    assert [event.call for event in events if isinstance(event, CallEnded)] == ended
    assert isinstance(events[-1], Ended)


@pytest.mark.parametrize(
    ("given", "arguments"),
    [
        ({"path": "a"}, '{"path":"a"}'), ({}, "{}"), (None, "{}"), ("", "{}"), ([], "{}"),
        ('{"path":"a"}', r'"{\"path\":\"a\"}"'),
    ],
    ids=["an object", "an empty object", "null", "no text", "an empty array", "a text"],
)  # fmt: skip
def test_arguments_that_stand_in_the_beginning_of_a_call_count_if_no_others_come(
    given: object, arguments: str
):
    began = block(0, "tool_use", id="toolu_1", name="read", input=given)
    assert heard(decoder(), sse(start(), began, close(0), reason("tool_use"), END)) == (
        BEGAN,
        CallBegan(call=0, id="toolu_1", name="read"),
        CallDelta(call=0, arguments=arguments),
        CallEnded(call=0),
        Ended("calls"),
    )


def test_two_calls_under_one_index_are_two_calls():
    first = block(0, "tool_use", id="toolu_a", name="read")
    second = block(0, "tool_use", id="toolu_b", name="read")
    sent = sse(start(), first, close(0), second, close(0), reason("tool_use"), END)
    began = [event for event in heard(decoder(), sent) if isinstance(event, CallBegan)]
    assert began == [
        CallBegan(call=0, id="toolu_a", name="read"),
        CallBegan(call=1, id="toolu_b", name="read"),
    ]


def test_as_many_calls_as_there_may_be_are_all_heard():
    calls = [event for index in range(256) for event in call(index, "{}")]
    events = heard(decoder(), sse(start(), *calls, reason("tool_use"), END))
    assert sum(isinstance(event, CallEnded) for event in events) == 256
    assert events[-1] == Ended("calls")


def test_arguments_without_end_break_the_stream():
    piece = sse(delta(0, "input_json_delta", partial_json="x" * 1_000_000))
    listening = decoder()
    listening.feed(sse(start(), call(0)[0]))
    *_, last = [event for _ in range(10) for event in listening.feed(piece)]
    assert isinstance(last, Broken)
    assert "too large" in last.failure.detail


@pytest.mark.parametrize(
    "called",
    [
        [block(0, "tool_use", id="a", name="x" * 1_000_000)],
        [block(0, "tool_use", id="a", name="x", input={"y": "z" * 1_000_000})],
        [
            block(0, "tool_use", id="a", name="x"),
            delta(0, "input_json_delta", partial_json="z" * 1_000_000),
            close(0),
        ],
    ],
    ids=["names", "arguments at once", "arguments in pieces"],
)
def test_all_calls_of_an_answer_together_have_a_bound(called: list[dict[str, object]]):
    events = heard(decoder(), sse(start()) + 9 * sse(*called))
    failure = Failure(kind=FailureKind.BROKEN_STREAM, detail="the calls are too large")
    assert events[-1] == Broken(failure)


def test_a_body_without_end_breaks_the_answer():
    listening = decoder()
    events = [event for _ in range(10) for event in listening.feed(b'{"a":"' + b"x" * 1_000_000)]
    assert [type(event) for event in events] == [Broken]
    assert listening.finish() == ()


def test_thinking_is_sealed_where_the_next_block_begins():
    sent = sse(
        start(),
        block(0, "thinking", thinking="Hm", signature="early"),
        delta(0, "thinking_delta", thinking="."),
        block(1, "text"),
        delta(1, "text_delta", text="Hi"),
        delta(0, "signature_delta", signature="late"),
        close(0),
        close(1),
        reason("end_turn"),
        END,
    )
    assert heard(decoder(), sent) == (
        BEGAN,
        ThinkingDelta("Hm"),
        ThinkingDelta("."),
        ThinkingSealed("early"),
        TextDelta("Hi"),
        Ended("end"),
    )


def test_thinking_that_is_never_closed_is_sealed_at_the_end():
    redacted = [block(0, "redacted_thinking", data=""), close(0)]
    last = [block(2, "thinking"), delta(2, "thinking_delta", thinking="Hm")]
    sent = sse(start(), *redacted, *text(1, "Hi"), *last, reason("end_turn"), END)
    assert heard(decoder(), sent) == (
        BEGAN,
        ThinkingSealed(""),
        TextDelta("Hi"),
        ThinkingDelta("Hm"),
        ThinkingSealed(""),
        Ended("end"),
    )


def test_usage_counts_what_was_cached_as_input_and_keeps_what_is_not_said_again():
    first = {"input_tokens": 4, "cache_read_input_tokens": 90, "cache_creation_input_tokens": 6}
    later = reason("end_turn") | {"usage": {"output_tokens": 9}}
    events = heard(decoder(), sse(start(usage=first), *text(0, "Hi"), later, END))
    assert [event.usage for event in events if isinstance(event, UsageSeen)] == [
        Usage(input=100, cached_read=90, cache_write=6),
        Usage(input=100, cached_read=90, cache_write=6, output=9),
    ]


ODD = {
    "no message": {"type": "message_start"},
    "names that are numbers": start(id=5, model=5),
    "names that are nothing": start(id=None, model={}),
    "usage that is a list": start(usage=[]),
    "usage that is null": start(usage=None),
    "counts that are none": start(usage={"input_tokens": "x", "output_tokens_details": []}),
    "an error that is empty": start() | {"error": ""},
}


@pytest.mark.parametrize("first", ODD.values(), ids=ODD)
def test_what_is_incidental_may_be_of_any_type(first: dict[str, object]):
    last: dict[str, object] = {"usage": list[object]()} | reason("end_turn")
    *began, text_, ended = heard(decoder(), sse(first, *text(0, "Hi"), last, END))
    assert (text_, ended) == (TextDelta("Hi"), Ended("end"))
    assert [type(event) for event in began] == [Began]


def test_an_odd_block_is_read_as_far_as_it_can_be():
    began = block(0, "tool_use", id=5, name="read", input=None)
    pieces = [delta(0, "input_json_delta", partial_json=piece) for piece in (None, "{}")]
    said = [block(1, "text", text=None), delta(1, "text_delta", text=None)]
    more = [delta(1, "text_delta", text="Hi") | {"index": "1"}, close(1) | {"index": 1.0}]
    unsigned = [block(2, "thinking", thinking=None, signature=None), close(2)]
    events = [began, *pieces, close(0) | {"index": "0"}, *said, *more, *unsigned]
    assert heard(decoder(), sse(start(), *events, reason("tool_use"), END)) == (
        BEGAN,
        CallBegan(call=0, id="5", name="read"),
        CallDelta(call=0, arguments="{}"),
        CallEnded(call=0),
        TextDelta("Hi"),
        ThinkingSealed(""),
        Ended("calls"),
    )


def test_calls_without_an_id_are_given_one():
    blocks = [block(index, "tool_use", name="read", id=None) for index in range(2)]
    sent = sse(start(), blocks[0], close(0), blocks[1], close(1), reason("tool_use"), END)
    began = [event.id for event in heard(decoder(), sent) if isinstance(event, CallBegan)]
    assert began == ["call_0", "call_1"]


def test_counts_may_be_written_as_floats_or_as_text():
    usage = {"input_tokens": 12.0, "output_tokens": "12", "cache_read_input_tokens": True}
    events = heard(decoder(), sse(start(usage=usage), *text(0, "Hi"), reason("end_turn"), END))
    assert [event.usage for event in events if isinstance(event, UsageSeen)] == [
        Usage(input=12, output=12)
    ]


def test_a_character_that_is_cut_in_two_is_put_together():
    pieces = (rb"\ud83d", rb"\ude00", rb"\ud83d")
    sent = b"".join(
        sse(event).replace(b"?%d" % number, piece)
        for number, piece in enumerate(pieces)
        for event in (
            delta(0, "text_delta", text=f"?{number}"),
            delta(1, "input_json_delta", partial_json=f"?{number}"),
        )
    )
    began = [block(0, "text"), block(1, "tool_use", id="toolu_1", name="read")]
    first = delta(1, "input_json_delta", partial_json='{"a":"')
    last = [delta(1, "input_json_delta", partial_json='"}'), close(0), close(1)]
    events = sse(start(), *began, first) + sent + sse(*last, reason("tool_use"), END)
    assert heard(decoder(), events) == (
        BEGAN,
        CallBegan(call=0, id="toolu_1", name="read"),
        CallDelta(call=0, arguments='{"a":"'),
        TextDelta("😀"),
        CallDelta(call=0, arguments="😀"),
        CallDelta(call=0, arguments='\ufffd"}'),
        CallEnded(call=0),
        TextDelta("\ufffd"),
        Ended("calls"),
    )


def test_a_failure_is_judged_where_all_failures_are():
    body = b'{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}'
    reply = Reply(status=529, body=body)
    assert Messages().failure(reply, now=0.0) == anthropic_failure(reply, now=0.0)
    assert Messages().failure(reply, now=0.0) == Failure(
        kind=FailureKind.OVERLOADED, detail="Overloaded", status=529
    )
