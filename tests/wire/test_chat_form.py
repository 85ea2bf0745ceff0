"""Chunks of chat completions: odd things in them, and errors in their place."""

from __future__ import annotations

import pytest

from tests.wire.chat_samples import (
    BEGAN,
    CUT,
    DONE,
    HI,
    READ_DONE,
    broken,
    case,
    decoder,
    event,
    stop,
    text,
)
from tests.wire.golden import heard
from vibe.domain.failure import Failure, FailureKind
from vibe.domain.stream import (
    Began,
    Broken,
    CallDelta,
    Ended,
    StreamEvent,
    TextDelta,
    ThinkingDelta,
    ThinkingSealed,
    UsageSeen,
)
from vibe.domain.usage import Usage

SAID = '"choices":[{"delta":{"content":"Hi"},"finish_reason":"stop"}]'


@pytest.mark.parametrize(
    "beside",
    [
        '"id":[]', '"id":null', '"id":true', '"model":{}', '"model":null', '"object":7',
        '"created":"now"', '"system_fingerprint":0', '"usage":null', '"usage":[]', '"usage":{}',
        '"usage":"none"', '"usage":{"prompt_tokens":-1}', '"usage":{"prompt_tokens":1.5}',
        '"usage":{"prompt_tokens":true}', '"usage":{"prompt_tokens":"many"}',
        '"usage":{"prompt_tokens_details":[]}', '"x_groq":[]', '"x_groq":{"usage":7}',
        '"error":null', '"error":""', '"error":{}', '"error":[]', '"error":false', '"errors":[]',
        '"message":"ok"', '"detail":"x"', '"type":"error"', '"msg":"done"', '"logprobs":7',
    ],
)  # fmt: skip
@pytest.mark.parametrize("shape", ["data: {%s,%s}\n\n", "{%s,%s}"], ids=["streamed", "whole"])
def test_what_stands_beside_an_answer_does_not_break_it(shape: str, beside: str) -> None:
    for sent in (shape % (beside, SAID), shape % (SAID, beside)):
        assert heard(decoder(), sent.encode()) == (*HI, Ended("end"))


@pytest.mark.parametrize(
    "choice",
    [
        '{"delta":{"content":"Hi","refusal":null},"index":"0","finish_reason":"stop"}',
        '{"delta":{"content":"Hi"},"logprobs":[[]],"finish_reason":"stop"}',
        '{"delta":{"content":"Hi"},"error":{},"finish_reason":"stop"}',
        '{"delta":{"content":"Hi"},"error":"","finish_reason":"stop"}',
        '{"delta":{"content":"Hi","role":7,"tool_calls":null},"finish_reason":"stop"}',
        '{"delta":{"content":"Hi","tool_calls":[],"reasoning":null},"finish_reason":"stop"}',
        '{"delta":null,"message":{"content":"Hi"},"finish_reason":"stop"}',
        '{"delta":{"content":[{"type":"text","text":null},{"text":"Hi"}]},"finish_reason":"stop"}',
        '{"delta":{"content":[{"type":"thinking","thinking":null},{"type":null},{"text":"Hi"}]},'
        '"finish_reason":"stop"}',
    ],
)
def test_what_stands_inside_a_choice_does_not_break_it(choice: str) -> None:
    assert heard(decoder(), event(f'{{"choices":[{choice}]}}')) == (*HI, Ended("end"))


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        pytest.param('{"prompt_tokens":12.0,"completion_tokens":"3"}', Usage(input=12, output=3),
                     id="numbers in other forms"),
        pytest.param('{"prompt_tokens":12,"completion_tokens":[]}', Usage(input=12),
                     id="one that is none"),
        pytest.param('{"prompt_tokens":12,"prompt_tokens_details":7}', Usage(input=12),
                     id="details that are none"),
        pytest.param('{"prompt_tokens":12,"prompt_tokens_details":{"cached_tokens":"4"}}',
                     Usage(input=12, cached_read=4), id="a detail in another form"),
    ],
)  # fmt: skip
def test_counts_are_read_however_they_are_written(usage: str, expected: Usage) -> None:
    sent = event(f'{{{SAID},"usage":{usage}}}')
    assert heard(decoder(), sent) == (*HI, UsageSeen(expected), Ended("end"))


def test_a_number_can_be_an_id_or_a_name() -> None:
    sent = event(f'{{"id":5,"model":7,{SAID}}}')
    assert heard(decoder(), sent) == (Began(id="5", model="7"), TextDelta("Hi"), Ended("end"))


@pytest.mark.parametrize("index", ["0", '"0"', "0.0", "null", "{}", '"x"'])
def test_the_index_of_a_call_is_read_however_it_is_written(index: str) -> None:
    fragments = (
        f'{{"index":{index},"id":"a","function":{{"name":"read"}},"type":7}}',
        f'{{"index":{index},"id":null,"function":{{"arguments":"{{}}"}}}}',
    )
    sent = [f'{{"choices":[{{"delta":{{"tool_calls":[{one}]}}}}]}}' for one in fragments]
    assert heard(decoder(), *map(event, sent), stop()) == READ_DONE


