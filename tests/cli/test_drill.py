"""`vibe mux drill`: every fault against a pool of one's own, and a verdict that CI can use."""

from __future__ import annotations

import io
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from tests.config.seeds import EXAMPLES
from tests.drive import Outcome, Terminal, vibe
from vibe.cli.main import run
from vibe.domain.model import Backend, BrokenStream
from vibe.testing.dialects import DIALECTS
from vibe.testing.faults import FAULTS
from vibe.world import World

PROVIDER = """
[[providers]]
name = "{name}"
api_base = "https://{name}.example/v1"
api_key_env_var = "{name}_API_KEY"
"""
MODEL = """
[[models]]
name = "{alias}-1"
alias = "{alias}"
provider = "{provider}"
"""
ACME, OTHER = PROVIDER.format(name="acme"), PROVIDER.format(name="other")
STRONG = MODEL.format(alias="strong", provider="acme")
SMALL = MODEL.format(alias="small", provider="acme")
ELSEWHERE = MODEL.format(alias="small", provider="other")


def pool(*, strong: str = "", small: str = "is_fallback = true", rules: str = "") -> str:
    """The pool of both; `rules` are those of the multiplexer."""
    return f"""
[multiplexer]
enabled = true
mode = "failover"
{rules}
[[multiplexer.pool]]
model = "strong"
{strong}
[[multiplexer.pool]]
model = "small"
{small}
"""


ONE = f'active_model = "strong"\n{ACME}{STRONG}'
BOTH = f"{ONE}{SMALL}"
TWO = f"{BOTH}{pool()}"
TWO_KEYS = f"{ONE}{ELSEWHERE}{OTHER}{pool()}"


def drill(home: Path, config: str, *args: str, env: Mapping[str, str] | None = None) -> Outcome:
    file = home / "drill.toml"
    file.write_text(config)
    file.chmod(0o600)
    return vibe("mux", "drill", "--config", str(file), *args, home=home, env=env)


def trials(home: Path, config: str, *names: str) -> list[dict[str, Any]]:
    args = ("--faults", ",".join(names)) if names else ()
    outcome = drill(home, config, "--json", *args)
    assert outcome.err == ""
    return json.loads(outcome.out)["trials"]


def in_brief(trial: dict[str, Any]) -> tuple[object, ...]:
    requests = tuple(trial["requests"].values())
    return trial["answered_by"], tuple(trial["seen"]), requests, trial["verdict"]


FELT = {
    "another answers": (TWO, "rate_limit_page", ("small", ("failover",), (1, 1), "survived")),
    "a pool of one waits": (ONE, "rate_limit_page", ("strong", ("waiting",), (2,), "survived")),
    "asked again": (ONE, "empty_answer", ("strong", ("asked again",), (2,), "survived")),
    "another goes on": (TWO, "close_in_body", ("small", ("seam",), (1, 1), "survived")),
    "the same goes on": (ONE, "close_in_body", ("strong", ("waiting", "seam"), (2,), "survived")),
    "silent": (TWO, "stall_before_headers", ("small", ("slow", "failover"), (1, 1), "survived")),
    "odd": (TWO, "crlf", ("strong", (), (1, 0), "survived")),
    "too long a wait": (ONE, "rate_limit_long", (None, ("error",), (1,), "ended")),
    "a key": (TWO_KEYS, "unauthorized", ("small", ("failover",), (1, 1), "survived")),
    "the one key": (TWO, "unauthorized", (None, ("error",), (1, 0), "ended")),
    "no credit alone": (ONE, "payment_required", (None, ("error",), (1,), "ended")),
    "not found": (TWO, "not_found", ("small", ("failover",), (1, 1), "survived")),
    "a filter": (TWO_KEYS, "refused_content", (None, ("error",), (1, 0), "ended")),
    "down": (TWO_KEYS, "refused", ("small", ("failover",), (0, 1), "survived")),
    "down for good": (TWO, "down_for_good", ("small", ("failover",), (1, 3), "survived")),
    "primaries down": (TWO, "primaries_down", ("small", ("failover",), (1, 3), "survived")),
    "offline alone": (ONE, "offline", ("strong", ("waiting",), (1,), "survived")),
}


