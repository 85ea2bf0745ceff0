"""What a gateway and other vibes of a person know of one another: one store for all of them."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from tests.cli.gateways import served
from tests.cli.pooled import pooled
from tests.cli.serving import ENV
from tests.drive import vibe
from vibe.cli.context import Cli
from vibe.cli.serve_pool import gateway_pool
from vibe.cli.terminal import Terminal
from vibe.testing.faults import at, play
from vibe.world import World

AN_HOUR = "rate_limit_disable_duration_ms = 3_600_000"


def test_who_is_limited_at_the_gateway_rests_everywhere(tmp_path: Path) -> None:
    with pooled(tmp_path, play("rate_limit"), rules=AN_HOUR) as (strong, small):
        with served(tmp_path) as gateway:
            assert gateway.ask().headers["x-vibe-model"] == "small"
            assert gateway.end() == 0
        assert vibe("-p", "?", home=tmp_path, env=ENV).code == 0
        assert (len(strong.requests), len(small.requests)) == (1, 2)
        status = vibe("mux", "status", home=tmp_path, env=ENV)
    assert "strong  ○ rests 60 min" in status.out
    assert "1 of 2 can answer   today 3 attempts" in status.out


def test_who_is_limited_elsewhere_rests_at_the_gateway(tmp_path: Path) -> None:
    with pooled(tmp_path, at({1: play("rate_limit")}), rules=AN_HOUR) as (strong, _):
        with served(tmp_path) as gateway:
            assert vibe("-p", "?", home=tmp_path, env=ENV).code == 0
            assert gateway.ask().headers["x-vibe-model"] == "small"
            health = gateway.client.get("/health").json()["providers"]
        assert len(strong.requests) == 1
    assert health["acme"]["status"] == "circuit_open"


def test_what_the_gateway_has_spent_is_in_todays_sums(tmp_path: Path) -> None:
    with pooled(tmp_path, strong="", small="is_fallback = true"), served(tmp_path) as gateway:
        records = [gateway.ask("small") for _ in range(2)]
        used = [each.json()["usage"] for each in records]
        gateway.end()
        found = json.loads(vibe("mux", "status", "--json", home=tmp_path, env=ENV).out)
    today = found["today"]["small"]
    assert (today["requests"], today["ok"]) == (2, 2)
    assert today["input_tokens"] == sum(each["prompt_tokens"] for each in used)
    assert today["output_tokens"] == sum(each["completion_tokens"] for each in used)
    assert today["cost_uusd"] > 0


def test_the_chat_sees_the_pool_of_a_gateway_that_runs(tmp_path: Path) -> None:
    cli = cli_in(tmp_path)
    with pooled(tmp_path):
        assert gateway_pool(cli) is None
        with served(tmp_path) as gateway:
            gateway.ask()
            seen = gateway_pool(cli)
            gateway.token_file.write_text("of-another-gateway-altogether\n")
            assert gateway_pool(cli) is None
        assert gateway_pool(cli) is None
    assert seen
    assert [(each.alias, each.requests) for each in seen.entries] == [("strong", 1), ("small", 0)]


def cli_in(home: Path) -> Cli:
    nowhere = StringIO()
    world = World(
        env={"HOME": str(home)},
        cwd=home,
        uid=home.stat().st_uid,
        platform="linux",
        stdin=nowhere,
        stdout=nowhere,
        stderr=nowhere,
    )
    return Cli(world=world, terminal=Terminal(world))


def told_of(home: Path) -> dict[str, Any]:
    """The process that has told of itself, which takes a moment."""
    for _ in range(100):
        found = json.loads(vibe("mux", "status", "--json", home=home, env=ENV).out)
        if found["processes"]:
            return found["processes"][0]
    raise AssertionError("no process has told of itself")


@pytest.mark.parametrize("by", ["pool", "name"])
def test_a_running_gateway_is_among_those_that_use_the_pool(tmp_path: Path, by: str) -> None:
    with pooled(tmp_path), served(tmp_path) as gateway:
        gateway.ask("auto" if by == "pool" else "small")
        running = told_of(tmp_path)
    assert running["pid"] == gateway.process.pid
    assert running["snapshot"]["requests"] == 1
