"""The server as a process sees it: addresses, signals, connections that last, and its end."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import sys
import time
from contextlib import suppress

import pytest

from tests.gateway.raw import (
    BOUNDS,
    HANGS_S,
    LONG,
    SHORT,
    TOKEN,
    Place,
    Recorder,
    Seen,
    guarded,
    statuses,
)
from vibe.errors import ExitCode, UsageError
from vibe.gateway.asgi import Receive, Scope, Send, answer
from vibe.gateway.connection import Timeouts
from vibe.gateway.listen import is_loopback, listening, port_of, require_server, url_of
from vibe.gateway.server import run, serve

GET = b"GET /a HTTP/1.1\r\nHost: localhost:{port}\r\nX-Api-Key: %b\r\n\r\n" % TOKEN.encode()
POST = GET.replace(b"GET", b"POST").replace(
    b"\r\n\r\n", b"\r\nContent-Type: application/json\r\nContent-Length: 3\r\n%b\r\n"
)


class Waiting:
    """Answers once it may, and knows how a request ended."""

    def __init__(self) -> None:
        self.entered = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.ended = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.entered.set()
        try:
            await self.may_answer.wait()
            await answer(send, status=200, body=b"done")
        finally:
            self.ended.set()


class LastWords(Waiting):
    """Has begun, and tells its client when it has to stop."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        try:
            await super().__call__(scope, receive, send)
        except asyncio.CancelledError:
            await asyncio.sleep(0)
            await send({"type": "http.response.body", "body": b"stopped"})


class NoLastWords(Waiting):
    """Finds none, however long it looks for them."""

    def __init__(self) -> None:
        super().__init__()
        self.was_told = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        except asyncio.CancelledError:
            self.was_told.set()
            await asyncio.Event().wait()


class Serving:
    """`serve` under way, with what it has called."""

    def __init__(self, app: Waiting, *, timeouts: Timeouts = LONG) -> None:
        self.sockets = listening("127.0.0.1", 0)
        self.place = Place(port_of(self.sockets))
        self.started, self.reloaded, self.stopping = (asyncio.Event() for _ in range(3))
        self.code = asyncio.ensure_future(
            serve(
                app,
                self.sockets,
                started=self.started.set,
                reload=self.reloaded.set,
                stopping=self.stopping.set,
                bounds=BOUNDS,
                timeouts=timeouts,
            )
        )


def send_signal(number: int) -> None:
    os.kill(os.getpid(), number)


async def test_what_is_under_way_finishes_before_the_end() -> None:
    app = Waiting()
    before = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    serving = Serving(app)
    await serving.started.wait()
    heard = asyncio.ensure_future(serving.place.say(GET))
    await app.entered.wait()
    send_signal(signal.SIGTERM)
    await serving.stopping.wait()
    app.may_answer.set()
    assert statuses(await heard) == [200]
    assert await serving.code is ExitCode.FINISHED
    after = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    assert after == before
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", serving.place.port)


async def test_a_second_signal_ends_it_at_once() -> None:
    app = Waiting()
    serving = Serving(app)
    await serving.started.wait()
    heard = asyncio.ensure_future(serving.place.say(GET))
    await app.entered.wait()
    send_signal(signal.SIGINT)
    await serving.stopping.wait()
    send_signal(signal.SIGINT)
    assert await serving.code is ExitCode.INTERRUPTED
    assert (await heard, app.ended.is_set()) == (b"", True)


async def test_who_does_not_finish_in_time_is_ended() -> None:
    app = Waiting()
    serving = Serving(app, timeouts=Timeouts(drain_s=0))
    await serving.started.wait()
    heard = asyncio.ensure_future(serving.place.say(GET))
    await app.entered.wait()
    send_signal(signal.SIGTERM)
    assert await serving.code is ExitCode.FINISHED
    await heard
    assert app.ended.is_set()


async def test_who_does_not_finish_in_time_still_hears_why() -> None:
    app = LastWords()
    serving = Serving(app, timeouts=Timeouts(drain_s=0))
    await serving.started.wait()
    heard = asyncio.ensure_future(serving.place.say(GET))
    await app.entered.wait()
    send_signal(signal.SIGTERM)
    assert (await heard).endswith(b"7\r\nstopped\r\n0\r\n\r\n")
    assert await serving.code is ExitCode.FINISHED


