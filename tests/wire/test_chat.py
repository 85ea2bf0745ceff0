"""Answers in the form of chat completions: recordings of those who send it, and what none shows."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec
import pytest
from hypothesis import example, given, settings
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
    LimitsSeen,
    StreamEvent,
    TextDelta,
    ThinkingDelta,
    ThinkingSealed,
    UsageSeen,
)
from vibe.domain.target import Target
from vibe.domain.usage import Usage
from vibe.wire.answer_bytes import AnswerDecoder
from vibe.wire.chat import Chat
from vibe.wire.codec import Reply
from vibe.wire.failures import openai_failure

TARGET = Target(provider=ProviderName("openai"), model="gpt-4.1", backend="generic")
VENDORS = (
    "openai", "azure", "groq", "openrouter", "mistral", "gemini", "together", "deepseek", "ollama",
    "vllm", "lmstudio", "llamacpp",
)  # fmt: skip
CASES = cases(*VENDORS)
STREAMS = [
    (vendor, case) for vendor, case in CASES if load(vendor, case).sent[:1] not in {b"{", b"["}
]
DONE = b"data: [DONE]\n\n"


def decoder() -> AnswerDecoder:
    return Chat().decoder(TARGET, stream=True)


def chunk(delta: str, finish: str = "null") -> bytes:
    return b'data: {"choices":[{"delta":%b,"finish_reason":%b}]}\n\n' % (
        delta.encode(),
        finish.encode(),
    )


def text(words: str) -> bytes:
    return chunk(f'{{"content":"{words}"}}')


def calls(*fragments: str) -> bytes:
    return chunk(f'{{"tool_calls":[{",".join(fragments)}]}}')


def stop(reason: str = "stop") -> bytes:
    return chunk("{}", f'"{reason}"')


def body(message: str, finish: str = '"stop"') -> bytes:
    shape = '{"choices":[{"message":%s,"finish_reason":%s}]}'
    return (shape % (message, finish)).encode()


def broken(detail: str) -> Broken:
    return Broken(Failure(kind=FailureKind.BROKEN_STREAM, detail=detail))


BEGAN = Began()
EMPTY = Broken(Failure(kind=FailureKind.EMPTY, detail="the answer has neither text nor a call"))
CUT = broken("the stream ended before the answer did")


@pytest.mark.parametrize(("vendor", "case"), CASES)
def test_an_answer_gives_the_events_that_were_written_down(vendor: str, case: str) -> None:
    golden = load(vendor, case)
    assert heard(decoder(), golden.sent) == golden.expected


@pytest.mark.parametrize("vendor", VENDORS)
def test_every_golden_file_has_its_source_written_down(vendor: str) -> None:
    here = Path(__file__).parent / vendor
    sources = (here / "SOURCES.md").read_text("utf-8")
    files = [path.name for path in here.iterdir() if path.suffix in {".sse", ".json"}]
    assert [name for name in files if f"| {name} |" not in sources] == []


@pytest.mark.parametrize(("vendor", "case"), CASES)
def test_an_answer_that_comes_byte_by_byte_is_the_same(vendor: str, case: str) -> None:
    golden = load(vendor, case)
    pieces = [golden.sent[at : at + 1] for at in range(len(golden.sent))]
    assert heard(decoder(), *pieces) == golden.expected


@given(st.sampled_from(CASES), st.lists(st.integers(0, 4000), max_size=6))
@settings(max_examples=150, deadline=None)
def test_any_split_gives_the_same_events(name: tuple[str, str], cuts: list[int]) -> None:
    golden = load(*name)
    ends = [*sorted(cuts), len(golden.sent)]
    starts = [0, *ends]
    pieces = [golden.sent[start:end] for start, end in zip(starts, ends, strict=False)]
    assert heard(decoder(), *pieces) == golden.expected


@pytest.mark.parametrize(("vendor", "case"), CASES)
def test_an_answer_that_is_cut_is_never_a_success(vendor: str, case: str) -> None:
    sent = load(vendor, case).sent
    is_stream = (vendor, case) in STREAMS
    for end in range(0, len(sent.rstrip()), 1 + len(sent) // 3000):
        events = heard(decoder(), sent[:end])
        assert grammatical(events)
        told = is_stream and _tells_its_end(sent[:end])
        assert isinstance(events[-1], Broken) or told


def _tells_its_end(sent: bytes) -> bool:
    """Whether a chunk with a `finish_reason` is there as a whole."""
    finished = [line for line in sent.splitlines() if b'"finish_reason":"' in line]
    return any(_is_json(line.removeprefix(b"data: ")) for line in finished)


def _is_json(text: bytes) -> bool:
    try:
        msgspec.json.decode(text)
    except msgspec.DecodeError:
        return False
    return True


@given(st.sampled_from(CASES), st.data())
@settings(max_examples=300, deadline=None)
def test_no_mutation_raises_or_breaks_the_grammar(
    name: tuple[str, str], data: st.DataObject
) -> None:
    assert grammatical(heard(decoder(), mutated(load(*name).sent, data)))


@pytest.mark.fuzz
@given(st.sampled_from(CASES), st.data())
@settings(max_examples=100_000, deadline=None)
def test_no_mutation_raises_for_minutes(name: tuple[str, str], data: st.DataObject) -> None:
    assert grammatical(heard(decoder(), mutated(load(*name).sent, data)))


@given(st.binary(max_size=300))
def test_no_bytes_raise(sent: bytes) -> None:
    assert grammatical(heard(decoder(), sent))


def mutated(sent: bytes, data: st.DataObject) -> bytes:
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(sent)))
        width = data.draw(st.integers(0, 12))
        put = data.draw(
            st.binary(max_size=6) | st.sampled_from([b"null", b"{}", b"[[", b'"', b"7"])
        )
        sent = sent[:at] + put + sent[at + width :]
    return sent


def grammatical(events: Iterable[StreamEvent]) -> bool:
    """Whether events come in the order that all dialects keep."""
    listed = list(events)
    begun: set[int] = set()
    ended: set[int] = set()
    for place, event in enumerate(listed):
        match event:
            case Began():
                assert place == 0
            case CallBegan(call=call):
                assert call == len(begun)
                begun.add(call)
            case CallDelta(call=call):
                assert call in begun - ended
            case CallEnded(call=call):
                assert call in begun - ended
                ended.add(call)
            case Ended() | Broken():
                assert place == len(listed) - 1
            case TextDelta(text) | ThinkingDelta(text):
                assert text
            case ThinkingSealed() | UsageSeen() | LimitsSeen():
                pass
    return isinstance(listed[-1], Ended | Broken)


HI = [BEGAN, TextDelta("Hi")]
READ = [
    BEGAN,
    CallBegan(call=0, id="a", name="read"),
    CallDelta(call=0, arguments="{}"),
]
READ_DONE = [*READ, CallEnded(call=0), Ended("calls")]


def case(label: str, sent: bytes, *events: StreamEvent) -> object:
    return pytest.param(sent, events, id=label)


@pytest.mark.parametrize(
    ("sent", "events"),
    [
        case("no [DONE]", text("Hi") + stop(), *HI, Ended("end")),
        case("[DONE] twice", text("Hi") + stop() + DONE + DONE, *HI, Ended("end")),
        case("more after [DONE]", text("Hi") + stop() + DONE + text("!"), *HI, Ended("end")),
        case("[DONE] without a reason", text("Hi") + DONE, *HI, Ended("end")),
        case("neither", text("Hi"), *HI, CUT),
        case("a chunk cut after the end", text("Hi") + stop() + b'data: {"us', *HI, Ended("end")),
        case("a chunk cut before the end", text("Hi") + b'data: {"choi', *HI, CUT),
        case("no end of line", text("Hi") + stop().rstrip(), *HI, Ended("end")),
        case("CRLF", (text("Hi") + stop() + DONE).replace(b"\n", b"\r\n"), *HI, Ended("end")),
        case("a byte order mark", b"\xef\xbb\xbf" + text("Hi") + stop(), *HI, Ended("end")),
        case("blank lines first", b"\r\n\n" + text("Hi") + stop(), *HI, Ended("end")),
        case("unknown chunks", b'data: {"ping":1}\n\n' + text("Hi") + stop(), *HI, Ended("end")),
        case("an unknown reason", text("Hi") + stop("eot"), *HI, Ended("end")),
        case("a reason in capitals", text("Hi") + stop("MAX_TOKENS"), *HI, Ended("length")),
        case("two reasons", text("Hi") + stop("length") + stop("length"), *HI, Ended("length")),
        case("tool_calls without a call", text("Hi") + stop("tool_calls"), *HI, Ended("end")),
        case("nothing", b"", CUT),
        case("only [DONE]", DONE, EMPTY),
        case("only a role", chunk('{"role":"assistant","content":null}') + stop(), BEGAN, EMPTY),
        case("tool_calls, and nothing at all", stop("tool_calls"), BEGAN, EMPTY),
        case("only thinking", chunk('{"reasoning":"Hm"}') + stop("length"),
             BEGAN, ThinkingDelta("Hm"), EMPTY),
        case("a page", b"<html><body>502 Bad Gateway</body></html>", CUT),
    ],
)  # fmt: skip
def test_a_stream_ends_by_its_own_word(sent: bytes, events: tuple[StreamEvent, ...]) -> None:
    assert heard(decoder(), sent) == events


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


def test_there_are_at_most_256_calls() -> None:
    sent = b"".join(calls(f'{{"index":0,"id":"c{number}"}}') for number in range(300))
    events = heard(decoder(), sent)
    assert events[-2:] == (
        CallBegan(call=255, id="c255", name=""),
        broken("more than 256 calls"),
    )


@pytest.mark.parametrize(
    ("sent", "events"),
    [
        case(
            "a block ends where text begins",
            chunk('{"reasoning":"Hm"}') + text("Hi") + chunk('{"reasoning":"So"}') + text("!")
            + stop(),
            BEGAN, ThinkingDelta("Hm"), ThinkingSealed(""), TextDelta("Hi"),
            ThinkingDelta("So"), ThinkingSealed(""), TextDelta("!"), Ended("end"),
        ),
        case(
            "one name is enough",
            chunk('{"reasoning":"Hm","reasoning_content":"Hm"}') + text("Hi") + stop(),
            BEGAN, ThinkingDelta("Hm"), ThinkingSealed(""), TextDelta("Hi"), Ended("end"),
        ),
        case(
            "Mistral's signature",
            chunk('{"content":[{"type":"thinking","thinking":[{"type":"text","text":"Hm"}]}]}')
            + chunk('{"content":[{"type":"thinking","thinking":[],"signature":"s"}]}')
            + text("Hi") + stop(),
            BEGAN, ThinkingDelta("Hm"), ThinkingSealed("s"), TextDelta("Hi"), Ended("end"),
        ),
        case(
            "two elements, one of them encrypted",
            chunk('{"reasoning_details":[{"type":"reasoning.summary","summary":"A","index":0}]}')
            + chunk('{"reasoning_details":[{"type":"reasoning.summary","summary":"B","index":0}]}')
            + chunk('{"reasoning_details":[{"type":"reasoning.encrypted","data":"x","index":0}]}')
            + text("Hi") + stop(),
            BEGAN,
            ThinkingSealed(
                '[{"type":"reasoning.summary","summary":"AB","index":0},'
                '{"type":"reasoning.encrypted","data":"x","index":0}]'
            ),
            TextDelta("Hi"), Ended("end"),
        ),
        case(
            "a seal after the text",
            text("Hi") + chunk('{"reasoning_details":[{"type":"reasoning.encrypted","data":"x"}]}')
            + stop(),
            *HI, ThinkingSealed('[{"type":"reasoning.encrypted","data":"x"}]'), Ended("end"),
        ),
    ],
)  # fmt: skip
def test_thinking_comes_in_blocks(sent: bytes, events: tuple[StreamEvent, ...]) -> None:
    assert heard(decoder(), sent) == events


@pytest.mark.parametrize(
    ("sent", "events"),
    [
        case("not JSON", text("Hi") + b"data: {oops}\n\n", *HI, broken("a chunk that is not JSON")),
        case(
            "a wrong type",
            b'data: {"choices":[{"delta":{"content":7}}]}\n\n',
            broken("a chunk of another form: Expected `str | array | null`, got `int` - "
                   "at `$.choices[0].delta.content`"),
        ),
        case("too deep", b'data: {"x":' + b"[" * 65 + b"]" * 65 + b"}\n\n",
             broken("the answer is nested too deeply")),
        case("half a body", body('{"content":"Hi"}')[:-3], broken("a chunk that is not JSON")),
        case("a body that is another's list", b"[1]",
             broken("a chunk of another form: Expected `object`, got `array`")),
        case("a body without a choice", b'{"choices":[],"usage":{"prompt_tokens":3}}',
             BEGAN, UsageSeen(Usage(input=3)), EMPTY),
        case("a body that says something else", b'{"message":"Unauthorized"}',
             Broken(Failure(kind=FailureKind.BROKEN_STREAM, inner=FailureKind.SERVER,
                            detail="Unauthorized"))),
        case("a body without a reason", body('{"content":"Hi"}', "null"), *HI, Ended("end")),
        case("a body with a refusal and text", body('{"content":"Hi","refusal":"No."}'),
             *HI, Broken(Failure(kind=FailureKind.REFUSED, detail="No."))),
        case("a body cut at its bound", body('{"content":"Hi"}', '"length"'), *HI, Ended("length")),
        case("a filter with its reason", text("Hi") + stop("content_filter: SAFETY"),
             *HI, Broken(Failure(kind=FailureKind.REFUSED, detail="content_filter: safety"))),
    ],
)  # fmt: skip
def test_what_is_no_answer_is_told(sent: bytes, events: tuple[StreamEvent, ...]) -> None:
    assert heard(decoder(), sent) == events


@pytest.mark.parametrize("head", [b"data: ", b'{"x":"'], ids=["a stream", "a body"])
def test_an_answer_has_a_bound(head: bytes) -> None:
    chat = decoder()
    events: list[StreamEvent] = list(chat.feed(head))
    for _ in range(9):
        events += chat.feed(b"x" * 1024 * 1024)
    assert [type(event) for event in events] == [Broken]
    assert chat.finish() == ()


def test_a_seal_has_a_bound() -> None:
    data = "x" * 1_000_000
    detail = chunk(f'{{"reasoning_details":[{{"type":"reasoning.encrypted","data":"{data}"}}]}}')
    assert heard(decoder(), detail * 9) == (BEGAN, broken("the thinking is too large"))


@example(b'{"' + b'\\"' * 5000 + b"{" * 100)
@given(st.binary(max_size=200).map(lambda noise: b"data: " + noise.replace(b"\n", b"[") + b"\n\n"))
def test_brackets_in_any_number_are_read(sent: bytes) -> None:
    assert grammatical(heard(decoder(), sent))


def test_a_failure_is_judged_as_openai_tells_it() -> None:
    reply = Reply(status=401, body=b'{"error":{"message":"no","type":"invalid_request_error"}}')
    assert Chat().failure(reply, now=0.0) == openai_failure(reply, now=0.0)
