"""The two transports under httpx: what comes of each way to fail is the same exception class.

Nothing of `Upstream` is between them and the test.
"""

from __future__ import annotations

import asyncio
import socket
import struct

import httpx
import pytest
from msgspec import Struct

from tests.transport.asking import FOR_LOAD, LONG
from tests.transport.listening import Serve, listening
from vibe.domain.failure import Cause
from vibe.domain.provider import Patience
from vibe.testing.reply import Pause, Reply, Step, Stop
from vibe.testing.server import Server
from vibe.transport.aio import AioTransport
from vibe.transport.errors import before_answer

pytestmark = pytest.mark.usefixtures("transport")

CUT, RESET, SOON = Stop.HANG_UP, Stop.RESET, Pause(0.02)
LENGTH = b"content-length: 5"
CHUNKED = b"transfer-encoding: chunked"


class Got(Struct, frozen=True):
    """`raised` after `status` and `body` had come."""

    status: int | None = None
    body: bytes = b""
    raised: type[Exception] | None = None


BROKEN = Got(raised=httpx.RemoteProtocolError)
WHOLE = Got(200, b"hello")
CUT_OFF = Got(200, b"hello", httpx.RemoteProtocolError)
LOST = Got(200, b"hello", httpx.ReadError)


def client_to(base: str, *, patience: Patience = LONG) -> httpx.AsyncClient:
    """httpx's own, over the transport that is tried."""
    trusted = httpx.create_ssl_context() if base.startswith("https:") else None
    transport = AioTransport(trusted=trusted, kept_s=30.0) if FOR_LOAD.get() else None
    return httpx.AsyncClient(
        verify=trusted or False,
        trust_env=False,
        transport=transport,
        timeout=httpx.Timeout(None, connect=patience.connect_s),
        limits=httpx.Limits(max_connections=None),
    )


async def got(client: httpx.AsyncClient, url: str, *, content: bytes = b"{}") -> Got:
    status, body = None, b""
    try:
        async with client.stream("POST", url, content=content) as response:
            status = response.status_code
            async for data in response.aiter_raw():
                body += data
                await asyncio.sleep(0.01)  # so that more comes meanwhile, and what ends it
    except httpx.HTTPError as error:
        return Got(status, body, type(error))
    return Got(status, body)


def got_of(*steps: Step) -> Got:
    """What a client makes of these bytes."""

    async def run() -> Got:
        async with (
            Server(lambda _: Reply(before=(*steps, CUT))) as server,
            client_to(server.origin) as client,
        ):
            return await got(client, server.origin)

    return asyncio.run(run())


