"""A pool whose members change while it runs, and what is forgotten by hand."""

from __future__ import annotations

from contextlib import aclosing

from tests.mux.pools import HELLO, Line, ask, asked, pool
from vibe.domain.event import Sealed
from vibe.domain.model import Alias
from vibe.domain.stream import TextDelta
from vibe.mux.asking import Asking
from vibe.mux.entry import Rules
from vibe.testing.faults import at, play
from vibe.testing.script import says

SHARED = Rules(mode="load_balance", rate_limit_s=60.0)


async def test_who_leaves_ends_what_it_has_begun_and_gets_nothing_more() -> None:
    async with pool(Line(alias="a", behaviour=says("word " * 20)), Line(alias="b")) as rig:
        async with aclosing(rig.mux.stream(HELLO)) as events:
            async for event in events:
                if isinstance(event, TextDelta):
                    break
            rig.mux.set_members(rig.mux.members[1:])
            *_, last = [event async for event in events]
        assert isinstance(last, Sealed)
        assert last.answer.alias == "a"
        await asked(rig.mux, 3)
        assert rig.reached() == {"a": 1, "b": 3}
        assert [entry.alias for entry in rig.mux.snapshot().entries] == ["b"]
        assert rig.mux.at_rest


async def test_who_comes_back_is_counted_on() -> None:
    async with pool(Line(alias="a"), Line(alias="b")) as rig:
        both = rig.mux.members
        await ask(rig.mux)
        rig.mux.set_members(both[1:])
        rig.mux.set_members(both)
        await ask(rig.mux)
        told = [(entry.alias, entry.ok) for entry in rig.mux.snapshot().entries]
        assert told == [("a", 2), ("b", 0)]


async def test_a_request_reaches_those_alone_who_were_asked_for() -> None:
    lines = (Line(alias="a"), Line(alias="b", faults=play("server_error")), Line(alias="c"))
    async with pool(*lines, rules=Rules(max_wait_s=0.0)) as rig:
        told = await ask(rig.mux, asking=Asking(among=frozenset({Alias("b")})))
        assert told.unanswered is not None
        assert rig.reached() == {"a": 0, "b": 1, "c": 0}


async def test_after_a_reset_whoever_rested_is_asked_again() -> None:
    limited = Line(alias="a", faults=at({1: play("rate_limit")}))
    async with pool(limited, Line(alias="b"), rules=SHARED) as rig:
        await asked(rig.mux, 2)
        rig.mux.reset()
        snapshot = rig.mux.snapshot()
        assert (snapshot.requests, snapshot.failovers, snapshot.available) == (0, 0, 2)
        assert rig.mux.traces == ()
        await asked(rig.mux, 2)
        assert rig.reached()["a"] > 1
