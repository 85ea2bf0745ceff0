"""Who is asked: by weight, by order, by name, and whom a call finds resting."""

from __future__ import annotations

import asyncio
from math import nan
from typing import Any

import pytest

from tests.library.rig import HELLO, Line, Rig, add, pool
from vibe import Multiplexer
from vibe.domain.model import Mode
from vibe.errors import UsageError
from vibe.testing.exchange import Answer, Asked
from vibe.testing.fault_server import FaultServer
from vibe.testing.faults import at, play
from vibe.testing.script import says

SHARED = (
    Line(name="gpu-1", weight=5),
    Line(name="gpu-2", weight=3),
    Line(name="gpu-3", weight=2),
    Line(name="backup", is_fallback=True),
)


@pytest.mark.parametrize(
    ("mode", "reached"),
    [
        pytest.param(
            "load_balance", {"gpu-1": 50, "gpu-2": 30, "gpu-3": 20, "backup": 0}, id="by weight"
        ),
        pytest.param(
            "failover", {"gpu-1": 100, "gpu-2": 0, "gpu-3": 0, "backup": 0}, id="in order"
        ),
    ],
)
async def test_a_hundred_calls_go_exactly_where_the_mode_says(
    mode: Mode, reached: dict[str, int]
) -> None:
    async with pool(*SHARED, mode=mode) as rig:
        for _ in range(100):
            await rig.ask()
        assert rig.reached() == reached


async def test_calls_at_once_are_shared_as_exactly() -> None:
    async with pool(*SHARED) as rig:
        await asyncio.gather(*(rig.ask() for _ in range(100)))
        assert rig.reached() == {"gpu-1": 50, "gpu-2": 30, "gpu-3": 20, "backup": 0}


async def test_a_fallback_is_asked_only_while_nobody_else_can_be() -> None:
    lines = (
        Line(name="gpu-1", faults=at({1: play("rate_limit_seconds")})),
        Line(name="backup", is_fallback=True),
    )
    async with pool(*lines) as rig:
        assert [(await rig.ask()).endpoint for _ in range(3)] == ["backup"] * 3
        assert rig.reached() == {"gpu-1": 1, "backup": 3}


async def test_two_endpoints_of_one_model_are_two() -> None:
    """Each has its own name, share, health and numbers."""
    lines = (
        Line(name="left", model="smol", faults=play("rate_limit")),
        Line(name="right", model="smol"),
    )
    async with pool(*lines) as rig:
        answers = [await rig.ask() for _ in range(2)]
        assert {(each.endpoint, each.model) for each in answers} == {("right", "smol")}
        stats = rig.m.get_stats()
        kept = ("success", "rateLimited", "failed", "state")
        assert {name: [told[key] for key in kept] for name, told in stats.items()} == {
            "left": [0, 1, 0, "open"],
            "right": [2, 0, 0, "closed"],
        }


@pytest.mark.parametrize(
    ("model", "reached"),
    [
        pytest.param("auto", {"a": 2, "b": 2, "c": 2}, id="all"),
        pytest.param("b", {"a": 0, "b": 6, "c": 0}, id="one by its name"),
        pytest.param("smol", {"a": 3, "b": 0, "c": 3}, id="those that serve a model"),
    ],
)
async def test_the_model_of_a_call_says_who_may_be_asked(
    model: str, reached: dict[str, int]
) -> None:
    lines = (Line(name="a"), Line(name="b", model="large"), Line(name="c"))
    async with pool(*lines) as rig:
        for _ in range(6):
            await rig.ask(model=model)
        assert rig.reached() == reached


async def test_a_model_that_nobody_serves_is_refused_with_the_names_there_are() -> None:
    async with pool(Line(name="a"), Line(name="b")) as rig:
        with pytest.raises(UsageError) as refused:
            await rig.ask(model="placeholder")
        assert (refused.value.message, refused.value.hint) == (
            'model: "placeholder" is neither an endpoint nor a model of one',
            "leave it out, or name one of a, b",
        )
        assert rig.reached() == {"a": 0, "b": 0}


async def test_an_endpoint_that_is_added_later_takes_its_share() -> None:
    async with pool(Line(name="a")) as rig, FaultServer(says(HELLO)) as server:
        await rig.ask()
        add(rig.m, Line(name="b"), server)
        endpoints = [(await rig.ask()).endpoint for _ in range(4)]
        assert sorted(endpoints) == ["a", "a", "b", "b"]


async def test_an_endpoint_that_is_added_serves_those_who_wait_in_line() -> None:
    slow = Line(name="a", max_concurrent=1, faults=play("stall_before_headers"))
    async with pool(slow) as rig, FaultServer(says(HELLO)) as server:
        first = asyncio.create_task(rig.ask())
        await rig.servers["a"].arrived(1)
        second = asyncio.create_task(rig.ask())
        await asyncio.sleep(0)
        assert rig.m.snapshot.waiting == 1
        add(rig.m, Line(name="b"), server)
        assert (await second).endpoint == "b"
        first.cancel()
        await asyncio.wait([first])


