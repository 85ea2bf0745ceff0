"""`vibe mux why`: who answered the last requests, who did not, and why."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from tests.cli.pooled import pooled
from tests.cli.serving import ENV
from tests.drive import Outcome, vibe
from vibe.cli.paragraph import WIDTH
from vibe.cli.table import drawn
from vibe.clock import SystemClock
from vibe.domain.event import Outcome as RequestEnd
from vibe.domain.failure import Failure, FailureKind
from vibe.domain.model import Alias
from vibe.mux.store import Store
from vibe.mux.trace import AttemptTrace, Trace
from vibe.testing.faults import Play, at, play
from vibe.testing.script import says

LONG = says(" ".join(f"word{number}" for number in range(60)))
PROMPT = "a secret of mine"


def ask(home: Path, *args: str) -> Outcome:
    return vibe("-p", PROMPT, *args, home=home, env=ENV)


def why(home: Path, *args: str) -> Outcome:
    return vibe("mux", "why", *args, home=home)


def timeless(text: str) -> str:
    """Without what is another one in every run: dates, and times of less than a minute."""
    text = re.sub(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "DATE", text, flags=re.MULTILINE)
    return re.sub(r"\b\d+\.\d\d s", "T s", text)


def priceless(text: str) -> str:
    """Without what hangs on how long the prompt is: what is sent, and what it costs."""
    return re.sub(r"\$0\.\d{5}", "$SUM", re.sub(r"\b[\d.]+k? tokens in", "N tokens in", text))


def test_before_anything_was_asked_it_says_how_to_begin(tmp_path: Path) -> None:
    told = 'nothing has been asked yet; try: vibe -p "hello"\n'
    assert why(tmp_path) == Outcome(code=0, out="", err=told)


TOLD = {
    "another answers": (
        at({1: play("rate_limit_long")}),
        (),
        """\
DATE  answered by small after T s  $SUM
  1  strong: first in order
     429 rate limited after T s; it asked for 2 h
     not small: is a fallback
  2  small: next after the failure
     answered: first word after T s; N tokens in, 1 out, $SUM
     not strong: was asked already
""",
    ),
    "the same once more": (
        at({1: play("empty_answer")}),
        (),
        """\
DATE  answered by strong after T s  $?
  1  strong: first in order
     empty answer after T s; N tokens in, 0 out, $?
     not small: is a fallback
  2  strong: asked once more
     answered: first word after T s; N tokens in, 1 out, $?
     not small: is a fallback
""",
    ),
    "nobody": (
        play("refused_content"),
        (),
        """\
DATE  not answered after T s: refused for good  $0.000
  1  strong: first in order
     400 refused after T s
     not small: is a fallback
""",
    ),
    "not now": (
        play("rate_limit_long"),
        ("--model", "strong"),
        """\
DATE  not answered after T s: all limited or down  $0.000
  1  strong: the only one
     429 rate limited after T s; it asked for 2 h
""",
    ),
}


@pytest.mark.parametrize("case", TOLD)
def test_each_attempt_tells_why_it_was_made_and_what_came_of_it(case: str, tmp_path: Path) -> None:
    faults, args, told = TOLD[case]
    with pooled(tmp_path, faults):
        ask(tmp_path, *args)
        outcome = why(tmp_path)
    assert (outcome.code, outcome.err) == (0, "")
    assert priceless(timeless(outcome.out)) == told


def test_who_asked_nobody_is_told_why_each_was_passed_over(tmp_path: Path) -> None:
    hour = "rate_limit_disable_duration_ms = 3_600_000"
    with pooled(tmp_path, play("rate_limit_long"), rules=hour):
        ask(tmp_path, "--model", "strong")
        ask(tmp_path, "--model", "strong", "--on-limit", "exit")
        told = timeless(why(tmp_path).out)
    assert told == (
        "DATE  not answered after T s: all limited or down  $0.000\n"
        "     not strong: rests for 7200 s: rate limited\n"
    )


def test_every_attempt_that_cost_tells_its_part_of_the_sum(tmp_path: Path) -> None:
    cut = AttemptTrace(
        alias=Alias("strong"),
        why="order",
        at_s=0.0,
        took_s=1.0,
        outcome="failed",
        failure=Failure(kind=FailureKind.BROKEN_STREAM),
        input_tokens=900,
        output_tokens=100,
        is_estimated=True,
        cost_uusd=1_000,
    )
    stopped = replace(cut, why="repeat", outcome="cancelled", failure=None, cost_uusd=2_000)
    trace = Trace(
        id="1",
        began=0.0,
        outcome=RequestEnd.CANCELLED,
        total_s=2.0,
        waited_s=0.0,
        attempts=(cut, stopped),
    )
    with closing(Store.open(tmp_path / ".local/state/vibe/pool.db", SystemClock())) as store:
        store.put_trace(trace)
    assert (
        timeless(why(tmp_path).out)
        == """\
