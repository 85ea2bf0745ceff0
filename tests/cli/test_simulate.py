"""`vibe mux simulate`: one's own pool under an imagined load; each mistake has its sentence."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import msgspec
import pytest

from tests.cli.serving import configured
from tests.drive import Outcome, vibe
from vibe.cli.paragraph import WIDTH
from vibe.cli.simulate import EPILOG
from vibe.cli.table import drawn
from vibe.domain.event import Outcome as Ended
from vibe.mux.tally import Result
from vibe.mux.world import World

NOWHERE = "http://127.0.0.1:9/v1"
LOCAL = """
input_price = 1.0
output_price = 2.0

[[providers]]
name = "local"
api_base = "http://127.0.0.1:8/v1"

[[models]]
name = "qwen"
provider = "local"
alias = "qwen:7b"
"""
POOL = """
[multiplexer]
enabled = true
mode = "{mode}"

[[multiplexer.pool]]
model = "strong"
weight = 70

[[multiplexer.pool]]
model = "qwen:7b"
weight = 30
{more}
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    configured(tmp_path, NOWHERE, models=LOCAL, pool=POOL.format(mode="load_balance", more=""))
    return tmp_path


def simulate(home: Path, *args: str) -> Outcome:
    return vibe("mux", "simulate", *args, home=home)


def result(home: Path, *args: str) -> Result:
    outcome = simulate(home, "--json", *args)
    assert (outcome.code, outcome.err) == (0, "")
    return msgspec.json.decode(outcome.out, type=Result)


def test_shares_are_by_weight_and_keys_need_not_be_set(home: Path) -> None:
    outcome = simulate(home, "--requests", "100")
    assert (outcome.code, outcome.err) == (0, "")
    title, header, strong, small, answered, first, cost, blank, caption, *bars = (
        outcome.out.splitlines()
    )
    assert title == "simulated  load_balance   100 requests in 87 s   seed 0"
    assert header.split() == ["MODEL", "SHARE", "ASKED", "OK", "FIRST", "COST"]
    assert strong.split()[:4] == ["strong", "70%/70%", "70", "70"]
    assert strong.endswith("$0.280")
    assert small.split()[:4] == ["qwen:7b", "30%/30%", "30", "30"]
    assert small.endswith("$?")
    assert answered == "answered  100 of 100"
    assert first.startswith("first     half within 0.")
    assert cost == "cost      $0.280, and what has no known price"
    assert (blank, caption) == ("", "share of the attempts, 1.3 s a column")
    assert [bar[:9] for bar in bars] == ["strong   ", "qwen:7b  "]


def test_what_fails_goes_to_the_other_and_is_told(home: Path) -> None:
    outcome = simulate(
        home, "--requests", "600", "--rps", "5", "--outage", "strong:20-1m", "--429", "qwen:7b:10%"
    )
    assert outcome.code == 0
    _, header, strong, small, answered, switched, *_ = outcome.out.splitlines()
    assert header.split() == [
        "MODEL", "SHARE", "ASKED", "OK", "LIMITED", "FAILED", "FIRST", "COST"
    ]  # fmt: skip
    assert int(strong.split()[5]) > 0
    assert int(small.split()[4]) > 0
    assert answered == "answered  600 of 600"
    assert switched.startswith("switched  ")
    assert all(drawn(line) <= WIDTH for line in outcome.out.splitlines())


def test_a_limit_a_minute_is_kept_by_the_provider_and_felt_by_the_pool(home: Path) -> None:
    told = result(home, "--requests", "400", "--rps", "4", "--429", "strong:60/min")
    strong, other = told.entries
    assert strong.limited > 0
    assert strong.ok <= 120
    assert strong.ok + other.ok == told.outcomes[Ended.OK] == 400


def test_the_same_seed_is_the_same_run(home: Path) -> None:
    args = ("--requests", "50", "--429", "strong:0.3", "--seed")
    assert result(home, *args, "7") == result(home, *args, "7")
    assert result(home, *args, "7") != result(home, *args, "8")


def test_a_long_alias_leaves_room_for_the_bars(tmp_path: Path) -> None:
    alias = "a-model-of-quite-some-length-at-a-provider"
    models = LOCAL.replace('alias = "qwen:7b"', f'alias = "{alias}"')
    pool = POOL.format(mode="failover", more="is_fallback = true").replace("qwen:7b", alias)
    configured(tmp_path, NOWHERE, models=models, pool=pool)
    outcome = simulate(tmp_path, "--outage", "strong:10-20")
    assert "a-model-of-quite-…" in outcome.out
    assert all(drawn(line) <= WIDTH for line in outcome.out.splitlines())


def test_without_a_pool_the_active_model_answers_alone(tmp_path: Path) -> None:
    configured(tmp_path, NOWHERE)
    told = result(tmp_path, "--requests", "5")
    assert [(part.alias, part.attempts, part.want) for part in told.entries] == [
        ("strong", 5, None)
    ]


WORLD = """
seed = 3
cancelled = 0.1
phases = [{ requests = 200, rps = 20 }, { requests = 10, rps = 0.5 }]

[[entries]]
alias = "strong"
first_s = 0.2
outages = [{ from_s = 2, to_s = 4, kind = "overloaded", retry_after_s = 3 }]
"""


@pytest.mark.parametrize("form", ["toml", "json"])
def test_a_world_is_read_from_a_file(form: str, home: Path) -> None:
    data = tomllib.loads(WORLD)
    file = home / f"busy.{form}"
    file.write_text(WORLD if form == "toml" else json.dumps(data))
    told = result(home, "--world", file.name)
    assert (told.seed, told.requests) == (3, 210)
    assert told.outcomes[Ended.CANCELLED] > 0
    assert told.entries[0].failed > 0
    shorter = result(home, "--world", str(file), "--requests", "21", "--seed", "4")
    assert (shorter.seed, shorter.requests) == (4, 21)


