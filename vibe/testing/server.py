"""A small HTTP/1.1 server on 127.0.0.1 that can fail on its socket in every way that one can.

It asks its handler for the reply to each request, sends that step by step, and records both. A
client that goes away is noticed at once, because the connection is read while it is written. What
a request means and which fault is due is the handler's matter.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Final, Literal, Self, TypeAlias, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from vibe.clock import Clock, SystemClock
from vibe.secret import Secret
from vibe.testing.http1 import MAX_HEAD_BYTES, HttpError, HttpRequest, on_the_wire, read_request
from vibe.testing.reply import Headers, Pause, Reply, Stop

HOST: Final = "127.0.0.1"
_WAITING: Final = 100  # connections that are not accepted yet
_NO_LINGER: Final = struct.pack("ii", 1, 0)  # closing then sends a reset
_KEY_HEADERS: Final = ("authorization", "x-api-key", "api-key")

_T = TypeVar("_T")

Handler: TypeAlias = Callable[[HttpRequest], Reply]
Ending: TypeAlias = Literal["open", "finished", "gone", "cut"]


class Received(Struct, frozen=True, kw_only=True):
    """One request, as it came, and what became of the reply to it.

    `ended` is "open" while it is being sent, "gone" if the client went away before its end, "cut"
    if the server broke it off. The values of the headers that carry a key are masked; `key` is it,
    and `key_in` the header. `at_s` is by the server's clock. `fault` is the one that was played.
    """

    method: str
    path: str
    query: Headers
    headers: Headers
    body: bytes
    key: Secret | None
    key_in: str
    at_s: float
    fault: str = ""
    ended: Ending = "open"


class Server:
    """Runs inside `async with`; after that neither a task nor a socket of it is left."""

    # The socket is bound for as long as the server runs, so that nobody else gets its port. What
    # is accepted belongs to its task from that moment on: asyncio's own server loses what comes
    # while it is being closed.
    _socket: socket.socket
    _is_up: bool
    # Every connection is a task of the group. The first error of a handler ends the group, and
    # with it the body of the `async with`, so that no test goes on after one.
    _group: asyncio.TaskGroup
    _connections: set[asyncio.Task[None]]

    def __init__(self, handler: Handler, *, clock: Clock | None = None, port: int = 0) -> None:
        self._handler = handler
        self._clock = clock or SystemClock()
        self._wanted_port = port
        self._received: list[Received] = []
        self._changed = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._connections = set()
        self._is_up = False
        self._socket = _bound(self._wanted_port)
        self._group = await asyncio.TaskGroup().__aenter__()
        await self.come_up()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop_listening()
        for connection in self._connections:
            connection.cancel()
        if error is None or isinstance(error, asyncio.CancelledError):
            await self._group.__aexit__(kind, error, trace)
        else:  # the body's own error goes on as it is, not as one of a group
            await self._group.__aexit__(None, None, None)

    @property
    def port(self) -> int:
        return self._socket.getsockname()[1]

    @property
    def origin(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def requests(self) -> tuple[Received, ...]:
        """All so far, in the order in which they came."""
        return tuple(self._received)

    async def arrived(self, requests: int) -> None:
        """Waits until so many requests have come."""
        while len(self._received) < requests:
            self._changed.clear()
            await self._changed.wait()

    async def settled(self, *, requests: int = 0) -> None:
        """Waits until so many requests have come and the reply to each of all has ended."""
        await self.arrived(requests)
        while any(received.ended == "open" for received in self._received):
            self._changed.clear()
            await self._changed.wait()

    def go_down(self) -> None:
        """From now on connections are refused, as by a machine on which nothing runs."""
        if self._is_up:
            port = self.port
            self._stop_listening()
            self._socket = _bound(port)

    async def come_up(self) -> None:
        if not self._is_up:
            self._is_up = True
            self._socket.listen(_WAITING)
            asyncio.get_running_loop().add_reader(self._socket, self._accept)

    def _stop_listening(self) -> None:
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()
        self._is_up = False

    def _accept(self) -> None:
        with suppress(BlockingIOError, ConnectionAbortedError):  # it went away again
            accepted, _ = self._socket.accept()
            accepted.setblocking(False)
            connection = self._group.create_task(self._converse(accepted))
            self._connections.add(connection)
            connection.add_done_callback(self._connections.discard)
            # Also for a task that is cancelled before its first step.
            connection.add_done_callback(lambda _: accepted.close())

    async def _converse(self, accepted: socket.socket) -> None:
        reader, writer = await asyncio.open_connection(sock=accepted, limit=MAX_HEAD_BYTES)
        writer.transport.set_write_buffer_limits(high=0)  # so a drain means that all has left
        try:
            await self._answer_all(reader, writer)
        except HttpError as error:
            with suppress(OSError):
                await self._send(_refusal(error), writer)
        except OSError:
            pass  # the client has gone
        finally:
            writer.transport.abort()
            with suppress(OSError):
                await writer.wait_closed()

    async def _answer_all(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """The next request is read while one is answered: its end is how a client goes away."""
        upcoming = asyncio.ensure_future(read_request(reader, writer))
        try:
            while request := await upcoming:
                upcoming = asyncio.ensure_future(read_request(reader, writer))
                reply, ended = await self._answer(request, writer, upcoming)
                if ended != "finished" or reply.framing == "close" or not request.keep_alive:
                    return
        finally:
            await _stopped(upcoming)

    async def _answer(
        self,
        request: HttpRequest,
        writer: asyncio.StreamWriter,
        upcoming: asyncio.Future[HttpRequest | None],
    ) -> tuple[Reply, Ending]:
        number = len(self._received)
        self._note(number, _received(request, self._clock.monotonic()))
        reply = self._handler(request)
        self._note(number, replace(self._received[number], fault=reply.fault))
        if reply.goes_down:
            self.go_down()
        sending = asyncio.ensure_future(self._send(reply, writer))
        ended: Ending = "cut"
        try:
            await asyncio.wait({sending, upcoming}, return_when=asyncio.FIRST_COMPLETED)
            if sending.done() or not _is_over(upcoming):
                ended = await sending
            else:
                ended = "gone"
        except OSError:
            ended = "gone"
        finally:
            await _stopped(sending)
            self._note(number, replace(self._received[number], ended=ended))
        return reply, ended

    async def _send(self, reply: Reply, writer: asyncio.StreamWriter) -> Ending:
        for step in on_the_wire(reply):
            match step:
                case bytes():
                    await asyncio.sleep(0)  # a long reply leaves the others their turn
                    writer.write(step)
                    await writer.drain()
                case Pause(seconds):
                    await self._clock.sleep(seconds)
                case Stop.STALL:
                    await asyncio.Event().wait()
                case Stop.RESET:
                    connection: socket.socket = writer.get_extra_info("socket")
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
                    return "cut"
                case Stop.HANG_UP:
                    return "cut"
        return "finished"

    def _note(self, number: int, received: Received) -> None:
        self._received[number : number + 1] = [received]
        self._changed.set()


def _bound(port: int) -> socket.socket:
    """A socket that has the port, and refuses connections until it listens."""
    # Named, since asyncio sends without delay only on what it can tell to be TCP.
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.setblocking(False)
    try:
        bound.bind((HOST, port))
    except OSError:
        bound.close()
        raise
    return bound


def _received(request: HttpRequest, at_s: float) -> Received:
    key_in = next((name for name in _KEY_HEADERS if request.header(name)), "")
    key = request.header(key_in)
    if key_in == "authorization":
        key = key.partition(" ")[2]
    return Received(
        method=request.method,
        path=request.path,
        query=request.query,
        headers=tuple(
            (name, "***" if name in _KEY_HEADERS else value) for name, value in request.headers
        ),
        body=request.body,
        key=Secret(key) if key_in else None,
        key_in=key_in,
        at_s=at_s,
    )


def _refusal(error: HttpError) -> Reply:
    return Reply(status=error.status, steps=(error.reason.encode(),), framing="close")


def _is_over(upcoming: asyncio.Future[HttpRequest | None]) -> bool:
    """Whether the client said or showed that no request will follow."""
    return upcoming.done() and (upcoming.exception() is not None or upcoming.result() is None)


async def _stopped(work: asyncio.Future[_T]) -> None:
    """Cancelled where it is not done, and its outcome taken, which somebody else was told."""
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