DATE  not answered after T s: stopped  ~$0.00300
  1  strong: first in order
     broken stream after T s; ~900 tokens in, ~100 out, ~$0.00100
  2  strong: asked once more
     stopped after T s; ~900 tokens in, ~100 out, ~$0.00200
"""
    )


def test_a_wait_and_a_seam_are_told_first(tmp_path: Path) -> None:
    cut = at({1: play("rate_limit_short"), 2: play("close_in_body", at_event=50)})
    with pooled(tmp_path, cut, behaviour=LONG):
        assert ask(tmp_path, "--model", "strong").code == 0
        told = timeless(why(tmp_path).out)
    assert told.startswith(
        "DATE  answered by strong after T s, T s of it waiting, with\n     1 seam  $?\n"
    )


def test_who_rested_was_not_asked_and_the_rest_is_told(tmp_path: Path) -> None:
    with pooled(tmp_path, play("rate_limit_long")):
        ask(tmp_path)
        ask(tmp_path)
        lines = why(tmp_path).out.splitlines()
    assert [lines[1], lines[-1][:27]] == [
        "  1  small: first in order",
        "     not strong: rests for ",
    ]


@pytest.mark.parametrize(
    ("last", "answered"), [((), 1), (("--last", "2"), 2), (("--last", "9"), 3)]
)
def test_as_many_are_told_as_are_asked_for_the_latest_last(
    last: tuple[str, ...], answered: int, tmp_path: Path
) -> None:
    with pooled(tmp_path, at({3: play("refused_content")})):
        for _ in range(3):
            ask(tmp_path)
        firsts = [line for line in why(tmp_path, *last).out.splitlines() if line[0] != " "]
    assert ["not answered" in line for line in firsts] == [False] * (answered - 1) + [True]


def test_json_is_the_whole_trace_and_no_text_of_the_conversation(tmp_path: Path) -> None:
    with pooled(tmp_path, play("server_error"), behaviour=says("An answer of nobody's concern.")):
        ask(tmp_path)
        outcome = why(tmp_path, "--json")
    (trace,) = msgspec.json.decode(outcome.out, type=list[Trace], strict=True)
    assert [(attempt.alias, attempt.why, attempt.outcome) for attempt in trace.attempts] == [
        ("strong", "order", "failed"),
        ("small", "failover", "ok"),
    ]
    kept = b"".join(each.read_bytes() for each in (tmp_path / ".local").rglob("*.db*"))
    for text in (PROMPT, "nobody's concern"):
        assert text not in outcome.out
        assert text.encode() not in kept


@pytest.mark.parametrize("last", ["0", "501", "many"])
def test_how_many_has_its_bounds(last: str, tmp_path: Path) -> None:
    outcome = why(tmp_path, "--last", last)
    assert (outcome.code, outcome.out) == (2, "")
    assert last in outcome.err


def test_what_another_version_has_written_is_passed_over(tmp_path: Path) -> None:
    with pooled(tmp_path):
        ask(tmp_path)
    with sqlite3.connect(tmp_path / ".local/state/vibe/pool.db") as connection:
        connection.execute("INSERT INTO traces (wall, pid, json) VALUES (1, 1, '{\"id\": 7}')")
    connection.close()
    outcome = why(tmp_path, "--last", "2")
    assert (outcome.code, outcome.err, outcome.out.count("answered by")) == (0, "", 1)


def test_a_damaged_memory_is_told(tmp_path: Path) -> None:
    file = tmp_path / ".local/state/vibe/pool.db"
    file.parent.mkdir(parents=True)
    file.write_text("no database")
    outcome = why(tmp_path)
    assert (outcome.code, outcome.out) == (0, "")
    assert outcome.err.startswith(f"warning: {file} was damaged: ")


@pytest.mark.parametrize("faults", [play("rate_limit_long"), None], ids=["failing", "well"])
def test_no_line_is_wider_than_a_terminal(faults: Play | None, tmp_path: Path) -> None:
    alias = "a-model-whose-name-says-everything-about-it-2026-11-instruct"
    with pooled(tmp_path, faults, alias=alias):
        ask(tmp_path)
        lines = why(tmp_path).out.splitlines()
    assert max(map(drawn, lines)) <= WIDTH
    assert f"not {alias}:" in " ".join(line.strip() for line in lines)
