"""What every request meets before the application, and what every answer carries."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Sequence
from typing import Any

import pytest
from msgspec import Struct

from tests.gateway.raw import TOKEN
from vibe.gateway.asgi import App, Message, Receive, Scope, Send, answer, request_id
from vibe.gateway.guard import Rules
from vibe.gateway.protected import Protected
from vibe.gateway.refusal import Refusal
from vibe.secret import Secret

PAGE = b"https://chat.example"
RULES = Rules(port=8082, hosts=frozenset({b"localhost"}), origins=frozenset({PAGE}))
HOST = (b"host", b"localhost:8082")
KEY = (b"x-api-key", TOKEN.encode())


class Got(Struct, frozen=True):
    status: int
    headers: dict[bytes, bytes]
    body: bytes

    @property
    def error(self) -> str:
        return json.loads(self.body)["error"]["type"]


async def welcome(scope: Scope, receive: Receive, send: Send) -> None:
    await answer(send, status=200, body=request_id(scope).encode())


JSON = (b"content-type", b"application/json")


def protected(app: App = welcome, *, max_requests: int = 8) -> Protected:
    return Protected(app, rules=RULES, token=Secret(TOKEN), max_requests=max_requests)


async def never() -> Message:
    raise AssertionError("nobody reads this body")


async def ask(
    app: App,
    *headers: tuple[bytes, bytes],
    method: str = "GET",
    path: str = "/v1/models",
    client: str = "127.0.0.1",
) -> Got:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    scope: dict[str, Any] = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [HOST, *headers],
        "client": (client, 5000),
        "server": ("127.0.0.1", 8082),
    }
    await app(scope, never, send)
    start, *rest = sent
    return Got(start["status"], dict(start["headers"]), b"".join(each["body"] for each in rest))


@pytest.mark.parametrize(
    ("sent", "is_taken"),
    [
        pytest.param((b"3f2c-77_a.B",), True, id="a short name"),
        pytest.param((b"a" * 64,), True, id="as long as may be"),
        pytest.param((b"a" * 65,), False, id="too long"),
        pytest.param((b"a b",), False, id="a space"),
        pytest.param((b"a\x1b[2J",), False, id="a control"),
        pytest.param((b"\xc3\xa9",), False, id="no ASCII"),
        pytest.param((b"",), False, id="empty"),
        pytest.param((b"a", b"b"), False, id="two"),
        pytest.param((), False, id="none"),
    ],
)
async def test_a_request_keeps_its_id_where_that_is_harmless(
    sent: Sequence[bytes], is_taken: bool
) -> None:
    got = await ask(protected(), KEY, *((b"x-request-id", each) for each in sent))
    assert got.headers[b"x-request-id"] == got.body
    assert (got.body in sent) == is_taken
    assert is_taken or got.body.startswith(b"vibe-")


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        pytest.param((), (401, "no_token"), id="no token"),
        pytest.param(((b"x-api-key", b"x"),), (401, "wrong_token"), id="a wrong one"),
        pytest.param((KEY, HOST), (400, "repeated_header"), id="two Hosts"),
        pytest.param((KEY, (b"origin", b"null")), (403, "wrong_origin"), id="an unknown page"),
    ],
)
async def test_a_refusal_never_reaches_the_application(
    headers: tuple[tuple[bytes, bytes], ...], expected: tuple[int, str]
) -> None:
    async def unreachable(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError

    got = await ask(protected(unreachable), *headers)
    assert (got.status, got.error) == expected
    assert b"access-control-allow-origin" not in got.headers
    assert json.loads(got.body)["error"]["request_id"].encode() == got.headers[b"x-request-id"]


async def test_a_refusal_speaks_as_the_client_does() -> None:
    def told(path: str, refusal: Refusal, request_id: str) -> bytes:
        return f"{path} {refusal.code} {request_id}".encode()

    app = Protected(welcome, rules=RULES, token=Secret(TOKEN), max_requests=1, told=told)
    got = await ask(app, (b"x-request-id", b"r1"))
    assert got == Got(
        401,
        {
            b"content-type": b"application/json",
            b"content-length": b"22",
            b"www-authenticate": b'Bearer realm="vibe"',
            b"x-request-id": b"r1",
        },
        b"/v1/models no_token r1",
    )


@pytest.mark.parametrize(
    ("method", "path", "client", "headers", "status"),
    [
        pytest.param("GET", "/health", "127.0.0.1", (), 200, id="health, from here"),
        pytest.param("GET", "/health", "::1", (), 200, id="by the newer address"),
        pytest.param("HEAD", "/", "127.0.0.1", (), 200, id="whether it is up"),
        pytest.param("GET", "/health", "192.0.2.1", (), 401, id="from elsewhere"),
        pytest.param(
            "GET",
            "/health",
            "127.0.0.1",
            ((b"x-forwarded-for", b"127.0.0.1"),),
            401,
            id="passed on",
        ),
        pytest.param("GET", "/health/", "127.0.0.1", (), 401, id="nearly health"),
        pytest.param("POST", "/health", "127.0.0.1", (), 401, id="another method"),
        pytest.param("GET", "/", "127.0.0.1", (), 401, id="more than whether it is up"),
        pytest.param("GET", "/metrics", "127.0.0.1", (), 401, id="numbers"),
    ],
)
async def test_only_whether_it_is_well_is_told_without_a_token(
    method: str, path: str, client: str, headers: tuple[tuple[bytes, bytes], ...], status: int
) -> None:
    got = await ask(protected(), *headers, method=method, path=path, client=client)
    assert got.status == status


async def test_more_than_may_be_under_way_come_again() -> None:
    entered, go_on = asyncio.Event(), asyncio.Event()

    async def waiting(scope: Scope, receive: Receive, send: Send) -> None:
        entered.set()
        await go_on.wait()
        await answer(send, status=200)

    app = protected(waiting, max_requests=1)
    first = asyncio.ensure_future(ask(app, KEY, JSON, method="POST"))
    await entered.wait()
    busy = await ask(app, KEY, JSON, method="POST")
    looking = asyncio.ensure_future(ask(app, KEY))
    stranger = await ask(app)
    assert (busy.status, busy.error, busy.headers[b"retry-after"]) == (503, "busy", b"1")
    assert stranger.status == 401
    go_on.set()
    assert ((await first).status, (await looking).status) == (200, 200)
    assert (await ask(app, KEY, JSON, method="POST")).status == 200
    assert app.under_way == 0


async def test_an_error_is_told_by_its_id_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise ValueError("the secret of the upstream")

    app = protected(broken)
    with caplog.at_level(logging.INFO, "vibe.gateway"):
        got = await ask(app, KEY, (b"x-request-id", b"r1"))
    assert (got.status, got.error, app.under_way) == (500, "internal", 0)
    assert b"secret" not in got.body
    (record,) = caplog.records
    assert record.getMessage() == "r1: failed"
    assert record.exc_info is not None


async def test_an_answer_that_breaks_off_is_not_continued() -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise ValueError

    got = await ask(protected(broken), KEY)
    assert (got.status, got.body) == (200, b"half")


async def test_a_request_that_is_cut_short_is_told_so() -> None:
    async def cancelled(scope: Scope, receive: Receive, send: Send) -> None:
        raise asyncio.CancelledError

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    app = protected(cancelled)
    scope: dict[str, Any] = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "raw_path": b"/",
        "query_string": b"",
        "headers": [HOST, KEY],
    }
    with pytest.raises(asyncio.CancelledError):
        await app(scope, never, send)
    assert ([each.get("status") for each in sent], app.under_way) == ([503, None], 0)


async def test_a_listed_page_is_let_ask_and_read() -> None:
    page = (b"origin", PAGE)
    wanted = (b"access-control-request-headers", b"authorization, content-type, x-stainless-os")
    method = (b"access-control-request-method", b"POST")
    private = (b"access-control-request-private-network", b"true")
    preflight = await ask(protected(), page, method, wanted, private, method="OPTIONS")
    assert (preflight.status, preflight.body) == (200, b"")
    assert preflight.headers.items() >= {
        (b"access-control-allow-origin", PAGE),
        (b"access-control-allow-headers", wanted[1]),
        (b"access-control-allow-methods", b"GET, POST"),
        (b"access-control-allow-private-network", b"true"),
        (b"vary", b"origin"),
    }
    answers = [await ask(protected(), page, *key) for key in ((KEY,), ())]
    assert [each.status for each in answers] == [200, 401]
    assert {each.headers[b"access-control-allow-origin"] for each in answers} == {PAGE}


async def test_a_preflight_names_no_headers_that_are_none() -> None:
    page, method = (b"origin", PAGE), (b"access-control-request-method", b"POST")
    wanted = (b"access-control-request-headers", b"x\xff")
    preflight = await ask(protected(), page, method, wanted, method="OPTIONS")
    assert b"access-control-allow-headers" not in preflight.headers


async def test_new_rules_count_from_the_next_request_on() -> None:
    app = protected()
    app.rules = Rules(port=1, hosts=RULES.hosts)
    assert (await ask(app, KEY)).error == "wrong_host"


async def test_other_scopes_are_handled_without_the_application() -> None:
    said: list[Message] = []
    heard: list[Message] = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]

    async def hear() -> Message:
        return heard.pop(0)

    async def say(message: Message) -> None:
        said.append(message)

    await protected()({"type": "lifespan"}, hear, say)
    await protected()({"type": "websocket"}, never, say)
    assert said == [
        {"type": "lifespan.startup.complete"},
        {"type": "lifespan.shutdown.complete"},
        {"type": "websocket.close", "code": 1008},
    ]
