"""Asks a provider as vibe does, and tells what came of it as one value to compare.

Everything goes over real sockets; nothing of `Upstream` is replaced. By which of its transports is
said in `FOR_LOAD`; the fixture `transport` runs a test over both.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing, asynccontextmanager
from contextvars import ContextVar

from msgspec import Struct

from vibe.clock import Clock, SystemClock
from vibe.domain.failure import Failure
from vibe.domain.message import Text, User
from vibe.domain.model import Backend, ProviderName
from vibe.domain.provider import Patience, Provider
from vibe.domain.request import ModelRequest, Tool
from vibe.domain.stream import (
    Broken,
    CallBegan,
    CallDelta,
    CallEnded,
    Ended,
    StopReason,
    StreamEvent,
    TextDelta,
    ThinkingDelta,
)
from vibe.domain.target import Target
from vibe.secret import Secret
from vibe.testing.fault import streamed
from vibe.transport.upstream import Upstream
from vibe.wire.portability import fitted
from vibe.wire.presets import quirks_for

FOR_LOAD = ContextVar("FOR_LOAD", default=False)
LONG = Patience(connect_s=30.0, first_token_s=30.0, idle_s=30.0)  # none of these may ever pass
SHORT = Patience(connect_s=0.2, first_token_s=0.2, idle_s=0.2)

_READ = Tool(
    name="read",
    description="Read a file.",
    parameters='{"type":"object","properties":{"path":{"type":"string"}}}',
)

PIECE = b'data: {"choices":[{"delta":{"content":"Hi"}}]}\n\n'
DONE = b'data: {"choices":[{"delta":{"content":"."},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'


class Call(Struct, kw_only=True):
    """`whole` where the stream said so."""

    name: str
    arguments: str = ""
    whole: bool = False


class Told(Struct, kw_only=True):
    """All that the events of one answer said; just one of `ended` and `failure` is not None."""

    thinking: str = ""
    text: str = ""
    calls: list[Call] = []
    ended: StopReason | None = None
    failure: Failure | None = None


ANSWER = streamed((PIECE, DONE))
ANSWERED = Told(text="Hi.", ended="end")


def provider(
    api_base: str,
    *,
    backend: Backend = "generic",
    key: str = "",
    headers: Iterable[tuple[str, str]] = (),
    patience: Patience = LONG,
) -> Provider:
    return Provider(
        name=ProviderName("p"),
        api_base=api_base,
        backend=backend,
        key=Secret(key) if key else None,
        headers=tuple((name, Secret(value)) for name, value in headers),
        api_version="2024-10-21" if backend == "azure" else None,
        patience=patience,
    )


@asynccontextmanager
async def upstream(
    provider: Provider, *, clock: Clock | None = None
) -> AsyncGenerator[Upstream, None]:
    opened = Upstream(provider, clock=clock or SystemClock(), for_load=FOR_LOAD.get())
    try:
        yield opened
    finally:
        await opened.aclose()


def asking(
    upstream: Upstream, provider: Provider, *, stream: bool = True
) -> AsyncGenerator[StreamEvent, None]:
    """The events of a small request with a tool."""
    target = Target(
        provider=provider.name,
        model="m",
        backend=provider.backend,
        quirks=quirks_for(provider.api_base, provider.backend, model="m", overrides={}),
        api_version=provider.api_version,
    )
    request = ModelRequest(messages=(User((Text("Hello"),)),), tools=(_READ,), stream=stream)
    return upstream.ask(fitted(request, target), target)


async def told(upstream: Upstream, provider: Provider, *, stream: bool = True) -> Told:
    async with aclosing(asking(upstream, provider, stream=stream)) as events:
        return folded([event async for event in events])


async def told_once(provider: Provider, *, stream: bool = True, clock: Clock | None = None) -> Told:
    """The outcome of one request by a client of its own."""
    async with upstream(provider, clock=clock) as opened:
        return await told(opened, provider, stream=stream)


def folded(events: list[StreamEvent]) -> Told:
    """What the events say; that they end rightly is looked at here."""
    assert isinstance(events[-1], Ended | Broken)
    found = Told()
    for event in events:
        assert (found.ended, found.failure) == (None, None), "something follows the end"
        match event:
            case TextDelta(text):
                found.text += text
            case ThinkingDelta(text):
                found.thinking += text
            case CallBegan(call=number, name=name):
                assert number == len(found.calls)
                found.calls.append(Call(name=name))
            case CallDelta(call=number, arguments=arguments):
                found.calls[number].arguments += arguments
            case CallEnded(call=number):
                found.calls[number].whole = True
            case Ended(reason):
                found.ended = reason
            case Broken(failure):
                found.failure = failure
            case _:
                pass
    return found
