"""A provider whose answer never ends: it is heard up to a bound, and then no longer."""

from __future__ import annotations

import asyncio
import zlib
from contextlib import suppress

import pytest

from tests.transport.asking import PIECE, Told, provider, told_once
from tests.transport.listening import listening
from vibe.domain.failure import Failure, FailureKind
from vibe.transport.upstream import Upstream

pytestmark = pytest.mark.usefixtures("transport")

HANGS_S = 30.0
MOST = 64 * 1024
TOO_LARGE = Failure(kind=FailureKind.BROKEN_STREAM, detail="the answer is too large")
SSE = b"content-type: text/event-stream\r\n"
JSON = b"content-type: application/json\r\n"
WHOLE = b'{"choices":[{"message":{"role":"assistant","content":"'


def zipped(times: int) -> tuple[bytes, bytes]:
    """The beginning of something that is large only once it is unpacked, and more of it."""
    packing = zlib.compressobj(wbits=31)
    first = packing.compress(WHOLE) + packing.flush(zlib.Z_SYNC_FLUSH)
    return first, packing.compress(b"a" * times) + packing.flush(zlib.Z_FULL_FLUSH)


def answer_to(head: bytes, first: bytes, more: bytes, *, stream: bool) -> Told:
    """And the server goes on until nobody listens, or this would never end."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n" + first)
        with suppress(ConnectionError):
            while True:
                writer.write(more)
                await writer.drain()

    async def run() -> Told:
        async with asyncio.timeout(HANGS_S), listening(serve) as address:
            return await told_once(provider(f"http://{address}/v1"), stream=stream)

    return asyncio.run(run())


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


CHUNKED = b"transfer-encoding: chunked\r\n"
LONG = b"content-length: 999999999999\r\n"


@pytest.mark.parametrize(
    ("head", "first", "more", "stream"),
    [
        pytest.param(SSE, b"", PIECE, True, id="a stream"),
        pytest.param(SSE + CHUNKED, b"", chunk(PIECE), True, id="a stream in chunks"),
        pytest.param(SSE + LONG, b"", PIECE, True, id="a stream of a length beyond reason"),
        pytest.param(SSE, b"", b": ping\n\n", True, id="a stream of nothing"),
        pytest.param(SSE, b"data: ", b"a" * 1024, True, id="a line"),
        pytest.param(JSON, WHOLE, b"a" * 1024, False, id="a whole answer"),
        pytest.param(JSON + CHUNKED, b"", chunk(b" " * 1024), False, id="blanks in chunks"),
        pytest.param(
            JSON + b"content-encoding: gzip\r\n", *zipped(10 * MOST), False, id="a packed answer"
        ),
    ],
)
def test_an_answer_without_an_end_is_broken_and_its_connection_closed(
    head: bytes, first: bytes, more: bytes, *, stream: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Upstream, "max_answer_bytes", MOST)
    found = answer_to(head, first, more, stream=stream)
    assert found.failure == TOO_LARGE
    assert len(found.text) <= MOST
