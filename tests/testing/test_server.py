"""The server over real sockets: what it takes, how it fails, and that nothing of it is left."""

from __future__ import annotations

import asyncio
import gc
import re
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.testing.client import Got, ask, connected, received, say
from vibe.secret import Secret
from vibe.testing.clock import FakeClock
from vibe.testing.http1 import HttpRequest
from vibe.testing.reply import Pause, Reply, Stop, json_reply
from vibe.testing.server import HOST, Received, Server

REQUEST = re.compile(
    rb"(GET|POST|get) (/|http://\[|\*|/%ff\?a=%zz&&=) HTTP/1\.[012]\r\n"
    rb"((content-length|transfer-encoding|connection|x): ?(chunked|close|5|99|)\r\n)*\r\n.{0,20}"
)
STREAM = (("content-type", "text/event-stream"),)


def echo(request: HttpRequest) -> Reply:
    return Reply(headers=STREAM, steps=(request.method.encode(), b" ", request.body))


def with_server(
    use: Callable[[Server], Awaitable[object]],
    handler: Callable[[HttpRequest], Reply] = echo,
) -> None:
    async def run() -> None:
        async with Server(handler, clock=FakeClock()) as server:
            await use(server)

    asyncio.run(run())


def replying(reply: Reply) -> Callable[[HttpRequest], Reply]:
    return lambda _: reply


def test_a_request_is_recorded_as_it_came_but_for_its_key() -> None:
    async def use(server: Server) -> None:
        await ask(server.origin, "/a%20b?c=d", b"hi", authorization="Bearer k3y", x_more="1")
        await server.settled(requests=1)
        assert server.requests == (
            Received(
                method="POST",
                path="/a b",
                query=(("c", "d"),),
                headers=(
                    ("host", "localhost"),
                    ("content-length", "2"),
                    ("authorization", "***"),
                    ("x-more", "1"),
                ),
                body=b"hi",
                key=Secret("k3y"),
                key_in="authorization",
                at_s=0.0,
                ended="finished",
            ),
        )
        assert "k3y" not in repr(server.requests)

    with_server(use)


def test_a_connection_is_kept_for_the_next_request() -> None:
    async def use(server: Server) -> None:
        async with connected(server.port) as pipe:
            got = [await say(pipe, "/", word) for word in (b"one", b"two")]
        assert [each.body for each in got] == [b"POST one", b"POST two"]

    with_server(use)


def test_requests_that_are_sent_at_once_are_answered_in_their_order() -> None:
    async def use(server: Server) -> None:
        async with connected(server.port) as (reader, writer):
            writer.write(b"PUT / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n")
            assert [(await received(reader)).body for _ in "ab"] == [b"PUT ", b"GET "]

    with_server(use)


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        pytest.param(
            b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n"
            b"3\r\nabc\r\n4;ext=1\r\ndefg\r\n0\r\ntrailer: x\r\n\r\n",
            Got(status=200, chunks=(b"POST abcdefg",)),
            id="a chunked body",
        ),
        pytest.param(
            b"POST / HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 1\r\n\r\nx",
            Got(status=200, chunks=(b"POST x",), interim=(100,)),
            id="a client that waits to be told to go on",
        ),
        pytest.param(
            b"nonsense\r\n\r\n", Got(status=400, chunks=(b"no request line",)), id="noise"
        ),
        pytest.param(
            b"GET / HTTP/1.1\r\nno header\r\n\r\n",
            Got(status=400, chunks=(b"no header",)),
            id="no header",
        ),
        pytest.param(
            b"POST / HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
            Got(status=400, chunks=(b"content-length is no number",)),
            id="a length below zero",
        ),
        pytest.param(
            b"POST / HTTP/1.1\r\ncontent-length: 99999999999\r\n\r\n",
            Got(status=413, chunks=(b"a body of more than 67108864 bytes",)),
            id="a body that is too large",
        ),
        pytest.param(
            b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nfffffff\r\n",
            Got(status=413, chunks=(b"a body of more than 67108864 bytes",)),
            id="a chunk that is too large",
        ),
        pytest.param(
            b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nx\r\n",
            Got(status=400, chunks=(b"no size of a chunk",)),
            id="a chunk without a size",
        ),
        pytest.param(
            b"GET / HTTP/1.1\r\na: " + b"x" * 70_000 + b"\r\n\r\n",
            Got(status=431, chunks=(b"a head of more than 65536 bytes",)),
            id="a head that is too large",
        ),
    ],
)
def test_a_request_is_read_or_refused_within_bounds(sent: bytes, expected: Got) -> None:
    async def use(server: Server) -> None:
        async with connected(server.port) as (reader, writer):
            writer.write(sent)
            got = await received(reader)
        told = Got(status=got.status, chunks=got.chunks, interim=got.interim)
        assert told == expected

    with_server(use)


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        pytest.param(
            Reply(steps=(b"a", b"b"), framing="chunked"),
            Got(status=200, chunks=(b"a", b"b")),
            id="chunked",
        ),
        pytest.param(
            Reply(steps=(b"a", b"b"), framing="close"),
            Got(status=200, chunks=(b"ab",)),
            id="until it is closed",
        ),
        pytest.param(
            Reply(status=529, steps=(b"a", Pause(3600.0), b"b")),
            Got(status=529, chunks=(b"ab",)),
            id="with a pause by the clock",
        ),
        pytest.param(
            Reply(before=(b"HTTP/1.1 103 Early Hints\r\n\r\n",), steps=(b"a",)),
            Got(status=200, chunks=(b"a",), interim=(103,)),
            id="after an interim reply",
        ),
        pytest.param(Reply(before=(Stop.RESET,)), Got(end="reset"), id="reset before the head"),
        pytest.param(Reply(before=(Stop.HANG_UP,)), Got(end="closed"), id="closed before the head"),
        pytest.param(
            Reply(steps=(b"a", Stop.RESET), framing="chunked"),
            Got(status=200, chunks=(b"a",), end="reset"),
            id="reset in the body",
        ),
        pytest.param(
            Reply(steps=(b"a", Stop.HANG_UP), framing="chunked"),
            Got(status=200, chunks=(b"a",), end="closed"),
            id="closed in the body",
        ),
        pytest.param(
            Reply(steps=(b"a", Stop.HANG_UP), length=9),
            Got(status=200, chunks=(b"a",), end="closed"),
            id="shorter than it says",
        ),
    ],
)
def test_a_reply_goes_out_as_it_is_written(reply: Reply, expected: Got) -> None:
    async def use(server: Server) -> None:
        got = await ask(server.origin, "/")
        told = Got(status=got.status, chunks=got.chunks, end=got.end, interim=got.interim)
        assert told == expected
        await server.settled(requests=1)
        assert [r.ended for r in server.requests] == [
            "finished" if expected.end == "whole" else "cut"
        ]

    with_server(use, replying(reply))


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Reply(before=(Stop.STALL,)), id="before the head"),
        pytest.param(Reply(steps=(b"a", Stop.STALL), framing="chunked"), id="in the body"),
        pytest.param(Reply(steps=(b"x" * 50_000_000,)), id="in a write that fills the socket"),
    ],
)
def test_a_client_that_goes_away_is_noticed_at_once(reply: Reply) -> None:
    async def use(server: Server) -> None:
        async with connected(server.port) as (_, writer):
            writer.write(b"GET / HTTP/1.1\r\n\r\n")
            await server.arrived(1)
        await server.settled()
        assert [r.ended for r in server.requests] == ["gone"]

    with_server(use, replying(reply))


