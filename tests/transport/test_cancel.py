"""Stopping an answer, in every phase: the connection goes at once, and nothing of it is left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from pathlib import Path

import pytest

from tests.transport.asking import ANSWER, ANSWERED, PIECE, asking, provider, told, upstream
from vibe.domain.stream import LimitsSeen, StreamEvent, TextDelta
from vibe.testing.fault import streamed
from vibe.testing.http1 import HttpRequest
from vibe.testing.reply import Reply, Stop
from vibe.testing.server import Server
from vibe.transport.upstream import Upstream

pytestmark = pytest.mark.usefixtures("transport")

IN_HEADERS = Reply(before=(Stop.STALL,))
IN_ANSWER = streamed((PIECE, Stop.STALL))
IN_ERROR = Reply(
    status=500, headers=(("ratelimit-remaining", "9"),), steps=(b'{"err', Stop.STALL), length=99
)


def run_with(first: Reply, use: Callable[[Server, Upstream], Awaitable[None]]) -> None:
    """`use` with a server that answers all but the first request; looks that nothing is left."""

    async def run() -> None:
        replies = iter((first,))

        def handler(_: HttpRequest) -> Reply:
            return next(replies, ANSWER)

        before = descriptors()
        async with Server(handler) as server:
            asked = provider(f"{server.origin}/v1")
            async with upstream(asked) as opened, asyncio.timeout(20):
                await use(server, opened)
                assert await told(opened, asked) == ANSWERED
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert descriptors() == before

    asyncio.run(run())


def events_of(server: Server, opened: Upstream) -> AsyncGenerator[StreamEvent, None]:
    return asking(opened, provider(f"{server.origin}/v1"))


async def gone(server: Server, others: set[asyncio.Task[object]]) -> None:
    """The server has seen the client go, and no task has come into being by that."""
    for _ in range(20):  # one that is scheduled takes a round of the loop to appear
        assert asyncio.all_tasks() <= others
        await asyncio.sleep(0)
    await server.settled()
    assert [received.ended for received in server.requests] == ["gone"]


@pytest.mark.parametrize(
    ("first", "after"),
    [
        pytest.param(IN_HEADERS, None, id="waiting for the headers"),
        pytest.param(IN_ANSWER, TextDelta, id="in the answer"),
        pytest.param(IN_ERROR, LimitsSeen, id="in the body of an error"),
    ],
)
def test_cancelling_the_reader_closes_the_connection(
    first: Reply, after: type[StreamEvent] | None
) -> None:
    async def use(server: Server, opened: Upstream) -> None:
        reached = asyncio.Event()

        async def read() -> None:
            async with aclosing(events_of(server, opened)) as events:
                async for event in events:
                    if after and isinstance(event, after):
                        reached.set()

        reader = asyncio.create_task(read())
        await server.arrived(1)
        if after:
            await reached.wait()
        others = asyncio.all_tasks()
        reader.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reader
        await gone(server, others)

    run_with(first, use)


@pytest.mark.parametrize(
    ("first", "after"),
    [
        pytest.param(IN_ANSWER, TextDelta, id="in the answer"),
        pytest.param(IN_ERROR, LimitsSeen, id="in the body of an error"),
    ],
)
def test_closing_the_events_early_closes_the_connection(
    first: Reply, after: type[StreamEvent]
) -> None:
    async def use(server: Server, opened: Upstream) -> None:
        async with aclosing(events_of(server, opened)) as events:
            async for event in events:
                if isinstance(event, after):
                    break
            others = asyncio.all_tasks()
        await gone(server, others)

    run_with(first, use)


def test_an_answer_that_is_left_with_all_of_it_there_is_closed_as_well() -> None:
    """The rest stands in the buffers of the client and is not handed out any more."""

    async def use(server: Server, opened: Upstream) -> None:
        async with aclosing(events_of(server, opened)) as events:
            async for event in events:
                if isinstance(event, TextDelta):
                    break
            others = asyncio.all_tasks()
        for _ in range(20):
            assert asyncio.all_tasks() <= others
            await asyncio.sleep(0)
        await server.settled()

    run_with(streamed((PIECE * 1_000,)), use)


def test_cancelling_while_it_connects_leaves_nothing() -> None:
    """A server that says nothing to the greeting of TLS."""

    async def run() -> None:
        heard = asyncio.Event()
        left = asyncio.Event()

        async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readexactly(1)
            heard.set()
            await reader.read()
            writer.close()
            await writer.wait_closed()
            left.set()

        before = descriptors()
        async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
            port: int = server.sockets[0].getsockname()[1]
            asked = provider(f"https://127.0.0.1:{port}/v1")
            async with upstream(asked) as opened, asyncio.timeout(20):
                reader = asyncio.create_task(told(opened, asked))
                await heard.wait()
                reader.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await reader
                await left.wait()
        assert descriptors() == before

    asyncio.run(run())


def descriptors() -> list[str]:
    return sorted(path.name for path in Path("/dev/fd").iterdir())
