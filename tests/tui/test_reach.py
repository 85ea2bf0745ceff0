"""Beyond the screen: the ways of a copy, what calls a person back, the mouse."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.mux.pools import Line
from tests.tui.rig import chat
from vibe.domain.event import Event
from vibe.domain.message import Text, User
from vibe.domain.turn import QuestionAsked, QuestionId, TurnEnd, TurnFinished, TurnStarted
from vibe.tui.attention import Attention, notification
from vibe.tui.clipboard import MOST_BYTES, NOT_COPIED, Clipboard

OSC = f"\x1b]52;c;{base64.b64encode(b'text').decode()}\x07"
HANDED = "copied, if the terminal lets programs do so (OSC 52)"


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    for name in ("pbcopy", "wl-copy", "xclip", "xsel"):
        program = tmp_path / name
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    return tmp_path


@pytest.mark.parametrize(
    ("env", "platform", "told"),
    [
        pytest.param({"WAYLAND_DISPLAY": "w", "DISPLAY": ":0"}, "linux", "wl-copy", id="wayland"),
        pytest.param({"DISPLAY": ":0"}, "linux", "xclip", id="x"),
        pytest.param({}, "darwin", "pbcopy", id="mac"),
        pytest.param({"DISPLAY": ":0", "SSH_TTY": "/dev/pts/1"}, "linux", "", id="ssh"),
        pytest.param({}, "linux", "", id="console"),
    ],
)
def test_a_program_of_this_machine_takes_the_copy_and_else_the_terminal(
    programs: Path, env: dict[str, str], platform: str, told: str
) -> None:
    ran: list[tuple[str, bytes]] = []
    written: list[str] = []

    def run(command: tuple[str, ...], text: bytes) -> bool:
        ran.append((command[0], text))
        return True

    clipboard = Clipboard(env={"PATH": str(programs), **env}, platform=platform, run=run)
    said = clipboard.copy("text", written.append)
    assert said == (f"copied by {told}" if told else HANDED)
    assert ran == ([(told, b"text")] if told else [])
    assert written == ([] if told else [OSC])


def test_what_one_program_does_not_take_the_next_one_does(programs: Path) -> None:
    env = {"PATH": str(programs), "DISPLAY": ":0"}
    clipboard = Clipboard(env=env, run=lambda command, _: command[0] == "xsel")
    assert clipboard.copy("text", None) == "copied by xsel"


@pytest.mark.parametrize(
    ("env", "sequences"),
    [
        pytest.param({}, [OSC], id="bare"),
        pytest.param(
            {"TMUX": "1"}, [OSC, "\x1bPtmux;\x1b" + OSC + "\x1b\\"], id="tmux, bare and wrapped"
        ),
        pytest.param({"STY": "1"}, ["\x1bP" + OSC + "\x1b\\"], id="screen"),
    ],
)
def test_the_terminal_is_told_through_what_stands_between(
    env: dict[str, str], sequences: list[str]
) -> None:
    written: list[str] = []
    assert Clipboard(env=env).copy("text", written.append) == HANDED
    assert written == sequences


def test_what_is_too_long_for_the_terminal_is_told() -> None:
    written: list[str] = []
    assert Clipboard().copy("x" * (MOST_BYTES + 1), written.append) == NOT_COPIED
    assert written == []


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        pytest.param({"TERM_PROGRAM": "iTerm.app"}, "\x1b]9;do,ne\x07", id="OSC 9"),
        pytest.param({"TERM": "xterm-kitty"}, "\x1b]9;do,ne\x07", id="kitty"),
        pytest.param({"TERM": "foot"}, "\x1b]777;notify;vibe;do,ne\x07", id="OSC 777"),
        pytest.param({"TERM": "xterm-256color"}, "\x07", id="the bell"),
        pytest.param({"TERM_PROGRAM": "WezTerm", "TMUX": "1"}, "\x07", id="in tmux"),
    ],
)
def test_a_known_terminal_says_it_and_another_rings(env: Mapping[str, str], expected: str) -> None:
    assert notification("do;ne", env) == expected


BEGAN = TurnStarted(turn=1, message=User((Text("go"),)))
ENDED = TurnFinished(turn=1, end=TurnEnd.FINISHED)
ASKED = QuestionAsked(id=QuestionId(1), question="Which?")


@pytest.mark.parametrize(
    ("event", "took_s", "is_away", "expected"),
    [
        pytest.param(ENDED, 11.0, True, ["vibe is done"], id="a long turn ends"),
        pytest.param(ASKED, 11.0, True, ["vibe asks you something"], id="a long turn asks"),
        pytest.param(ENDED, 9.0, True, [], id="a short turn"),
        pytest.param(ENDED, 11.0, False, [], id="he looks"),
    ],
)
def test_a_person_who_looks_elsewhere_is_called(
    event: Event, took_s: float, is_away: bool, expected: list[str]
) -> None:
    called: list[str] = []
    now = [100.0]
    attention = Attention(is_away=lambda: is_away, call=called.append, now=lambda: now[0])
    attention.note(BEGAN)
    now[0] += took_s
    attention.note(event)
    assert called == expected


async def test_a_key_gives_the_mouse_away_and_takes_it_back(tmp_path: Path) -> None:
    async with chat(tmp_path, Line(alias="one")) as room:
        await room.press("f8")
        assert "the terminal has the mouse now" in room.screen
        await room.press("f8")
        assert "vibe has the mouse now" in room.screen
