"""Bytes that are no sound request, over a real socket: what is answered, and what gets through."""

from __future__ import annotations

import pytest

from tests.gateway.raw import SHORT, SHORT_PACE, TOKEN, Recorder, Seen, guarded, statuses

HOST = b"Host: localhost:{port}\r\n"
REST = b"Authorization: Bearer %b\r\n" % TOKEN.encode()
OWN = HOST + REST
JSON = b"Content-Type: application/json\r\n"
CHUNKED = JSON + b"Transfer-Encoding: chunked\r\n"
END = b"0\r\n\r\n"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\n" + OWN + b"\r\n"


def get(*lines: bytes, first: bytes = b"GET /a HTTP/1.1", own: bytes = OWN) -> bytes:
    return b"".join((first, b"\r\n", own, *lines, b"\r\n"))


def post(*lines: bytes, body: bytes = b"") -> bytes:
    return get(*lines, first=b"POST /a HTTP/1.1") + body


def sized(length: bytes, body: bytes) -> bytes:
    return post(JSON, b"Content-Length: %b\r\n" % length, body=body)


def coded(coding: bytes) -> bytes:
    return post(JSON, b"Transfer-Encoding: %b\r\n" % coding, body=END + SMUGGLED)


def chunked(body: bytes) -> bytes:
    return post(CHUNKED, body=body + SMUGGLED)


def case(label: str, sent: bytes, *answers: int, body: bytes | None = None) -> object:
    """With a `body` the application gets one request: a GET, if that is empty."""
    seen = [] if body is None else [Seen("POST" if body else "GET", "/a", body)]
    return pytest.param(sent, list(answers), seen, id=label)


LENGTHS = (
    case("a body by its length", sized(b"3", b"abc"), 200, body=b"abc"),
    case("a length of zeros", get(b"Content-Length: 000\r\n"), 200, body=b""),
    case("two lengths", sized(b"3\r\nContent-Length: 4", b"abcd"), 400),
    case("the same twice", sized(b"3\r\nContent-Length: 3", b"abc"), 400),
    case("a list of lengths", sized(b"3, 3", b"abc"), 400),
    case("a negative length", sized(b"-1", b"abc"), 400),
    case("a signed length", sized(b"+3", b"abc"), 400),
    case("a hexadecimal length", sized(b"0x3", b"abc"), 400),
    case("an empty length", sized(b"", b"abc"), 400),
    case("a length over every number", sized(b"1" + b"0" * 40, b""), 400),
    case("a length over the bound", sized(b"100001", b"a" * 100_001), 413),
    case("much more than the bound", sized(b"9999999", b"a" * 9_999_999), 413),
    case("more than it says", sized(b"3", b"abc" + SMUGGLED), 200, body=b"abc"),
    case("a length and a coding", sized(b"5\r\nTransfer-Encoding: chunked", END + SMUGGLED), 400),
    case("a coding and a length", coded(b"chunked\r\nContent-Length: 5"), 400),
    case("a body after GET", get(JSON, b"Content-Length: %d\r\n" % len(SMUGGLED)) + SMUGGLED, 400),
    case("chunks after GET", get(CHUNKED) + b"0\r\n\r\n" + SMUGGLED, 400),
    case("a request after GET", get() + SMUGGLED, 200, body=b""),
    case("two requests at once", get() * 2, 200, body=b""),
    case("garbage after GET", get() + b"\0\xff" * 9, 200, body=b""),
)  # fmt: skip