async def test_max_concurrent_is_never_exceeded_and_all_are_served() -> None:
    seen: set[tuple[int, ...]] = set()
    rigs: list[Rig] = []

    def answers(_asked: Asked) -> Answer:
        seen.add(tuple(entry.busy for entry in rigs[0].m.snapshot.entries))
        return Answer(text=HELLO)

    lines = (
        Line(name="a", max_concurrent=3, behaviour=answers),
        Line(name="b", max_concurrent=5, behaviour=answers),
    )
    async with pool(*lines) as rig:
        rigs.append(rig)
        await asyncio.gather(*(rig.ask() for _ in range(80)))
        assert sum(rig.reached().values()) == 80
    assert max(a for a, _ in seen) == 3
    assert max(b for _, b in seen) == 5


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"base_url": "http://h/v1"}, "model: name the model that the endpoint serves"),
        ({"model": "m"}, "base_url: say where the endpoint is"),
        (
            {"base_url": "localhost:8080/v1", "model": "m"},
            'base_url must begin with https:// or http://, not "localhost:8080/v1"',
        ),
        (
            {"base_url": "http://h/v1/chat/completions", "model": "m"},
            "base_url is the address of one endpoint; vibe appends such paths itself",
        ),
        (
            {"base_url": "http://h/v1", "model": "m", "weight": 0},
            "weight: has to be a whole number from 1 to 1000000, not 0",
        ),
        (
            {"base_url": "http://h/v1", "model": "m", "weight": 1.5},
            "weight: has to be a whole number from 1 to 1000000, not 1.5",
        ),
        (
            {"base_url": "http://h/v1", "model": "m", "weight": "3"},
            'weight: has to be a whole number from 1 to 1000000, not "3"',
        ),
        (
            {"base_url": "http://h/v1", "model": "m", "max_concurrent": True},
            "max_concurrent: has to be a whole number from 1 to 100000, or None, not True",
        ),
        (
            {"base_url": "http://h/v1", "model": "m", "api_key": b"sk-1"},
            "api_key: has to be a text, not a bytes",
        ),
        (
            {"base_url": "http://h/v1", "model": "m", "max_concurrent": 0},
            "max_concurrent: has to be a whole number from 1 to 100000, or None, not 0",
        ),
        ({"base_url": "http://h/v1", "model": "m", "name": "a"}, 'name: "a" is taken'),
        ({"base_url": "http://h/v1", "model": "m", "name": "auto"}, 'name: "auto" is taken'),
        (
            {"client": object(), "model": "m"},
            "object is no client: it has no chat.completions.create",
        ),
        (
            {"client": object(), "base_url": "http://h/v1", "model": "m"},
            "base_url, api_key: a client has its own",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_an_endpoint_that_cannot_be_is_refused(options: dict[str, Any], message: str) -> None:
    async with Multiplexer() as m:
        m.add_model(base_url="http://h/v1", model="m", name="a")
        with pytest.raises(UsageError) as refused:
            m.add_model(**options)
        assert refused.value.message == message
        assert list(m.get_stats()) == ["a"]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("mode", "loadbalance", 'one of single, failover, load_balance, not "loadbalance"'),
        ("strategy", [], "one of weighted, round_robin, random, least_busy, not a list"),
        ("overflow", "drop", 'one of wait, fallback, not "drop"'),
        ("on_broken_stream", None, "one of continue, restart, stop, not None"),
        ("failure_threshold", 0, "a whole number from 1 to 1000, not 0"),
        ("rate_limit_rest_s", -5, "a number of seconds, from 0 to 86400, not -5"),
        ("error_rest_s", nan, "a number of seconds, from 0 to 86400, not nan"),
        ("max_wait_s", "1", 'a number of seconds, from 0 to 86400, not "1"'),
    ],
)
def test_a_pool_that_cannot_be_is_refused(name: str, value: Any, message: str) -> None:
    with pytest.raises(UsageError) as refused:
        Multiplexer(**{name: value})
    assert refused.value.message == f"{name}: has to be {message}"


async def test_without_a_name_an_endpoint_has_that_of_its_host() -> None:
    async with Multiplexer() as m:
        for host in ("server1:7045", "server1:7045", "server2", "server1:7045"):
            m.add_model(base_url=f"http://{host}/v1", model="smol")
        names = ["server1:7045", "server1:7045-2", "server2", "server1:7045-3"]
        assert list(m.get_stats()) == names


async def test_without_endpoints_nothing_can_be_asked() -> None:
    async with pool() as rig:
        with pytest.raises(UsageError, match="there is no endpoint yet"):
            await rig.ask()
