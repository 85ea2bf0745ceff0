"""What httpx and httpcore leave to their callers: how a body is unpacked, how a connection ends.

Either the body is read out, and the next request uses the connection, or that is closed at once,
with all that hangs on it. Nothing here knows what was asked or answered.
"""

from __future__ import annotations

import asyncio
import socket
import zlib
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any, Final

import httpx

_READ_OUT_S: Final = 0.1
_GZIP_OR_ZLIB: Final = 32 + zlib.MAX_WBITS
_PIECE_BYTES: Final = 1024 * 1024


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


async def body_of(response: httpx.Response) -> AsyncGenerator[bytes, None]:
    """The body as it comes, unpacked in pieces that have a bound.

    httpx itself unpacks all that has arrived at one go, and as often as the headers say: of 3 KB
    that were packed twice it made 2 GB.
    """
    packing = response.headers.get("content-encoding", "").strip().lower()
    if packing in {"", "identity"}:
        async for data in response.aiter_raw():
            yield data
        return
    if packing not in {"gzip", "x-gzip", "deflate"}:
        raise httpx.DecodingError("packed in a way that nobody asked for")
    unpacker = zlib.decompressobj(_GZIP_OR_ZLIB)
    async for data in response.aiter_raw():
        packed, is_full = data, False
        while (packed or is_full) and not unpacker.eof:  # what follows the end is nothing
            try:
                piece = unpacker.decompress(packed, _PIECE_BYTES)
            except zlib.error:
                raise httpx.DecodingError("what is packed is damaged") from None
            if piece:
                yield piece
            packed, is_full = unpacker.unconsumed_tail, len(piece) == _PIECE_BYTES


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
    shown: socket.socket | None = response.extensions["network_stream"].get_extra_info("socket")
    if shown is None:
        return
    with (
        suppress(OSError),  # it has ended by itself
        # What uvloop shows cannot be shut down, but a copy of it can.
        socket.fromfd(shown.fileno(), shown.family, shown.type) as own,
    ):
        own.shutdown(socket.SHUT_RDWR)
