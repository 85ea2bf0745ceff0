"""The whole screen gives the terminal back as it was, however the chat ends."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.pooled import pooled
from tests.plain.terminal import Person, sitting_at
from vibe.testing.script import says

GIVEN_BACK = (
    (b"\x1b[?1049h", b"\x1b[?1049l"),  # the alternate screen
    (b"\x1b[?1000h", b"\x1b[?1000l"),  # the mouse
    (b"\x1b[?1003h", b"\x1b[?1003l"),
    (b"\x1b[?2004h", b"\x1b[?2004l"),  # pastes in brackets
    (b"\x1b[?1004h", b"\x1b[?1004l"),  # focus
    (b"\x1b[?25l", b"\x1b[?25h"),  # the cursor
    (b"\x1b[22;0t", b"\x1b[23;0t"),  # the title
)


def is_given_back(shown: bytes) -> list[bytes]:
    """What was taken and not given back."""
    return [taken for taken, back in GIVEN_BACK if shown.rfind(taken) >= shown.rfind(back)]


def _leave(person: Person) -> None:
    person.type("/exit\r")


def _by(number: signal.Signals) -> Callable[[Person], None]:
    return lambda person: os.kill(person.started.pid, number)


@pytest.mark.parametrize(
    ("end", "code"),
    [
        pytest.param(_leave, 0, id="leaving"),
        pytest.param(_by(signal.SIGTERM), 128 + signal.SIGTERM, id="TERM"),
        pytest.param(_by(signal.SIGHUP), 128 + signal.SIGHUP, id="HUP"),
    ],
)
def test_the_terminal_is_given_back(
    tmp_path: Path, end: Callable[[Person], None], code: int
) -> None:
    with (
        pooled(tmp_path, behaviour=says("Hello!")),
        sitting_at("hi", home=tmp_path) as person,
    ):
        before = person.modes
        person.until("Hello!")
        assert b"\x1b]2;" in person.shown
        end(person)
        assert person.end() == code
        assert (is_given_back(person.shown), person.modes) == ([], before)
        assert "to go on: vibe --resume " in person.text


def test_ctrl_z_gives_it_back_and_fg_takes_it_again(tmp_path: Path) -> None:
    with (
        pooled(tmp_path, behaviour=says("Hello!")),
        sitting_at("hi", home=tmp_path) as person,
    ):
        before = person.modes
        person.until("Hello!")
        person.type("\x1a")
        _, status = os.waitpid(person.started.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        person.read_all()
        assert [each for each in is_given_back(person.shown) if each != b"\x1b[22;0t"] == []
        assert person.modes == before
        os.kill(person.started.pid, signal.SIGCONT)
        person.until("\x1b[?1049h")
        person.until("Hello!")
        _leave(person)
        assert person.end() == 0
        assert is_given_back(person.shown) == []


def test_without_colour_none_is_set(tmp_path: Path) -> None:
    with (
        pooled(tmp_path, behaviour=says("Hello!")),
        sitting_at("hi", home=tmp_path, env={"NO_COLOR": "1"}) as person,
    ):
        person.until("Hello!")
        assert (
            re.findall(rb"\x1b\[(?:\d+;)*(?:3[0-8]|4[0-8]|9\d|10\d)(?:;\d+)*m", person.shown) == []
        )
