"""`vibe mux status`: what it says of the pool agrees with what was asked before, from any shell."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from tests.cli.pooled import pooled
from tests.cli.serving import ENV, KEY, configured
from tests.drive import Outcome, vibe
from vibe.cli.paragraph import WIDTH
from vibe.cli.table import drawn
from vibe.mux.snapshot import MuxSnapshot
from vibe.testing.fault import Fault
from vibe.testing.faults import Play, at, play
from vibe.testing.reply import Reply

VIBE = Path(sys.executable).with_name("vibe")
AN_HOUR = "rate_limit_disable_duration_ms = 3_600_000"


def ask(home: Path, times: int = 1) -> None:
    for _ in range(times):
        assert vibe("-p", "?", home=home, env=ENV).code == 0


def priceless(text: str) -> str:
    """Without the sums, which hang on how long the prompt is."""
    return re.sub(r"\$0\.\d{5}", "$SUM", text)


def status(home: Path, *args: str) -> Outcome:
    return vibe("mux", "status", *args, home=home, env=ENV)


def test_before_anything_was_asked_all_are_ready(tmp_path: Path) -> None:
    with pooled(tmp_path):
        outcome = status(tmp_path)
    assert outcome == Outcome(
        code=0,
        err="",
        out="""\
mux  failover   2 of 2 can answer   today 0 attempts
MODEL   STATE    BUSY  SHARE  OK/FAIL
strong  ● ready  0     –      0/0
small   ● ready  0     spare  0/0
""",
    )


RESTS = {
    "until a time": (
        "rate_limit",
        """\
MODEL   STATE           BUSY  SHARE      OK/FAIL  COST
strong  ○ rests 60 min  0     50%        0/1      $0.000
  └ rate limited
small   ● ready         0     50%/spare  1/0      $SUM
""",
    ),
    "until somebody mends it": (
        "unauthorized",
        """\
MODEL   STATE    BUSY  SHARE      OK/FAIL  COST
strong  ○ rests  0     50%        0/1      $0.000
  └ not authorised; check the key and its rights, then: vibe models --probe
