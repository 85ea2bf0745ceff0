"""Calls in answers of chat completions: how pieces are told apart, and when a call is whole."""

from __future__ import annotations

import pytest

from tests.wire.chat_samples import (
    BEGAN,
    CUT,
    DONE,
    READ,
    READ_DONE,
    body,
    broken,
    calls,
    case,
    chunk,
    decoder,
    stop,
)
from tests.wire.golden import heard
from vibe.domain.stream import (
    Began,
    CallBegan,
    CallDelta,
    CallEnded,
    Ended,
    StreamEvent,
)


@pytest.mark.parametrize(
    ("sent", "events"),
    [
        case(
            "an id is made up",
            calls('{"index":0,"function":{"name":"read","arguments":"{}"}}') + stop(),
            BEGAN,
            CallBegan(call=0, id="call_0", name="read"),
            CallDelta(call=0, arguments="{}"),
            CallEnded(call=0),
            Ended("calls"),
        ),
        case(
            "neither index nor id",
            calls('{"function":{"name":"read","arguments":"{}"}}',
                  '{"function":{"name":"list","arguments":"[]"}}') + stop(),
            BEGAN,
            CallBegan(call=0, id="call_0", name="read"),
            CallDelta(call=0, arguments="{}"),
            CallBegan(call=1, id="call_1", name="list"),
            CallDelta(call=1, arguments="[]"),
            CallEnded(call=0),
            CallEnded(call=1),
            Ended("calls"),
        ),
        case(
            "the id comes again with each piece",
            calls('{"index":0,"id":"a","function":{"name":"read"}}')
            + calls('{"index":0,"id":"a","function":{"name":"read","arguments":"{}"}}') + stop(),
            *READ_DONE,
        ),
        case(
            "pieces under another index, as SGLang sends (sgl-project/sglang#6310)",
            calls('{"index":3,"id":"a","function":{"name":"read"}}')
            + calls('{"index":0,"function":{"arguments":"{}"}}') + stop(),
            *READ_DONE,
        ),
        case(
            "pieces without an index",
            calls('{"index":0,"id":"a","function":{"name":"read"}}')
            + calls('{"function":{"arguments":"{}"}}') + stop(),
            *READ_DONE,
        ),
        case(
            "two calls under one index, in turns",
            calls('{"index":0,"id":"a","function":{"name":"read","arguments":"{"}}')
            + calls('{"index":0,"id":"b","function":{"name":"list","arguments":"["}}')
            + calls('{"index":0,"id":"a","function":{"arguments":"}"}}')
            + calls('{"index":0,"id":"b","function":{"arguments":"]"}}') + stop(),
            Began(),
            CallBegan(call=0, id="a", name="read"),
            CallDelta(call=0, arguments="{"),
            CallBegan(call=1, id="b", name="list"),
            CallDelta(call=1, arguments="["),
            CallDelta(call=0, arguments="}"),
            CallDelta(call=1, arguments="]"),
            CallEnded(call=0),
            CallEnded(call=1),
            Ended("calls"),
        ),
        case(
            "one id for two calls",
            calls('{"index":0,"id":"a","function":{"name":"read","arguments":"{}"}}')
            + calls('{"index":1,"id":"a","function":{"name":"list"}}')
            + calls('{"index":1,"id":"a","function":{"arguments":"[]"}}') + stop(),
            *READ,
            CallBegan(call=1, id="call_1", name="list"),
            CallDelta(call=1, arguments="[]"),
            CallEnded(call=0),
            CallEnded(call=1),
            Ended("calls"),
        ),
        case(
            "arguments after the reason",
            calls('{"index":0,"id":"a","function":{"name":"read"}}') + stop("tool_calls")
            + calls('{"index":0,"function":{"arguments":"{}"}}') + DONE,
            *READ_DONE,
        ),
        case(
            "no arguments at all",
            calls('{"index":0,"id":"a","function":{"name":"read","arguments":null}}') + stop(),
            *READ[:2], CallEnded(call=0), Ended("calls"),
        ),
        case(
            "the stream is cut inside a call",
            calls('{"index":0,"id":"a","function":{"name":"read","arguments":"{}"}}'),
            *READ, CUT,
        ),
        case(
            "a call and nothing of it",
            calls("{}") + stop(),
            BEGAN, CallBegan(call=0, id="call_0", name=""), CallEnded(call=0), Ended("calls"),
        ),
        case("an index of 256", calls('{"index":256,"id":"a"}'),
             BEGAN, broken("a call with the index 256")),
        case("a negative index", calls('{"index":-1,"id":"a"}'),
             BEGAN, broken("a call with the index -1")),
    ],
)  # fmt: skip
def test_calls_are_told_apart(sent: bytes, events: tuple[StreamEvent, ...]) -> None:
    assert heard(decoder(), sent) == events


