"""What httpx and httpcore leave to their callers: how the connection of one request ends.

Either its body is read out, and the next request uses it, or it is closed at once, with all that
hangs on it. Nothing here knows what was asked or answered.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any, Final

import httpx

_READ_OUT_S: Final = 0.1


@asynccontextmanager
async def closing_what_opens(request: httpx.Request) -> AsyncGenerator[None, None]:
    """Close the connection that is made for this request if it does not come to its answer.

    httpcore (1.0.9) forgets it where it is cancelled while TLS is being agreed upon.
    """
    async with AsyncExitStack() as opened:

        async def trace(event: str, info: dict[str, Any]) -> None:
            if event == "connection.connect_tcp.complete":
                opened.push_async_callback(info["return_value"].aclose)

        request.extensions["trace"] = trace
        yield
        opened.pop_all()


async def read_out(body: AsyncIterator[bytes]) -> None:
    """Read a body that says no more to its end, unless its server keeps that back."""
    with suppress(httpx.HTTPError, TimeoutError):
        async with asyncio.timeout(_READ_OUT_S):
            async for _ in body:
                pass


async def close(response: httpx.Response, body: AsyncIterator[bytes]) -> None:
    """Close the connection at once, unless the body has been read out."""
    await response.aclose()
    with suppress(httpx.HTTPError):
        # Ends httpx's generators from within; left alone, each would become a task of nobody.
        async for _ in body:
            pass


def cut(response: httpx.Response) -> None:
    """End the connection under somebody who reads from it, whose read then fails."""
    connection: socket.socket = response.extensions["network_stream"].get_extra_info("socket")
    with suppress(OSError):  # it has ended by itself
        connection.shutdown(socket.SHUT_RDWR)
