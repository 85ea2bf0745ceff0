"""Connections of aiohttp that end as httpcore's do; holds what reaches into aiohttp's inner parts.

As aiohttp has them, a body that is broken off keeps back what had come of it, or never ends, or
looks whole; an idle connection answers the next request with whatever came on it meanwhile; and
closing one waits until all is sent. Nothing here knows of httpx.
"""

from __future__ import annotations

import asyncio
import select
import ssl
from functools import partial

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from aiohttp.tracing import Trace


class Handler(ResponseHandler):
    """One connection, which answers one request after another."""

    # Once it is lost within a body: that body, which ends like a whole one, and what is wrong.
    _cut: tuple[aiohttp.StreamReader, Exception] | None

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self._cut = None
        self._has_served = False

    def cut_of(self, body: aiohttp.StreamReader) -> Exception | None:
        return self._cut[1] if self._cut and self._cut[0] is body else None

    def take(self) -> bool:
        """Whether it is as fit for a request as a new one, from which anything may come by TLS."""
        if not self._has_served:
            self._has_served = True
            return True
        if self.should_close or self.transport is None:
            return False
        poll = select.poll()
        poll.register(self.transport.get_extra_info("socket"), select.POLLIN)
        return not poll.poll(0)

    def data_received(self, data: bytes) -> None:
        """The head by itself: aiohttp drops an answer if what is wrong with it comes in one go."""
        if self._payload is None or self._payload.is_eof():
            end = data.find(b"\r\n\r\n") + 4
            if 4 <= end < len(data):
                super().data_received(data[:end])
                data = data[end:]
        super().data_received(data)

    def connection_lost(self, exc: BaseException | None) -> None:
        body, self._payload = self._payload, None  # aiohttp would put its error before the data
        was_open = body is not None and not body.is_eof()
        super().connection_lost(exc)
        if body is not None and was_open and isinstance(exc, OSError):
            self._cut = body, exc  # also if it lasts as long as the connection, and so looks whole
        self._end(body, exc if isinstance(exc, OSError) else aiohttp.ClientPayloadError())

    def close(self) -> None:
        body = self._payload
        super().close()
        self._end(body, aiohttp.ClientConnectionError())

    def abort(self) -> None:
        body = self._payload
        super().abort()
        self._end(body, aiohttp.ClientConnectionError())

    def _end(self, body: aiohttp.StreamReader | None, error: Exception) -> None:
        if body is not None and not body.is_eof():
            self._cut = body, error
            body.feed_eof()


class Connector(aiohttp.TCPConnector):
    """As many connections as are needed, kept for a while."""

    def __init__(self, *, trusted: ssl.SSLContext | None, kept_s: float) -> None:
        super().__init__(  # pyright: ignore[reportUnknownMemberType] - of no option that is used
            limit=0,
            keepalive_timeout=kept_s,
            ssl=trusted or False,
            resolver=aiohttp.ThreadedResolver(),
            use_dns_cache=False,  # which leaves a task to a lookup that nobody waits for any more
        )
        self._factory = partial(Handler, loop=self._loop)

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - so aiohttp has it
    ) -> Connection:
        while True:
            connection = await super().connect(req, traces, timeout)
            if _handler_of(connection).take():
                return connection
            connection.close()


class Response(aiohttp.ClientResponse):
    """Its connection may be gone, or another's, once its body has come."""

    _handler: Handler

    async def start(self, connection: Connection) -> aiohttp.ClientResponse:
        self._handler = _handler_of(connection)
        return await super().start(connection)

    @property
    def cut(self) -> Exception | None:
        """Why its body, read to the end, is not whole."""
        return self._handler.cut_of(self.content)

    def close(self) -> None:
        """At once, also where the request has not left yet."""
        if self.connection is not None and self.connection.transport is not None:
            self.connection.transport.abort()
        super().close()


def _handler_of(connection: Connection) -> Handler:
    handler = connection.protocol
    assert isinstance(handler, Handler)  # noqa: S101 - Connector makes no other
    return handler
