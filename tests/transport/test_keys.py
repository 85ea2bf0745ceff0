"""Keys: where they go, and that they go nowhere else. All that is told is searched for a canary."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import urllib.parse
from collections.abc import Iterable
from contextlib import aclosing

import msgspec
import pytest

from tests.transport.asking import (
    ANSWER,
    ANSWERED,
    PIECE,
    Told,
    asking,
    provider,
    told,
    told_once,
    upstream,
)
from vibe.domain.failure import Failure, FailureKind
from vibe.domain.model import Backend
from vibe.secret import Secret
from vibe.testing.clock import FakeClock
from vibe.testing.dialects import DIALECTS
from vibe.testing.fault import streamed
from vibe.testing.fault_server import FaultServer
from vibe.testing.faults import FAULTS, play
from vibe.testing.http1 import HttpRequest
from vibe.testing.reply import Reply
from vibe.testing.script import says
from vibe.testing.server import Received, Server

CANARY = "canary7F3a9c21D4e8b6A0zz"  # has the shape of no vendor's keys
OTHER = "canary00000000000000other"
KEY_IN: dict[Backend, str] = {
    "generic": "authorization",
    "mistral": "authorization",
    "anthropic": "x-api-key",
    "responses": "authorization",
    "azure": "api-key",
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_key_is_in_its_header_alone(dialect: Backend) -> None:
    async def run() -> Received:
        async with FaultServer(says("Hello!"), dialect=dialect, key=CANARY) as server:
            asked = provider(server.api_base, backend=dialect, key=CANARY)
            assert await told_once(asked) == Told(text="Hello!", ended="end")
            return server.requests[0]

    received = asyncio.run(run())
    assert (received.key, received.key_in) == (Secret(CANARY), KEY_IN[dialect])
    assert CANARY not in repr(received)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        pytest.param((), ["bearer key"], id="none"),
        pytest.param([("Authorization", OTHER)], ["bearer key"], id="the same header"),
        pytest.param(
            [("AUTHORIZATION", OTHER), ("authorization", OTHER)], ["bearer key"], id="it twice"
        ),
    ],
)
def test_headers_of_the_configuration_do_not_stand_beside_the_key(
    headers: Iterable[tuple[str, str]], expected: list[str]
) -> None:
    words = {f"Bearer {CANARY}": "bearer key"}
    seen = headers_of_a_request(key=CANARY, headers=headers)
    assert [words.get(value, value) for name, value in seen if name == "authorization"] == expected


def test_headers_of_the_configuration_go_along() -> None:
    seen = headers_of_a_request(headers=[("Authorization", OTHER), ("X-Team", "red")])
    assert ("authorization", OTHER) in seen
    assert ("x-team", "red") in seen


def headers_of_a_request(
    *, key: str = "", headers: Iterable[tuple[str, str]] = ()
) -> tuple[tuple[str, str], ...]:
    seen: list[HttpRequest] = []

    def handler(request: HttpRequest) -> Reply:
        seen.append(request)
        return ANSWER

    async def run() -> None:
        async with Server(handler) as server:
            await told_once(provider(f"{server.origin}/v1", key=key, headers=headers))

    asyncio.run(run())
    return seen[0].headers


def test_providers_on_one_host_have_nothing_of_one_another() -> None:
    """Not the key, and no cookie either, which would not tell their ports apart."""
    cookie = Reply(
        headers=(*ANSWER.headers, ("set-cookie", f"session={OTHER}; Path=/")),
        steps=ANSWER.steps,
        framing=ANSWER.framing,
    )

    async def run() -> None:
        async with Server(lambda _: cookie) as first, Server(lambda _: ANSWER) as second:
            one = provider(f"{first.origin}/v1", key=CANARY)
            two = provider(f"{second.origin}/v1", key=OTHER)
            async with upstream(one) as opened_one, upstream(two) as opened_two:
                for _ in range(2):
                    await asyncio.gather(told(opened_one, one), told(opened_two, two))
            assert [received.key for received in first.requests] == [Secret(CANARY)] * 2
            assert [received.key for received in second.requests] == [Secret(OTHER)] * 2
            assert "cookie" not in dict(second.requests[1].headers)

    asyncio.run(run())


@pytest.mark.parametrize("status", [301, 307])
def test_a_redirect_carries_no_key_away(status: int) -> None:
    async def run() -> None:
        async with Server(lambda _: ANSWER) as other:
            redirect = Reply(status=status, headers=(("location", f"{other.origin}/v1/"),))
            async with Server(lambda _: redirect) as server:
                await told_once(provider(f"{server.origin}/v1", key=CANARY))
            assert other.requests == ()

    asyncio.run(run())


def echoes(key: str) -> dict[str, Reply]:
    """Answers of a provider that tells what it was sent."""
    message = f"Incorrect API key provided: {key}. You can find your key at https://x.example."
    error = msgspec.json.encode({"error": {"message": message, "type": "invalid_request_error"}})
    return {
        "refusal": Reply(status=401, steps=(error,)),
        "text": Reply(status=401, steps=(message.encode(),)),
        "page": Reply(status=401, steps=(f"<title>Bearer {key}</title>".encode(),)),
        "header": Reply(status=401, headers=(("www-authenticate", key),)),
        "answer": Reply(headers=(("content-type", "application/json"),), steps=(error,)),
        "in the stream": streamed((PIECE, b"data: %b\n\n" % error)),
        "malformed": streamed((PIECE, f"data: {key}\n\n".encode())),
    }


@pytest.mark.parametrize("echo", echoes(""))
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_key_that_comes_back_is_not_passed_on(dialect: Backend, echo: str) -> None:
    async def run() -> tuple[Told, object]:
        async with Server(lambda _: echoes(CANARY)[echo]) as server:
            asked = provider(f"{server.origin}/v1", backend=dialect, key=CANARY)
            async with upstream(asked) as opened:
                return await told(opened, asked), await opened.models()

    found, listed = asyncio.run(run())
    assert found.failure
    assert CANARY not in repr((found, listed))


QUOTED = f'{CANARY}"1/2'


@pytest.mark.parametrize(
    ("key", "written", "shown"),
    [
        pytest.param(CANARY, CANARY.upper(), "***", id="in capitals"),
        pytest.param(CANARY, CANARY.lower(), "***", id="in small letters"),
        pytest.param(CANARY, f"{CANARY[:12]}...", "***...", id="its first half"),
        pytest.param(CANARY, f"...{CANARY[12:]}", "...***", id="its last half"),
        pytest.param(QUOTED, urllib.parse.quote(QUOTED, safe=""), "***", id="in a query"),
        pytest.param(QUOTED, json.dumps(QUOTED), '"***"', id="in JSON"),
        pytest.param(
            CANARY,
            f"Basic {base64.b64encode(f'user:{CANARY}'.encode()).decode()}",
            "Basic dXNlcjp***o=",
            id="in base64",
        ),
    ],
)
def test_a_key_that_comes_back_in_another_form_is_not_shown(
    key: str, written: str, shown: str
) -> None:
    error = msgspec.json.encode({"error": {"message": f"Got {written} as the key"}})

    async def run() -> Told:
        async with Server(lambda _: Reply(status=401, steps=(error,))) as server:
            return await told_once(provider(f"{server.origin}/v1", key=key))

    refused = Failure(kind=FailureKind.AUTH, detail=f"Got {shown} as the key", status=401)
    assert asyncio.run(run()) == Told(failure=refused)


@pytest.mark.parametrize("before", [285, 1990])
@pytest.mark.parametrize("word", ["x", "/a?b=", "\t|", "é", "x\n"])
def test_no_half_of_a_key_is_shown_where_a_sentence_is_cut(word: str, before: int) -> None:
    sentence = (word * before)[:before] + CANARY + "&more=" + "y" * 300
    error = msgspec.json.encode({"error": {"message": sentence}})

    async def run() -> Told:
        async with Server(lambda _: Reply(status=401, steps=(error,))) as server:
            return await told_once(provider(f"{server.origin}/v1", key=CANARY))

    assert CANARY[:4] not in repr(asyncio.run(run()))


@pytest.mark.parametrize(
    ("key", "headers"),
    [
        pytest.param(f"{CANARY}\n", (), id="a line break in the key"),
        pytest.param(f"{CANARY}é", (), id="a letter in the key that is not ASCII"),
        pytest.param("", [("X-Team", f"{CANARY}\r\nX-More: 1")], id="a line break in a header"),
        pytest.param("", [("X-Team", f"{CANARY}é")], id="a letter in a header"),
        pytest.param("", [("X Team", CANARY)], id="a blank in the name of a header"),
    ],
)
def test_a_header_that_cannot_be_sent_is_a_bad_request(
    key: str, headers: Iterable[tuple[str, str]]
) -> None:
    async def run() -> Told:
        async with Server(lambda _: ANSWER) as server:
            asked = provider(f"{server.origin}/v1", key=key, headers=headers)
            found = await told_once(asked)
            assert server.requests == ()
        return found

    bad = Failure(kind=FailureKind.BAD_REQUEST, detail="a header is not a valid one")
    assert asyncio.run(run()) == Told(failure=bad)


def test_nothing_that_is_told_or_logged_holds_the_key(caplog: pytest.LogCaptureFixture) -> None:
    """Every fault, with all loggers at their most talkative."""
    shown: list[object] = []

    async def play_out(fault: str) -> None:
        clock = FakeClock()
        async with FaultServer(says("Hi"), faults=play(fault), key=CANARY, clock=clock) as server:
            asked = provider(server.api_base, key=CANARY, headers=[("X-Other", OTHER)])
            async with upstream(asked, clock=clock) as opened:
                async with aclosing(asking(opened, asked)) as events:
                    shown.extend([event async for event in events])
                shown.extend((asked, opened, vars(opened), await opened.models()))

    async def run() -> None:
        for name, fault in FAULTS.items():
            if "generic" in fault.dialects and fault.kind is not FailureKind.STALLED:
                await play_out(name)

    with caplog.at_level(logging.DEBUG):
        asyncio.run(run())
    assert any(record.name.startswith("httpcore") for record in caplog.records)
    for text in (repr(shown), caplog.text):
        assert CANARY not in text
        assert OTHER not in text


def test_nothing_of_vibe_makes_the_loggers_of_others_talk() -> None:
    """Those of httpcore would tell the headers of answers, cookies among them."""

    async def run() -> Told:
        async with Server(lambda _: ANSWER) as server:
            return await told_once(provider(f"{server.origin}/v1"))

    assert asyncio.run(run()) == ANSWERED
    for name in ("httpx", "httpcore", "httpcore.http11", "asyncio"):
        logger = logging.getLogger(name)
        assert (logger.level, logger.handlers) == (logging.NOTSET, [])
