"""Each protocol of a client before each dialect of a provider, with every fault of the server.

A client gets the same answer, or an error of its protocol: never a silence, and never a part that
looks whole. What it gets is read by our own decoders of the other side. Where it was translated it
is held to the grammar of its protocol, too, and where it was passed on, read as its clients do.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final, Literal, TypeAlias

import pytest
from msgspec import Struct

from tests.gateway.rig import Gate, gateway
from tests.mux.pools import Line
from tests.wire import grammar_chat, grammar_messages, grammar_mistral, grammar_responses
from tests.wire.as_clients import READERS
from vibe.domain.model import Backend, ProviderName
from vibe.domain.request import Dialect
from vibe.domain.stream import Broken, CallBegan, Ended, StreamEvent, TextDelta
from vibe.domain.target import Target
from vibe.mux.entry import Rules
from vibe.testing.dialects import DIALECTS
from vibe.testing.exchange import Answer, Asked, call
from vibe.testing.fault import Fault
from vibe.testing.faults import FAULTS, play
from vibe.wire.dialects import codec_for

CALLS = (call("read", path="a.txt"), call("read", path="b.txt"))
FULL = Answer(text="Grüße an die Welt.", calls=CALLS)
HELLO: Final[dict[Dialect, tuple[str, dict[str, Any]]]] = {
    "chat": ("/v1/chat/completions", {"messages": [{"role": "user", "content": "Hello"}]}),
    "mistral": ("/v1/chat/completions", {"messages": [{"role": "user", "content": "Hello"}]}),
    "messages": (
        "/v1/messages",
        {"max_tokens": 1000, "messages": [{"role": "user", "content": "Hello"}]},
    ),
    "responses": ("/v1/responses", {"input": "Hello"}),
}
SPEAKS: Final[dict[Dialect, Backend]] = {
    "chat": "generic",
    "mistral": "mistral",
    "messages": "anthropic",
    "responses": "responses",
}
SAYS_WHO: Final = {"mistral": {"user-agent": "mistral-client-python/3.7.0"}}
QUICK: Final = Rules(error_s=0.0, rate_limit_s=0.0, max_wait_s=0.0)
End: TypeAlias = Literal["whole", "refused", "broken"]


class Got(Struct, frozen=True, kw_only=True):
    """`end`: "refused" before there was an answer, "broken" inside of one."""

    end: End
    text: str = ""
    calls: int = 0


def behaviour(_: Asked) -> Answer:
    return FULL


async def got(gate: Gate, client: Dialect, fault: Fault, *, stream: bool, is_own: bool) -> Got:
    path, body = HELLO[client]
    asked = {**body, "model": fault.name, "stream": stream}
    response = await gate.client.post(path, json=asked, headers=SAYS_WHO.get(client))
    if response.status_code != 200:
        assert 400 <= response.status_code < 600
        assert isinstance(response.json()["error"]["message"], str)
        return Got(end="refused")
    assert response.headers["content-type"].startswith("text/event-stream") == stream
    if stream and not is_own:
        check(client, response.content)
    decoder = codec_for(SPEAKS[client]).decoder(
        Target(provider=ProviderName("p"), model="m", backend=SPEAKS[client]), stream=stream
    )
    found = read((*decoder.feed(response.content), *decoder.finish()))
    if stream and is_own and found.end == "whole" and client in READERS:
        assert found.text.startswith(READERS[client](response.content, whole=True))
    return found


def read(events: tuple[StreamEvent, ...]) -> Got:
    assert isinstance(events[-1], Ended | Broken)
    return Got(
        end="whole" if isinstance(events[-1], Ended) else "broken",
        text="".join(event.text for event in events if isinstance(event, TextDelta)),
        calls=sum(isinstance(event, CallBegan) for event in events),
    )


def check(client: Dialect, sent: bytes) -> None:
    match client:
        case "chat":
            grammar_chat.read(grammar_chat.events(sent))
        case "mistral":
            grammar_mistral.read(grammar_chat.events(sent))
        case "messages":
            assert grammar_messages.verdict(sent) in ("whole", "failed")
        case "responses":
            grammar_responses.read(grammar_responses.events(sent))


def is_own(client: Dialect, dialect: Backend) -> bool:
    """Whether the bytes are the provider's."""
    return dialect == SPEAKS[client] or (client, dialect) == ("chat", "azure")


async def played(dialect: Backend, client: Dialect, *, stream: bool, few: bool) -> dict[str, Got]:
    """With every fault beside one another, since some take their time."""
    faults = [fault for fault in FAULTS.values() if dialect in fault.dialects]
    faults = [fault for fault in faults if stream or not fault.streamed_only]
    faults = faults[::12] if few else faults
    names = tuple(fault.name for fault in faults)
    lines = (
        Line(alias=name, behaviour=behaviour, dialect=dialect, faults=play(name)) for name in names
    )
    own = is_own(client, dialect)
    async with gateway(*lines, rules=QUICK, beside=names) as gate:
        found = await asyncio.gather(
            *(got(gate, client, fault, stream=stream, is_own=own) for fault in faults)
        )
        assert gate.rig.mux.at_rest
        assert len(gate.records) == len(faults)
    return {fault.name: each for fault, each in zip(faults, found, strict=True)}


def judge(found: dict[str, Got]) -> None:
    whole = Got(end="whole", text=FULL.text, calls=2)
    wrong: dict[str, Got] = {}
    for name, each in found.items():
        fault = FAULTS[name]
        if fault.harmless:
            is_right = each == whole
        elif fault.kind is None:  # another answer, which is sound
            is_right = each.end != "refused"
        else:
            # A call that was whole before the stream broke is answer enough: see answering.py.
            is_right = each.end != "whole" or each.calls > 0
            is_right = is_right and FULL.text.startswith(each.text)
        if not is_right:
            wrong[name] = each
    assert wrong == {}


FORMS = {True: "streamed", False: "whole"}
EVERY = [
    pytest.param(client, dialect, stream, id=f"{client}-{dialect}-{form}")
    for client in HELLO
    for dialect in DIALECTS
    for stream, form in FORMS.items()
]


@pytest.mark.parametrize(("client", "dialect", "stream"), EVERY)
async def test_a_client_gets_an_answer_or_an_error(
    client: Dialect, dialect: Backend, stream: bool
) -> None:
    judge(await played(dialect, client, stream=stream, few=True))


@pytest.mark.slow
@pytest.mark.parametrize(("client", "dialect", "stream"), EVERY)
async def test_so_it_is_with_every_fault(client: Dialect, dialect: Backend, stream: bool) -> None:
    judge(await played(dialect, client, stream=stream, few=False))