async def test_a_second_signal_ends_even_the_last_words() -> None:
    app = NoLastWords()
    serving = Serving(app, timeouts=Timeouts(drain_s=0))
    await serving.started.wait()
    heard = asyncio.ensure_future(serving.place.say(GET))
    await app.entered.wait()
    send_signal(signal.SIGTERM)
    await app.was_told.wait()
    send_signal(signal.SIGTERM)
    assert await serving.code is ExitCode.INTERRUPTED
    assert (await heard, app.ended.is_set()) == (b"", True)


async def test_a_hang_up_reloads() -> None:
    serving = Serving(Waiting())
    await serving.started.wait()
    send_signal(signal.SIGHUP)
    await serving.reloaded.wait()
    serving.code.cancel()
    with suppress(asyncio.CancelledError):
        await serving.code


def test_it_runs_on_the_quickest_loop_there_is() -> None:
    async def work() -> tuple[str, list[int]]:
        async with guarded(Recorder()) as place:
            heard = await place.say(GET)
        return type(asyncio.get_running_loop()).__module__, statuses(heard)

    assert run(work()) == ("uvloop", [200])


async def test_a_request_that_came_while_the_process_stood_still_is_answered() -> None:
    timeouts = Timeouts(keep_alive_s=1)
    async with guarded(Recorder(), timeouts=timeouts) as place, asyncio.timeout(HANGS_S):
        reader, writer = await asyncio.open_connection("127.0.0.1", place.port)
        for still_s in (0.0, 1.1):
            writer.write(place.filled(POST % b"") + b"abc")
            time.sleep(still_s)  # noqa: ASYNC251 - that is what it is about
            await reader.readuntil(b"\r\n\r\n")
            assert await reader.readexactly(7) == b"3 bytes"
        writer.close()


async def test_a_connection_lasts_for_one_request_after_another() -> None:
    recorder = Recorder()
    async with guarded(recorder, timeouts=Timeouts()) as place, asyncio.timeout(HANGS_S):
        reader, writer = await asyncio.open_connection("127.0.0.1", place.port)
        for _ in range(3):
            writer.write(place.filled(POST % b"") + b"abc")
            head = await reader.readuntil(b"\r\n\r\n")
            assert b"connection: close" not in head
            assert await reader.readexactly(7) == b"3 bytes"
        writer.close()
        await writer.wait_closed()
    assert recorder.seen == [Seen("POST", "/a", b"abc")] * 3


async def test_an_idle_connection_is_closed() -> None:
    async with guarded(Recorder(), timeouts=SHORT) as place:
        assert await place.say(b"") == b""
        assert statuses(await place.say(GET)) == [200]


async def test_who_asks_first_whether_it_may_send_is_told_to() -> None:
    async with guarded(Recorder()) as place, asyncio.timeout(HANGS_S):
        reader, writer = await asyncio.open_connection("127.0.0.1", place.port)
        writer.write(place.filled(POST % b"Expect: 100-continue\r\n"))
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"abc")
        assert statuses(await reader.read()) == [200]
        writer.close()
        await writer.wait_closed()


async def test_who_may_not_send_is_told_so_at_once() -> None:
    stranger = (POST % b"Expect: 100-continue\r\n").replace(TOKEN.encode(), b"x")
    async with guarded(Recorder()) as place:
        heard = await place.say(stranger)
    assert statuses(heard) == [401]
    assert b"connection: close" in heard


async def test_a_client_that_goes_away_is_noticed_at_once() -> None:
    gone = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        assert await receive() == {"type": "http.disconnect"}
        gone.set()

    async with guarded(app) as place, asyncio.timeout(HANGS_S):
        _, writer = await asyncio.open_connection("127.0.0.1", place.port)
        writer.write(place.filled(GET))
        writer.close()
        await gone.wait()