small   ● ready  0     50%/spare  1/0      $SUM
""",
    ),
}


@pytest.mark.parametrize("case", RESTS)
def test_who_failed_in_another_process_rests_here(case: str, tmp_path: Path) -> None:
    fault, table = RESTS[case]
    with pooled(tmp_path, play(fault), rules=AN_HOUR):
        ask(tmp_path)
        outcome = status(tmp_path)
    head = "mux  failover   1 of 2 can answer   today 2 attempts, $SUM\n"
    told = Outcome(code=outcome.code, err=outcome.err, out=priceless(outcome.out))
    assert told == Outcome(code=0, err="", out=head + table)


def test_who_is_well_again_is_ready_in_every_process(tmp_path: Path) -> None:
    with pooled(tmp_path, at({1: play("unauthorized")})):
        ask(tmp_path)
        assert "1 of 2 can answer" in status(tmp_path).out
        ask(tmp_path)  # a person may have mended the key meanwhile
        assert "2 of 2 can answer" in status(tmp_path).out


def test_shares_are_told_as_they_are_and_as_they_should_be(tmp_path: Path) -> None:
    strong, small = "weight = 70\nmax_concurrent = 3", "weight = 30"
    with pooled(tmp_path, mode="load_balance", strong=strong, small=small):
        ask(tmp_path, times=10)
        _, _, *rows = priceless(status(tmp_path).out).splitlines()
    assert [row.split() for row in rows] == [
        ["strong", "●", "ready", "0/3", "70%/70%", "7/0", "$?"],
        ["small", "●", "ready", "0", "30%/30%", "3/0", "$SUM"],
    ]


def test_what_was_stopped_has_a_place_of_its_own(tmp_path: Path) -> None:
    rules = "hedge_after_ms = 100\nhedge_priced = true"
    with pooled(tmp_path, play("stall_before_headers"), rules=rules, small=""):
        ask(tmp_path)
        head, header, *rows = status(tmp_path).out.splitlines()
    assert "today 2 attempts" in head
    assert header.split() == ["MODEL", "STATE", "BUSY", "SHARE", "OK/FAIL", "STOPPED", "COST"]
    assert [row.split()[4:7] for row in rows] == [["50%", "0/0", "1"], ["50%", "1/0", "0"]]


def test_a_sum_is_not_known_where_a_price_is_not(tmp_path: Path) -> None:
    with pooled(tmp_path):
        ask(tmp_path)
        assert "today 1 attempt, $?\n" in status(tmp_path).out


def test_json_holds_all_that_is_known(tmp_path: Path) -> None:
    with pooled(tmp_path, play("rate_limit"), rules=AN_HOUR):
        ask(tmp_path, times=2)
        told = json.loads(status(tmp_path, "--json").out)
    pool = msgspec.convert(told["pool"], MuxSnapshot, strict=True)
    shown = [
        (entry.alias, entry.provider, entry.model, entry.state, entry.can_answer)
        for entry in pool.entries
    ]
    assert shown == [
        ("strong", "acme", "test-model", "open", False),
        ("small", "other", "other-model", "closed", True),
    ]
    assert (pool.mode, pool.available, pool.total) == ("failover", 1, 2)
    counts = ("requests", "ok", "limited", "failed", "cancelled", "unpriced")
    assert {alias: [use[name] for name in counts] for alias, use in told["today"].items()} == {
        "strong": [1, 0, 1, 0, 0, 0],
        "small": [2, 2, 0, 0, 0, 0],
    }
    assert told["processes"] == []


def test_a_process_that_is_asking_now_is_seen_from_another_shell(tmp_path: Path) -> None:
    with pooled(tmp_path, play("stall_before_first_token")) as (server, _):
        asking = subprocess.Popen(
            [VIBE, "-p", "?"],
            env={"HOME": str(tmp_path), "PATH": os.environ["PATH"], **ENV},
            stdin=subprocess.DEVNULL,
        )
        with asking:
            server.wait_for(1)
            shown = ""
            for _ in range(1_000):  # it tells of itself a moment later
                shown = status(tmp_path).out
                if "in use" in shown:
                    break
            asking.send_signal(signal.SIGINT)
        after = status(tmp_path).out
    _, _, strong, _, used = shown.splitlines()
    assert strong.split()[:4] == ["strong", "●", "ready", "1"]
    assert used == f"in use by 1 process now: {asking.pid}"
    assert "in use" not in after


def test_an_entry_that_cannot_be_used_at_all_says_why(tmp_path: Path) -> None:
    with pooled(tmp_path):
        outcome = vibe("mux", "status", home=tmp_path)
    assert (outcome.code, outcome.err) == (0, "")
    assert "strong  ! unusable  0     –      0/0\n  └ TEST_API_KEY is not set\n" in outcome.out
    assert "1 of 2 can answer" in outcome.out


def test_single_mode_is_a_pool_of_one(tmp_path: Path) -> None:
    configured(tmp_path, "http://127.0.0.1:9/v1")
    assert status(tmp_path).out.splitlines()[0].startswith("mux  single   1 of 1 can answer")


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ("active_model = 7\n", "active_model"),
        ('active_model = "no-such"\n', "active-unknown-alias"),
        ("", "error: no model is configured\n  help: vibe config init\n"),
    ],
    ids=["a type", "an alias", "no model"],
)
def test_without_a_sound_configuration_there_is_no_status(
    config: str, says: str, tmp_path: Path
) -> None:
    file = tmp_path / "config.toml"
    file.write_text(config)
    file.chmod(0o600)
    outcome = status(tmp_path, "--config", str(file))
    assert (outcome.code, outcome.out) == (2, "")
    assert says in outcome.err


def test_a_damaged_memory_is_told_and_the_pool_is_shown_all_the_same(tmp_path: Path) -> None:
    file = tmp_path / ".local/state/vibe/pool.db"
    with pooled(tmp_path):
        ask(tmp_path)
        file.write_text("no database")
        outcome = status(tmp_path)
    assert (outcome.code, outcome.out.count("● ready")) == (0, 2)
    assert outcome.err.startswith(f"warning: {file} was damaged: ")


def test_a_key_never_shows_and_is_never_kept(tmp_path: Path) -> None:
    body = msgspec.json.encode({"error": {"message": f"Incorrect API key provided: {KEY}"}})
    echo = Play(fault=Fault(name="", says="", act=lambda _: Reply(status=401, steps=(body,))))
    with pooled(tmp_path, echo):
        ask(tmp_path)
        told = [status(tmp_path).out, status(tmp_path, "--json").out]
        told.append(vibe("mux", "why", "--json", home=tmp_path).out)
    kept = [each.read_bytes() for each in (tmp_path / ".local").rglob("*") if each.is_file()]
    assert "Incorrect API key provided: ***" in told[-1]
    assert KEY not in "".join(told)
    assert KEY.encode() not in b"".join(kept)


def test_no_row_is_wider_than_a_terminal(tmp_path: Path) -> None:
    long = "a-model-whose-name-says-everything-about-it-2026-11-instruct-東京-東京-東京"
    bound = "max_concurrent = 100_000"
    with pooled(tmp_path, play("unauthorized"), mode="load_balance", alias=long, small=bound):
        ask(tmp_path)
        lines = status(tmp_path).out.splitlines()
    assert max(map(drawn, lines)) <= WIDTH
    assert lines[-1].startswith("a-model-whose-name-")
    assert "…" in lines[-1]


def test_watching_goes_on_until_it_is_interrupted(tmp_path: Path) -> None:
    configured(tmp_path, "http://127.0.0.1:9/v1")
    watching = subprocess.Popen(
        [VIBE, "mux", "status", "--watch"],
        env={"HOME": str(tmp_path), "PATH": os.environ["PATH"], **ENV},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with watching:
        assert watching.stdout
        assert watching.stderr
        assert watching.stdout.readline().startswith("mux  single")
        watching.send_signal(signal.SIGINT)
        assert (watching.wait(timeout=30), watching.stderr.read()) == (130, "")
