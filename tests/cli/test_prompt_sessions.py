"""`vibe -p` over time: interrupted, gone on with, and never by two at once."""

from __future__ import annotations

import io
import json
import os
import signal
from pathlib import Path

import pytest

from tests.cli.running import on_screen, process
from tests.cli.serving import ENV, configured, echo, granted, said, serving
from tests.drive import Outcome, vibe
from tests.session.samples import NOON
from vibe.domain.answer import Answer as Sealed
from vibe.domain.message import CallId, Text, ToolCall, User
from vibe.domain.turn import CallKey
from vibe.secret import Redactor
from vibe.session.index import latest
from vibe.session.journal import locked
from vibe.session.record import Answered, Started, TurnBegan
from vibe.session.resume import load
from vibe.session.session import Session
from vibe.session.transcript import Transcript
from vibe.session.turn import CallState
from vibe.testing.exchange import Answer, Asked, call, text_of
from vibe.testing.faults import play
from vibe.testing.script import Scripted, calls, otherwise, says, when_result


def root_of(home: Path) -> Path:
    return home / ".local" / "state" / "vibe" / "sessions"


def last_session(home: Path) -> Transcript:
    return load(latest(root_of(home), folder=str(home), redactor=Redactor())).transcript


def texts_of(transcript: Transcript) -> list[str]:
    parts = (part for turn in transcript.turns for step in turn.steps for part in step.answer.parts)
    return [part.text for part in parts if isinstance(part, Text)]


READ_IT = ToolCall(id=CallId("1"), name="read", arguments='{"path": "a.txt"}')


def cut_off(home: Path, *, has_started: bool, call: ToolCall = READ_IT) -> str:
    """A session whose process ended between an answer that calls and its end."""
    session = Session.begin(
        root_of(home), folder=str(home), at=NOON, redactor=Redactor(), tell=print
    )
    session.put(
        TurnBegan(turn=1, message=User((Text("read it"),)), at=NOON),
        Answered(turn=1, number=0, answer=Sealed(parts=(call,), pieces=(), reason="calls")),
    )
    if has_started:
        session.put(Started(call=CallKey(turn=1, answer=0, position=0)))
    session.close()
    return session.session


def heard(asked: Asked) -> Answer:
    """How many messages there are, and what was said last."""
    return Answer(text=f"{len(asked.messages)} {said(asked)}")


def test_a_model_is_told_of_the_folder_once_and_of_another_one(tmp_path: Path) -> None:
    def folders(asked: Asked) -> Answer:
        texts = (text_of(each.parts) for each in asked.messages if isinstance(each, User))
        told = (line for text in texts for line in text.splitlines() if line.startswith("Folder: "))
        return Answer(text=" ".join(line.rpartition("/")[2] for line in told))

    places = [tmp_path / "here", tmp_path / "there"]
    for place in places:
        place.mkdir()
    with serving(folders) as server:
        configured(tmp_path, server.api_base)
        first = vibe("-p", "--output", "json", "one", home=tmp_path, cwd=places[0], env=ENV)
        args = ("-p", "--resume", json.loads(first.out)["session"], "go on")
        told = [vibe(*args, home=tmp_path, cwd=places[at], env=ENV).out for at in (0, 1, 1, 0)]
    assert told == ["here\n", "here there\n", "here there\n", "here there here\n"]


@pytest.mark.parametrize("flag", ["--continue", "-c", "--resume"])
def test_a_session_is_gone_on_with(flag: str, tmp_path: Path) -> None:
    with serving(heard) as server:
        configured(tmp_path, server.api_base)
        first = vibe("-p", "--output", "json", "one", home=tmp_path, env=ENV)
        session = json.loads(first.out)["session"]
        args = (flag, session) if flag == "--resume" else (flag,)
        outcome = vibe("-p", *args, "two", home=tmp_path, env=ENV)
    assert outcome == Outcome(code=0, out="3 two\n", err="")
    assert len(last_session(tmp_path).turns) == 2


