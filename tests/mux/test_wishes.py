"""What a person wishes of a pool for now, over real sockets; and that no other process hears it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path

import pytest

from tests.mux.pools import HELLO, Line, answered_by, ask, asked, member, pool
from tests.mux.test_shared import SHARED, house
from vibe.clock import SystemClock
from vibe.domain.event import Sealed, Waiting
from vibe.domain.model import Alias
from vibe.mux.entry import NO_WEIGHT, Entry, Rules, ScopeId, Scopes
from vibe.mux.mux import Mux
from vibe.mux.wishes import AS_CONFIGURED, Wishes
from vibe.testing.fault_server import FaultServer
from vibe.testing.faults import at, play
from vibe.testing.script import says

A, B, C = Alias("a"), Alias("b"), Alias("c")
THREE = (Line(alias="a"), Line(alias="b"), Line(alias="c", is_fallback=True))
SCOPES = Scopes(own=ScopeId("own"), key=ScopeId("key"), origin=ScopeId("origin"))


@pytest.mark.parametrize(
    ("wishes", "out", "weight"),
    [
        (AS_CONFIGURED, False, 7),
        (Wishes().weigh(A, 3), False, 3),
        (Wishes().weigh(B, 3), False, 7),
        (Wishes().take_out(A), True, 7),
        (Wishes().take_out(A).put_back(A), False, 7),
        (Wishes().pin(B), True, 7),
        (Wishes().take_out(A).pin(A), False, 7),
        (Wishes().take_out(A).pin(A).pin(None), True, 7),
    ],
    ids=["none", "weighed", "other", "out", "back", "other-pinned", "out-pinned", "unpinned"],
)
def test_what_is_made_of_an_entry(wishes: Wishes, out: bool, weight: int) -> None:
    entry = Entry(alias=A, scopes=SCOPES, weight=7)
    assert wishes.of(entry) == Entry(alias=A, scopes=SCOPES, weight=weight, is_out=out)


def test_who_has_no_weight_is_asked_once_he_is_given_one_and_for_no_other_trouble() -> None:
    idle = Entry(alias=A, scopes=SCOPES, weight=0, trouble=NO_WEIGHT)
    keyless = Entry(alias=A, scopes=SCOPES, weight=0, trouble="A_KEY is not set")
    wishes = Wishes().weigh(A, 1)
    assert AS_CONFIGURED.of(idle) == idle
    assert [wishes.of(each).why_not for each in (idle, keyless)] == [None, keyless.trouble]


async def test_all_requests_go_to_the_pinned_entry_until_it_is_unpinned() -> None:
    async with pool(*THREE) as rig:
        rig.mux.wish(Wishes().pin(C))
        assert answered_by(await asked(rig.mux, 3)) == {"c": 3}
        snapshot = rig.mux.snapshot()
        assert (snapshot.pinned, snapshot.available, snapshot.total) == (C, 1, 3)
        rig.mux.wish(rig.mux.wishes.pin(None))
        assert answered_by(await asked(rig.mux, 2)) == {"a": 2}
        assert rig.mux.snapshot().pinned is None


async def test_a_request_that_waits_goes_to_whoever_is_pinned_meanwhile() -> None:
    limited = Line(alias="a", faults=play("rate_limit_seconds"))
    async with pool(limited, Line(alias="b")) as rig:
        rig.mux.wish(Wishes().take_out(B))
        told = await _waited(rig.mux, lambda: rig.mux.wish(rig.mux.wishes.pin(B)))
        assert told.answer.alias == "b"


async def test_the_pinned_entry_is_waited_for_though_another_could_answer() -> None:
    first = Line(alias="a", faults=at({1: play("rate_limit")}))
    async with pool(first, Line(alias="b")) as rig:
        rig.mux.wish(Wishes().pin(A))
        assert answered_by([await ask(rig.mux)]) == {"a": 1}
        assert rig.reached() == {"a": 2, "b": 0}


async def test_who_is_taken_out_gets_nothing_and_comes_back_without_a_burst() -> None:
    async with pool(Line(alias="a"), Line(alias="b"), rules=SHARED) as rig:
        rig.mux.wish(Wishes().take_out(A))
        assert answered_by(await asked(rig.mux, 6)) == {"b": 6}
        assert [entry.taken_out for entry in rig.mux.snapshot().entries] == [True, False]
        rig.mux.wish(rig.mux.wishes.put_back(A))
        assert answered_by(await asked(rig.mux, 4)) == {"a": 2, "b": 2}


async def test_with_nobody_left_a_request_says_why() -> None:
    async with pool(Line(alias="a")) as rig:
        rig.mux.wish(Wishes().take_out(A))
        told = await ask(rig.mux)
        assert told.unanswered is not None
        assert told.unanswered.failure is not None
        assert told.unanswered.failure.detail == "a: left out by hand"


async def test_other_weights_are_the_shares_from_then_on() -> None:
    async with pool(Line(alias="a"), Line(alias="b"), rules=SHARED) as rig:
        await asked(rig.mux, 2)
        rig.mux.wish(Wishes().weigh(A, 3))
        assert answered_by(await asked(rig.mux, 8)) == {"a": 6, "b": 2}
        assert [entry.want for entry in rig.mux.snapshot().entries] == [0.75, 0.25]


async def test_a_guest_is_asked_while_it_is_pinned_alone() -> None:
    outside = Line(alias="dear", behaviour=says("I am dear."))
    async with FaultServer(outside.behaviour) as server, pool(Line(alias="a")) as rig:
        guest = member(outside, server, SystemClock())
        rig.mux.wish(Wishes().pin(Alias("dear")), guest=guest)
        assert (await ask(rig.mux)).text == "I am dear."
        assert [entry.alias for entry in rig.mux.snapshot().entries] == ["a", "dear"]
        rig.mux.wish(rig.mux.wishes.pin(None))
        assert answered_by([await ask(rig.mux)]) == {"a": 1}
        assert [entry.alias for entry in rig.mux.snapshot().entries] == ["a"]


async def test_a_reload_keeps_what_is_wished() -> None:
    async with pool(*THREE) as rig:
        rig.mux.wish(Wishes().pin(B))
        rig.mux.set_members(rig.mux.members)
        assert answered_by([await ask(rig.mux)]) == {"b": 1}
        assert [each.entry.is_out for each in rig.mux.members] == [False] * 3


# By hand, at once.


async def test_who_is_closed_by_hand_is_asked_at_once() -> None:
    limited = Line(alias="a", faults=at({1: play("rate_limit_seconds")}))
    async with pool(limited, Line(alias="b")) as rig:
        await ask(rig.mux)
        rig.mux.close(A)
        assert answered_by([await ask(rig.mux)]) == {"a": 1}


async def test_a_request_that_is_hurried_asks_before_the_stated_time() -> None:
    limited = Line(alias="a", faults=at({1: play("rate_limit_seconds")}))
    async with pool(limited) as rig:
        told = await _waited(rig.mux, rig.mux.hurry)
        assert told.answer.alias == "a"
        assert rig.reached() == {"a": 2}


async def test_what_was_hurried_in_vain_rests_again() -> None:
    limited = Line(alias="a", faults=play("rate_limit_seconds"))
    async with pool(limited) as rig:
        async with aclosing(rig.mux.stream(HELLO)) as events:
            waits: list[Waiting] = []
            async for event in events:
                if isinstance(event, Waiting):
                    waits.append(event)
                    if len(waits) == 2:
                        break
                    rig.mux.hurry()
        assert [wait.tries for wait in waits] == [1, 2]
        assert all(wait.for_s is not None and wait.for_s > 1 for wait in waits)


async def test_hurrying_nobody_does_nothing() -> None:
    async with pool(Line(alias="a")) as rig:
        rig.mux.hurry()
        assert answered_by([await ask(rig.mux)]) == {"a": 1}


# Of this process alone.


async def test_other_processes_do_not_hear_of_a_wish(tmp_path: Path) -> None:
    async with house(tmp_path, Line(alias="a"), Line(alias="b")) as built:
        async with built.process(SHARED) as one:
            one.wish(Wishes().pin(A))
            assert answered_by(await asked(one, 5)) == {"a": 5}
            one.wish(Wishes().weigh(B, 9).take_out(A))
            assert answered_by(await asked(one, 5)) == {"b": 5}
        async with built.process(SHARED) as two:
            assert [(e.taken_out, e.weight) for e in two.snapshot().entries] == [(False, 1)] * 2
            assert answered_by(await asked(two, 4)) == {"a": 2, "b": 2}


async def test_shares_go_on_where_they_were_once_nothing_is_wished(tmp_path: Path) -> None:
    lines = Line(alias="a", weight=3), Line(alias="b")
    async with house(tmp_path, *lines) as built, built.process(SHARED) as mux:
        told = await asked(mux, 2)
        mux.wish(Wishes().pin(B))
        await asked(mux, 5)
        mux.wish(AS_CONFIGURED)
        assert answered_by([*told, *await asked(mux, 2)]) == {"a": 3, "b": 1}


async def test_other_processes_wait_on_though_one_hurries(tmp_path: Path) -> None:
    limited = Line(alias="a", faults=play("rate_limit_seconds"))
    async with house(tmp_path, limited) as built:
        async with built.process(Rules()) as one:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.5):
                    await ask(one)
            one.hurry()
        async with built.process(Rules()) as two:
            assert two.snapshot().available == 0


async def _waited(mux: Mux, act: Callable[[], None]) -> Sealed:
    """A request that waits until `act` is done."""
    async with aclosing(mux.stream(HELLO)) as events:
        async for event in events:
            if isinstance(event, Waiting):
                act()
            if isinstance(event, Sealed):
                return event
    raise AssertionError("it was not answered")