def in_band(detail: str, *, inner: FailureKind, status: int | None = None) -> Broken:
    return Broken(
        Failure(kind=FailureKind.BROKEN_STREAM, inner=inner, detail=detail, status=status)
    )


ERRORS = [
    pytest.param('{"type":"error","message":"Oops"}',
                 in_band("Oops", inner=FailureKind.SERVER), id="type"),
    pytest.param('{"type":"error"}', in_band("", inner=FailureKind.SERVER), id="only a type"),
    pytest.param('{"object":"error","message":"Oops","code":400}',
                 in_band("Oops", inner=FailureKind.BAD_REQUEST, status=400), id="object"),
    pytest.param('{"code":500,"message":"Oops"}',
                 in_band("Oops", inner=FailureKind.SERVER, status=500), id="code"),
    pytest.param('{"code":429,"msg":"Slow down"}',
                 in_band("Slow down", inner=FailureKind.RATE_LIMITED, status=429), id="msg"),
    pytest.param('{"message":"Oops","choices":null}',
                 in_band("Oops", inner=FailureKind.SERVER), id="message"),
    pytest.param('{"detail":"Oops"}', in_band("Oops", inner=FailureKind.SERVER), id="detail"),
    pytest.param('{"detail":[{"loc":["body","n"],"msg":"too many"}]}',
                 in_band("body.n: too many", inner=FailureKind.SERVER), id="pydantic"),
    pytest.param('{"errors":[{"message":"Oops"}],"success":false}',
                 in_band("Oops", inner=FailureKind.SERVER), id="errors"),
    pytest.param('{"error":"Oops"}', in_band("Oops", inner=FailureKind.SERVER), id="error"),
    pytest.param('{"error":{}}', in_band("", inner=FailureKind.SERVER), id="an empty error"),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "failure"), ERRORS)
def test_an_error_under_another_name_breaks_a_stream(sent: str, failure: Broken) -> None:
    assert heard(decoder(), text("Hi"), event(sent), DONE) == (*HI, failure)


@pytest.mark.parametrize(("sent", "failure"), ERRORS)
def test_an_error_under_another_name_is_no_answer(sent: str, failure: Broken) -> None:
    assert heard(decoder(), sent.encode()) == (failure,)


@pytest.mark.parametrize(
    "unknown",
    ['{"ping":1}', '{"type":"ping"}', '{"object":"chat.completion.chunk"}', '{"error":null}',
     '{"choices":[],"message":"queued"}', '{"timings":{"predicted_n":3}}', '{"message":""}'],
)  # fmt: skip
def test_a_chunk_that_says_nothing_is_no_error(unknown: str) -> None:
    assert heard(decoder(), text("Hi"), event(unknown), stop()) == (*HI, Ended("end"))


def pieces(member: str, *values: str) -> bytes:
    return b"".join(event(f'{{"choices":[{{"delta":{{"{member}":"{one}"}}}}]}}') for one in values)


@pytest.mark.parametrize(
    ("sent", "events"),
    [
        case("of text", pieces("content", "Hi", "\\ud83d", "\\ude00!") + stop(),
             *HI, TextDelta("\N{GRINNING FACE}!"), Ended("end")),
        case("of thinking", pieces("reasoning", "\\ud83d", "\\ude00") + text("Hi") + stop(),
             BEGAN, ThinkingDelta("\N{GRINNING FACE}"), ThinkingSealed(""), HI[1], Ended("end")),
        case("that stays alone", pieces("content", "Hi", "\\ude00", "\\ud83d") + stop(),
             *HI, TextDelta("\ufffd"), TextDelta("\ufffd"), Ended("end")),
        case("before the stream is cut", pieces("content", "Hi", "\\ud83d"), *HI, CUT),
    ],
)  # fmt: skip
def test_half_a_character_is_put_together(sent: bytes, events: tuple[StreamEvent, ...]) -> None:
    assert heard(decoder(), sent) == events


def test_half_a_character_of_arguments_is_put_together() -> None:
    fragments = [
        '{"index":0,"id":"a","function":{"name":"read","arguments":"{}"}}',
        '{"index":0,"function":{"arguments":"\\ud83d"}}',
        '{"index":0,"function":{"arguments":"\\ude00"}}',
    ]
    sent = [f'{{"choices":[{{"delta":{{"tool_calls":[{one}]}}}}]}}' for one in fragments]
    *before, whole, _, _ = heard(decoder(), *map(event, sent), stop())
    assert (*before, whole) == (
        *READ_DONE[:3],
        CallDelta(call=0, arguments="\N{GRINNING FACE}"),
    )


def test_a_reason_that_is_no_text_is_not_guessed() -> None:
    sent = event('{"choices":[{"delta":{"content":"Hi"},"finish_reason":7}]}')
    assert heard(decoder(), sent) == (
        broken(
            "a chunk of another form: Expected `str | null`, got `int` - "
            "at `$.choices[0].finish_reason`"
        ),
    )
