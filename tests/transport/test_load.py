"""Many requests at once, large ones, and connections that are used again: over both transports."""

from __future__ import annotations

import asyncio
import socket
import sys
from contextlib import suppress
from itertools import cycle

import httpx
import pytest

from tests.transport.asking import (
    ANSWER,
    ANSWERED,
    LONG,
    PIECE,
    SHORT,
    Told,
    provider,
    told,
    told_once,
    upstream,
)
from tests.transport.listening import listening
from tests.transport.test_alike import client_to, got
from tests.transport.test_cancel import descriptors
from vibe.domain.failure import Failure, FailureKind
from vibe.testing.fault import streamed
from vibe.testing.reply import Pause, Reply, Step, Stop
from vibe.testing.server import Server
from vibe.transport.connection import cut
from vibe.transport.upstream import Upstream

pytestmark = pytest.mark.usefixtures("transport")

LARGE = 32 * 1024 * 1024  # more than sockets take before they are read
HELLO = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"


async def rounds(count: int) -> None:
    """Of the loop, in which whatever can be done is done."""
    for _ in range(count):
        await asyncio.sleep(0)


def test_a_thousand_streams_that_are_cancelled_anywhere_leave_nothing() -> None:
    replies = cycle(
        (
            Reply(before=(Stop.STALL,)),
            streamed((PIECE, Stop.STALL)),
            streamed((PIECE,) * 20),
            Reply(status=500, steps=(b"{", Stop.STALL), length=9),
            ANSWER,
        )
    )
    is_over = False

    async def cancelled(opened: Upstream, base: str, *, after: int) -> None:
        reading = asyncio.create_task(told(opened, provider(base)))
        await rounds(after)
        reading.cancel()
        with suppress(asyncio.CancelledError):
            await reading

    async def run() -> None:
        nonlocal is_over
        before = descriptors()
        async with (
            asyncio.timeout(60),
            Server(lambda _: ANSWER if is_over else next(replies)) as server,
            upstream(provider(server.origin)) as opened,
        ):
            for _ in range(20):
                await asyncio.gather(
                    *(cancelled(opened, server.origin, after=after) for after in range(50))
                )
            await server.settled()
            is_over = True
            assert await told(opened, provider(server.origin)) == ANSWERED
        assert descriptors() == before
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(run())


def test_a_request_that_has_not_left_is_cancelled_at_once() -> None:
    """Its connection is not kept until somebody has read the rest of it."""

    async def run() -> None:
        came, may_end = asyncio.Event(), asyncio.Event()

        async def busy(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            came.set()
            await may_end.wait()
            writer.transport.abort()

        async with listening(busy) as address, client_to(f"http://{address}") as client:
            before = len(descriptors())
            sending = asyncio.create_task(client.post(f"http://{address}", content=bytes(LARGE)))
            await came.wait()
            await rounds(500)  # until no more goes into the socket
            sending.cancel()
            with suppress(asyncio.CancelledError):
                await sending
            await rounds(5)
            assert len(descriptors()) == before + 1  # the server's
            may_end.set()

    asyncio.run(run())


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Reply(before=(Stop.STALL,)), id="before its headers"),
        pytest.param(streamed((PIECE, Stop.STALL)), id="in chunks"),
        pytest.param(Reply(steps=(PIECE, Stop.STALL), framing="close"), id="until close"),
    ],
)
def test_closing_the_client_ends_what_is_under_way(reply: Reply) -> None:
    async def run() -> None:
        async with Server(lambda _: reply) as server, asyncio.timeout(20):
            client = client_to(server.origin)
            reading = asyncio.create_task(got(client, server.origin))
            await server.arrived(1)
            await rounds(20)
            await client.aclose()
            found = await reading
            assert found.raised
            assert issubclass(found.raised, httpx.TransportError)

    asyncio.run(run())


def test_any_number_of_requests_is_under_way_at_once() -> None:
    async def run() -> None:
        async with (
            Server(lambda _: Reply(before=(Stop.STALL,))) as server,
            client_to(server.origin) as client,
            asyncio.timeout(20),
        ):
            tasks = list[asyncio.Task[httpx.Response]]()
            for so_many in range(50, 200, 50):  # a system lets 100 wait to be accepted
                tasks += [asyncio.create_task(client.get(server.origin)) for _ in range(50)]
                await server.arrived(so_many)
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    asyncio.run(run())


def test_a_large_request_arrives_whole() -> None:
    async def run() -> bytes:
        async with Server(lambda _: ANSWER) as server, client_to(server.origin) as client:
            await client.post(server.origin, content=bytes(LARGE))
            return server.requests[0].body

    assert asyncio.run(run()) == bytes(LARGE)


def test_an_answer_is_not_taken_faster_than_it_is_read() -> None:
    pieces = (bytes(1024 * 1024),) * 32

    async def run() -> int:
        async with (
            Server(lambda _: streamed(pieces)) as server,
            client_to(server.origin) as client,
            client.stream("GET", server.origin) as response,
        ):
            parts = response.aiter_raw()
            size = len(await anext(parts))
            await rounds(1_000)  # of which sending it all would take a part
            assert server.requests[0].ended == "open"
            async for part in parts:
                size += len(part)
            return size

    assert asyncio.run(run()) == LARGE


