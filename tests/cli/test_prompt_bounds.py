"""How far `vibe -p` may go: what it is allowed to do, and the limits that it is given."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.pooled import pooled
from tests.cli.serving import ENV, configured, echo, granted, serving
from tests.drive import Outcome, vibe
from vibe.testing.exchange import Answer, Tokens, call
from vibe.testing.faults import play
from vibe.testing.script import Scripted, calls, otherwise, says, when_result

PRICES = "input_price = 1.0\noutput_price = 2.0\n"
EDIT = call("edit", path="a.txt", edits=[{"old": "hello", "new": "bye"}])


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "a.txt").write_text("hello\n")
    return folder


def doing(*wanted: str, text: str = "Done.") -> Scripted:
    """Reads, then edits or runs; says so, whatever came of it."""
    steps = {"edit": EDIT, "bash": call("bash", command="make test")}
    return Scripted(
        when_result("read", calls(*(steps[each] for each in wanted))),
        when_result("edit", says(text)),
        when_result("bash", says(text)),
        otherwise(calls(call("read", path="a.txt"))),
    )


def test_what_the_mode_allows_is_done(shop: Path, tmp_path: Path) -> None:
    with serving(doing("edit")) as server:
        configured(tmp_path, server.api_base)
        outcome = vibe("-p", "--approve", "edits", "?", home=tmp_path, cwd=shop, env=ENV)
    assert outcome == Outcome(code=0, out="Done.\n", err="· read a.txt\n· edit a.txt\n")
    assert (shop / "a.txt").read_text() == "bye\n"


def test_a_denial_is_no_success_and_names_what_would_allow_it(shop: Path, tmp_path: Path) -> None:
    with serving(doing("edit", "bash")) as server:
        configured(tmp_path, server.api_base)
        outcome = vibe("-p", "--output", "json", "?", home=tmp_path, cwd=shop, env=ENV)
    envelope = json.loads(outcome.out)
    assert (outcome.code, envelope["termination_reason"]) == (1, "denied")
    assert envelope["answer"] == "Done."
    error = envelope["error"]
    assert error["message"] == ("2 calls were denied, for nobody was there to allow it: edit a.txt")
    assert "allow it with --approve" in error["hint"]
    assert "see why: vibe permissions check -- 'make test'" in error["hint"]
    edit, bash = envelope["denials"]
    assert (edit["call"]["name"], edit["approve"]) == ("edit", "edits")
    assert (bash["call"]["name"], bool(bash["reason"])) == ("bash", True)
    assert (shop / "a.txt").read_text() == "hello\n"
    assert f"error: {error['message']}\n  help: {error['hint']}\n" in outcome.err


def test_so_many_answers_and_no_more(shop: Path, tmp_path: Path) -> None:
    with serving(doing("edit")) as server:
        configured(tmp_path, server.api_base)
        outcome = vibe("-p", "--max-turns", "1", "?", home=tmp_path, cwd=shop, env=ENV)
        assert len(server.requests) == 1
    assert (outcome.code, outcome.out) == (53, "")
    assert "error: the limit of 1 answer was reached\n" in outcome.err


def test_once_so_much_is_spent_nobody_is_asked_again(shop: Path, tmp_path: Path) -> None:
    def dear(asked: object) -> Answer:
        del asked
        read = call("read", path="a.txt")
        return Answer(calls=(read,), tokens=Tokens(input=1_000_000, output=0))

    with serving(dear) as server:
        configured(tmp_path, server.api_base, models=PRICES)
        args = ("-p", "--output", "json", "--max-cost", "0.5", "?")
        outcome = vibe(*args, home=tmp_path, cwd=shop, env=ENV)
        assert len(server.requests) == 1
    envelope = json.loads(outcome.out)
    assert (outcome.code, envelope["termination_reason"]) == (53, "limited")
    assert envelope["cost"] == {"usd": 1.0, "is_estimate": False}


def test_the_time_is_over_in_the_middle_of_an_answer(tmp_path: Path) -> None:
    with serving(says("one two " * 100), faults=play("stall_in_body")) as server:
        configured(tmp_path, server.api_base)
        args = ("-p", "--output", "json", "--time-limit", "0.3", "?")
        outcome = vibe(*args, home=tmp_path, env=ENV)
    envelope = json.loads(outcome.out)
    assert (outcome.code, envelope["termination_reason"]) == (53, "limited")
    assert envelope["answer"].startswith("one two ")


def test_the_time_is_over_while_a_command_runs(shop: Path, tmp_path: Path) -> None:
    granted(tmp_path, "bash(sleep 600)", folder=shop)
    with serving(calls(call("bash", command="sleep 600"))) as server:
        configured(tmp_path, server.api_base)
        args = ("-p", "--output", "json", "--time-limit", "1", "?")
        outcome = vibe(*args, home=tmp_path, cwd=shop, env=ENV)
    envelope = json.loads(outcome.out)
    assert (outcome.code, envelope["termination_reason"]) == (53, "limited")
    assert "the limit of 1 s was reached" in outcome.err


@pytest.mark.parametrize(
    ("models", "lacks"),
    [
        ("", '"strong" lacks input_price and output_price'),
        ("input_price = 1.0\n", '"strong" lacks output_price'),
    ],
    ids=["both", "one"],
)
def test_a_bound_on_the_cost_needs_every_price(models: str, lacks: str, tmp_path: Path) -> None:
    with serving(echo) as server:
        configured(tmp_path, server.api_base, models=models)
        outcome = vibe("-p", "--max-cost", "1", "?", home=tmp_path, env=ENV)
        assert server.requests == ()
    assert (outcome.code, outcome.out) == (2, "")
    assert f"that may answer: {lacks}\n" in outcome.err


def test_every_model_of_the_pool_needs_a_price_but_not_those_that_cannot_answer(
    tmp_path: Path,
) -> None:
    with pooled(tmp_path, behaviour=echo):  # `small` has prices, `strong` has none
        both = vibe("-p", "--max-cost", "1", "?", home=tmp_path, env=ENV)
        one = vibe("-p", "--max-cost", "1", "--model", "small", "?", home=tmp_path, env=ENV)
        keyless = vibe("-p", "--max-cost", "1", "--allow-missing-keys", "?", home=tmp_path)
    assert both.code == 2
    assert '"strong" lacks input_price and output_price' in both.err
    assert '"small"' not in both.err
    assert (one.code, one.out) == (0, "?\n")
    assert (keyless.code, keyless.out) == (0, "?\n")


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--max-cost", "nan"), "nan is no limit"),
        (("--max-cost", "inf"), "inf is no limit"),
        (("--max-cost", "-1"), "--max-cost"),
        (("--time-limit", "nan"), "nan is no limit"),
        (("--time-limit", "0"), "--time-limit"),
        (("--max-turns", "0"), "--max-turns"),
        (("--approve", "yolo"), "--approve"),
        (("--output", "xml"), "--output"),
    ],
    ids=" ".join,
)
def test_what_is_no_bound_is_refused(args: tuple[str, ...], says: str, tmp_path: Path) -> None:
    with serving(echo) as server:
        configured(tmp_path, server.api_base, models=PRICES)
        outcome = vibe("-p", *args, "?", home=tmp_path, env=ENV)
        assert server.requests == ()
    assert (outcome.code, outcome.out) == (2, "")
    assert says in outcome.err
