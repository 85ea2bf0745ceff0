"""What is kept from one call to the next: rests, the provider's word on them, and the counts."""

from __future__ import annotations

import pytest

from tests.library.rig import HELLO, Line, pool, text_of
from vibe.testing.faults import at, play
from vibe.testing.script import says

ONCE = at({1: play("rate_limit")})


async def test_a_limited_endpoint_is_reached_once_by_call_after_call() -> None:
    async with pool(Line(name="a", faults=ONCE), Line(name="b"), mode="failover") as rig:
        for stream in (False, True, False):
            asked = rig.stream() if stream else rig.ask()
            await asked
        assert rig.reached() == {"a": 1, "b": 3}


@pytest.mark.parametrize(
    ("fault", "least_s", "most_s"),
    [
        pytest.param("rate_limit_seconds", 6, 7, id="the provider's own word"),
        pytest.param("rate_limit", 29, 30, id="the rest after a 429"),
        pytest.param("server_error", 19, 20, id="the rest after a fault"),
    ],
)
async def test_an_endpoint_rests_as_long_as_it_says_else_as_set(
    fault: str, least_s: int, most_s: int
) -> None:
    lines = (Line(name="a", faults=play(fault)), Line(name="b"))
    async with pool(*lines, mode="failover", rate_limit_rest_s=30.0, error_rest_s=20.0) as rig:
        await rig.ask()
        resting = rig.m.snapshot.entries[0]
        assert resting.state == "open"
        assert resting.back_in_s is not None
        assert least_s <= resting.back_in_s <= most_s


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
async def test_the_only_endpoint_is_waited_for_as_long_as_it_says(stream: bool) -> None:
    limited = Line(name="a", faults=at({1: play("rate_limit_short")}))
    async with pool(limited, rate_limit_rest_s=3600.0) as rig:
        if stream:
            assert text_of(await rig.stream()) == HELLO
        else:
            assert (await rig.ask()).choices[0].message.content == HELLO
        assert rig.reached() == {"a": 2}


async def test_reset_forgets_rests_and_counts_and_keeps_the_endpoints() -> None:
    async with pool(Line(name="a", faults=ONCE), Line(name="b"), mode="failover") as rig:
        await rig.ask()
        rig.m.reset()
        told = {
            name: (each["state"], each["requests"], each["success"], each["rateLimited"])
            for name, each in rig.m.get_stats().items()
        }
        assert told == {"a": ("closed", 0, 0, 0), "b": ("closed", 0, 0, 0)}
        assert (await rig.ask()).endpoint == "a"


async def test_a_call_that_runs_while_counts_are_reset_is_counted_once() -> None:
    async with pool(Line(name="a", behaviour=says("word " * 50))) as rig:
        chunks = await rig.open()
        rig.m.reset()
        assert [rig.m.get_stats()["a"][key] for key in ("requests", "success", "busy")] == [1, 0, 1]
        async for _ in chunks:
            pass
        assert [rig.m.get_stats()["a"][key] for key in ("requests", "success", "busy")] == [1, 1, 0]


async def test_the_counts_are_those_of_the_servers() -> None:
    faults = at({2: play("rate_limit_short"), 4: play("server_error")})
    lines = (Line(name="a", faults=faults), Line(name="b"))
    async with pool(*lines, error_rest_s=0.01) as rig:
        for _ in range(12):
            await rig.ask()
        stats = rig.m.get_stats()
        assert {name: told["requests"] for name, told in stats.items()} == rig.reached()
        assert sum(told["success"] for told in stats.values()) == 12
