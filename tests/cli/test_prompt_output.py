"""`vibe -p --output …`: what a script gets on stdout, whatever becomes of the run."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.cli.pooled import pooled
from tests.cli.running import on_screen, process
from tests.cli.serving import ENV, KEY, configured, echo, serving
from tests.drive import Outcome, vibe
from vibe.testing.exchange import Answer, call
from vibe.testing.faults import play
from vibe.testing.script import Scripted, calls, otherwise, says, when_result

LOOKS = calls(call("read", path="a.txt"), text="I look.")
READER = Scripted(when_result("read", says("It says hello.")), otherwise(LOOKS))
PRICES = "input_price = 1.0\noutput_price = 2.0\n"
NO_WAIT = "[multiplexer]\nmax_wait_ms = 0\n"
NOTHING: dict[str, Any] = {
    "answer": "",
    "model": None,
    "denials": [],
    "attempts": [],
    "usage": {
        "total": {
            "model": None,
            "answers": 0,
            "input": 0,
            "output": 0,
            "cached": 0,
            "is_estimate": False,
            "cost": {"usd": 0.0, "is_estimate": False},
        },
        "by_model": [],
    },
    "cost": {"usd": 0.0, "is_estimate": False},
}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "a.txt").write_text("hello\n")
    return folder


def timeless(envelope: dict[str, Any]) -> dict[str, Any]:
    """Without what is another one in each run."""
    assert envelope.pop("duration_s") >= 0
    session = envelope.pop("session")
    assert session is None or len(session) == len("20260101-000000-abcd")
    for attempt in envelope["attempts"]:
        assert attempt.pop("took_s") >= 0
    return envelope


def envelope_of(outcome: Outcome) -> dict[str, Any]:
    """The one that stdout holds and nothing else."""
    envelope: dict[str, Any] = json.loads(outcome.out)
    assert outcome.out.count("\n") == 1
    assert (envelope["schema_version"], envelope["exit_code"]) == (1, outcome.code)
    assert envelope["status"] == ("error" if outcome.code else "ok")
    return envelope


def test_text_in_a_pipe_is_the_last_answer_alone(shop: Path, tmp_path: Path) -> None:
    with serving(READER) as server:
        configured(tmp_path, server.api_base)
        outcome = vibe("-p", "read it", home=tmp_path, cwd=shop, env=ENV)
    assert outcome == Outcome(code=0, out="It says hello.\n", err="· read a.txt\n")


def test_text_on_a_screen_is_all_of_it_and_a_line_about_the_run(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hello\n")
    with serving(READER) as server:
        configured(tmp_path, server.api_base, models=PRICES)
        with on_screen("-p", "read it", home=tmp_path) as screen:
            assert screen.end() == 0
    *lines, last = screen.text.splitlines()
    assert lines == ["I look.", "· read a.txt", "It says hello."]
    models, tokens, cost, session = last.split(" · ")
    assert (models, tokens.split()[1], cost[:2]) == ("strong", "tokens", "$0")
    assert session.startswith("session ")


def test_json_is_one_envelope(shop: Path, tmp_path: Path) -> None:
    with serving(READER) as server:
        configured(tmp_path, server.api_base, models=PRICES)
        outcome = vibe("-p", "--output", "json", "read it", home=tmp_path, cwd=shop, env=ENV)
    envelope = timeless(envelope_of(outcome))
    total = envelope.pop("usage")["total"]
    assert (total["answers"], total["is_estimate"]) == (2, False)
    assert total["cost"] == envelope.pop("cost")
    usd = (total["input"] + 2 * total["output"]) / 1_000_000
    assert total["cost"] == {"usd": pytest.approx(usd), "is_estimate": False}
    asked = {"model": "strong", "outcome": "ok", "failure": None}
    assert envelope == {
        "schema_version": 1,
        "status": "ok",
        "termination_reason": "finished",
        "exit_code": 0,
        "answer": "It says hello.",
        "model": "strong",
        "error": None,
        "denials": [],
        "attempts": [
            {"request": 1, "why": "only", **asked},
            {"request": 2, "why": "turn", **asked},
        ],
    }


def test_a_cost_that_is_not_known_is_null_and_not_nothing(tmp_path: Path) -> None:
    with serving(lambda _: Answer(text="x", tells_tokens=False)) as server:
        configured(tmp_path, server.api_base)
        unpriced = vibe("-p", "--output", "json", "?", home=tmp_path, env=ENV)
        configured(tmp_path, server.api_base, models=PRICES)
        estimated = vibe("-p", "--output", "json", "?", home=tmp_path, env=ENV)
    assert envelope_of(unpriced)["cost"] == {"usd": None, "is_estimate": False}
    envelope = envelope_of(estimated)
    assert envelope["cost"]["is_estimate"]
    assert envelope["cost"]["usd"] > 0
    assert envelope["usage"]["by_model"][0]["is_estimate"]


def test_attempts_tell_of_the_failover(tmp_path: Path) -> None:
    with pooled(tmp_path, play("rate_limit")):
        outcome = vibe("-p", "--output", "json", "?", home=tmp_path, env=ENV)
    attempts = timeless(envelope_of(outcome))["attempts"]
    failure = attempts[0].pop("failure")
    assert (failure["kind"], failure["status"]) == ("rate_limited", 429)
    assert attempts == [
        {"request": 1, "model": "strong", "why": "order", "outcome": "limited"},
        {"request": 1, "model": "small", "why": "failover", "outcome": "ok", "failure": None},
    ]
    assert "small is asked instead" in outcome.err


@pytest.mark.parametrize(
    ("fault", "reason", "code", "answer"),
    [
        ("unauthorized", "failed", 1, ""),
        ("rate_limit", "temporary", 75, ""),
        ("empty_answer", "failed", 1, ""),
        ("reset_in_body", "temporary", 75, "one two"),
    ],
)
def test_a_failure_stands_in_the_envelope(
    fault: str, reason: str, code: int, answer: str, tmp_path: Path
) -> None:
    with serving(says("one two three four five six seven"), faults=play(fault)) as server:
        configured(tmp_path, server.api_base, pool=NO_WAIT)
        outcome = vibe("-p", "--output", "json", "?", home=tmp_path, env=ENV)
    envelope = envelope_of(outcome)
    assert (envelope["termination_reason"], envelope["exit_code"]) == (reason, code)
    assert envelope["answer"].startswith(answer)
    assert envelope["attempts"][-1]["failure"]
    assert f"error: {envelope['error']['message']}\n" in outcome.err
    assert f"  help: {envelope['error']['hint']}\n" in outcome.err


@pytest.mark.parametrize("output", ["json", "stream-json"])
@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--model", "smal", "?"), "smal"),
        ((), "there is no prompt"),
        (("--max-cost", "nan", "?"), "nan is no limit"),
        (("--max-turns", "0", "?"), "--max-turns"),
        (("--approve", "foo", "?"), "--approve"),
        (("--time-limit", "x", "?"), "--time-limit"),
        (("--cd", "nowhere", "?"), "there is no folder"),
        (("--resume", "zzzz", "?"), "there is no session"),
        (("@gone.py",), "there is no file"),
    ],
    ids=[
        "model",
        "prompt",
        "bound",
        "range",
        "choice",
        "number",
        "folder",
        "session",
        "file",
    ],
)
def test_a_usage_error_gives_an_envelope_too(
    output: str, args: tuple[str, ...], says: str, tmp_path: Path
) -> None:
    with serving(echo) as server:
        configured(tmp_path, server.api_base)
        outcome = vibe("-p", "--output", output, *args, home=tmp_path, env=ENV)
        assert server.requests == ()
    envelope = timeless(envelope_of(outcome))
    assert envelope.pop("event", None) == ("result" if output == "stream-json" else None)
    error = envelope.pop("error")
    assert says in error["message"]
    assert error["hint"]
    assert envelope == {
        "schema_version": 1,
        "status": "error",
        "termination_reason": "usage",
        "exit_code": 2,
        **NOTHING,
    }


@pytest.mark.parametrize("args", [("json", "--no-such"), ("yaml",)])
def test_a_command_line_that_cannot_be_read_leaves_stdout_empty(
    args: tuple[str, ...], tmp_path: Path
) -> None:
    outcome = vibe("-p", "--output", *args, home=tmp_path)
    assert (outcome.code, outcome.out) == (2, "")


def test_a_stream_is_every_event_and_the_envelope_last(shop: Path, tmp_path: Path) -> None:
    with serving(READER) as server:
        configured(tmp_path, server.api_base)
        outcome = vibe("-p", "--output", "stream-json", "read", home=tmp_path, cwd=shop, env=ENV)
    lines = [json.loads(line) for line in outcome.out.splitlines()]
    told = [line["event"] for line in lines if not line["event"].endswith("_delta")]
    assert told == [
        "session",
        "turn_started",
        "routed",
        "call_began",
        "call_ended",
        "sealed",
        "tool_started",
        "tool_finished",
        "routed",
        "sealed",
        "turn_finished",
        "result",
    ]
    assert outcome.err == ""
    assert lines[0]["session"] == lines[-1]["session"]
    assert (lines[-1]["answer"], lines[-1]["exit_code"]) == ("It says hello.", 0)
    assert "".join(line["text"] for line in lines if line["event"] == "text_delta") == (
        "I look.It says hello."
    )


def test_a_stream_is_written_line_by_line(tmp_path: Path) -> None:
    with serving(says("one two " * 100), faults=play("stall_in_body")) as server:
        configured(tmp_path, server.api_base)
        with process("-p", "--output", "stream-json", "?", home=tmp_path) as started:
            assert started.stdin
            assert started.stdout
            started.stdin.close()
            first = [json.loads(started.stdout.readline())["event"] for _ in range(4)]
            assert first == ["session", "turn_started", "routed", "text_delta"]
            started.send_signal(signal.SIGINT)
            *_, last = started.stdout
            assert started.wait(timeout=30) == 130
    result = json.loads(last)
    assert (result["event"], result["termination_reason"]) == ("result", "interrupted")
    assert result["answer"].startswith("one two ")


@pytest.mark.parametrize("output", ["json", "stream-json"])
def test_no_output_holds_a_key(output: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(f"key = {KEY}\n")
    with serving(READER) as server:
        configured(tmp_path, server.api_base)
        outcome = vibe("-p", "--output", output, f"use {KEY}", home=tmp_path, env=ENV)
    assert outcome.code == 0
    assert KEY not in outcome.out + outcome.err