@pytest.mark.parametrize("case", FELT)
def test_a_drill_tells_what_would_have_been_felt(case: str, tmp_path: Path) -> None:
    config, fault, felt = FELT[case]
    assert [in_brief(trial) for trial in trials(tmp_path, config, fault)] == [felt]


def test_waits_are_told_as_long_as_they_would_have_been(tmp_path: Path) -> None:
    names = "stall_before_headers", "rate_limit_date", "all_down"
    hours = TWO.replace("api_key_env_var", "first_token_timeout_s = 7200\napi_key_env_var")
    told = [trial["after_s"] for trial in trials(tmp_path, hours, *names)]
    assert told[0] == pytest.approx(0, abs=1)
    assert told[1] == pytest.approx(7200, abs=1)
    assert 20 <= told[2] <= 30


def timeless(out: str) -> str:
    """Without the times, which are those of the machine, and the columns that stretch with them."""
    out = re.sub(r"\+\d+\.\d\d s", "+TIME", out)
    out = re.sub(r"  (?:at once|[\d.–]+ s) ", "  TIME ", out)
    return re.sub(r"(?<=\S) {2,}", "  ", out)


def test_people_get_a_table_and_the_lines_that_they_would_have_seen(tmp_path: Path) -> None:
    outcome = drill(tmp_path, TWO, "--faults", "server_error,forbidden,down_for_good")
    assert replace(outcome, out=timeless(outcome.out)) == Outcome(
        code=0,
        out="""\
failover: strong, small (fallback)

One fault, at the first request to strong
  TROUBLE  ANSWERED BY  AFTER  SEEN  REQUESTS
○ forbidden  nobody  TIME  error  1 0
    error: 403 not authorised: Country, region, or territory not supported
    help: check the key and its rights, then: vibe models --probe
● server_error  small  TIME  failover  1 1
    strong: 500 server error; small is asked instead (+TIME)

What people fear
● down for good  small  TIME  failover  1 3
    strong: 500 server error; small is asked instead (+TIME)

● 2 survived  ○ 1 could not be survived, and said so
  help: with a fallback that has another key, 1 of these would have been survived
""",
        err="",
    )


def test_what_a_pool_can_survive_and_does_not_fails_the_drill(tmp_path: Path) -> None:
    """The fallback takes nobody's request: its window is set too small."""
    config = TWO_KEYS.replace('alias = "small"', 'alias = "small"\ncontext_window = 2')
    outcome = drill(tmp_path, config, "--faults", "unauthorized")
    assert outcome.code == 1
    assert outcome.out.splitlines()[-3:] == [
        "",
        "✗ 1 failed",
        "✗ unauthorized, strong first: not answered: 401 not authorised",
    ]


