"""Signs of life while a client waits: in time, in its protocol, and never inside of anything."""

from __future__ import annotations

import asyncio
from typing import Final

import pytest

from tests.gateway.rig import gateway
from tests.gateway.test_every_direction import HELLO, SAYS_WHO, SPEAKS, check, is_own, read
from tests.mux.pools import Line
from vibe.domain.model import Backend, ProviderName
from vibe.domain.request import Dialect
from vibe.domain.target import Target
from vibe.gateway.asgi import Message
from vibe.gateway.outlet import Outlet
from vibe.mux.entry import Rules
from vibe.testing.faults import play
from vibe.testing.script import says
from vibe.wire.dialects import codec_for

REST: Final = Rules(error_s=60.0, max_wait_s=0.0)
BEATS: Final[dict[Dialect, bytes]] = {
    "chat": b": waiting\n\n",
    "mistral": b": waiting\n\n",
    "messages": b'event: ping\ndata: {"type":"ping"}\n\n',
    "responses": b": waiting\n\n",
}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vibe.gateway.outlet.BEAT_S", 0.02)


class Wire:
    """What was sent, and a way to hold it up."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.passes = asyncio.Event()
        self.passes.set()
        self._came = asyncio.Event()

    async def __call__(self, message: Message) -> None:
        begins = message["type"] == "http.response.start"
        told = "head" if begins else message["body"].decode() or "end"
        await self.passes.wait()
        self.sent.append(told)
        self._came.set()

    async def until(self, count: int) -> None:
        while len(self.sent) < count:
            self._came.clear()
            await self._came.wait()


async def test_a_beat_comes_after_each_silence_and_brings_the_head() -> None:
    wire = Wire()
    outlet = Outlet(wire, lambda: ())
    outlet.beat_with(lambda: b"beat")
    assert not outlet.has_begun
    await wire.until(3)
    await outlet.end(b"last")
    assert wire.sent[:3] == ["head", "beat", "beat"]
    assert wire.sent[-2:] == ["last", "end"]


async def test_nothing_comes_after_the_end() -> None:
    wire = Wire()
    outlet = Outlet(wire, lambda: ())
    outlet.beat_with(lambda: b"beat")
    await outlet.end(b"")
    told = list(wire.sent)
    other = Outlet(later := Wire(), lambda: ())
    other.beat_with(lambda: b"beat")
    await later.until(4)  # long enough for several
    other.stop()
    assert wire.sent == told == ["head", "end"]


async def test_what_is_written_waits_for_a_beat_that_is_on_its_way() -> None:
    wire = Wire()
    wire.passes.clear()
    outlet = Outlet(wire, lambda: ())
    beaten = asyncio.Event()
    outlet.beat_with(lambda: beaten.set() or b"beat")
    await beaten.wait()
    ending = asyncio.create_task(outlet.end(b"all"))
    await asyncio.sleep(0)
    wire.passes.set()
    await ending
    assert wire.sent == ["head", "beat", "all", "end"]


async def test_no_beat_comes_while_a_slow_client_is_being_written_to() -> None:
    wire = Wire()
    wire.passes.clear()
    outlet = Outlet(wire, lambda: ())
    beats: list[bytes] = []
    outlet.beat_with(lambda: beats.append(b"") or b"beat")
    writing = asyncio.create_task(outlet.write(b"slow"))
    other = Outlet(later := Wire(), lambda: ())
    other.beat_with(lambda: b"beat")
    await later.until(4)
    other.stop()
    assert beats == []
    wire.passes.set()
    await writing
    await outlet.end(b"")
    assert wire.sent[:2] == ["head", "slow"]


async def test_a_beat_that_is_no_longer_wanted_is_not_sent() -> None:
    wire = Wire()
    wire.passes.clear()
    outlet = Outlet(wire, lambda: ())
    beaten = asyncio.Event()
    outlet.beat_with(lambda: beaten.set() or b"beat")
    await beaten.wait()
    outlet.stop()
    wire.passes.set()
    await asyncio.sleep(0)
    assert wire.sent == []


# Over real sockets.

TEXT: Final = "It took a while, and here it is."
EVERY = [
    pytest.param(client, dialect, id=f"{client} from {dialect}")
    for client in HELLO
    for dialect in (SPEAKS[client], "anthropic" if client != "messages" else "generic")
]


@pytest.mark.parametrize(("client", "dialect"), EVERY)
async def test_a_stream_with_beats_before_its_first_word_is_a_legal_one(
    client: Dialect, dialect: Backend
) -> None:
    path, body = HELLO[client]
    lines = (
        Line(alias="silent", dialect=dialect, faults=play("stall_before_headers")),
        Line(alias="other", dialect=dialect, behaviour=says(TEXT)),
    )
    async with gateway(*lines, rules=REST) as gate:
        asked = {**body, "model": "auto", "stream": True}
        response = await gate.client.post(path, json=asked, headers=SAYS_WHO.get(client))
        assert response.status_code == 200
        assert [record.end for record in gate.records] == ["ok"]
    sent = response.content
    assert sent.startswith(BEATS[client])
    if not is_own(client, dialect):
        check(client, sent.replace(BEATS[client], b""))
    backend = SPEAKS[client]
    target = Target(provider=ProviderName("p"), model="m", backend=backend)
    decoder = codec_for(backend).decoder(target, stream=True)
    found = read((*decoder.feed(sent), *decoder.finish()))
    assert (found.end, found.text) == ("whole", TEXT)
    if client == "messages":
        assert sent.count(b"event: message_start") == 1


@pytest.mark.parametrize(("client", "dialect"), EVERY)
async def test_a_stream_with_beats_in_its_midst_ends_in_an_error_of_its_own(
    client: Dialect, dialect: Backend
) -> None:
    path, body = HELLO[client]
    line = Line(alias="stalls", dialect=dialect, behaviour=says(TEXT), faults=play("stall_in_body"))
    async with gateway(line, rules=REST) as gate:
        asked = {**body, "model": "auto", "stream": True}
        response = await gate.client.post(path, json=asked, headers=SAYS_WHO.get(client))
        assert [(record.end, record.status) for record in gate.records] == [("cut", 200)]
    sent = response.content
    _, beat, ended = sent.rpartition(BEATS[client])  # one may come before the first piece, too
    assert beat
    if not is_own(client, dialect):
        check(client, sent.replace(BEATS[client], b""))
    assert b"error" in ended or b"failed" in ended


@pytest.mark.parametrize("client", HELLO)
async def test_an_answer_in_one_body_has_no_beats(client: Dialect) -> None:
    path, body = HELLO[client]
    lines = (Line(alias="silent", faults=play("stall_before_headers")), Line(alias="other"))
    async with gateway(*lines, rules=REST) as gate:
        asked = {**body, "model": "auto"}
        response = await gate.client.post(path, json=asked, headers=SAYS_WHO.get(client))
        assert response.content.startswith(b"{")
