"""Connections: kept and used again, made by proxies, trusted by certificates; one request each."""

from __future__ import annotations

import asyncio
import gzip
import shutil
import socket
import ssl
import struct
import subprocess
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.transport.asking import (
    ANSWER,
    ANSWERED,
    DONE,
    PIECE,
    Told,
    provider,
    told,
    told_once,
    upstream,
)
from tests.transport.listening import listening
from vibe.domain.failure import Cause, Failure, FailureKind
from vibe.domain.model import Backend
from vibe.errors import UsageError
from vibe.testing.dialects import DIALECTS
from vibe.testing.fault import Fault, Scene, due, streamed
from vibe.testing.fault_server import FaultServer
from vibe.testing.faults import FAULTS, Play, at, play
from vibe.testing.http1 import on_the_wire
from vibe.testing.reply import Reply
from vibe.testing.script import says
from vibe.testing.server import Server

pytestmark = pytest.mark.usefixtures("transport")

HELLO = says("Hello!")
SAID = Told(text="Hello!", ended="end")
# No name of this machine, for which no proxy is asked; and yet systems connect it to this machine.
ELSEWHERE = "0.0.0.0"  # noqa: S104 - nothing is bound to it


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)


def unreachable(detail: str, cause: Cause) -> Told:
    return Told(failure=Failure(kind=FailureKind.UNREACHABLE, detail=detail, cause=cause))


def on_the_last_connection(fault: str) -> Play:
    """The reply of this fault; once its request has come, no new connection is taken."""

    def act(scene: Scene) -> Reply:
        return replace(FAULTS[fault].act(scene) if fault else due(scene), goes_down=True)

    return Play(fault=Fault(name=fault, says="", act=act))


@pytest.mark.parametrize(
    ("fault", "stream"),
    [
        pytest.param("", True, id="after a stream"),
        pytest.param("", False, id="after a whole answer"),
        pytest.param("rate_limit", True, id="after a refusal"),
    ],
)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_next_request_goes_over_the_same_connection(
    dialect: Backend, fault: str, stream: bool
) -> None:
    async def run() -> None:
        faults = at({1: on_the_last_connection(fault)})
        async with FaultServer(HELLO, dialect=dialect, faults=faults) as server:
            asked = provider(server.api_base, backend=dialect)
            async with upstream(asked) as opened:
                await told(opened, asked, stream=stream)
                assert await told(opened, asked, stream=stream) == SAID

    asyncio.run(run())


def test_lists_of_models_go_over_the_same_connection() -> None:
    async def run() -> None:
        faults = at({1: on_the_last_connection("")})
        async with (
            FaultServer(HELLO, faults=faults) as server,
            upstream(provider(server.api_base)) as opened,
        ):
            assert await opened.models() == await opened.models()

    asyncio.run(run())


def test_a_connection_that_was_closed_while_idle_is_not_used() -> None:
    async def run() -> None:
        async with AsyncExitStack() as stack:
            async with Server(lambda _: ANSWER) as first:
                port = first.port
                asked = provider(f"{first.origin}/v1")
                opened = await stack.enter_async_context(upstream(asked))
                assert await told(opened, asked) == ANSWERED
            async with Server(lambda _: ANSWER, port=port) as second:
                assert await told(opened, asked) == ANSWERED
                assert len(second.requests) == 1

    asyncio.run(run())


def test_a_kept_connection_that_ends_under_a_request_is_not_tried_again() -> None:
    """Whether the request was acted upon cannot be known; who decides on that is not here."""

    async def run() -> None:
        async with FaultServer(HELLO, faults=at({2: play("close_before_headers")})) as server:
            asked = provider(server.api_base)
            async with upstream(asked) as opened:
                assert await told(opened, asked) == SAID
                assert await told(opened, asked) == unreachable(
                    "the connection was closed before an answer came", "reset"
                )
            assert len(server.requests) == 2

    asyncio.run(run())


def test_requests_at_the_same_time_do_not_wait_for_one_another() -> None:
    async def run() -> None:
        async with FaultServer(HELLO, faults=at({1: play("stall_before_headers")})) as server:
            asked = provider(server.api_base)
            async with upstream(asked) as opened, asyncio.TaskGroup() as group:
                waiting = group.create_task(told(opened, asked))
                await server.arrived(1)
                found = await asyncio.gather(*(told(opened, asked) for _ in range(50)))
                waiting.cancel()
        assert found == [SAID] * 50

    asyncio.run(run())


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("where", ["elsewhere", "here"])
def test_no_redirect_is_followed(status: int, where: str) -> None:
    async def run() -> None:
        async with Server(lambda _: ANSWER) as other:
            origin = other.origin if where == "elsewhere" else ""
            redirect = Reply(status=status, headers=(("location", f"{origin}/v1/there"),))
            async with Server(lambda _: redirect) as server:
                found = await told_once(provider(f"{server.origin}/v1", key="k3y-of-a-provider"))
                assert found.failure
                assert found.failure.kind is FailureKind.SERVER
                assert (len(server.requests), other.requests) == (1, ())

    asyncio.run(run())


def test_a_proxy_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        async with Server(lambda _: ANSWER) as proxy:
            monkeypatch.setenv("HTTP_PROXY", proxy.origin)
            assert await told_once(provider("http://model.example/v1")) == ANSWERED
            asked = proxy.requests[0]
            assert dict(asked.headers)["host"] == "model.example"
            assert asked.path.endswith("/v1/chat/completions")

    asyncio.run(run())


def test_a_proxy_of_an_encrypted_connection_sees_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        async with Server(lambda _: Reply(status=407)) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", proxy.origin)
            found = await told_once(provider("https://model.example/v1", key="k3y-of-a-provider"))
            assert found == unreachable("the proxy did not let the request through", "proxy")
            assert [(asked.method, asked.key) for asked in proxy.requests] == [("CONNECT", None)]

    asyncio.run(run())