BAD = {
    "no such fault": (
        ("--faults", "rate_limt"),
        'there is no fault "rate_limt"',
        "did you mean rate_limit?",
    ),
    "nothing like it": (
        ("--faults", "zebra"),
        'there is no fault "zebra"',
        "vibe mux drill --list",
    ),
    "no name": (("--faults", ","), "--faults names none", "vibe mux drill --list"),
    "another dialect's": (
        ("--faults", "rate_limit_x_ms"),
        "rate_limit_x_ms cannot happen here: only azure has it, and strong speaks generic",
        "",
    ),
    "another pool's": (
        ("--faults", "rush"),
        "rush cannot happen here: no entry has max_concurrent",
        "",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_played_is_a_usage_error(case: str, tmp_path: Path) -> None:
    args, message, hint = BAD[case]
    help_ = f"  help: {hint}\n" if hint else ""
    expected = Outcome(code=2, out="", err=f"error: {message}\n{help_}")
    assert drill(tmp_path, TWO, *args) == expected


def test_without_a_model_there_is_nothing_to_drill(tmp_path: Path) -> None:
    assert vibe("mux", "drill", home=tmp_path) == Outcome(
        code=2, out="", err="error: no model is configured\n  help: vibe config init\n"
    )


def test_a_pool_of_which_nothing_can_be_used_is_a_usage_error(tmp_path: Path) -> None:
    config = ONE.replace('name = "acme"', 'name = "acme"\nenabled = false', 1)
    outcome = drill(tmp_path, config)
    assert (outcome.code, outcome.out) == (2, "")


def test_the_list_tells_every_name_that_can_be_given(tmp_path: Path) -> None:
    outcome = vibe("mux", "drill", "--list", home=tmp_path)
    names = [line.split()[0] for line in outcome.out.splitlines()[1:] if line[0] != " "]
    assert max(map(len, outcome.out.splitlines())) <= 80
    assert set(FAULTS) < set(names)
    listed = json.loads(vibe("mux", "drill", "--list", "--json", home=tmp_path).out)
    assert [each["name"] for each in listed] == names


def test_keys_are_neither_needed_nor_used(tmp_path: Path) -> None:
    without = drill(tmp_path, TWO, "--faults", "crlf")
    key = {"acme_API_KEY": "canary7F3a9c21D4e8b6A0zz"}
    assert drill(tmp_path, TWO, "--faults", "crlf", env=key) == without
    assert without.code == 0


def test_nothing_is_written_anywhere(tmp_path: Path) -> None:
    drill(tmp_path, TWO, "--faults", "server_error")
    assert [path.name for path in tmp_path.rglob("*")] == ["drill.toml"]


def test_on_a_terminal_one_line_tells_how_far_it_is(tmp_path: Path) -> None:
    file = tmp_path / "drill.toml"
    file.write_text(ONE)
    file.chmod(0o600)
    err = Terminal()
    world = World(
        env={"HOME": str(tmp_path)},
        cwd=tmp_path,
        uid=os.getuid(),
        platform="linux",
        stdin=io.StringIO(),
        stdout=io.StringIO(),
        stderr=err,
    )
    assert run(["--config", str(file), "mux", "drill", "--faults", "cr,crlf"], world) == 0
    assert err.getvalue() == "\r\x1b[K0 of 2: crlf\r\x1b[K1 of 2: cr\r\x1b[K"


def test_each_who_is_asked_first_is_drilled(tmp_path: Path) -> None:
    shared = pool(strong="weight = 3", small="weight = 1").replace("failover", "load_balance")
    told = trials(tmp_path, BOTH + shared, "bad_gateway")
    assert [(each["asked_first"], *in_brief(each)) for each in told] == [
        ("strong", "small", ("failover",), (1, 1), "survived"),
        ("small", "strong", ("failover",), (1, 1), "survived"),
    ]


def test_a_rush_is_served_by_the_slots_there_are(tmp_path: Path) -> None:
    slots = pool(strong="max_concurrent = 2", small="is_fallback = true\nmax_concurrent = 1")
    (told,) = trials(tmp_path, BOTH + slots, "rush")
    assert (told["verdict"], sum(told["requests"].values())) == ("survived", 6)


@pytest.mark.parametrize("on_broken", ["continue", "restart", "stop"])
def test_a_cut_is_felt_as_it_is_configured(on_broken: BrokenStream, tmp_path: Path) -> None:
    rules = pool(rules=f'on_broken_stream = "{on_broken}"')
    (told,) = trials(tmp_path, BOTH + rules, "no_terminator")
    seen = {"continue": ["seam"], "restart": ["begun anew"], "stop": ["error"]}
    assert (told["seen"], told["wrong"]) == (seen[on_broken], "")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_cut_in_a_call_runs_a_part_of_it(dialect: Backend, tmp_path: Path) -> None:
    config = TWO.replace('name = "acme"', f'name = "acme"\nbackend = "{dialect}"', 1)
    config = config.replace('name = "acme"', 'name = "acme"\napi_version = "2024-10-21"', 1)
    told = trials(tmp_path, config, "cut_in_call")
    assert len(told) > 20
    assert {(each["verdict"], each["wrong"]) for each in told} == {("survived", "")}
    assert {each["calls"] for each in told} <= {1, 2}


@pytest.mark.slow
@pytest.mark.parametrize("seed", EXAMPLES)
def test_every_example_survives_all_that_it_can(seed: str, tmp_path: Path) -> None:
    assert [each for each in trials(tmp_path, EXAMPLES[seed]) if each["wrong"]] == []
