"""A server of raw bytes, for what no HTTP server does."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import TypeAlias

Serve: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(
    serve: Serve, *, over: ssl.SSLContext | None = None
) -> AsyncGenerator[str, None]:
    """Its address. One connection comes, and it ends in here."""
    is_over = asyncio.Event()

    async def serve_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await serve(reader, writer)
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        is_over.set()

    async with await asyncio.start_server(serve_once, "127.0.0.1", 0, ssl=over) as server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        await is_over.wait()
