"""The examples of docs/library.md, run against servers; that they load is looked at elsewhere."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from tests.docs.test_blocks import blocks
from tests.law import ROOT
from tests.library.rig import HELLO, Line, pool
from vibe import Multiplexer
from vibe.testing.exchange import call
from vibe.testing.faults import play
from vibe.testing.script import Scripted, calls, otherwise, says, when_asked, when_result

PAGE = (ROOT / "docs/library.md").read_text("utf-8")
ANSWERS = Scripted(
    when_asked("Lisbon", calls(call("weather", town="Lisbon"))),
    when_result("weather", says("Sunny."), holds="It is sunny in Lisbon."),
    otherwise(says(HELLO)),
)


def examples() -> Iterator[tuple[str, str]]:
    """Those that define something, by its name; the first block runs by itself."""
    for block in list(blocks(PAGE))[1:]:
        for name in ("pool", "describe", "tell", "ask_about_weather", "describe_all", "pool_of",
                     "patiently"):  # fmt: skip
            if f"def {name}(" in block.text:
                yield name, block.text


def example(name: str) -> dict[str, Any]:
    namespace: dict[str, Any] = {}
    exec(dict(examples())[name], namespace)  # noqa: S102 - the page is ours
    return namespace


@pytest.mark.parametrize(
    ("name", "asked", "answer"),
    [
        ("describe", "data:image/png;base64,AAAA", HELLO),
        ("tell", "Hi", None),
        ("ask_about_weather", "Lisbon?", "Sunny."),
        ("describe_all", ["Hi"] * 200, [HELLO] * 200),
        ("patiently", "Hi", HELLO),
    ],
)
async def test_an_example_does_what_it_says(
    name: str, asked: object, answer: object, capsys: pytest.CaptureFixture[str]
) -> None:
    does: Callable[[Multiplexer, object], Awaitable[object]] = example(name)[name]
    lines = [Line(name=f"gpu-{n}", behaviour=ANSWERS, max_concurrent=20) for n in (1, 2, 3)]
    async with pool(*lines) as rig:
        assert await does(rig.m, asked) == answer
    if name == "tell":
        assert capsys.readouterr().out == HELLO


async def test_the_example_of_an_error_tells_every_attempt(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async with pool(Line(name="gpu-1", faults=play("rate_limit_long"))) as rig:
        assert await example("patiently")["patiently"](rig.m, "Hi") is None
    told = capsys.readouterr().out
    assert told.startswith("every model is limited or down: gpu-1: 429 rate limited: ")
    assert told.endswith("try again in 2 h\ngpu-1 rate_limited 429\n")


async def test_the_example_pools_are_those_that_are_told() -> None:
    async with example("pool")["pool"]() as m:
        told = [(each.alias, each.is_fallback, each.want) for each in m.snapshot.entries]
    assert told == [
        ("gpu-1", False, 0.5),
        ("gpu-2", False, 0.3),
        ("gpu-3", False, 0.2),
        ("backup", True, 1.0),
    ]
    settings = example("pool_of")
    async with settings["pool_of"](settings["ENDPOINTS"]) as m:
        assert list(m.get_stats()) == ["server1:7045", "server2:7045", "backup"]
