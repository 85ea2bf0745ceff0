"""What passes for one more piece of text, and what is looked at more closely: each known flaw."""

from __future__ import annotations

import json

import pytest

from vibe.domain.model import Backend, ProviderName
from vibe.domain.request import Dialect, Original
from vibe.domain.stream import Broken, Passed, StreamEvent, TextDelta, UsageSeen
from vibe.domain.target import Target
from vibe.domain.usage import Usage
from vibe.wire.dialects import codec_for
from vibe.wire.forwarding import Forwarding

CHUNK = b'data: {"object":"chat.completion.chunk","choices":%b}\n\n'
CHAT = CHUNK % b'[{"index":0,"delta":{"content":"Hi"}}]'
START = (
    b'event: message_start\ndata: {"type":"message_start",'
    b'"message":{"id":"m","model":"m","content":[],"usage":{}}}\n\n'
    b'event: content_block_start\ndata: {"type":"content_block_start","index":0,'
    b'"content_block":{"type":"text","text":""}}\n\n'
)
DELTA = (
    b'event: content_block_delta\ndata: {"type":"content_block_delta","index":%d,'
    b'"delta":{"type":"text_delta","text":"Hi"}}\n\n'
)
STOP = b'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n'


CREATED = (
    b'event: response.created\ndata: {"type":"response.created",'
    b'"response":{"id":"r","model":"m","output":[]}}\n\n'
)
ADDED = (
    b'event: response.output_item.added\ndata: {"type":"response.output_item.added",'
    b'"output_index":%d,"item":{"type":"message","id":"m%d","content":[]}}\n\n'
)
PART = (
    b'event: response.content_part.added\ndata: {"type":"response.content_part.added",'
    b'"output_index":%d,"content_index":0,"part":{"type":"output_text","text":""}}\n\n'
)
PIECE = (
    b'event: response.output_text.delta\ndata: {"type":"response.output_text.delta",'
    b'"output_index":%d,"content_index":0,"delta":"Hi"}\n\n'
)
ITEM_DONE = (
    b'event: response.output_item.done\ndata: {"type":"response.output_item.done",'
    b'"output_index":0,"item":{"type":"message","id":"m0","content":[]}}\n\n'
)
COMPLETED = (
    b'event: response.completed\ndata: {"type":"response.completed",'
    b'"response":{"id":"r","status":"completed"}}\n\n'
)
OPENED = CREATED + ADDED % (0, 0) + PART % 0
END = (
    b'event: message_delta\ndata: {"type":"message_delta",'
    b'"delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":1}}\n\n'
    b'event: message_stop\ndata: {"type":"message_stop"}\n\n'
)
FINISH = CHUNK % b'[{"index":0,"delta":{},"finish_reason":"stop"}]'
DONE = b"data: [DONE]\n\n"
BACKENDS: dict[Dialect, Backend] = {
    "chat": "generic",
    "messages": "anthropic",
    "responses": "responses",
}


def events_of(dialect: Dialect, *parts: bytes, body: bytes = b"{}") -> list[StreamEvent]:
    aim = Target(provider=ProviderName("p"), model="m", backend=BACKENDS[dialect])
    decoder = codec_for(aim.backend).decoder(aim, stream=True)
    forwarding = Forwarding(decoder, Original(dialect=dialect, body=body), stream=True)
    return [event for part in parts for event in forwarding.feed(part)]


