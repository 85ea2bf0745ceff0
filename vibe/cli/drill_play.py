"""Plays the trials of a drill: a server for every entry, the person's own pool before them.

Each trial has servers and a pool of its own, as if nothing had happened before. All run in one
loop whose time leaps over waits, so that the person's own patience is felt and not sat through.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import AsyncExitStack, aclosing, asynccontextmanager

from msgspec import Struct
from msgspec.structs import replace

from vibe.assemble import Line, lines_of, mux_over, pool_of
from vibe.cli.drill_model import request, tells
from vibe.cli.drill_trials import Seat, Trial
from vibe.clock import Clock
from vibe.config.load import Loaded
from vibe.domain.answer import Answer
from vibe.domain.event import (
    FailedOver,
    PoolEvent,
    Retracted,
    Sealed,
    Seam,
    Slow,
    Unanswered,
    Waiting,
)
from vibe.domain.failure import Failure, FailureKind
from vibe.domain.model import Alias, BrokenStream
from vibe.domain.request import ModelRequest
from vibe.domain.stream import Broken, StreamEvent
from vibe.domain.target import Target
from vibe.domain.telling import told
from vibe.mux import member
from vibe.mux.asking import Asking
from vibe.mux.memory import Forgetful
from vibe.mux.mux import Mux
from vibe.testing.exchange import Asked
from vibe.testing.fault_server import FaultServer
from vibe.testing.faults import Play, Schedule
from vibe.testing.leap import LeapingClock
from vibe.transport.upstream import Upstream

SEED = 7
SCOUTED = 30
MOST_EVENTS = 5_000  # of one request: an answer has about 150
_OFFLINE = Failure(
    kind=FailureKind.UNREACHABLE,
    detail="the name of the host could not be looked up",
    cause="dns",
)


class Felt(Struct, frozen=True, kw_only=True):
    """What a person has felt of one request. Without `answer` and `unanswered` it had no end."""

    after_s: float
    notices: tuple[FailedOver | Seam | Retracted | Waiting | Slow, ...] = ()
    answer: Answer | None = None
    unanswered: Unanswered | None = None

    @property
    def told(self) -> tuple[str, ...]:
        return tuple(told(notice) for notice in self.notices)


class Played(Struct, frozen=True, kw_only=True):
    """`requests` are those that each server got. `over` had more at once than it has slots."""

    trial: Trial
    felt: tuple[Felt, ...]
    requests: Mapping[Alias, int]
    over: tuple[Alias, ...] = ()


class _Rig(Struct, frozen=True, kw_only=True):
    mux: Mux
    servers: dict[Alias, FaultServer]
    clock: Clock
    most_s: float


class Drill:
    """Of one configuration, whose keys are never looked at: no server asks for one."""

    def __init__(self, loaded: Loaded) -> None:
        self._loaded = loaded
        self.on_broken: BrokenStream = loaded.settings.multiplexer.on_broken_stream
        self.pool = pool_of(loaded)
        lines = {line.alias: line for line in lines_of(loaded)}
        self._lines = {entry.alias: lines[entry.alias] for entry in self.pool.entries}
        self._slots = {entry.alias: entry.max_concurrent for entry in self.pool.entries}
        self._network = {entry.alias: entry.scopes.network for entry in self.pool.entries}

    async def seats(self) -> tuple[Seat, ...]:
        """Who is asked first, as requests come one after another and all are well."""
        firsts: dict[Alias, Seat] = {}
        async with self._rig() as rig:
            for after in range(SCOUTED if self.pool.rules.mode == "load_balance" else 1):
                await _felt(rig, request(calls=False))
                attempts = rig.mux.traces[-1].attempts
                first = self._lines[min(attempts, key=lambda attempt: attempt.at_s).alias]
                seat = Seat(
                    alias=first.alias,
                    dialect=first.target.backend,
                    after=after,
                    calls_tools=first.target.calls_tools is not False,
                )
                firsts.setdefault(first.alias, seat)
        return tuple(firsts.values())

    async def play(self, trial: Trial) -> Played:
        asked = request(calls=trial.calls)
        async with self._rig(offline_s=trial.offline_s) as rig:
            for _ in range(trial.seat.after):
                await _felt(rig, asked)
            before = _reached(rig)
            busiest = _Busiest(rig.servers)
            for alias, faults in trial.plays.items():
                watched = busiest.watching(alias, faults) if trial.at_once > 1 else faults
                await rig.servers[alias].play(watched)
            async with asyncio.TaskGroup() as group:
                end = group.create_task(_end(rig, trial))
                felt: list[Felt] = []
                for _ in range(trial.times):
                    requests = (_felt(rig, asked) for _ in range(trial.at_once))
                    felt += await asyncio.gather(*requests)
                end.cancel()
            reached = _reached(rig)
        return Played(
            trial=trial,
            felt=tuple(felt),
            requests={alias: reached[alias] - before[alias] for alias in reached},
            over=tuple(
                alias for alias, most in busiest.most.items() if most > (self._slots[alias] or most)
            ),
        )

    @asynccontextmanager
    async def _rig(self, *, offline_s: float = 0.0) -> AsyncGenerator[_Rig, None]:
        clock = LeapingClock()
        offline_until = clock.monotonic() + offline_s
        servers: dict[Alias, FaultServer] = {}
        async with AsyncExitStack() as stack:
            for alias, line in self._lines.items():
                server = FaultServer(tells, dialect=line.target.backend, clock=clock)
                servers[alias] = await stack.enter_async_context(server)

            def upstream(line: Line) -> member.Upstream:
                provider = replace(
                    line.provider, api_base=servers[line.alias].api_base, key=None, headers=()
                )
                there = Upstream(provider, clock=clock)
                until = offline_until if self._network[line.alias] else 0.0
                return _Offline(there, clock=clock, until=until)

            mux = mux_over(self._loaded, upstream, clock=clock, memory=Forgetful(), seed=SEED)
            stack.push_async_callback(mux.aclose)
            yield _Rig(mux=mux, servers=servers, clock=clock, most_s=self._most_s)

    @property
    def _most_s(self) -> float:
        """No request may take longer: each entry silent three times, and all the waiting."""
        patience = [line.provider.patience for line in self._lines.values()]
        silent_s = sum(each.first_token_s + each.meaning_s for each in patience)
        return 3 * silent_s + self.pool.rules.max_wait_s + 60.0


class _Offline:
    """An upstream whose name cannot be looked up until then."""

    def __init__(self, upstream: Upstream, *, clock: Clock, until: float) -> None:
        self._upstream = upstream
        self._clock = clock
        self._until = until

    def ask(self, request: ModelRequest, target: Target) -> AsyncGenerator[StreamEvent, None]:
        if self._clock.monotonic() < self._until:
            return _lost()
        return self._upstream.ask(request, target)

    async def aclose(self) -> None:
        await self._upstream.aclose()


async def _lost() -> AsyncGenerator[StreamEvent, None]:
    yield Broken(_OFFLINE)


class _Busiest:
    """How many requests each server was busy with at once, at the most."""

    def __init__(self, servers: Mapping[Alias, FaultServer]) -> None:
        self.most = dict.fromkeys(servers, 0)
        self._servers = servers

    def watching(self, alias: Alias, faults: Play | Schedule) -> Schedule:
        def watched(asked: Asked, number: int) -> Play | None:
            busy = sum(each.ended == "open" for each in self._servers[alias].requests)
            self.most[alias] = max(self.most[alias], busy)
            return faults if isinstance(faults, Play) else faults(asked, number)

        return watched


def _reached(rig: _Rig) -> dict[Alias, int]:
    return {alias: len(server.requests) for alias, server in rig.servers.items()}


async def _end(rig: _Rig, trial: Trial) -> None:
    """Let the trouble be over when its time has come."""
    if trial.lasts_s is not None:
        await rig.clock.sleep(trial.lasts_s)
        for alias in trial.plays:
            await rig.servers[alias].play(None)


async def _felt(rig: _Rig, asked: ModelRequest) -> Felt:
    began = rig.clock.monotonic()
    events: list[PoolEvent] = []
    try:
        async with asyncio.timeout(rig.most_s):
            async with aclosing(rig.mux.stream(asked, Asking(by_person=True))) as stream:
                async for event in stream:
                    events.append(event)
                    if len(events) > MOST_EVENTS:
                        break
    except TimeoutError:
        pass
    last = events[-1] if events else None
    return Felt(
        after_s=rig.clock.monotonic() - began,
        notices=tuple(_notices(events)),
        answer=last.answer if isinstance(last, Sealed) else None,
        unanswered=last if isinstance(last, Unanswered) else None,
    )


def _notices(events: list[PoolEvent]) -> Iterator[FailedOver | Seam | Retracted | Waiting | Slow]:
    for event in events:
        if isinstance(event, FailedOver | Seam | Retracted | Waiting | Slow):
            yield event