def call(name: str, arguments: str, number: int = 0) -> str:
    """A whole call in one piece, as a fragment."""
    letter = "abc"[number]
    quoted = arguments.replace('"', '\\"')
    function = f'{{"name":"{name}","arguments":"{quoted}"}}'
    return f'{{"index":{number},"id":"{letter}","function":{function}}}'


def begun(name: str, arguments: str, number: int = 0) -> tuple[StreamEvent, ...]:
    began = CallBegan(call=number, id="abc"[number], name=name)
    return (began, CallDelta(call=number, arguments=arguments)) if arguments else (began,)


READ_CUT = broken("the arguments of read were cut")


@pytest.mark.parametrize(
    ("sent", "events"),
    [
        case("cut, and [DONE] alone", calls(call("read", '{"a":')) + DONE,
             BEGAN, *begun("read", '{"a":'), READ_CUT),
        case("wrong, and [DONE] alone", calls(call("read", "{a:1}")) + DONE,
             BEGAN, *begun("read", "{a:1}"), READ_CUT),
        case("no object, and [DONE] alone", calls(call("read", "[]")) + DONE,
             BEGAN, *begun("read", "[]"), READ_CUT),
        case("empty, and [DONE] alone", calls(call("read", "")) + DONE,
             BEGAN, *begun("read", ""), READ_CUT),
        case("whole, and [DONE] alone", calls(call("read", "{}")) + DONE, *READ_DONE),
        case("cut, by the provider's word", calls(call("read", '{"a":"')) + stop("tool_calls"),
             BEGAN, *begun("read", '{"a":"'), READ_CUT),
        case("cut, and a stop", calls(call("read", "{")) + stop(),
             BEGAN, *begun("read", "{"), READ_CUT),
        case("wrong, by the provider's word", calls(call("read", "{a:1}")) + stop("tool_calls"),
             BEGAN, *begun("read", "{a:1}"), CallEnded(call=0), Ended("calls")),
        case("twice, by the provider's word", calls(call("read", "{}{")) + stop("tool_calls"),
             BEGAN, *begun("read", "{}{"), CallEnded(call=0), Ended("calls")),
        case("empty, by the provider's word", calls(call("read", " ")) + stop("tool_calls"),
             BEGAN, *begun("read", " "), CallEnded(call=0), Ended("calls")),
        case("one of three is cut",
             calls(call("read", "{}"), call("list", '{"a":1', 1), call("read", "{}", 2))
             + stop("tool_calls"),
             BEGAN, *begun("read", "{}"), *begun("list", '{"a":1', 1), *begun("read", "{}", 2),
             CallEnded(call=0), CallEnded(call=2), broken("the arguments of list were cut")),
        case("cut before the last at the bound",
             calls(call("read", "{"), call("list", "{", 1)) + stop("length"),
             BEGAN, *begun("read", "{"), *begun("list", "{", 1), Ended("length")),
        case("cut in a body", body(f'{{"tool_calls":[{call("read", "{")}]}}', '"tool_calls"'),
             BEGAN, *begun("read", "{"), READ_CUT),
        case("whole in a body without a reason",
             body(f'{{"tool_calls":[{call("read", "{}")}]}}', "null"),
             *READ, broken("the answer does not tell how it ended")),
        case("a call without a name is cut", calls('{"function":{"arguments":"{"}}') + stop(),
             BEGAN, CallBegan(call=0, id="call_0", name=""), CallDelta(call=0, arguments="{"),
             broken("the arguments of a call were cut")),
    ],
)  # fmt: skip
def test_a_call_ends_only_with_arguments_that_are_finished(
    sent: bytes, events: tuple[StreamEvent, ...]
) -> None:
    assert heard(decoder(), sent) == events


def named(index: int, name: str, arguments: str = "") -> str:
    return f'{{"index":{index},"function":{{"name":"{name}","arguments":"{arguments}"}}}}'


LIST = (CallBegan(call=1, id="call_1", name="list"), CallDelta(call=1, arguments="{}"))
BOTH_DONE = (CallEnded(call=0), CallEnded(call=1), Ended("calls"))


