"""The memory that processes share: a second one knows at once what the first has met."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from random import Random

from msgspec.structs import replace

from tests.mux.pools import Line, Told, answered_by, ask, asked, member
from vibe.clock import SystemClock
from vibe.mux.entry import Pool, Rules, ScopeId
from vibe.mux.limits import Learned
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
        shown, running = status(Pool(entries=entries), names, store, clock=CLOCK)
        store.close()
    assert [each.snapshot for each in running] == [own]
    assert [(e.alias, e.requests, e.ok) for e in shown.entries] == [
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