def told(dialect: Dialect, *parts: bytes, body: bytes = b"{}") -> tuple[bytes, bool]:
    """What is passed on of these events, and whether the last of them broke the answer."""
    events = events_of(dialect, *parts, body=body)
    passed = b"".join(event.data for event in events if isinstance(event, Passed))
    return passed, bool(events) and isinstance(events[-1], Broken)


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param(b'data: {"choices":[{"delta":{"con\n\n', id="half of it"),
        pytest.param(b"data: <html>no</html>\n\n", id="a page"),
        pytest.param(b"data: null\n\n", id="null"),
        pytest.param(b"data: [1,2]\n\n", id="a list"),
        pytest.param(b'data: {"message":"Internal failure"}\n\n', id="only a message"),
        pytest.param(b'data: {"\\u0065rror":{"message":"no"}}\n\n', id="an error, escaped"),
    ],
)
def test_what_no_client_could_read_breaks_the_answer_of_a_chat(odd: bytes) -> None:
    assert told("chat", CHAT, CHAT, odd, CHAT) == (CHAT + CHAT, True)


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param(DELTA % 7, id="of a block that has not begun"),
        pytest.param(STOP + DELTA % 0, id="after its block has ended"),
        pytest.param(STOP + STOP, id="an end for the second time"),
        pytest.param(b'event: content_block_delta\ndata: {"type":"content_\n\n', id="half of it"),
        pytest.param(START.partition(b"\n\n")[2], id="the same block again"),
    ],
)
def test_pieces_of_no_block_break_an_answer_of_messages(odd: bytes) -> None:
    good = START + DELTA % 0
    passed, is_broken = told("messages", good, odd, DELTA % 0)
    assert is_broken
    assert passed.startswith(good)
    assert passed.removeprefix(good) in (b"", STOP)


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param(PIECE % 1, id="of an item that has not begun"),
        pytest.param(ITEM_DONE + PIECE % 0, id="after its item is done"),
        pytest.param(ADDED % (0, 0), id="the same item again"),
        pytest.param(ADDED % (5, 5), id="a place beyond the next"),
        pytest.param(CREATED, id="another beginning"),
        pytest.param(COMPLETED.replace(b'"r"', b'"s"'), id="the end of another"),
        pytest.param((PIECE % 0).replace(b"event: response.output_text.delta", b"event: ping"),
                     id="under another name"),
    ],
)  # fmt: skip
def test_pieces_of_no_item_break_an_answer_of_responses(odd: bytes) -> None:
    good = OPENED + PIECE % 0
    passed, is_broken = told("responses", good, odd, PIECE % 0)
    assert is_broken
    assert passed.removeprefix(good) in (b"", ITEM_DONE)


CALL = '{"index":%d,"id":"%s","type":"function","function":{"name":"f","arguments":""}}'
REST = '{"index":%d,"function":{"arguments":"{}"}}'


@pytest.mark.parametrize(
    ("sent", "places"),
    [
        pytest.param((CALL % (1, "a"), REST % 1), [0, 0], id="from one, as parts of Messages are"),
        pytest.param(
            (CALL % (1, "a"), CALL % (3, "b"), REST % 1, REST % 3), [0, 1, 0, 1], id="with gaps"
        ),
        pytest.param(
            (CALL % (0, "a"), (REST % 7).replace('"index":7,', "")),
            [0, 0],
            id="the rest not at all",
        ),
        pytest.param(
            (CALL % (0, "a"), REST % 0, CALL % (0, "b"), REST % 0), [0, 0, 1, 1], id="all 0"
        ),
    ],
)
def test_calls_are_told_their_places_however_their_provider_numbers_them(
    sent: tuple[str, ...], places: list[int]
) -> None:
    choices = (b'[{"index":0,"delta":{"tool_calls":[%b]}}]' % each.encode() for each in sent)
    passed, is_broken = told("chat", CHAT, *(CHUNK % each for each in choices), FINISH)
    deltas = [json.loads(data[6:])["choices"][0]["delta"] for data in passed.splitlines() if data]
    found = [call["index"] for delta in deltas for call in delta.get("tool_calls", ())]
    assert (found, is_broken) == (places, False)


@pytest.mark.parametrize(
    ("dialect", "sent"),
    [
        pytest.param("responses", CREATED + PIECE % 0, id="an item that never begins"),
        pytest.param("responses", ADDED % (0, 0) + PART % 0 + PIECE % 0, id="no response"),
        pytest.param("responses", CREATED + ADDED % (1, 1) + PART % 1 + PIECE % 1, id="a place"),
        pytest.param("messages", START.partition(b"\n\n")[2] + DELTA % 0, id="no message"),
        pytest.param("messages", START + DELTA[DELTA.index(b"data") :] % 0, id="no event line"),
        pytest.param("messages", START.replace(b":0,", b":1,") + DELTA % 1, id="an index"),
        pytest.param("chat", CHAT.replace(b".chunk", b""), id="another object"),
        pytest.param("chat", CHAT.replace(b":0,", b":1,"), id="only the second choice"),
        pytest.param("chat", b"\xef\xbb\xbf" + CHAT, id="a byte order mark"),
    ],
)
def test_what_is_wrong_before_the_first_word_is_read_for_the_client(
    dialect: Dialect, sent: bytes
) -> None:
    events = events_of(dialect, sent)
    assert TextDelta("Hi") in events
    assert told(dialect, sent) == (b"", False)