def head(*lines: bytes, status: bytes = b"200 OK") -> bytes:
    return b"\r\n".join((b"HTTP/1.1 " + status, *lines, b"", b""))


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        pytest.param((RESET,), Got(raised=httpx.ReadError), id="a reset"),
        pytest.param((), BROKEN, id="nothing"),
        pytest.param((head()[:-9],), BROKEN, id="half a head"),
        pytest.param((head()[:-9], RESET), Got(raised=httpx.ReadError), id="half a head, a reset"),
        pytest.param((b"SSH-2.0-OpenSSH\r\n",), BROKEN, id="another protocol"),
        pytest.param((head(status=b"99 Low"),), BROKEN, id="no status"),
        pytest.param((head(b"no header"),), BROKEN, id="no header"),
        pytest.param((head(b"x y: a"),), BROKEN, id="no name"),
        pytest.param((head(b"x: a\0b"),), BROKEN, id="no value"),
        pytest.param((head(b"content-length: x"),), BROKEN, id="no length"),
        pytest.param((head(LENGTH, b"content-length: 6"),), BROKEN, id="two lengths"),
        pytest.param((head(b"x: " + b"y" * 300_000),), BROKEN, id="a header that is too long"),
    ],
)
def test_what_is_no_answer_fails_before_one(steps: tuple[Step, ...], expected: Got) -> None:
    assert got_of(*steps) == expected


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        pytest.param((head(b"content-length: 9"), b"hello"), CUT_OFF, id="too short"),
        pytest.param((head(b"content-length: 9"), b"hello", SOON, RESET), LOST, id="short, reset"),
        pytest.param((head(CHUNKED), b"5\r\nhello\r\n"), CUT_OFF, id="too few chunks"),
        pytest.param((head(CHUNKED), b"9\r\nhello"), CUT_OFF, id="half a chunk"),
        pytest.param((head(CHUNKED), b"9\r\nhello", SOON, RESET), LOST, id="half a chunk, reset"),
        pytest.param((head(), b"hello", SOON, RESET), LOST, id="until close, reset"),
        pytest.param(
            (head(CHUNKED), b"5\r\nhello\r\nzz\r\n", Stop.STALL), CUT_OFF, id="no size of a chunk"
        ),
        pytest.param(
            (head(CHUNKED) + b"5\r\nhello\r\nzz\r\n", Stop.STALL), CUT_OFF, id="no size, in one go"
        ),
        pytest.param(
            (head(CHUNKED), b"5\r\nhello\r\n", SOON, b"zz\r\n", Stop.STALL), CUT_OFF, id="or later"
        ),
        pytest.param(
            (head(CHUNKED), *(b"1\r\n%c\r\n" % letter for letter in b"hello"), b"1\r\n"),
            CUT_OFF,
            id="more chunks than are read at once",
        ),
    ],
)
def test_what_had_come_of_a_broken_answer_is_not_lost(
    steps: tuple[Step, ...], expected: Got
) -> None:
    assert got_of(*steps) == expected


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        pytest.param((head(LENGTH), b"hello"), WHOLE, id="a length"),
        pytest.param((head(LENGTH) + b"hello",), WHOLE, id="in one go"),
        pytest.param((head(LENGTH) + b"helloGARBAGE",), WHOLE, id="with more behind it"),
        pytest.param((head(), b"hello"), WHOLE, id="until close"),
        pytest.param((head(CHUNKED), b"5;a=b\r\nhello\r\n0\r\nx: y\r\n\r\n"), WHOLE, id="trailers"),
        pytest.param((head(LENGTH, b"x: " + b"y" * 60_000), b"hello"), WHOLE, id="a long header"),
        pytest.param(
            (head(LENGTH, *(b"x-%d: y" % number for number in range(500))), b"hello"),
            WHOLE,
            id="many headers",
        ),
        pytest.param((head(LENGTH, status=b"200"), b"hello"), WHOLE, id="no reason"),
        pytest.param(
            (head(status=b"100 Continue") + head(status=b"103 Hints") + head(LENGTH) + b"hello",),
            WHOLE,
            id="interim answers",
        ),
        pytest.param((head(LENGTH, status=b"302 x"), b"hello"), Got(302, b"hello"), id="redirect"),
        pytest.param((head(status=b"204 x"),), Got(204), id="no content"),
    ],
)
def test_an_answer_is_read_whole(steps: tuple[Step, ...], expected: Got) -> None:
    assert got_of(*steps) == expected


async def hangs_up(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read(1)


async def resets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)
    connection: socket.socket = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


async def speaks_plainly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(head(LENGTH) + b"hello")
    await reader.read(1)


async def is_silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read()


@pytest.mark.parametrize(
    ("behave", "expected"),
    [
        pytest.param(hangs_up, (httpx.ConnectError, "tls"), id="hangs up"),
        pytest.param(resets, (httpx.ConnectError, "tls"), id="resets"),
        pytest.param(speaks_plainly, (httpx.ConnectError, "tls"), id="speaks without TLS"),
        pytest.param(is_silent, (httpx.ConnectTimeout, "timeout"), id="is silent"),
    ],
)
def test_a_server_that_does_not_come_to_agree_upon_tls(
    behave: Serve, expected: tuple[type[Exception], Cause]
) -> None:
    async def run() -> tuple[type[Exception], Cause | None]:
        async with listening(behave) as address:
            return await refused_by(f"https://{address}")

    assert asyncio.run(run()) == expected


@pytest.mark.parametrize(
    ("base", "cause"),
    [
        pytest.param("http://no-such-host.invalid", "dns", id="a name that nobody knows"),
        pytest.param("http://127.0.0.1:1", "refused", id="nobody there"),
        pytest.param("http://localhost:1", "refused", id="nobody at any address of a name"),
        pytest.param("http://255.255.255.255", "route", id="no way"),
    ],
)
def test_a_server_that_cannot_be_reached(base: str, cause: Cause) -> None:
    assert asyncio.run(refused_by(base)) == (httpx.ConnectError, cause)


async def refused_by(base: str) -> tuple[type[Exception], Cause | None]:
    async with client_to(base, patience=Patience(connect_s=0.2)) as client:
        with pytest.raises(httpx.HTTPError) as raised:
            await client.post(base, content=b"{}")
    return type(raised.value), before_answer(raised.value).cause