@pytest.mark.parametrize(
    ("sent", "events"),
    [
        case("in pieces", calls('{"index":0,"id":"a","function":{"name":"re","arguments":""}}')
             + calls(named(0, "ad")) + calls(named(0, "", "{}")) + stop(), *READ_DONE),
        case("in pieces, the last with arguments", calls('{"index":0,"id":"a"}')
             + calls(named(0, "re")) + calls(named(0, "ad", "{}")) + stop(), *READ_DONE),
        case("in pieces, with the id in each",
             calls('{"index":0,"id":"a","function":{"name":"re"}}')
             + calls('{"index":0,"id":"a","function":{"name":"ad"}}')
             + calls('{"index":0,"id":"a","function":{"arguments":"{}"}}') + stop(), *READ_DONE),
        case("in each piece", calls('{"index":0,"id":"a","function":{"name":"read"}}')
             + calls(named(0, "read")) + calls(named(0, "read", "{")) + calls(named(0, "read", "}"))
             + stop(),
             *READ[:2], CallDelta(call=0, arguments="{"), CallDelta(call=0, arguments="}"),
             *READ_DONE[3:]),
        case("in the second piece", calls('{"index":0,"id":"a","function":{"arguments":""}}')
             + calls(named(0, "read", "{}")) + stop(), *READ_DONE),
        case("in the second piece, with the id", calls('{"index":0,"type":"function"}')
             + calls('{"index":0,"id":"a","function":{"name":"read","arguments":"{}"}}') + stop(),
             *READ_DONE),
        case("before the id", calls(named(0, "read"))
             + calls('{"index":0,"id":"a","function":{"arguments":"{}"}}') + stop(), *READ_DONE),
        case("after the arguments began", calls('{"index":0,"id":"a","function":{"arguments":"{"}}')
             + calls(named(0, "read", "}")) + stop(), *READ_DONE),
        case("of a function_call in pieces", chunk('{"function_call":{"name":"re"}}')
             + chunk('{"function_call":{"name":"ad"}}')
             + chunk('{"function_call":{"arguments":"{}"}}') + stop("function_call"),
             BEGAN, CallBegan(call=0, id="call_0", name="read"), *READ_DONE[2:]),
        case("of a call without arguments", calls(named(0, "re")) + calls(named(0, "ad")) + stop(),
             BEGAN, CallBegan(call=0, id="call_0", name="read"), *READ_DONE[3:]),
        case("of a second call that comes first",
             calls('{"index":0,"id":"a","function":{"name":"re"}}', named(1, "list", "{}"))
             + stop(),
             BEGAN, CallBegan(call=0, id="a", name="re"), *LIST, *BOTH_DONE),
        case("that is not there yet, though the next call is", calls('{"index":0,"id":"a"}')
             + calls(named(1, "list", "{}")) + calls(named(0, "read", "{}")) + stop(),
             *READ, *LIST, *BOTH_DONE),
        case("of another call under the same index",
             calls('{"index":0,"id":"a","function":{"name":"read","arguments":"{}"}}')
             + calls(named(0, "list", "{}")) + stop(), *READ, *LIST, *BOTH_DONE),
        case("of calls that have nothing else",
             calls('{"function":{"name":"read"}}', '{"function":{"name":"list"}}') + stop(),
             BEGAN, CallBegan(call=0, id="call_0", name="read"), LIST[0], *BOTH_DONE),
    ],
)  # fmt: skip
def test_a_call_begins_with_its_whole_name(sent: bytes, events: tuple[StreamEvent, ...]) -> None:
    assert heard(decoder(), sent) == events


def test_a_call_is_told_of_when_its_arguments_begin() -> None:
    chat = decoder()
    assert chat.feed(calls('{"index":0,"id":"a","function":{"name":"read"}}')) == (BEGAN,)
    assert chat.feed(calls(named(0, "", "{"))) == (*READ[1:2], CallDelta(call=0, arguments="{"))


def test_there_are_at_most_256_calls() -> None:
    sent = b"".join(calls(f'{{"index":0,"id":"c{number}"}}') for number in range(300))
    assert heard(decoder(), sent) == (BEGAN, broken("more than 256 calls"))


@pytest.mark.parametrize(
    "fragment",
    [
        pytest.param('{"index":0,"function":{"arguments":"%s"}}', id="arguments"),
        pytest.param('{"index":0,"function":{"name":"%s"}}', id="a name"),
        pytest.param('{"index":0,"extra_content":"%s"}', id="a seal"),
    ],
)
def test_calls_have_a_bound(fragment: str) -> None:
    events = heard(decoder(), calls(fragment % ("x" * 1_000_000)) * 9)
    assert events == (BEGAN, broken("the calls are too large"))