async def test_a_body_that_breaks_off_is_a_client_gone() -> None:
    gone = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        gone.set()

    async with guarded(app) as place:
        chunked = (POST % b"").replace(b"Content-Length: 3", b"Transfer-Encoding: chunked")
        assert statuses(await place.say(chunked + b"zz")) == [400]
        await gone.wait()


async def test_an_answer_that_nobody_takes_is_given_up() -> None:
    ended = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        body = {"type": "http.response.body", "body": b"a" * 1_000_000, "more_body": True}
        watch = asyncio.ensure_future(gone(receive))
        while not watch.done():
            await send(dict(body))
        ended.set()

    async def gone(receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    async with guarded(app, timeouts=Timeouts(write_s=0.1)) as place, asyncio.timeout(HANGS_S):
        with socket.create_connection(("127.0.0.1", place.port)) as client:
            client.sendall(place.filled(GET))
            await ended.wait()


async def talk_for_ever(writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"and on")
        await writer.drain()
        await asyncio.sleep(0)


async def test_who_is_refused_and_goes_on_is_not_listened_to_for_long() -> None:
    timeouts = Timeouts(linger_s=0.1)
    async with guarded(Recorder(), timeouts=timeouts) as place, asyncio.timeout(HANGS_S):
        reader, writer = await asyncio.open_connection("127.0.0.1", place.port)
        writer.write(b"no HTTP at all")
        assert statuses(await reader.read()) == [400]
        with pytest.raises(ConnectionError):
            await talk_for_ever(writer)


async def test_a_broken_answer_is_cut_and_not_ended() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise ValueError

    async with guarded(app) as place:
        heard = await place.say(GET)
    assert heard.endswith(b"4\r\nhalf\r\n")


async def test_no_more_connections_than_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vibe.gateway.connection.Connection.most", 1)
    async with guarded(Recorder()) as place, asyncio.timeout(HANGS_S):
        _, writer = await asyncio.open_connection("127.0.0.1", place.port)
        assert statuses(await place.say(GET)) == [503]
        writer.close()
        await writer.wait_closed()


def test_what_it_runs_on_is_there_or_told(monkeypatch: pytest.MonkeyPatch) -> None:
    require_server()
    monkeypatch.setitem(sys.modules, "httptools", None)
    with pytest.raises(UsageError, match="needs httptools") as told:
        require_server()
    assert told.value.hint == "pip install 'vibe[serve]'"


def test_any_free_port_is_taken_and_told() -> None:
    sockets = listening("127.0.0.1", 0)
    assert port_of(sockets) > 0
    assert is_loopback(sockets)
    sockets[0].close()


def test_what_others_can_reach_is_no_loopback() -> None:
    sockets = listening("0.0.0.0", 0)  # noqa: S104 - closed before anybody can connect
    assert not is_loopback(sockets)
    sockets[0].close()


def test_a_name_of_several_addresses_has_one_port_at_all_of_them() -> None:
    sockets = listening("localhost", 0)
    assert len({each.getsockname()[1] for each in sockets}) == 1
    for each in sockets:
        each.close()


def test_an_address_in_brackets_is_a_part_of_a_url() -> None:
    assert (url_of("::1", 80), url_of("localhost", 80)) == (
        "http://[::1]:80",
        "http://localhost:80",
    )


@pytest.mark.parametrize(
    ("host", "said"),
    [
        pytest.param("a" * 70, f"cannot listen on {'a' * 70}: it is no address", id="no name"),
        pytest.param("a\0b", "it is no address of this machine", id="no text"),
        pytest.param("192.0.2.1", "this machine does not have that address", id="elsewhere"),
    ],
)
def test_an_address_that_cannot_be_is_told(host: str, said: str) -> None:
    with pytest.raises(UsageError, match=re.escape(said)):
        listening(host, 0)


def test_a_port_that_somebody_has_is_told() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as other,
        pytest.raises(UsageError, match="another program does"),
    ):
        listening("127.0.0.1", port_of((other,)))


async def test_a_port_that_another_gateway_has_is_told() -> None:
    async with guarded(Recorder()) as place:
        with pytest.raises(UsageError, match="another vibe serve does"):
            await asyncio.to_thread(listening, "127.0.0.1", place.port)