def test_text_without_an_event_line_after_the_first_word_breaks_an_answer_of_messages() -> None:
    """Anthropic's SDK would pass over it in silence."""
    nameless = DELTA[DELTA.index(b"data") :] % 0
    assert told("messages", START + DELTA % 0, nameless) == (START + DELTA % 0, True)


def test_a_text_that_the_provider_does_not_end_is_ended() -> None:
    assert told("messages", START + DELTA % 0, END) == (START + DELTA % 0 + STOP + END, False)


def test_an_end_without_a_count_gets_one() -> None:
    good = START + DELTA % 0 + STOP
    end = END.replace(b',"usage":{"output_tokens":1}', b"")
    mended = END.replace(b'"output_tokens":1', b'"output_tokens":0')
    assert told("messages", good, end) == (good + mended, False)


@pytest.mark.parametrize(
    ("odd", "mended"),
    [
        pytest.param(CHUNK % b'[{"index":0,"delta":null,"finish_reason":null}]',
                     CHUNK % b'[{"index":0,"delta":{},"finish_reason":null}]', id="null"),
        pytest.param(CHUNK % b'[{"index":0}]', CHUNK % b'[{"index":0,"delta":{}}]', id="no delta"),
        pytest.param(CHUNK % b"null", b"", id="choices that are null"),
        pytest.param(b'data: {"object":"chat.completion.chunk"}\n\n', b"", id="no choices"),
        pytest.param(b"event: ping\n\n", b"", id="no data"),
        pytest.param(b": wait\n\n", b": wait\n\n", id="a comment"),
    ],
)  # fmt: skip
def test_a_chunk_that_says_nothing_does_not_hurt_a_chat(odd: bytes, mended: bytes) -> None:
    assert told("chat", CHAT, odd, CHAT) == (CHAT + mended + CHAT, False)


@pytest.mark.parametrize(
    "lines",
    [
        CHAT.replace(b'"choices"', b'\n"choices"'),
        CHAT.replace(b'"choices"', b'\r"choices"'),
        CHAT.replace(b"Hi", b"\xff"),
        CHUNK % b'[{"index":0,"delta":{"content":"Hi"}},{"index":5,"delta":{}}]',
        CHUNK % b'[{"index":0,"message":{"content":"Hi"}}]',
    ],
    ids=["two lines", "another line end", "no UTF-8", "choices with a gap", "a message"],
)
def test_text_that_clients_would_not_get_breaks_the_answer_of_a_chat(lines: bytes) -> None:
    assert told("chat", CHAT, lines) == (CHAT, True)


USAGE = b'"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}\n\n'
ONLY_USAGE = (CHUNK % b"[]").replace(b"}\n\n", b"," + USAGE)
WITH_CHOICE = FINISH.replace(b"}\n\n", b"," + USAGE)


@pytest.mark.parametrize("wants", [True, False], ids=["asked", "not asked"])
def test_who_did_not_ask_for_usage_is_told_none_and_the_pool_counts(wants: bool) -> None:
    body = b'{"stream_options":{"include_usage":true}}' if wants else b'{"stream_options":null}'
    sent = (CHAT, WITH_CHOICE, ONLY_USAGE, DONE)
    kept = CHAT + WITH_CHOICE + (ONLY_USAGE if wants else b"") + DONE
    assert told("chat", *sent, body=body) == (kept, False)
    sent = (CHAT, FINISH, ONLY_USAGE, DONE)
    usage = Usage(input=3, output=2)
    assert UsageSeen(usage) in events_of("chat", *sent, body=body)
