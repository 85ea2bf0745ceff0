"""Server-sent events, in whatever pieces and however spoiled they arrive."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vibe.wire.sse import MAX_EVENT_BYTES, SseDecoder, SseEvent, SseOverflow


def heard(*pieces: bytes) -> list[SseEvent]:
    decoder = SseDecoder()
    return [event for piece in pieces for event in decoder.feed(piece)] + decoder.finish()


def bytewise(stream: bytes) -> list[bytes]:
    return [stream[at : at + 1] for at in range(len(stream))]


def data(*texts: str) -> list[SseEvent]:
    return [SseEvent("", text) for text in texts]


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        pytest.param(b"", [], id="nothing"),
        pytest.param(b"data: a\n\ndata: b\n\n", data("a", "b"), id="LF"),
        pytest.param(b"data: a\r\n\r\ndata: b\r\n\r\n", data("a", "b"), id="CRLF"),
        pytest.param(b"data: a\r\rdata: b\r\r", data("a", "b"), id="CR"),
        pytest.param(b"data: a\r\n\ndata: b\n\r\ndata: c\r\n\r", data("a", "b", "c"), id="mixed"),
        pytest.param(b"data:a\n\n", data("a"), id="no space"),
        pytest.param(b"data:  a \n\n", data(" a "), id="one space is the field's"),
        pytest.param(b"data: a: b\n\n", data("a: b"), id="a colon in the data"),
        pytest.param(b"data: a\ndata:b\ndata:\ndata: c\n\n", data("a\nb\n\nc"), id="several lines"),
        pytest.param(
            b"event: x\ndata: a\n\ndata: b\n\n", [SseEvent("x", "a"), *data("b")], id="event"
        ),
        pytest.param(b"data: a\nevent: x\nevent: y\n\n", [SseEvent("y", "a")], id="the last name"),
        pytest.param(b": ping\n\n:\ndata: a\n: in between\n\n", data("a"), id="comments"),
        pytest.param(b"id: 1\nretry: 5\nx: y\nz\n\ndata: a\n\n", data("a"), id="other fields"),
        pytest.param(b" data: no\nData: no\ndata : no\n\n", [], id="not the field"),
        pytest.param(b"event: x\n\ndata:\n\ndata\n\ndata: \n\n", [], id="events without data"),
        pytest.param(b"data\ndata: a\n\n", data("\na"), id="a field without a colon"),
        pytest.param(b"\n\n\n\ndata: a\n\n\n\n\ndata: b\n\n", data("a", "b"), id="blank lines"),
        pytest.param(b"\xef\xbb\xbfdata: a\n\n", data("a"), id="a byte order mark"),
        pytest.param(b"\xef\xbb\xbf\n\xef\xbb\xbfdata: a\n\n", [], id="a mark in the middle"),
        pytest.param("data: é€😀\n\n".encode(), data("é€😀"), id="UTF-8"),
        pytest.param(b"data: \xc3\x28 \xf0\x9f\n\n", data("\ufffd( \ufffd"), id="no UTF-8"),
        pytest.param(
            b"data: a\x00\x85\xe2\x80\xa8b\n\n", data("a\0\ufffd\u2028b"), id="no line ends"
        ),
        pytest.param(b"data: [DONE]", data("[DONE]"), id="no line end"),
        pytest.param(b"data: a\n\ndata: b\n", data("a", "b"), id="no blank line"),
        pytest.param(b"data: a\r", data("a"), id="ends in CR"),
        pytest.param(b"\xef\xbb\xbfdata: a", data("a"), id="only a mark and a line"),
        pytest.param(b'event: x\ndata: {"a":', [SseEvent("x", '{"a":')], id="cut data"),
        pytest.param(b"event: message_stop\nda", [], id="cut before the data"),
    ],
)
def test_a_stream_gives_its_events_in_any_pieces(stream: bytes, events: list[SseEvent]) -> None:
    assert heard(stream) == heard(*bytewise(stream)) == events


STREAM = (
    "\ufeff: OPENROUTER PROCESSING\r\n\r\n"
    'event: delta\r\ndata: {"text":"é😀"}\r\n\r\n'
    'data: {"a":\ndata: 1}\n\n\r'
    "data: b\r\rid: 7\n\n"
    "data: [DONE]\n\n"
).encode()


@settings(deadline=None)
@given(cuts=st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_any_split_gives_the_same_events(cuts: list[int]) -> None:
    ends = [0, *sorted(cuts), len(STREAM)]
    assert heard(*(STREAM[a:b] for a, b in pairwise(ends))) == [
        SseEvent("delta", '{"text":"é😀"}'),
        *data('{"a":\n1}', "b", "[DONE]"),
    ]


LINES = st.sampled_from(
    [b"data: a", b"data:", b"data", b"event: x", b": c", b"\xef\xbb\xbf", b"\xff", b""]
)
ENDS = st.sampled_from([b"\n", b"\r", b"\r\n", b"\n\n", b"\r\n\r\n", b""])
STREAMS = st.lists(st.tuples(LINES, ENDS)).map(lambda lines: b"".join(a + b for a, b in lines))


@settings(deadline=None)
@given(stream=STREAMS | st.binary())
def test_any_bytes_give_the_same_events_in_any_pieces(stream: bytes) -> None:
    assert heard(stream) == heard(*bytewise(stream))


@pytest.mark.fuzz
@settings(deadline=None, max_examples=1_000_000)
@given(stream=STREAMS)
def test_any_lines_give_the_same_events_in_any_pieces(stream: bytes) -> None:
    assert heard(stream) == heard(*bytewise(stream))


def test_a_cut_stream_gives_the_events_before_the_cut_and_at_most_the_one_that_it_cuts() -> None:
    whole = heard(STREAM)
    for end in range(len(STREAM)):
        *complete, _ = heard(STREAM[:end]) or [None]
        assert complete == whole[: len(complete)]


def test_what_was_fed_before_the_end_is_handed_out_once() -> None:
    decoder = SseDecoder()
    assert decoder.feed(b"data: a\n") == []
    assert decoder.feed(b"\nda") == data("a")
    assert decoder.feed(b"ta: b") == []
    assert decoder.finish() == data("b")
    assert decoder.finish() == []


FULL = b"data: " + b"x" * (MAX_EVENT_BYTES - 6)


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param([FULL + b"\n\n"], id="at once"),
        pytest.param([FULL, b"\n", b"\n"], id="line ends apart"),
        pytest.param([FULL[:9], FULL[9:], b"\r\n\r\n"], id="in two"),
        pytest.param([FULL], id="without a line end"),
    ],
)
def test_an_event_may_be_as_large_as_the_bound(pieces: list[bytes]) -> None:
    assert heard(*pieces) == data("x" * (MAX_EVENT_BYTES - 6))


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param([FULL + b"x\n\n"], id="a line"),
        pytest.param([FULL, b"x"], id="a line in two"),
        pytest.param([FULL[:-9], b"\ndata: xxx\n\n"], id="lines together"),
        pytest.param([FULL, b"\n:", b"\n"], id="a comment in it"),
        pytest.param(
            [b": ping\n" * 9_000] * (MAX_EVENT_BYTES // 63_000 + 1), id="comments without end"
        ),
    ],
)
def test_a_larger_event_ends_the_stream_after_those_before_it(pieces: list[bytes]) -> None:
    decoder = SseDecoder()
    assert decoder.feed(b"data: a\n\n" + pieces[0][:1]) == data("a")
    with pytest.raises(SseOverflow):
        [decoder.feed(piece) for piece in [pieces[0][1:], *pieces[1:]]]
    with pytest.raises(SseOverflow):
        decoder.feed(b"\n\ndata: b\n\n")
    with pytest.raises(SseOverflow):
        decoder.finish()


def test_events_that_arrive_with_a_larger_one_come_first() -> None:
    decoder = SseDecoder()
    assert decoder.feed(b"data: a\n\n" + FULL + b"x\n\ndata: b\n\n") == data("a")
    with pytest.raises(SseOverflow):
        decoder.feed(b"")
