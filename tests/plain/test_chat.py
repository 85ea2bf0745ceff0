"""`vibe --plain` end to end: a real process on a pseudo-terminal, real sockets, somebody typing."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from tests.cli.pooled import pooled
from tests.cli.serving import ENV, configured, serving
from tests.drive import vibe
from tests.plain.terminal import sitting_at
from vibe.session.journal import locked
from vibe.testing.exchange import call
from vibe.testing.faults import at, play
from vibe.testing.script import Scripted, calls, otherwise, says, when_asked, when_result

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no such terminals")

STORY = says("one two three four five six seven eight nine ten eleven twelve")
TOUCH = Scripted(
    when_asked("make it", calls(call("bash", command="touch made && echo was made"))),
    when_result("bash", says("It is there.")),
    otherwise(says("Hello!")),
)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    return folder


def test_who_answers_is_named_and_no_escape_sequence_is_written(tmp_path: Path, shop: Path) -> None:
    with (
        pooled(tmp_path, behaviour=says("Hello!")),
        sitting_at("--plain", home=tmp_path, cwd=shop) as person,
    ):
        person.until("> ")
        person.type("hi\n")
        person.until("strong:\r\nHello!\r\n")
        person.until("> ")
        person.type("\x04")
        assert person.end() == 0
        assert "\x1b" not in person.text
        assert "to go on: vibe --resume " in person.text


def test_a_dumb_terminal_has_the_chat_line_by_line_by_itself(tmp_path: Path, shop: Path) -> None:
    with (
        pooled(tmp_path, behaviour=says("Hello!")),
        sitting_at("hi", home=tmp_path, cwd=shop, env={"TERM": "dumb"}) as person,
    ):
        person.until("> hi\r\nstrong:\r\nHello!\r\n")
        person.until("> ")
        person.type("\x03")
        person.until("[Ctrl+C again leaves]")
        person.type("\x03")
        assert person.end() == 0
        assert b"\x1b" not in person.shown


def test_a_failover_before_the_first_word_and_one_in_mid_answer_are_told(
    tmp_path: Path, shop: Path
) -> None:
    cut = at({1: play("rate_limit")})
    with (
        pooled(tmp_path, cut, behaviour=STORY) as _,
        sitting_at("--plain", "go", home=tmp_path, cwd=shop) as person,
    ):
        person.until("[strong: 429 rate limited; small is asked instead (+")
        person.until("small:\r\none two")
    with (
        pooled(tmp_path, play("reset_in_body"), behaviour=STORY) as _,
        sitting_at("--plain", "go", home=tmp_path, cwd=shop) as person,
    ):
        person.until("strong:\r\none two")
        person.until("[strong was cut; the answer begins anew]\r\n")
        person.until("small:\r\none two three four five six seven eight nine ten eleven twelve\r\n")


def test_a_command_is_shown_whole_and_runs_after_a_yes_with_enter(
    tmp_path: Path, shop: Path
) -> None:
    with (
        serving(TOUCH) as server,
        sitting_at("--plain", "make it", home=tmp_path, cwd=shop) as person,
    ):
        configured(tmp_path, server.api_base)
        person.until("Run:\r\ntouch made && echo was made\r\n")
        person.until("Answer: ")
        person.type("\n")
        person.until("[that is no answer to it]")
        person.type("y\n")
        person.until("It is there.")
        assert (shop / "made").exists()


def test_what_was_typed_before_a_question_does_not_answer_it(tmp_path: Path, shop: Path) -> None:
    with (
        pooled(tmp_path, behaviour=TOUCH),
        sitting_at("--plain", home=tmp_path, cwd=shop) as person,
    ):
        person.until("> ")
        person.type("make it\ny\ny\ny")
        person.until("Answer: ")
        person.type("n not now\n")
        person.until("[bash touch made && echo was made: denied by you: ")
        assert not (shop / "made").exists()


def test_what_is_looked_up_during_a_question_comes_at_once(tmp_path: Path, shop: Path) -> None:
    with (
        pooled(tmp_path, behaviour=TOUCH),
        sitting_at("--plain", "make it", home=tmp_path, cwd=shop) as person,
    ):
        person.until("Answer: ")
        person.type("/cost\n")
        assert "Answer: " not in person.until("This session")
        person.until("(Enter alone closes): ")
        person.type("\n")
        person.until("Run:\r\ntouch made && echo was made\r\n")
        person.until("Answer: ")
        person.type("/log\n")
        person.until("vibe.log")
        person.until("Answer: ")
        person.type("y\n")
        person.until("It is there.")


def test_ctrl_c_stops_the_turn_and_the_chat_goes_on(tmp_path: Path, shop: Path) -> None:
    with (
        pooled(tmp_path, play("stall_before_headers"), behaviour=STORY) as (server, _),
        sitting_at("--plain", "go", home=tmp_path, cwd=shop) as person,
    ):
        server.wait_for(1)
        person.type("\x03")
        person.until("[stopped by you]")
        person.until("> ")


def test_a_session_goes_on_after_kill_9_and_tells_its_last_turn(tmp_path: Path, shop: Path) -> None:
    with pooled(tmp_path, behaviour=TOUCH):
        with sitting_at("--plain", "make it", home=tmp_path, cwd=shop) as person:
            person.until("Answer: ")
            os.kill(person.started.pid, signal.SIGKILL)
        with sitting_at("--plain", "--continue", home=tmp_path, cwd=shop) as person:
            person.until("> make it\r\n")
            person.until("cut off")
            person.until("> ")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=["TERM", "HUP"])
def test_a_signal_ends_it_with_the_terminal_as_it_was(
    tmp_path: Path, shop: Path, number: signal.Signals
) -> None:
    with (
        pooled(tmp_path, behaviour=says("Hello!")),
        sitting_at("--plain", home=tmp_path, cwd=shop) as person,
    ):
        before = person.modes
        person.until("> ")
        os.kill(person.started.pid, number)
        assert person.end() == 128 + number
        assert person.modes == before


def test_commands_are_text(tmp_path: Path, shop: Path) -> None:
    with (
        pooled(tmp_path, behaviour=says("Hello!")),
        sitting_at("--plain", home=tmp_path, cwd=shop) as person,
    ):
        person.until("> ")
        person.type("/help\n")
        person.until("/mux: the pool")
        person.until("> ")
        person.type("/theme dark\n")
        person.until("[/theme is for the whole screen: vibe without --plain]")
        person.until("> ")
        person.type("/mux\n")
        person.until("2 of 2 can answer")
        person.until("): ")
        person.type("\n")
        person.until("> ")
        person.type("/nonsense\n")
        person.until("[there is no command /nonsense]")


def said_before(home: Path, folder: Path, *texts: str) -> list[Path]:
    """The journals of conversations of one message each, the newest at the end."""
    for text in texts:
        vibe("-p", text, home=home, cwd=folder, env=ENV)
    journals = (home / ".local" / "state" / "vibe" / "sessions").glob("*/events.jsonl")
    return sorted(journals, key=lambda journal: journal.stat().st_mtime_ns)


def test_the_newest_that_no_other_vibe_writes_is_gone_on_with(tmp_path: Path, shop: Path) -> None:
    with pooled(tmp_path, behaviour=says("Hello!")):
        _, newest = said_before(tmp_path, shop, "about carts", "about zones")
        held = locked(newest, os.O_RDWR)
        with sitting_at("--plain", "-c", home=tmp_path, cwd=shop, size=(300, 24)) as person:
            told = person.until("> about carts\r\n")
        os.close(held)
    assert 'is writing the last conversation here, "about zones"; this is the newest of' in told
    assert 'the others, "about carts"' in told


def test_where_another_vibe_writes_the_only_one_it_is_said_what_to_do(
    tmp_path: Path, shop: Path
) -> None:
    with pooled(tmp_path, behaviour=says("Hello!")):
        (only,) = said_before(tmp_path, shop, "about carts")
        held = locked(only, os.O_RDWR)
        with sitting_at("--plain", "-c", home=tmp_path, cwd=shop) as person:
            assert person.end() == 1
        os.close(held)
    told = " ".join(person.text.split())
    assert f"another vibe is writing the session {only.parent.name}" in told
    assert f"or go on with a copy: vibe sessions fork {only.parent.name}" in told


def test_what_was_only_in_memory_is_not_offered_to_be_gone_on_with(
    tmp_path: Path, shop: Path
) -> None:
    with pooled(tmp_path, behaviour=says("Hello!")):
        sessions = tmp_path / ".local" / "state" / "vibe" / "sessions"
        sessions.parent.mkdir(parents=True)
        sessions.write_text("no folder")
        with sitting_at("--plain", "hi", home=tmp_path, cwd=shop) as person:
            person.until("only in memory")
            person.until("\n> ")
            person.type("\x04")
            assert person.end() == 0
    assert "to go on" not in person.text