def test_a_port_that_is_down_refuses_and_comes_back_as_the_same() -> None:
    async def use(server: Server) -> None:
        port = server.port
        server.go_down()
        with pytest.raises(ConnectionRefusedError):
            await ask(server.origin, "/")
        await server.come_up()
        assert ((await ask(server.origin, "/")).status, server.port) == (200, port)

    with_server(use)


def test_servers_stand_side_by_side() -> None:
    async def run() -> None:
        one, two = replying(json_reply(b"1")), replying(json_reply(b"2"))
        async with Server(one) as first, Server(two) as second:
            got = [await ask(server.origin, "/") for server in (first, second)]
        assert [each.body for each in got] == [b"1", b"2"]

    asyncio.run(run())


def test_an_error_of_the_handler_ends_the_test_instead_of_the_request() -> None:
    async def use(server: Server) -> None:
        await ask(server.origin, "/")
        raise AssertionError("must not be reached")

    def broken(_: HttpRequest) -> Reply:
        raise LookupError("no rule")

    with pytest.raises(ExceptionGroup) as caught:
        with_server(use, broken)
    assert caught.group_contains(LookupError, match="no rule")


def test_closing_leaves_neither_task_nor_socket() -> None:
    async def run() -> None:
        before = descriptors()
        async with Server(replying(Reply(before=(Stop.STALL,)))) as server:
            _, stalled = await asyncio.open_connection("127.0.0.1", server.port)
            stalled.write(b"GET / HTTP/1.1\r\n\r\n")
            _, idle = await asyncio.open_connection("127.0.0.1", server.port)
            await server.arrived(1)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert [received.ended for received in server.requests] == ["cut"]
        for writer in (stalled, idle):
            writer.close()
            await writer.wait_closed()
        assert descriptors() == before

    asyncio.run(run(), debug=True)


@pytest.mark.parametrize("turns", range(6))
def test_a_connection_that_comes_as_it_closes_is_not_left_behind(turns: int) -> None:
    async def scenario() -> None:
        async with Server(lambda _: Reply(steps=(b"never",))) as server:
            connection = socket.create_connection((HOST, server.port))
            for _ in range(turns):
                await asyncio.sleep(0)
        connection.close()
        await asyncio.sleep(0.01)  # the loop hears of it
        gc.collect()  # a socket that nobody closed is told now, and a warning is a failure

    asyncio.run(scenario())


@settings(deadline=None)
@given(sent=st.binary(max_size=200) | st.from_regex(REQUEST, fullmatch=True))
def test_no_bytes_bring_it_down(sent: bytes) -> None:
    async def use(server: Server) -> None:
        async with connected(server.port) as (reader, writer):
            writer.write(sent)
            writer.write_eof()
            await reader.read()
        assert (await ask(server.origin, "/", b"still there")).body == b"POST still there"

    with_server(use)


def test_a_failure_inside_the_block_stays_what_it_is() -> None:
    async def use(server: Server) -> None:
        await ask(server.origin, "/")
        raise KeyError("a failed test")

    with pytest.raises(KeyError):
        with_server(use)


def descriptors() -> list[str]:
    return sorted(path.name for path in Path("/dev/fd").iterdir())
