"""A real server on a real socket, and a client that sends whatever bytes it is told to."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress

from msgspec import Struct

from vibe.gateway.asgi import App, Receive, Scope, Send, answer
from vibe.gateway.body import Pace, read_body
from vibe.gateway.connection import Timeouts
from vibe.gateway.guard import Bounds, Rules
from vibe.gateway.listen import listening, port_of
from vibe.gateway.protected import Protected
from vibe.gateway.refusal import Refusal, Told, plain
from vibe.gateway.server import serve
from vibe.secret import Secret

HANGS_S = 20.0  # an answer that has not come by then never comes
TOKEN = "sk-vibe-" + "t" * 43
PATIENT = Pace()
LONG = Timeouts(keep_alive_s=0)  # so that every conversation ends
SHORT = Timeouts(keep_alive_s=0, head_s=0.1)
SHORT_PACE = Pace(idle_s=0.1)
BOUNDS = Bounds(path_bytes=512, head_bytes=4096, headers=40, body_bytes=100_000)


class Seen(Struct, frozen=True):
    """A request as the application got it."""

    method: str
    path: str
    body: bytes = b""


class Recorder:
    """Reads each body to its end, and answers with how long it was."""

    def __init__(self, *, pace: Pace = PATIENT) -> None:
        self._pace = pace
        self.seen: list[Seen] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await read_body(scope, receive, max_bytes=BOUNDS.body_bytes, pace=self._pace)
        if isinstance(body, Refusal):
            await answer(send, status=body.status, body=body.code.encode())
            return
        self.seen.append(Seen(scope["method"], scope["path"], body))
        await answer(send, status=200, body=b"%d bytes" % len(body))


class Place(Struct, frozen=True):
    """Where the server is; `port` also stands for `{port}` in what is sent."""

    port: int

    def filled(self, text: bytes) -> bytes:
        return text.replace(b"{port}", b"%d" % self.port)

    async def say(self, *parts: bytes, then_end: bool = False) -> bytes:
        """All that comes back until the server ends the connection."""
        async with asyncio.timeout(HANGS_S):
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            heard = bytearray()
            with suppress(ConnectionError):
                for part in parts:
                    writer.write(self.filled(part))
                    await writer.drain()
                if then_end:
                    writer.write_eof()
                while piece := await reader.read(65_536):
                    heard += piece
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()
            return bytes(heard)


@asynccontextmanager
async def up(
    app: App,
    sockets: Sequence[socket.socket],
    *,
    timeouts: Timeouts = LONG,
    told: Told = plain,
) -> AsyncGenerator[Place]:
    """The server with nothing between it and the application."""
    is_up = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        serving = serve(
            app,
            sockets,
            started=is_up.set,
            reload=lambda: None,
            stopping=lambda: None,
            bounds=BOUNDS,
            timeouts=timeouts,
            told=told,
        )
        served = group.create_task(serving)
        await is_up.wait()
        yield Place(port_of(sockets))
        served.cancel()


@asynccontextmanager
async def guarded(app: App, *, timeouts: Timeouts = LONG) -> AsyncGenerator[Place]:
    """The server as it is in use."""
    sockets = listening("127.0.0.1", 0)
    rules = Rules(port=port_of(sockets), hosts=frozenset({b"localhost"}), bounds=BOUNDS)
    protected = Protected(app, rules=rules, token=Secret(TOKEN), max_requests=8)
    async with up(protected, sockets, timeouts=timeouts) as place:
        yield place


def statuses(heard: bytes) -> list[int]:
    """Of every response in there, by its first line."""
    return [int(part[:3]) for part in heard.split(b"HTTP/1.1 ")[1:] if part[:3].isdigit()]
