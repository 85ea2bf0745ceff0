"""The eight configurations that vibe was ordered with, over real sockets: each as its text says."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from msgspec.structs import replace

from tests.config.seeds import EXAMPLES, FOLDER, KEYS
from tests.mux.pools import Rig, answered_by, ask, asked
from vibe.assemble import Line, mux_over, pool_of
from vibe.clock import SystemClock
from vibe.config.load import load_file
from vibe.mux.memory import Forgetful
from vibe.testing.fault_server import FaultServer
from vibe.testing.faults import Play, play
from vibe.testing.script import says
from vibe.transport.upstream import Upstream

KEYED = dict.fromkeys(KEYS, "k" * 20)


@asynccontextmanager
async def seed(name: str, **faults: Play) -> AsyncGenerator[Rig, None]:
    """The example with a server of its own for each entry; `faults` are by alias."""
    path = FOLDER / f"{name}.toml"
    loaded = load_file(Path(path), name=path.name, env=KEYED, uid=os.getuid())
    servers: dict[str, FaultServer] = {}
    async with AsyncExitStack() as stack:
        for entry in pool_of(loaded).entries:
            server = FaultServer(says(f"I am {entry.alias}."), dialect="generic")
            servers[entry.alias] = await stack.enter_async_context(server)
            await server.play(faults.get(entry.alias.replace("-", "_")))

        def upstream_of(line: Line) -> Upstream:
            provider = replace(
                line.provider, api_base=servers[line.alias].api_base, backend="generic"
            )
            return Upstream(provider, clock=SystemClock())

        mux = mux_over(loaded, upstream_of, clock=SystemClock(), memory=Forgetful())
        stack.push_async_callback(mux.aclose)
        yield Rig(mux=mux, servers=servers)


def test_all_eight_are_tried_here() -> None:
    tried = {
        "basic_failover", "concurrency", "hybrid", "minimal", "multi_provider", "rate_limit",
        "three_tier", "weighted",
    }  # fmt: skip
    assert set(EXAMPLES) == tried


async def test_basic_failover_goes_to_the_backup_and_back() -> None:
    async with seed("basic_failover", devstral_2=play("rate_limit_short")) as rig:
        assert answered_by(await asked(rig.mux, 1)) == {"devstral-small": 1}
        assert rig.reached() == {"devstral-2": 1, "devstral-small": 1}
        await rig.servers["devstral-2"].play(None)
        await asyncio.sleep(0.05)  # the primary asked for 20 ms
        assert answered_by(await asked(rig.mux, 1)) == {"devstral-2": 1}


async def test_a_hundred_requests_are_shared_seventy_to_thirty() -> None:
    async with seed("weighted") as rig:
        assert answered_by(await asked(rig.mux, 100)) == {"devstral-2": 70, "devstral-small": 30}


async def test_another_provider_answers_where_the_first_is_down() -> None:
    async with seed("multi_provider", devstral_2=play("refused")) as rig:
        assert answered_by(await asked(rig.mux, 3)) == {"custom": 3}


async def test_the_configured_rest_after_a_rate_limit_is_kept() -> None:
    async with seed("rate_limit", devstral_2=play("rate_limit")) as rig:
        await ask(rig.mux)
        resting = rig.mux.snapshot().entries[0].back_in_s
        await rig.servers["devstral-2"].play(None)
        assert answered_by(await asked(rig.mux, 2)) == {"devstral-small": 2}
    assert resting is not None
    assert 118 < resting <= 120


async def test_the_configured_rest_after_an_error_is_kept() -> None:
    async with seed("rate_limit", devstral_2=play("server_error")) as rig:
        await ask(rig.mux)
        resting = rig.mux.snapshot().entries[0].back_in_s
    assert resting is not None
    assert 8 < resting <= 10


async def test_bounds_of_concurrency_are_kept_and_nobody_is_turned_away() -> None:
    most: dict[str, int] = {}

    async with seed("concurrency") as rig:

        def busy() -> None:
            for entry in rig.mux.snapshot().entries:
                most[entry.alias] = max(most.get(entry.alias, 0), entry.busy)

        async def one() -> str:
            told = await ask(rig.mux)
            busy()
            return str(told.answer.alias if told.answer else None)

        tasks = [asyncio.create_task(one()) for _ in range(60)]
        while not all(task.done() for task in tasks):
            busy()
            await asyncio.sleep(0)
        answered = [await task for task in tasks]
    assert most == {"devstral-2": 3, "devstral-small": 5}
    assert "None" not in answered


async def test_the_cloud_answers_where_nothing_listens_on_this_machine() -> None:
    async with seed("hybrid", local=play("refused")) as rig:
        assert answered_by(await asked(rig.mux, 2)) == {"cloud": 2}
        shown = {entry.alias: entry.state for entry in rig.mux.snapshot().entries}
    assert shown == {"local": "open", "cloud": "closed"}


async def test_three_tiers_are_asked_in_order() -> None:
    async with seed("three_tier") as rig:
        assert answered_by(await asked(rig.mux, 1)) == {"devstral-2": 1}
        await rig.servers["devstral-2"].play(play("server_error"))
        assert answered_by(await asked(rig.mux, 1)) == {"devstral-small": 1}
        await rig.servers["devstral-small"].play(play("server_error"))
        assert answered_by(await asked(rig.mux, 1)) == {"tiny": 1}
        assert rig.reached() == {"devstral-2": 2, "devstral-small": 2, "tiny": 1}


async def test_without_a_multiplexer_the_active_model_answers_alone() -> None:
    async with seed("minimal") as rig:
        assert answered_by(await asked(rig.mux, 3)) == {"devstral-2": 3}
        shown = rig.mux.snapshot()
    assert (shown.mode, shown.total) == ("single", 1)
    assert [entry.alias for entry in shown.entries] == ["devstral-2"]
