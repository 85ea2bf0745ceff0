"""Answers in the form of chat completions: recordings of those who send it, and what none shows."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.wire.chat_samples import (
    BEGAN,
    CUT,
    DONE,
    EMPTY,
    HI,
    body,
    broken,
    case,
    chunk,
    decoder,
    stop,
    text,
)
from tests.wire.event_order import grammatical
from tests.wire.golden import cases, heard, load
from vibe.domain.failure import Failure, FailureKind
from vibe.domain.stream import (
    Broken,
    Ended,
    StreamEvent,
    TextDelta,
    ThinkingDelta,
    ThinkingSealed,
    UsageSeen,
)
from vibe.domain.usage import Usage
from vibe.wire.chat import Chat
from vibe.wire.codec import Reply
from vibe.wire.failures import openai_failure

VENDORS = (
    "openai", "azure", "groq", "openrouter", "mistral", "gemini", "together", "deepseek", "ollama",
    "vllm", "lmstudio", "llamacpp",
)  # fmt: skip
CASES = cases(*VENDORS)
STREAMS = [
    (vendor, case) for vendor, case in CASES if load(vendor, case).sent[:1] not in {b"{", b"["}
]


GAVE_UP = broken("the provider gave up: cancelled")
FAULT = b'data: {"fault":"x"}\n\n'
STRANGE = broken("something else came in the place of the end")


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
        case("an unknown reason", text("Hi") + stop("eot"), *HI, Ended("length")),
        case("gave up", text("Hi") + stop("cancelled"), *HI, GAVE_UP),
        case("an error in a form of its own", text("Hi") + FAULT + DONE, *HI, STRANGE),
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
        case("a body without a reason", body('{"content":"Hi"}', "null"),
             *HI, broken("the answer does not tell how it ended")),
        case("a body without a reason or a word", body("{}", "null"), BEGAN, EMPTY),
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


def test_many_elements_of_thinking_have_a_bound() -> None:
    details = ",".join(['{"type":"reasoning.text"}'] * 1_000)
    chat = decoder()
    events = [
        event
        for _ in range(100)
        for event in chat.feed(chunk(f'{{"reasoning_details":[{details}]}}'))
    ]
    assert events == [BEGAN, broken("the thinking is too large")]


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
