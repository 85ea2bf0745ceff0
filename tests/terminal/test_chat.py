"""The chat as a person has it: a real process on a pseudo-terminal, and real sockets."""

from __future__ import annotations

import json
import os
import re
import signal
from pathlib import Path
from typing import Any, Final

import pytest

from tests.cli.on_terminal import on_terminal
from tests.cli.pooled import pooled
from tests.cli.running import VIBE
from tests.cli.serving import ENV, configured, echo, serving
from tests.drive import vibe
from vibe.testing.exchange import call
from vibe.testing.faults import at, play
from vibe.testing.script import Scripted, calls, otherwise, says, when_asked, when_result

OPEN: Final = "●"
CLEARED: Final = "\x15"  # what was typed
_COLOUR: Final = re.compile(r"\x1b\[[0-9;]*m")
TRIES: Final = 30
_TITLED: Final = ("available", "total", "requests")
_TITLE: Final = re.compile(r"(\d+) of (\d+) can answer.*? (\d+) requests?")
STORY: Final = says(" ".join(f"word{number}" for number in range(60)))
TOUCH: Final = Scripted(
    when_asked("make it", calls(call("bash", command="touch made"))),
    when_result("bash", says("It is there.")),
    otherwise(says("Hello!")),
)


def test_an_answer_that_breaks_off_is_gone_on_with_by_another(tmp_path: Path) -> None:
    with (
        pooled(tmp_path, play("reset_in_body"), behaviour=STORY),
        on_terminal((str(VIBE),), home=tmp_path, env=ENV) as terminal,
    ):
        terminal.until(OPEN)
        terminal.press("tell me\r")
        terminal.until("small goes on", "word59")


def test_a_turn_that_nobody_can_take_waits_and_goes_on_by_itself(tmp_path: Path) -> None:
    limited = at({1: play("rate_limit_fraction")})
    with serving(says("Hello!"), faults=limited) as server:
        configured(tmp_path, server.api_base)
        with on_terminal((str(VIBE),), home=tmp_path, env=ENV) as terminal:
            terminal.until(OPEN)
            terminal.press("hi\r")
            terminal.until("rate limited", "Hello!")


def test_a_key_from_before_a_question_does_not_answer_it(tmp_path: Path) -> None:
    with serving(TOUCH) as server:
        configured(tmp_path, server.api_base)
        with on_terminal((str(VIBE),), home=tmp_path, env=ENV) as terminal:
            terminal.until(OPEN)
            terminal.press("make it\ryy")
            terminal.until("First send what you type, or clear it")
            assert not (tmp_path / "made").exists()
            terminal.press(CLEARED)
            terminal.answer("y")
            terminal.until("It is there.")
    assert (tmp_path / "made").exists()


def test_what_was_acknowledged_before_a_kill_is_there_again(tmp_path: Path) -> None:
    with serving(echo) as server:
        configured(tmp_path, server.api_base)
        with on_terminal((str(VIBE),), home=tmp_path, env=ENV) as terminal:
            terminal.until(OPEN)
            for said in ("the first", "the second"):
                terminal.press(f"{said}\r")
                terminal.until("to first word")
            os.kill(terminal.pid, signal.SIGKILL)
            assert terminal.ended() == -signal.SIGKILL
        with on_terminal((str(VIBE), "-c"), home=tmp_path, env=ENV) as terminal:
            terminal.until("the first", "the second", OPEN)


@pytest.mark.slow
def test_the_panel_of_the_pool_tells_the_numbers_of_the_status_while_an_answer_comes(
    tmp_path: Path,
) -> None:
    with (
        pooled(tmp_path, play("slow_drip"), behaviour=STORY),
        on_terminal((str(VIBE),), home=tmp_path, env=ENV) as terminal,
    ):
        terminal.until(OPEN)
        terminal.press("tell me\r")
        terminal.until("word1 ")
        terminal.press("/mux\r")
        terminal.until("can answer", "1/∞")
        told = _COLOUR.sub("", terminal.text)
        status = _status_once_told(tmp_path)
    found = _TITLE.search(told)
    assert found, told
    assert found.groups() == tuple(str(status[name]) for name in _TITLED)
    assert re.search(r"strong +● ready +1/", told)  # busy with one


def _status_once_told(home: Path) -> dict[str, Any]:
    """A process tells of itself every now and then."""
    told = ""
    for _ in range(TRIES):
        told = vibe("mux", "status", "--json", home=home, env=ENV).out
        pool: dict[str, Any] = json.loads(told)["pool"]
        if pool["entries"][0]["busy"] == 1:
            return pool
    raise AssertionError(f"nobody is busy: {told}")


@pytest.mark.slow
def test_a_storm_of_sizes_leaves_the_screen_whole(tmp_path: Path) -> None:
    with serving(STORY, faults=play("slow_drip")) as server:
        configured(tmp_path, server.api_base)
        with on_terminal((str(VIBE),), home=tmp_path, env=ENV) as terminal:
            terminal.until(OPEN)
            terminal.press("tell me\r")
            for number in range(200):
                terminal.resize(20 + number * 37 % 181, 5 + number * 13 % 56)
            terminal.resize(120, 36)
            terminal.until("to first word")
            terminal.press("\x0c")
            terminal.resize(100, 30)
            terminal.until("word59", OPEN)
            terminal.press("\x04")
            assert (terminal.ended(), terminal.is_cooked) == (0, True)