CHUNKS = (
    case("chunks", chunked(b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"), 200, body=b"abcde"),
    case("an extension", chunked(b'3;a=b;c="d"\r\nabc\r\n0\r\n\r\n'), 200, body=b"abc"),
    case("zeros before a size", chunked(b"0003\r\nabc\r\n00\r\n\r\n"), 200, body=b"abc"),
    case("trailers", chunked(b"3\r\nabc\r\n0\r\nX: y\r\nHost: evil\r\n\r\n"), 200, body=b"abc"),
    case("a length for a trailer", chunked(b"3\r\nabc\r\n0\r\nContent-Length: 9\r\n\r\n"), 400),
    case("sizes that end with LF", chunked(b"3\nabc\n0\n\n"), 400),
    case("a size that ends with CR", chunked(b"3\rabc\r\n0\r\n\r\n"), 400),
    case("an extension that ends with LF", chunked(b"3;a\nabc\r\n0\r\n\r\n"), 400),
    case("an extension with NUL", chunked(b"3;\0\r\nabc\r\n0\r\n\r\n"), 400),
    case("no CRLF after a chunk", chunked(b"3\r\nabc0\r\n\r\n"), 400),
    case("a chunk that is longer", chunked(b"3\r\nabcd\r\n0\r\n\r\n"), 400),
    case("a chunk that is shorter", chunked(b"9\r\nabc\r\n0\r\n\r\n"), 400),
    case("a hexadecimal prefix", chunked(b"0x3\r\nabc\r\n0\r\n\r\n"), 400),
    case("a negative size", chunked(b"-3\r\nabc\r\n0\r\n\r\n"), 400),
    case("a signed size", chunked(b"+3\r\nabc\r\n0\r\n\r\n"), 400),
    case("a space after a size", chunked(b"3 \r\nabc\r\n0\r\n\r\n"), 400),
    case("no size", chunked(b"\r\nabc\r\n0\r\n\r\n"), 400),
    case("a size over every number", chunked(b"fffffffffffffffff\r\nabc\r\n0\r\n\r\n"), 400),
    case("chunks over the bound", chunked(b"9000\r\n%b\r\n" % (b"a" * 0x9000) * 4), 413),
    case("an endless extension", chunked(b"3;" + b"a" * 200_000), 400),
    case("an endless size", chunked(b"0" * 200_000), 400),
    case("endless trailers", chunked(b"0\r\n" + b"X: y\r\n" * 40_000), 400),
    case("gzip", coded(b"gzip"), 400),
    case("gzip, then chunked", coded(b"gzip, chunked"), 501),
    case("chunked, then identity", coded(b"chunked, identity"), 400),
    case("chunked twice", coded(b"chunked\r\nTransfer-Encoding: chunked"), 400),
    case("nearly chunked", coded(b"xchunked"), 400),
    case("chunked after a control", coded(b"\x0bchunked"), 400),
    case("a space after the name", post(JSON, b"Transfer-Encoding : chunked\r\n") + SMUGGLED, 400),
)  # fmt: skip

HEADERS = (
    case("bytes over ASCII", get(b"X: \xff\r\n"), 200, body=b""),
    case("no Host", get(own=REST), 400),
    case("two Hosts", get(HOST), 400),
    case("two Hosts of two names", get(b"Host: evil\r\n"), 400),
    case("an empty Host", get(b"Host:\r\n", own=REST), 400),
    case("another Host, as after rebinding", get(b"Host: evil.example:{port}\r\n", own=REST), 403),
    case("our name with another port", get(b"Host: localhost:1\r\n", own=REST), 403),
    case("our name without a port", get(b"Host: localhost\r\n", own=REST), 403),
    case("our name before another", get(b"Host: localhost.evil:{port}\r\n", own=REST), 403),
    case("a Host with a person", get(b"Host: a@localhost:{port}\r\n", own=REST), 400),
    case("a fold", get(b"X: a\r\n b\r\n"), 400),
    case("a fold by a tab", get(b"X: a\r\n\tb\r\n"), 400),
    case("a fold at the beginning", get(b" X: a\r\n"), 400),
    case("lines that end with LF", get().replace(b"\r\n", b"\n"), 400),
    case("one line that ends with LF", get(b"X: a\n"), 400),
    case("an end of LFs", get()[:-4] + b"\n\n", 400),
    case("a bare CR", get(b"X: a\rY: b\r\n"), 400),
    case("a header after a bare CR", get(b"X: a\r\rHost: evil\r\n"), 400),
    case("NUL in a value", get(b"X: a\0b\r\n"), 400),
    case("NUL in a name", get(b"X\0: a\r\n"), 400),
    case("a control in a value", get(b"X: a\x01\r\n"), 400),
    case("a space before the colon", get(b"X : a\r\n"), 400),
    case("a space in a name", get(b"X Y: a\r\n"), 400),
    case("a name over ASCII", get(b"X\xff: a\r\n"), 400),
    case("no name", get(b": a\r\n"), 400),
    case("no colon", get(b"X\r\n"), 400),
    case("too many headers", get(b"X: y\r\n" * 60), 431),
    case("a header over the bound", get(b"X: %b\r\n" % (b"a" * 5000)), 431),
    case("headers without an end", get()[:-2] + b"X: y\r\n" * 40_000, 431),
    case("a token twice", get(b"Authorization: Bearer x\r\n"), 400),
    case("a token folded into another", get(b"X-Api-Key: a\r\n\tb\r\n"), 400),
)  # fmt: skip

FIRST_LINES = (
    case("a path over the bound", get(first=b"GET /%b HTTP/1.1" % (b"a" * 600)), 414),
    case("a path without an end", b"GET /" + b"a" * 9_000, 414),
    case("garbage", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    case("an empty line first", b"\r\n" + get(), 400),
    case("no version", b"GET /a\r\n\r\n", 400),
    case("HTTP/0.9", get(first=b"GET /a HTTP/0.9"), 505),
    case("HTTP/1.2", get(first=b"GET /a HTTP/1.2"), 505),
    case("HTTP/2.0", get(first=b"GET /a HTTP/2.0"), 505),
    case("the preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    case("another protocol", get(first=b"GET /a RTSP/1.0"), 400),
    case("a method of no standard", get(first=b"SMUGGLE /a HTTP/1.1"), 400),
    case("a method in lower case", get(first=b"get /a HTTP/1.1"), 400),
    case("two spaces", get(first=b"GET  /a HTTP/1.1"), 400),
    case("a tab", get(first=b"GET\t/a HTTP/1.1"), 400),
    case("a space in the path", get(first=b"GET /a b HTTP/1.1"), 400),
    case("a byte over ASCII in the path", get(first=b"GET /\xff HTTP/1.1"), 400),
    case("a control in the path", get(first=b"GET /\x01 HTTP/1.1"), 400),
    case("a fragment", get(first=b"GET /a#b HTTP/1.1"), 400),
    case("a whole address", get(first=b"GET http://evil.example/a HTTP/1.1"), 400),
    case("our whole address", get(first=b"GET http://localhost:{port}/a HTTP/1.1"), 400),
    case("an asterisk", get(first=b"OPTIONS * HTTP/1.1"), 400),
    case("CONNECT", get(first=b"CONNECT evil.example:443 HTTP/1.1") + SMUGGLED, 400),
    case("CONNECT with a path", get(first=b"CONNECT /a HTTP/1.1") + SMUGGLED, 400),
    case("HTTP/1.0", get(first=b"GET /a HTTP/1.0"), 200, body=b""),
    case("a WebSocket", get(b"Connection: Upgrade\r\nUpgrade: websocket\r\n") + SMUGGLED, 426),
    case(
        "an offer of HTTP/2",
        sized(b"3\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c", b"abc"),
        200,
        body=b"abc",
    ),
)  # fmt: skip

SLOW = (
    case("nothing at all", b""),
    case("half of a head", get()[:-2], 408),
    case("half of a line", b"GET /", 408),
    case("half of a body", sized(b"6", b"abc"), 408),
    case("less than it says", sized(b"9", b"abc"), 408),
    case("the largest number for a size", chunked(b"ffffffffffffffff\r\nabc\r\n0\r\n\r\n"), 408),
    case("half of a chunk", post(CHUNKED, body=b"6\r\nabc"), 408),
)  # fmt: skip


@pytest.mark.parametrize(("sent", "answers", "seen"), [*LENGTHS, *CHUNKS, *HEADERS, *FIRST_LINES])
async def test_what_is_no_sound_request_gets_one_answer_and_no_further(
    sent: bytes, answers: list[int], seen: list[Seen]
) -> None:
    recorder = Recorder()
    async with guarded(recorder) as place:
        heard = await place.say(sent)
        assert (statuses(heard), recorder.seen) == (answers, seen)
        assert statuses(await place.say(get())) == [200]


@pytest.mark.parametrize(("sent", "answers", "seen"), SLOW)
async def test_who_does_not_finish_is_not_waited_for(
    sent: bytes, answers: list[int], seen: list[Seen]
) -> None:
    recorder = Recorder(pace=SHORT_PACE)
    async with guarded(recorder, timeouts=SHORT) as place:
        assert (statuses(await place.say(sent)), recorder.seen) == (answers, seen)


async def test_a_request_may_come_byte_by_byte() -> None:
    recorder = Recorder()
    async with guarded(recorder) as place:
        whole = place.filled(post(CHUNKED, body=b"1\r\na\r\n" * 20 + b"0\r\n\r\n"))
        heard = await place.say(*(whole[at : at + 1] for at in range(len(whole))))
        assert (statuses(heard), recorder.seen) == ([200], [Seen("POST", "/a", b"a" * 20)])
