"""The memory that processes share: a second one knows at once what the first has met."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, closing
from pathlib import Path
from random import Random

from msgspec.structs import replace

from tests.mux.pools import HELLO, Line, Told, answered_by, ask, asked, member
from vibe.clock import SystemClock
from vibe.domain.event import Sealed, Waiting
from vibe.domain.failure import Failure, FailureKind
from vibe.domain.model import Alias, ProviderName
from vibe.domain.request import ModelRequest
from vibe.domain.stream import Broken, StreamEvent
from vibe.domain.target import Target
from vibe.mux.entry import NETWORK, Pool, Rules, ScopeId
from vibe.mux.health import Health
from vibe.mux.limits import Learned
from vibe.mux.member import Member
from vibe.mux.mux import Mux
from vibe.mux.shared import SharedMemory
from vibe.mux.status import status
from vibe.mux.store import Store
from vibe.testing.fault_server import FaultServer
from vibe.testing.faults import play

CLOCK = SystemClock()
SHARED = Rules(mode="load_balance")


class House:
    """Servers that stay, and processes that come and go, each with a mux of its own."""

    def __init__(self, lines: Sequence[Line], path: Path, stack: AsyncExitStack) -> None:
        self.servers: dict[str, FaultServer] = {}
        self.notices: list[str] = []
        self._lines = lines
        self._path = path
        self._stack = stack

    async def build(self) -> None:
        for line in self._lines:
            server = FaultServer(line.behaviour, faults=line.faults)
            self.servers[line.alias] = await self._stack.enter_async_context(server)

    @asynccontextmanager
    async def process(
        self, rules: Rules | None = None, *, trouble: str | None = None
    ) -> AsyncGenerator[Mux, None]:
        """`trouble` is that of the first entry."""
        memory = SharedMemory(self.store(), tell=self.notices.append)
        first = replace(self._lines[0], trouble=trouble)
        lines = (first, *self._lines[1:])
        members = [member(line, self.servers[line.alias], CLOCK) for line in lines]
        rng = Random(7)  # noqa: S311 - the same choices in every run
        mux = Mux(members, rules or Rules(), clock=CLOCK, rng=rng, memory=memory)
        try:
            yield mux
        finally:
            await mux.aclose()

    def store(self) -> Store:
        return Store.open(self._path, CLOCK)

    def learn(self, scope: str, *, left: int) -> None:
        """As if a process had been told so by the headers of a provider."""
        store, now = self.store(), CLOCK.monotonic()
        limit = Learned(seen_at=now, requests=left, requests_reset_at=now + 60.0)
        store.put_limit(ScopeId(scope), limit)
        store.close()

    async def each_asked_once(self, times: int, *, trouble: str | None = None) -> dict[str, int]:
        """Of so many processes, one after another."""
        told: list[Told] = []
        for _ in range(times):
            async with self.process(SHARED, trouble=trouble) as mux:
                told.append(await ask(mux))
        return answered_by(told)

    def reached(self) -> dict[str, int]:
        return {alias: len(server.requests) for alias, server in self.servers.items()}


@asynccontextmanager
async def house(path: Path, *lines: Line) -> AsyncGenerator[House, None]:
    async with AsyncExitStack() as stack:
        built = House(lines, path / "pool.db", stack)
        await built.build()
        yield built


LIMITED = (
    Line(alias="first", faults=play("rate_limit_seconds")),
    Line(alias="second", is_fallback=True),
)


async def test_a_second_process_leaves_a_limited_entry_alone(tmp_path: Path) -> None:
    async with house(tmp_path, *LIMITED) as built:
        async with built.process() as one:
            await ask(one)
        async with built.process() as two:
            await ask(two)
            assert built.reached() == {"first": 1, "second": 2}


async def test_a_process_that_runs_learns_what_another_has_met(tmp_path: Path) -> None:
    async with house(tmp_path, *LIMITED) as built, built.process() as one:
        async with built.process() as two:
            await ask(two)
        await ask(one)
        assert built.reached() == {"first": 1, "second": 2}


async def test_shares_are_exact_over_many_runs(tmp_path: Path) -> None:
    lines = Line(alias="a", weight=70), Line(alias="b", weight=30)
    async with house(tmp_path, *lines) as built:
        told: list[Told] = []
        for _ in range(20):
            async with built.process(SHARED) as mux:
                told += await asked(mux, 1)
        assert answered_by(told) == {"a": 14, "b": 6}


BUSY = (Line(alias="busy", weight=7), Line(alias="calm", weight=3))


async def test_who_was_passed_over_for_its_limit_does_not_catch_up_in_later_runs(
    tmp_path: Path,
) -> None:
    async with house(tmp_path, *BUSY) as built:
        built.learn("model busy", left=0)
        assert await built.each_asked_once(10) == {"calm": 10}
        built.learn("model busy", left=1_000)
        assert await built.each_asked_once(10) == {"busy": 7, "calm": 3}


async def test_who_could_not_be_used_does_not_catch_up_in_later_runs(tmp_path: Path) -> None:
    async with house(tmp_path, *BUSY) as built:
        assert await built.each_asked_once(10, trouble="has no key") == {"calm": 10}
        assert await built.each_asked_once(10) == {"busy": 7, "calm": 3}


async def test_a_reload_counts_on_from_what_others_have_counted_for_the_new_pool(
    tmp_path: Path,
) -> None:
    old = Line(alias="a"), Line(alias="b")
    new = (Line(alias="a", weight=3), old[1])
    async with house(tmp_path, *old) as built:
        pools = [
            [member(line, built.servers[line.alias], CLOCK) for line in lines]
            for lines in (old, new)
        ]
        signatures = [
            Pool(entries=tuple(each.entry for each in members), rules=SHARED).signature
            for members in pools
        ]
        other = built.store()
        other.add_sent(signatures[0], Alias("a"), 100)
        other.put_health(ScopeId("model b"), Health(epoch=1, until=0.0))  # it rejoins, at 100
        other.add_sent(signatures[1], Alias("a"), 30)
        other.add_sent(signatures[1], Alias("b"), 10)
        other.flush()
        async with built.process(SHARED) as mux:
            await asked(mux, 4)
            mux.set_members(pools[1])
            told = await asked(mux, 8)
        sent = [other.load().sent[signature] for signature in signatures]
        other.close()
    assert answered_by(told) == {"a": 6, "b": 2}
    assert sent[0].keys() == {"a", "b"}
    assert sum(sent[0].values()) == 204
    assert sent[1] == {"a": 36, "b": 12}


async def test_a_share_is_the_part_of_the_attempts_of_today_that_were_made(tmp_path: Path) -> None:
    lines = Line(alias="a", weight=7, faults=play("rate_limit_seconds")), Line(alias="b", weight=3)
    async with house(tmp_path, *lines) as built:
        await built.each_asked_once(8)
        async with built.process(SHARED) as mux:
            await ask(mux)
            last = mux.snapshot()
        entries = tuple(member(line, built.servers[line.alias], CLOCK).entry for line in lines)
        names = {entry.alias: (ProviderName("p"), "m") for entry in entries}
        with closing(built.store()) as store:
            shown = status(Pool(entries=entries, rules=SHARED), names, store, clock=CLOCK)
    assert built.reached() == {"a": 1, "b": 9}
    assert [(e.share, e.want) for e in shown.pool.entries] == [(0.1, 0.7), (0.9, 0.3)]
    assert [(e.share, e.want) for e in last.entries] == [(0.0, 0.7), (1.0, 0.3)]


async def test_who_waits_for_the_probe_of_another_process_goes_on_when_it_is_over(
    tmp_path: Path,
) -> None:
    async with house(tmp_path, Line(alias="only")) as built:
        other, scope = built.store(), ScopeId("model only")
        since = CLOCK.monotonic()
        failed = Health(epoch=1, openings=1, until=since, failure=Failure(kind=FailureKind.SERVER))
        other.put_health(scope, failed)
        other.flush()
        assert other.lease([scope], 600.0) is None
        async with built.process() as mux, aclosing(mux.stream(HELLO)) as events:
            waiting = await anext(events)
            other.close()
            *_, sealed = [event async for event in events]
    assert isinstance(waiting, Waiting)
    assert isinstance(sealed, Sealed)


class Lost:
    """An upstream without a network."""

    async def ask(self, request: ModelRequest, target: Target) -> AsyncGenerator[StreamEvent, None]:
        del request, target
        yield Broken(Failure(kind=FailureKind.UNREACHABLE, cause="dns"))

    async def aclose(self) -> None:
        pass


def far(mux: Mux) -> list[Member]:
    """Its members as if a network lay between."""
    return [
        replace(m, entry=replace(m.entry, scopes=replace(m.entry.scopes, network=NETWORK)))
        for m in mux.members
    ]


async def test_a_lost_network_is_held_against_no_entry_and_not_remembered(tmp_path: Path) -> None:
    async with house(tmp_path, Line(alias="a"), Line(alias="b")) as built:
        async with built.process(Rules(max_wait_s=0.0)) as one:
            one.set_members([replace(each, upstream=Lost()) for each in far(one)])
            assert (await ask(one)).unanswered
            shown = one.snapshot()
        async with built.process(Rules(max_wait_s=0.0)) as two:
            two.set_members(far(two))
            told = await ask(two)
    assert (shown.offline, [entry.state for entry in shown.entries]) == (True, ["closed"] * 2)
    assert told.answer


async def test_a_key_that_was_refused_gets_one_chance_in_the_next_run(tmp_path: Path) -> None:
    lines = Line(alias="only", faults=play("unauthorized"))
    async with house(tmp_path, lines) as built:
        async with built.process() as one:
            assert (await ask(one)).unanswered
        await built.servers["only"].play(None)
        async with built.process() as two:
            assert (await ask(two)).answer


async def test_what_a_process_tells_of_itself_is_seen_from_outside(tmp_path: Path) -> None:
    lines = Line(alias="a"), Line(alias="b", is_fallback=True)
    async with house(tmp_path, *lines) as built, built.process() as mux:
        await asked(mux, 3)
        await asyncio.sleep(0)
        own = mux.snapshot()
        store = Store.open(tmp_path / "pool.db", CLOCK)
        store.put_snapshot(own)
        store.flush()
        names = {entry.alias: (entry.provider, entry.model) for entry in own.entries}
        entries = tuple(member(line, built.servers[line.alias], CLOCK).entry for line in lines)
        shown = status(Pool(entries=entries), names, store, clock=CLOCK)
        store.close()
    assert [each.snapshot for each in shown.processes] == [own]
    assert [(e.alias, e.requests, e.ok) for e in shown.pool.entries] == [
        (e.alias, e.requests, e.ok) for e in own.entries
    ]


async def test_a_store_that_cannot_be_opened_is_told_once_and_nothing_else_is_lost(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_text("no folder")
    async with house(tmp_path / "file", *LIMITED) as built, built.process() as mux:
        told = await asked(mux, 2)
        assert [each.text for each in told] == ["Hello to you."] * 2
    assert len(built.notices) == 1
    assert "pool.db" in built.notices[0]