def test_the_help_shows_a_world_that_can_be_read() -> None:
    shown = EPILOG.partition("A world in a file:")[2].partition("The same seed")[0]
    msgspec.toml.decode(shown.replace("\b", ""), type=World)


AT_LEAST_ONE_A_DAY = "100000 at most, and at least one a day: 0.000012"
MISTAKES = {
    "an unknown entry": (
        ("--outage", "stron:1-2"),
        '--outage: the pool has no entry "stron"',
        "did you mean strong?",
    ),
    "an entry like no other": (
        ("--429", "claude:10%"),
        '--429: the pool has no entry "claude"',
        "its entries are strong, qwen:7b",
    ),
    "no times": (
        ("--outage", "strong"),
        '--outage "strong" is not of the form ALIAS:FROM-TO',
        "from and to count from the start: --outage ALIAS:60-120, or ALIAS:1m-2m",
    ),
    "bad times": (
        ("--outage", "strong:1d-2d"),
        '--outage "strong:1d-2d" has no such times',
        "from and to count from the start: --outage ALIAS:60-120, or ALIAS:1m-2m",
    ),
    "times the wrong way round": (
        ("--outage", "strong:2m-60"),
        '--outage "strong:2m-60" ends before it begins',
        "the earlier time stands first",
    ),
    "no rate": (
        ("--429", "strong"),
        '--429 "strong" is not of the form ALIAS:RATE',
        "a part of the attempts, or the provider's limit: --429 ALIAS:20%, or ALIAS:60/min",
    ),
    "a bad rate": (
        ("--429", "strong:often"),
        '--429 "strong:often" has no such rate',
        "a part of the attempts, or the provider's limit: --429 ALIAS:20%, or ALIAS:60/min",
    ),
    "too high a rate": (
        ("--429", "strong:120%"),
        '--429 "strong:120%" is more than all attempts',
        "a part of the attempts, or the provider's limit: --429 ALIAS:20%, or ALIAS:60/min",
    ),
    "no requests a second": (
        ("--rps", "0"),
        "--rps 0 cannot be simulated",
        AT_LEAST_ONE_A_DAY,
    ),
    "a request in an age": (
        ("--rps", "1e-300"),
        "--rps 1e-300 cannot be simulated",
        AT_LEAST_ONE_A_DAY,
    ),
    "no number": (("--rps", "nan"), "--rps nan cannot be simulated", AT_LEAST_ONE_A_DAY),
    "a limit of nothing": (
        ("--429", "strong:0/min"),
        '--429 "strong:0/min" is no limit but an outage',
        "--outage strong:0-60, or --429 strong:100%",
    ),
    "two worlds": (
        ("--world", "busy.toml", "--rps", "3"),
        "--world tells all of it, and goes with no --rps, --outage or --429",
        "put them into the file, or leave out --world",
    ),
    "no file": (
        ("--world", "nowhere.toml"),
        '/nowhere.toml" cannot be read: No such file or directory',
        "vibe mux simulate --help shows a world in a file",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_with_its_remedy(mistake: str, home: Path) -> None:
    args, sentence, remedy = MISTAKES[mistake]
    outcome = simulate(home, *args)
    said, help_ = outcome.err.splitlines()
    assert (outcome.code, outcome.out) == (2, "")
    assert said.startswith("error: ")
    assert said.endswith(sentence)
    assert help_ == f"  help: {remedy}"


BAD_FILES = {
    "no TOML": ("phases = [", " is not TOML: ", "--help shows"),
    "an unknown field": (
        WORLD.replace("outages", "outage"),
        ": entries[0]: unknown field `outage`",
        "did you mean outages?",
    ),
    "a wrong type": (
        WORLD.replace("rps = 20", 'rps = "20"'),
        ": phases[0].rps: Expected `float`, got `str`",
        "--help shows",
    ),
    "out of range": (
        WORLD.replace("cancelled = 0.1", "cancelled = 10"),
        ": cancelled: Expected `float` <= 1.0",
        "--help shows",
    ),
    "nothing asked": ("cancelled = 0.1", ": missing field `phases`", "--help shows"),
    "an entry of another pool": (
        WORLD.replace('"strong"', '"qwen"'),
        ': the pool has no entry "qwen"',
        "did you mean qwen:7b?",
    ),
    "a calm entry of another pool": (
        WORLD.replace("rps = 0.5", 'rps = 0.5, calm = "claude"'),
        ': the pool has no entry "claude"',
        "its entries are strong, qwen:7b",
    ),
    "too many": (
        WORLD.replace("200", "2_000_000"),
        "2000010 requests would take too long",
        "1000000 at most: --requests N",
    ),
    "too long": ("# " + "x" * 1_000_000, " is too long to describe a world", "--help shows"),
}


@pytest.mark.parametrize("bad", BAD_FILES)
def test_a_bad_file_is_told_with_the_place(bad: str, home: Path) -> None:
    text, sentence, remedy = BAD_FILES[bad]
    file = home / "world.toml"
    file.write_text(text)
    outcome = simulate(home, "--world", str(file))
    said, help_ = outcome.err.splitlines()
    assert (outcome.code, outcome.out) == (2, "")
    assert sentence in said
    assert remedy in help_


def test_without_a_model_the_first_step_is_told(tmp_path: Path) -> None:
    assert simulate(tmp_path) == Outcome(
        code=2, out="", err="error: no model is configured\n  help: vibe config init\n"
    )