def test_each_run_tells_what_it_used_itself(tmp_path: Path) -> None:
    with serving(echo) as server:
        configured(tmp_path, server.api_base)
        vibe("-p", "one", home=tmp_path, env=ENV)
        outcome = vibe("-p", "-c", "--output", "json", "two", home=tmp_path, env=ENV)
    assert json.loads(outcome.out)["usage"]["total"]["answers"] == 1


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("-c", "--resume", "abcd", "?"), "exclude each other"),
        (("-c", "?"), "there is no session of"),
        (("--resume", "abcd", "?"), 'there is no session "abcd"'),
    ],
    ids=["both", "none here", "no such"],
)
def test_what_cannot_be_gone_on_with_is_a_usage_error(
    args: tuple[str, ...], says: str, tmp_path: Path
) -> None:
    with serving(echo) as server:
        configured(tmp_path, server.api_base)
        outcome = vibe("-p", *args, home=tmp_path, env=ENV)
        assert server.requests == ()
    assert (outcome.code, outcome.out) == (2, "")
    assert says in outcome.err


def test_a_turn_that_was_cut_off_is_finished_without_a_prompt(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hello\n")
    reader = Scripted(
        when_result("read", says("It says hello."), holds="hello"), otherwise(says("asked anew"))
    )
    with serving(reader) as server:
        configured(tmp_path, server.api_base)
        session = cut_off(tmp_path, has_started=False)
        outcome = vibe("-p", "--resume", session, home=tmp_path, env=ENV)
    assert outcome == Outcome(code=0, out="It says hello.\n", err="· read a.txt\n")


def test_a_call_that_had_started_is_not_run_again(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hello\n")
    reader = Scripted(
        when_result("read", says("Who knows."), holds="outcome unknown"), otherwise(says("no"))
    )
    with serving(reader) as server:
        configured(tmp_path, server.api_base)
        cut_off(tmp_path, has_started=True)
        outcome = vibe("-p", "--continue", home=tmp_path, env=ENV)
    assert outcome == Outcome(code=0, out="Who knows.\n", err="")


def test_a_call_that_was_put_off_is_no_success(tmp_path: Path) -> None:
    made = call("bash", command="touch made")
    model = Scripted(
        when_result("bash", says("I leave it."), holds="check first"),
        otherwise(calls(made)),
    )
    granted(tmp_path, "bash(touch made)", folder=tmp_path)
    with serving(model) as server:
        configured(tmp_path, server.api_base)
        before = ToolCall(id=CallId("1"), name=made.name, arguments=made.arguments)
        session = cut_off(tmp_path, has_started=True, call=before)
        args = ("-p", "--output", "json", "--resume", session, "again")
        outcome = vibe(*args, home=tmp_path, env=ENV)
    envelope = json.loads(outcome.out)
    assert (outcome.code, envelope["termination_reason"]) == (1, "denied")
    assert envelope["error"] == {
        "message": "1 call was denied, for nobody was there to allow it: bash touch made",
        "hint": "bash touch made was interrupted before: check what it did, and say so",
    }
    (denial,) = envelope["denials"]
    assert (denial["call"]["name"], denial["approve"], denial["was_interrupted"]) == (
        "bash",
        None,
        True,
    )
    assert denial["reason"] == (
        "this very call was interrupted before, and nobody knows what it did"
    )
    assert not (tmp_path / "made").exists()


def test_without_a_prompt_and_an_open_turn_there_is_nothing_to_do(tmp_path: Path) -> None:
    with serving(echo) as server:
        configured(tmp_path, server.api_base)
        vibe("-p", "one", home=tmp_path, env=ENV)
        outcome = vibe("-p", "--continue", home=tmp_path, env=ENV)
        assert len(server.requests) == 1
    told = "error: no turn is under way in this session\n  help: say what to do\n"
    assert outcome == Outcome(code=2, out="", err=told)


def test_a_prompt_goes_on_with_a_session_whose_turn_was_cut_off(tmp_path: Path) -> None:
    with serving(heard) as server:
        configured(tmp_path, server.api_base)
        cut_off(tmp_path, has_started=True)
        outcome = vibe("-p", "--continue", "what now?", home=tmp_path, env=ENV)
    assert outcome == Outcome(code=0, out="4 what now?\n", err="")


def test_a_session_in_use_elsewhere_is_left_alone(tmp_path: Path) -> None:
    with serving(echo) as server:
        configured(tmp_path, server.api_base)
        vibe("-p", "one", home=tmp_path, env=ENV)
        place = latest(root_of(tmp_path), folder=str(tmp_path), redactor=Redactor())
        writer = locked(place.journal, os.O_RDWR)
        try:
            outcome = vibe("-p", "-c", "--output", "json", "two", home=tmp_path, env=ENV)
        finally:
            os.close(writer)
        assert len(server.requests) == 1
    assert outcome.code == 1
    message = f"another vibe is writing the session {place.session}"
    hint = f"close it there, or go on with a copy: vibe sessions fork {place.session}"
    assert json.loads(outcome.out)["error"] == {"message": message, "hint": hint}
    assert outcome.err == f"error: {message}\n  help: {hint}\n"


def test_an_interrupt_keeps_what_came_and_says_how_to_go_on(tmp_path: Path) -> None:
    with serving(says("one two " * 100), faults=play("stall_in_body")) as server:
        configured(tmp_path, server.api_base)
        with on_screen("-p", "?", home=tmp_path) as screen:
            screen.until("one two ")
            screen.started.send_signal(signal.SIGINT)
            assert screen.end() == 130
    place = latest(root_of(tmp_path), folder=str(tmp_path), redactor=Redactor())
    told = f'interrupted; to go on: vibe -p --resume {place.session} "go on"\n'
    shown, told_after = screen.text.split("\ninterrupted", 1)
    assert shown.startswith("one two ")
    assert f"\ninterrupted{told_after}".startswith(f"\n{told}")
    (kept,) = texts_of(last_session(tmp_path))
    assert kept.startswith(shown.rstrip())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_pipe_gets_what_there_is_of_an_answer_that_is_interrupted(
    number: signal.Signals, tmp_path: Path
) -> None:
    with serving(says("one two " * 100), faults=play("stall_in_body")) as server:
        configured(tmp_path, server.api_base)
        with process("-p", "--output", "stream-json", "?", home=tmp_path) as started:
            assert started.stdin
            assert started.stdout
            started.stdin.close()
            while '"text_delta"' not in started.stdout.readline():
                pass
            started.send_signal(number)
            *_, last = started.stdout
            assert started.wait(timeout=30) == 128 + number
    result = json.loads(last)
    assert result["answer"].startswith("one")
    assert texts_of(last_session(tmp_path)) == [result["answer"]]


def test_an_interrupt_before_any_answer_ends_it(tmp_path: Path) -> None:
    with serving(echo, faults=play("stall_before_headers")) as server:
        configured(tmp_path, server.api_base)
        with process("-p", "?", home=tmp_path) as started:
            assert started.stdin
            started.stdin.close()
            server.wait_for(1)
            started.send_signal(signal.SIGINT)
            assert started.wait(timeout=30) == 130
            assert started.stdout
            assert started.stderr
            assert started.stdout.read() == ""
            assert started.stderr.read().startswith("interrupted; to go on: vibe -p --resume ")


class Interrupted(io.StringIO):
    def read(self, size: int | None = -1, /) -> str:
        raise KeyboardInterrupt


def test_an_interrupt_before_there_is_a_prompt_gives_an_envelope(tmp_path: Path) -> None:
    outcome = vibe("-p", "--output", "json", home=tmp_path, stdin=Interrupted())
    assert (outcome.code, outcome.err) == (130, "")
    assert json.loads(outcome.out)["termination_reason"] == "interrupted"


def test_a_command_ends_with_the_run_that_started_it(tmp_path: Path) -> None:
    """It minds no signal, and has a child that would outlive it; both would hold stderr open."""
    (tmp_path / "stubborn.sh").write_text("trap '' INT TERM; sleep 600 & echo began; wait\n")
    granted(tmp_path, "bash(sh stubborn.sh)", folder=tmp_path)
    with serving(calls(call("bash", command="sh stubborn.sh"))) as server:
        configured(tmp_path, server.api_base)
        with process("-p", "--output", "stream-json", "?", home=tmp_path) as started:
            assert started.stdin
            assert started.stdout
            started.stdin.close()
            while '"tool_output"' not in started.stdout.readline():
                pass
            started.send_signal(signal.SIGINT)
            *_, last = started.stdout
            assert started.wait(timeout=30) == 130
    assert json.loads(last)["termination_reason"] == "interrupted"
    (ran,) = last_session(tmp_path).calls
    assert ran.state is CallState.UNKNOWN
