"""Upstreams that a reload leaves out: closed when nothing is under way there, and not before."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.mux.pools import HELLO, Line, ask, pool
from vibe.assemble import mux_for_all, refit, refit_for_all
from vibe.clock import SystemClock
from vibe.config.load import Loaded, load
from vibe.config.paths import folders
from vibe.domain.event import Sealed
from vibe.domain.request import ModelRequest
from vibe.domain.stream import StreamEvent, TextDelta
from vibe.domain.target import Target
from vibe.mux.memory import Forgetful
from vibe.mux.mux import Mux
from vibe.mux.upstreams import Upstreams
from vibe.testing.script import says

CLOCK = SystemClock()


class Door:
    """An upstream that only knows whether it is open."""

    def __init__(self) -> None:
        self.closed = 0

    def ask(self, request: ModelRequest, target: Target) -> AsyncGenerator[StreamEvent, None]:
        raise NotImplementedError

    async def aclose(self) -> None:
        self.closed += 1


async def settled() -> None:
    """What was begun meanwhile has run."""
    for _ in range(3):
        await asyncio.sleep(0)


async def test_who_leaves_is_closed_after_the_last_use_that_began_before() -> None:
    upstreams, old, new = Upstreams(), Door(), Door()
    upstreams.keep([old])
    first, second = upstreams.begin(), upstreams.begin()
    upstreams.keep([new])
    third = upstreams.begin()
    upstreams.end(second)
    await settled()
    assert old.closed == 0
    upstreams.end(first)
    await settled()
    assert (old.closed, new.closed) == (1, 0)
    upstreams.end(third)
    await upstreams.aclose()
    assert (old.closed, new.closed) == (1, 1)


async def test_who_comes_back_at_once_is_not_closed() -> None:
    upstreams, door = Upstreams(), Door()
    upstreams.keep([door])
    upstreams.keep([])
    upstreams.keep([door])
    await settled()
    assert door.closed == 0
    await upstreams.aclose()
    assert door.closed == 1


@given(st.lists(st.integers(-1, 3), max_size=30))
def test_nobody_is_closed_while_used_and_all_are_in_the_end(steps: list[int]) -> None:
    """Each step is a reload (-1), the beginning of a use (0) or the end of one."""

    async def run() -> None:
        upstreams, made = Upstreams(), [Door()]
        upstreams.keep(made[-1:])
        uses: list[tuple[int, Door]] = []
        for step in steps:
            if step < 0:
                made.append(Door())
                upstreams.keep(made[-1:])
            elif step == 0:
                uses.append((upstreams.begin(), made[-1]))
            elif uses:
                upstreams.end(uses.pop(step % len(uses))[0])
            await settled()
            assert not any(door.closed for _, door in uses)
            oldest = min((made.index(door) for _, door in uses), default=len(made) - 1)
            assert [door.closed for door in made[:oldest]] == [1] * oldest
        await upstreams.aclose()
        assert [door.closed for door in made] == [1] * len(made)

    asyncio.run(run())


async def test_an_answer_goes_on_while_its_upstream_leaves() -> None:
    line = Line(alias="a", behaviour=says("word " * 50))
    async with pool(line, Line(alias="b")) as rig:
        door = Door()
        a, b = rig.mux.members
        async with aclosing(rig.mux.stream(HELLO)) as events:
            async for event in events:
                if isinstance(event, TextDelta):
                    break
            rig.mux.set_members([replace(a, upstream=door), b])
            *_, last = [event async for event in events]
        assert isinstance(last, Sealed)
        rig.mux.set_members([b])
        await settled()
        assert door.closed == 1
        assert (await ask(rig.mux)).answer


# What a configuration makes of them.

TWO = """\
active_model = "one"
[[providers]]
name = "acme"
api_base = "http://127.0.0.1:9/v1"
{acme}
[[providers]]
name = "other"
api_base = "http://127.0.0.1:10/v1"
[[models]]
name = "one"
provider = "acme"
[[models]]
name = "two"
provider = "acme"
[[models]]
name = "three"
provider = "other"
"""


def loaded(home: Path, *, acme: str = "", text: str = TWO) -> Loaded:
    file = home / "config.toml"
    file.write_text(text.format(acme=acme))
    file.chmod(0o600)
    env = {"HOME": str(home), "ACME_KEY": "canary7F3a9c21D4e8b6A0zz"}
    places = folders(env, platform="linux", cwd=home, config=file)
    found = load(places, env=env, uid=home.stat().st_uid)
    found.require()
    return found


def upstreams_of(mux: Mux) -> dict[str, int]:
    return {str(member.entry.alias): id(member.upstream) for member in mux.members}


@pytest.mark.parametrize(
    ("acme", "is_same"),
    [
        pytest.param("", True, id="nothing is changed"),
        pytest.param("priority = 3", True, id="what is of no connection"),
        pytest.param("timeout_s = 7.0", False, id="its patience"),
        pytest.param('api_key_env_var = "ACME_KEY"', False, id="its key"),
        pytest.param('headers = { "X-Team" = "b" }', False, id="a header"),
    ],
)
async def test_a_provider_that_stays_the_same_keeps_its_connections(
    tmp_path: Path, acme: str, is_same: bool
) -> None:
    mux = mux_for_all(loaded(tmp_path), clock=CLOCK, memory=Forgetful())
    before = upstreams_of(mux)
    assert before["one"] == before["two"] != before["three"]
    refit_for_all(mux, loaded(tmp_path, acme=acme), clock=CLOCK)
    after = upstreams_of(mux)
    assert after["one"] == after["two"]
    assert (before["one"] == after["one"], before["three"] == after["three"]) == (is_same, True)
    refit(mux, loaded(tmp_path, acme=acme), clock=CLOCK)
    assert upstreams_of(mux) == {"one": after["one"]}
    await mux.aclose()