@pytest.mark.parametrize("transport", ["aiohttp"], indirect=True)  # httpx's own (0.28) may take it
@pytest.mark.parametrize("steps", [(), (b"stale",)], ids=["its head", "whole"])
@pytest.mark.parametrize("turns", [0, 9], ids=["just now", "some time ago"])
def test_an_answer_that_nobody_asked_for_is_not_the_next_one(
    turns: int, steps: tuple[Step, ...]
) -> None:
    async def run() -> list[str]:
        reply = Reply(before=(HELLO, Pause(0.02)), steps=steps, length=5)
        async with Server(lambda _: reply) as server, client_to(server.origin) as client:
            found = [(await client.get(server.origin)).text]
            await server.settled()
            await rounds(turns)
            found.append((await client.get(server.origin)).text)
            assert len(server.requests) == 2
            return found

    assert asyncio.run(run()) == ["hello", "hello"]


def test_a_connection_that_ends_this_very_moment_is_not_used() -> None:
    """Its end has come, and the loop had no turn in which to read it."""

    async def answered(listening: socket.socket) -> socket.socket:
        loop = asyncio.get_running_loop()
        connection, _ = await loop.sock_accept(listening)
        await loop.sock_recv(connection, 65_536)
        await loop.sock_sendall(connection, HELLO)
        return connection

    async def run() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            listening.setblocking(False)
            base = f"http://127.0.0.1:{listening.getsockname()[1]}"
            async with client_to(base) as client, asyncio.timeout(10):
                for _ in range(2):
                    asking = asyncio.create_task(client.get(base))
                    with await answered(listening):
                        assert (await asking).text == "hello"

    asyncio.run(run())


@pytest.mark.parametrize("transport", ["aiohttp"], indirect=True)
def test_what_is_cut_too_late_leaves_the_connection_to_the_next_request() -> None:
    async def run() -> None:
        last = Reply(steps=(b"hello",), goes_down=True)
        async with Server(lambda _: last) as server, client_to(server.origin) as client:
            cut(await client.get(server.origin))
            assert (await client.get(server.origin)).text == "hello"

    asyncio.run(run())


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
@pytest.mark.parametrize("end", [Stop.HANG_UP, Stop.RESET])
def test_no_request_is_sent_again(method: str, end: Stop) -> None:
    async def run() -> int:
        replies = iter((ANSWER, Reply(before=(end,)), ANSWER))
        async with Server(lambda _: next(replies)) as server, client_to(server.origin) as client:
            await client.request(method, server.origin)
            with pytest.raises(httpx.TransportError):
                await client.request(method, server.origin)
            return len(server.requests)

    assert asyncio.run(run()) == 2


def test_no_cookie_is_kept_by_the_transport() -> None:
    async def run() -> list[str]:
        reply = Reply(headers=(("set-cookie", "a=b; Path=/"),), steps=(b"hello",))
        async with Server(lambda _: reply) as server, client_to(server.origin) as client:
            for _ in range(2):
                await client.get(server.origin)
                client.cookies.clear()
            return [name for asked in server.requests for name, _ in asked.headers]

    assert "cookie" not in asyncio.run(run())


def test_headers_come_as_they_were_sent() -> None:
    sent = (("X-Two", "2"), ("x-one", "1"), ("X-TWO", "3"), ("content-encoding", "gzip"))

    async def run() -> list[tuple[bytes, bytes]]:
        async with (
            Server(lambda _: Reply(headers=sent, steps=(b"packed",))) as server,
            client_to(server.origin) as client,
            client.stream("GET", server.origin) as response,
        ):
            assert b"".join([part async for part in response.aiter_raw()]) == b"packed"
            return response.headers.raw[:4]

    assert asyncio.run(run()) == [(name.encode(), value.encode()) for name, value in sent]


@pytest.mark.parametrize("content", [b"", b"{}"], ids=["no body", "a body"])
def test_a_request_is_what_httpx_has_made_of_it(content: bytes) -> None:
    async def run() -> None:
        sent = bytearray()

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            sent.extend(await reader.readuntil(b"\r\n\r\n"))
            sent.extend(await reader.readexactly(len(content)))
            writer.write(HELLO)
            await reader.read()

        async with listening(answer) as address:
            base = f"http://user:p%40ss@{address}"
            async with client_to(base) as client:
                request = client.build_request(
                    "POST",
                    f"{base}/a%2Fb//%7Ec/%c3?d=%20e&f",
                    content=content,
                    headers={"X-TWO": "a", "x-one": "b \t c"},
                )
                await client.send(request)
        head = (b"%b: %b" % header for header in request.headers.raw)
        line = b"POST /a%2Fb//%7Ec/%c3?d=%20e&f HTTP/1.1"
        assert bytes(sent) == b"\r\n".join((line, *head, b"", content))

    asyncio.run(run())


def test_without_aiohttp_the_other_transport_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [each for each in sys.modules if each.startswith("vibe.transport.aio")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "aiohttp", None)

    async def run() -> Told:
        async with Server(lambda _: ANSWER) as server:
            return await told_once(provider(f"{server.origin}/v1"))

    assert asyncio.run(run()) == ANSWERED


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        pytest.param(ANSWER, ANSWERED, id="an answer"),
        pytest.param(
            streamed((PIECE, Stop.STALL)),
            Told(
                text="Hi",
                failure=Failure(kind=FailureKind.STALLED, detail="the answer stopped coming"),
            ),
            id="a stall",
        ),
        pytest.param(
            streamed((PIECE, Stop.RESET)),
            Told(
                text="Hi",
                failure=Failure(
                    kind=FailureKind.BROKEN_STREAM,
                    detail="the connection was closed in the middle of the answer",
                ),
            ),
            id="a reset",
        ),
    ],
)
def test_uvloop_does_as_well(reply: Reply, expected: Told) -> None:
    uvloop = pytest.importorskip("uvloop")

    async def run() -> Told:
        async with Server(lambda _: reply) as server:
            patience = SHORT if Stop.STALL in reply.steps else LONG
            return await told_once(provider(f"{server.origin}/v1", patience=patience))

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(run()) == expected
