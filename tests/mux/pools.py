"""Pools over real sockets: a server on a port of its own for each entry, and a mux before all.

The oracle of the simulation judges each of them.
"""

from __future__ import annotations

import random
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from typing import Protocol, cast

from msgspec import Struct
from msgspec.structs import replace

from tests.mux.judged import Judge
from vibe.clock import Clock, SystemClock
from vibe.domain.answer import Answer
from vibe.domain.event import PoolEvent, Retracted, Routed, Sealed, Unanswered
from vibe.domain.message import Text, User
from vibe.domain.model import Alias, Backend, BrokenStream, ProviderName
from vibe.domain.provider import Patience, Provider
from vibe.domain.request import ModelRequest, Tool
from vibe.domain.stream import TextDelta
from vibe.domain.target import Target
from vibe.domain.usage import Price
from vibe.mux.asking import Asking
from vibe.mux.core import Core
from vibe.mux.entry import Entry, Rules, ScopeId, Scopes
from vibe.mux.member import Member
from vibe.mux.memory import Forgetful, Memory
from vibe.mux.mux import Mux
from vibe.secret import Secret
from vibe.testing.exchange import Behaviour
from vibe.testing.fault_server import FaultServer
from vibe.testing.faults import Play, Schedule
from vibe.testing.script import says
from vibe.transport.upstream import Upstream
from vibe.wire.presets import quirks_for

HELLO = ModelRequest(messages=(User((Text("Hello"),)),))
READ = Tool(
    name="read",
    description="Read a file.",
    parameters='{"type":"object","properties":{"path":{"type":"string"}}}',
)
LONG = Patience(connect_s=10.0, first_token_s=10.0, idle_s=10.0)
QUICK = Patience(connect_s=10.0, first_token_s=0.3, idle_s=0.3)


class Server(Protocol):
    @property
    def api_base(self) -> str: ...


class Line(Struct, frozen=True, kw_only=True):
    """One entry of a pool to be: who answers there, and how it fails."""

    alias: str
    behaviour: Behaviour = says("Hello to you.")
    faults: Play | Schedule | None = None
    dialect: Backend = "generic"
    weight: int = 1
    max_concurrent: int | None = None
    is_fallback: bool = False
    patience: Patience | None = None
    price: Price = Price(input=1.0, output=2.0)
    window: int | None = None
    trouble: str | None = None
    key: str = ""
    sees: bool | None = None
    quirks: Mapping[str, bool] = {}


class Rig(Struct, kw_only=True):
    """`servers` are by alias."""

    mux: Mux
    servers: dict[str, FaultServer]

    def reached(self) -> dict[str, int]:
        """How many requests each server got."""
        return {alias: len(server.requests) for alias, server in self.servers.items()}


class Told(Struct, kw_only=True):
    """All that one request told: `text` is what stands on the screen at its end."""

    events: list[PoolEvent] = []
    text: str = ""
    answer: Answer | None = None
    unanswered: Unanswered | None = None

    def kinds(self) -> list[str]:
        """The events but for the deltas."""
        return [type(e).__name__ for e in self.events if not isinstance(e, TextDelta | Routed)]


@asynccontextmanager
async def pool(
    *lines: Line,
    rules: Rules = Rules(error_s=0.2, rate_limit_s=0.2),  # noqa: B008 - frozen
    on_broken: BrokenStream = "continue",
    memory: Memory | None = None,
    clock: Clock | None = None,
    core: type[Core] = Core,
) -> AsyncGenerator[Rig, None]:
    clock, judge = clock or SystemClock(), Judge(core)
    servers: dict[str, FaultServer] = {}
    async with AsyncExitStack() as stack:
        for line in lines:
            server = FaultServer(
                line.behaviour, dialect=line.dialect, faults=line.faults, key=line.key
            )
            servers[line.alias] = await stack.enter_async_context(server)
        mux = Mux(
            [member(line, servers[line.alias], clock) for line in lines],
            rules,
            clock=clock,
            rng=random.Random(7),  # noqa: S311 - the same choices in every run
            memory=memory or Forgetful(),
            on_broken=on_broken,
            core=cast("type[Core]", judge.core),
        )
        stack.push_async_callback(mux.aclose)
        yield Rig(mux=mux, servers=servers)
        judge.verdict(clock.monotonic())


def member(line: Line, server: Server, clock: Clock) -> Member:
    api_base, backend = server.api_base, line.dialect
    provider = Provider(
        name=ProviderName(line.alias),
        api_base=api_base,
        backend=backend,
        api_version="2024-10-21" if backend == "azure" else None,
        key=Secret(line.key) if line.key else None,
        patience=line.patience or _patience(line.faults),
    )
    origin = ScopeId(f"origin {api_base}")
    own = ScopeId(f"model {line.alias}")
    key = ScopeId(f"key {line.alias}")
    return Member(
        entry=Entry(
            alias=Alias(line.alias),
            scopes=Scopes(own=own, key=key, origin=origin, network=ScopeId("")),
            weight=line.weight,
            max_concurrent=line.max_concurrent,
            is_fallback=line.is_fallback,
            price=line.price,
            window=line.window,
            trouble=line.trouble,
        ),
        target=Target(
            provider=provider.name,
            model=f"{line.alias}-model",
            backend=backend,
            quirks=quirks_for(api_base, backend, model="m", overrides=dict(line.quirks)),
            api_version=provider.api_version,
            context_window=line.window,
            sees_images=line.sees,
        ),
        upstream=Upstream(provider, clock=clock),
    )


def _patience(faults: Play | Schedule | None) -> Patience:
    """Short only where silence is what is played: a busy machine is silent, too."""
    is_silence = isinstance(faults, Play) and "stall" in faults.fault.name
    return QUICK if is_silence else LONG


async def ask(mux: Mux, request: ModelRequest = HELLO, asking: Asking | None = None) -> Told:
    """One request to its end; that it ends rightly is looked at here."""
    told = Told()
    async with aclosing(mux.stream(request, asking or Asking())) as events:
        async for event in events:
            assert (told.answer, told.unanswered) == (None, None), "something follows the end"
            told.events.append(event)
            match event:
                case TextDelta(text):
                    told.text += text
                case Retracted():
                    told.text = ""
                case Sealed(answer):
                    told.answer = answer
                case Unanswered():
                    told.unanswered = event
                case _:
                    pass
    assert (told.answer is None) != (told.unanswered is None)
    return told


async def asked(mux: Mux, times: int, request: ModelRequest = HELLO) -> list[Told]:
    """So many requests, one after another."""
    return [await ask(mux, request) for _ in range(times)]


def answered_by(told: Sequence[Told]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for each in told:
        alias = str(each.answer.alias) if each.answer else "nobody"
        counts[alias] = counts.get(alias, 0) + 1
    return counts


def tools(request: ModelRequest = HELLO) -> ModelRequest:
    return replace(request, tools=(READ,))