@pytest.mark.parametrize(
    ("host", "no_proxy"),
    [
        pytest.param(ELSEWHERE, ELSEWHERE, id="by NO_PROXY"),
        pytest.param("127.0.0.1", "", id="for this machine"),
        pytest.param("localhost", "", id="for this machine by its name"),
    ],
)
def test_a_proxy_is_left_out(host: str, no_proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        async with Server(lambda _: ANSWER) as server, Server(lambda _: ANSWER) as proxy:
            monkeypatch.setenv("ALL_PROXY", proxy.origin)
            monkeypatch.setenv("NO_PROXY", no_proxy)
            assert await told_once(provider(f"http://{host}:{server.port}/v1")) == ANSWERED
            assert (len(server.requests), proxy.requests) == (1, ())

    asyncio.run(run())


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1080", "ftp://proxy", "http://[::"])
def test_a_proxy_that_cannot_be_used_is_told(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)
    with pytest.raises(UsageError, match="the proxy that the environment names cannot be used"):
        asyncio.run(told_once(provider("http://model.example/v1")))


@pytest.mark.parametrize("content", [None, "no certificate"], ids=["missing", "something else"])
def test_certificates_that_cannot_be_loaded_are_told(
    content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "certificates.pem"
    if content:
        file.write_text(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with pytest.raises(UsageError, match="SSL_CERT_FILE"):
        asyncio.run(told_once(provider("https://model.example/v1")))


def test_certificates_are_those_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = throwaway_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.writelines(step for step in on_the_wire(ANSWER) if isinstance(step, bytes))
        await reader.read()

    async def run() -> list[Told]:
        async with listening(answer, over=context) as address:
            asked = provider(f"https://{address}/v1")
            not_trusted = await told_once(asked)
            monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
            return [not_trusted, await told_once(asked)]

    untrusted = unreachable("the encrypted connection could not be made", "tls")
    assert asyncio.run(run()) == [untrusted, ANSWERED]


def test_a_connection_that_was_made_over_tls_and_is_lost_is_no_matter_of_tls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = throwaway_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    async def resets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        connection: socket.socket = writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    async def run() -> Told:
        async with listening(resets, over=context) as address:
            return await told_once(provider(f"https://{address}/v1"))

    lost = unreachable("the connection was closed before an answer came", "reset")
    assert asyncio.run(run()) == lost


def throwaway_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that nobody has signed, and its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("this machine has no openssl: nothing was tried with certificates")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        [openssl, "req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
         "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
    )  # fmt: skip
    return certificate, key


def test_a_body_that_is_not_asked_for_packed_is_unpacked_all_the_same() -> None:
    async def run() -> None:
        async with FaultServer(HELLO, faults=play("gzip")) as server:
            assert await told_once(provider(server.api_base)) == SAID
            assert dict(server.requests[0].headers)["accept-encoding"] == "identity"

    asyncio.run(run())


def test_a_damaged_packing_breaks_the_answer() -> None:
    reply = replace(ANSWER, headers=(*ANSWER.headers, ("content-encoding", "gzip")))

    async def run() -> Told:
        async with Server(lambda _: reply) as server:
            return await told_once(provider(f"{server.origin}/v1"))

    detail = "the answer's compression is damaged"
    broken = Failure(kind=FailureKind.BROKEN_STREAM, detail=detail)
    assert asyncio.run(run()) == Told(failure=broken)


def test_a_body_that_is_packed_twice_is_not_unpacked_into_gigabytes() -> None:
    packed = gzip.compress(gzip.compress(bytes(100_000_000), 1), 9)
    reply = streamed((packed,))
    reply = replace(reply, headers=(*reply.headers, ("content-encoding", "gzip, gzip")))

    async def run() -> Told:
        async with Server(lambda _: reply) as server:
            return await told_once(provider(f"{server.origin}/v1"))

    detail = "the answer's compression is damaged"
    broken = Failure(kind=FailureKind.BROKEN_STREAM, detail=detail)
    assert asyncio.run(run()) == Told(failure=broken)


def test_a_packed_answer_is_whole_whatever_its_size() -> None:
    comments = b": nothing\n\n" * 400_000
    packed = gzip.compress(comments + PIECE + comments + DONE) + b"what follows is nothing"
    reply = streamed((packed,))
    reply = replace(reply, headers=(*reply.headers, ("content-encoding", "gzip")))

    async def run() -> Told:
        async with Server(lambda _: reply) as server:
            return await told_once(provider(f"{server.origin}/v1"))

    assert asyncio.run(run()) == ANSWERED


def test_a_stream_that_is_called_a_page_is_read_all_the_same() -> None:
    """Flask calls everything so that is not called otherwise."""
    reply = replace(ANSWER, headers=(("content-type", "text/html; charset=utf-8"),))

    async def run() -> Told:
        async with Server(lambda _: reply) as server:
            return await told_once(provider(f"{server.origin}/v1"))

    assert asyncio.run(run()) == ANSWERED


def test_a_name_that_nobody_knows_is_told() -> None:
    found = asyncio.run(told_once(provider("http://no-such-host.invalid/v1")))
    assert found == unreachable("the name of the host could not be looked up", "dns")


@pytest.mark.parametrize("api_base", ["http:/v1", "ftp://host/v1", "http://\ud800"])
def test_an_address_that_is_none_is_told(api_base: str) -> None:
    with pytest.raises(UsageError, match='the api_base of provider "p" is not a valid address'):
        asyncio.run(told_once(provider(api_base)))
