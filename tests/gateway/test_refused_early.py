"""What the connection itself refuses, over a real socket: told, counted, in the client's form."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from tests.gateway.raw import HANGS_S, SHORT, TOKEN
from tests.gateway.rig import Gate, gateway
from tests.mux.pools import Line
from vibe.gateway.head import path_of
from vibe.gateway.record import Record

CHAT = "/v1/chat/completions"
MESSAGES = "/v1/messages"
OWN = b"Host: localhost:{port}\r\nAuthorization: Bearer %b\r\n" % TOKEN.encode()
CHUNKED = OWN + b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
MALFORMED = "the request is not sound HTTP/1.1"
NO_HTTP = "this is not a request of HTTP/1.1"
LARGE = "the headers are too large"
VERSION = "the gateway speaks HTTP/1.1, and no other version"


def post(path: str, rest: bytes = OWN + b"\r\n", *, version: bytes = b"1.1") -> bytes:
    return b"POST %b HTTP/%b\r\n%b" % (path.encode(), version, rest)


def split(heard: bytes) -> tuple[int, str, Any]:
    """The status of the one answer, its id, and its body."""
    head, body = heard.split(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    return int(first.split(" ")[1]), headers["x-request-id"], json.loads(body)


def error(form: str, sentence: str, request_id: str) -> Any:
    match form:
        case "chat":
            return {
                "message": sentence,
                "type": "invalid_request_error",
                "param": None,
                "code": None,
            }
        case "messages":
            return {"type": "invalid_request_error", "message": sentence}
        case _:
            return {"message": sentence, "type": form, "request_id": request_id}


CASES = (
    pytest.param(b"\x16\x03\x01\x02", "", 400, NO_HTTP, "no_http", id="garbage"),
    pytest.param(b"GET /a\r\n\r\n", "", 400, NO_HTTP, "no_http", id="no version"),
    pytest.param(post(CHAT, version=b"2.0"), CHAT, 505, VERSION, "chat", id="HTTP/2.0"),
    pytest.param(
        post(f"{MESSAGES}?beta=true", b"X: %b\r\n" % (b"a" * 9_000)),
        MESSAGES, 431, LARGE, "messages", id="a large head of Messages",
    ),
    pytest.param(
        post("/" + "a" * 9_000), "", 431, LARGE, "headers_too_large", id="a path beyond reason",
    ),
    pytest.param(
        b"POST /" + b"a" * 5_000, "", 414, "the path is too long", "path_too_long", id="all path",
    ),
    pytest.param(post(CHAT, OWN + b"X : y\r\n\r\n"), CHAT, 400,
        "a header is not as HTTP/1.1 writes headers", "chat", id="a header"),
    pytest.param(
        post(MESSAGES, OWN + b"Content-Length: -1\r\n\r\n"),
        MESSAGES, 400, MALFORMED, "messages", id="what only the parser refuses",
    ),
    pytest.param(
        post(MESSAGES, CHUNKED + b"\r\nzz"),
        MESSAGES, 400, MALFORMED, "messages", id="a body, before anybody read of it",
    ),
    pytest.param(
        post("/%76%31/messages", b"X : y\r\n\r\n"),
        MESSAGES, 400, "a header is not as HTTP/1.1 writes headers", "messages", id="encoded",
    ),
)  # fmt: skip


@pytest.mark.parametrize(("sent", "path", "status", "sentence", "form"), CASES)
async def test_what_no_application_saw_is_told_once(
    sent: bytes, path: str, status: int, sentence: str, form: str
) -> None:
    async with gateway(Line(alias="alpha")) as gate:
        got, request_id, body = split(await gate.place.say(sent))
        metrics = (await gate.client.get("/metrics")).text
    assert (got, body["error"]) == (status, error(form, sentence, request_id))
    assert gate.told == [
        Record(id=request_id, path=path, status=status, end="refused", note=sentence)
    ]
    labels = f'path="{path or "other"}",status="{status}",end="refused"'
    assert f"vibe_requests_total{{{labels}}} 1\n" in metrics


async def test_a_body_that_breaks_while_it_is_read_is_told_once_by_its_own_id() -> None:
    sent = post(CHAT, CHUNKED + b"X-Request-Id: my-id-7\r\nExpect: 100-continue\r\n\r\n")
    async with gateway(Line(alias="alpha")) as gate, asyncio.timeout(HANGS_S):
        reader, writer = await asyncio.open_connection("127.0.0.1", gate.place.port)
        writer.write(gate.place.filled(sent))
        await reader.readuntil(b"100 Continue\r\n\r\n")  # so it is being read
        writer.write(b"zz")
        status, request_id, _ = split(await reader.read())
        writer.close()
        await writer.wait_closed()
    assert (status, request_id) == (400, "my-id-7")
    assert gate.told == [Record(id="my-id-7", path=CHAT, status=400, end="refused", note=MALFORMED)]


async def test_a_head_that_does_not_come_is_told() -> None:
    async with gateway(Line(alias="alpha"), timeouts=SHORT) as gate:
        status, request_id, body = split(await gate.place.say(b"POST /v1/messages HT"))
        assert await gate.place.say(b"") == b""  # one who says nothing asks for nothing
    sentence = "the head of the request did not come in time"
    assert (status, body["error"]) == (408, {"type": "timeout_error", "message": sentence})
    assert gate.told == [
        Record(id=request_id, path=MESSAGES, status=408, end="refused", note=sentence)
    ]


async def test_one_connection_too_many_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vibe.gateway.connection.Connection.most", 0)
    async with gateway(Line(alias="alpha")) as gate:
        status, request_id, body = split(await gate.place.say())
    sentence = "too many connections are open"
    assert (status, body["error"]) == (503, error("too_many_connections", sentence, request_id))
    assert gate.told == [Record(id=request_id, path="", status=503, end="refused", note=sentence)]


async def refused_early(gate: Gate) -> bytes:
    """An answer that is out while its request still comes, and what comes then is no chunk."""
    stranger = CHUNKED.replace(TOKEN.encode(), b"x")
    return await gate.place.say(post(CHAT, stranger + b"\r\n"), b"zz" * 1000)


async def test_what_was_refused_already_is_not_told_again() -> None:
    async with gateway(Line(alias="alpha")) as gate:
        status, request_id, _ = split(await refused_early(gate))
    assert status in (400, 401)  # as the pieces come
    assert [(each.id, each.status) for each in gate.records] == [(request_id, status)]


async def test_a_flood_leaves_one_short_line_a_connection() -> None:
    garbage = b"GET /" + b"\x1b[2J" * 1000 + b"\r\n\r\n" * 50
    async with gateway(Line(alias="alpha")) as gate:
        await asyncio.gather(*(gate.place.say(garbage) for _ in range(20)))
    assert {(each.path, each.note) for each in gate.records} == {("", NO_HTTP)}
    assert len(gate.records) == 20


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        pytest.param(b"GET /a HTTP/1.1\r\n", "/a", id="a line"),
        pytest.param(b"GET /a ", "/a", id="all of it"),
        pytest.param(b"GET /a", "", id="maybe more of it"),
        pytest.param(b"GET /a?b", "/a", id="before a query"),
        pytest.param(b"GET /a%2fb%20c ", "/a/b c", id="encoded"),
        pytest.param(b"GET /a#b ", "", id="a fragment"),
        pytest.param(b"GET http://evil.example/a ", "", id="an address"),
        pytest.param(b"GET /\x1b[2J ", "", id="a control"),
        pytest.param(b"GET /%b " % (b"a" * 255), "/" + "a" * 255, id="long"),
        pytest.param(b"GET /%b " % (b"a" * 256), "", id="longer than any"),
        pytest.param(b"", "", id="nothing"),
    ],
)
def test_a_path_is_known_once_it_has_come(part: bytes, expected: str) -> None:
    assert path_of(part) == expected
