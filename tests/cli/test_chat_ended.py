"""However the chat ends, the terminal is as it was, and one can go on with what was said."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.cli.on_terminal import Terminal, on_terminal
from tests.cli.running import VIBE
from tests.cli.serving import ENV, configured, echo, serving
from tests.drive import vibe

SHELL: Final = ("/bin/bash", "--norc", "--noprofile", "-i")
IGNORING = ("/bin/sh", "-c", f"trap '' HUP; exec {VIBE}")
OPEN = "●"
ENTERED, LEFT = "\x1b[?1049h", "\x1b[?1049l"
EDITOR: Final = """\
#!/bin/sh
sleep 600 &
trap 'kill $!; echo the editor has kept it; exit 1' TERM
echo the editor is open
wait
"""
SAID = "the zone is missing"


@contextmanager
def started(home: Path, *command: str, **env: str) -> Generator[Terminal]:
    with serving(echo) as server:
        configured(home, server.api_base)
        with on_terminal(command, home=home, env={**ENV, **env}) as terminal:
            yield terminal


@contextmanager
def chatting(home: Path, *command: str, **env: str) -> Generator[Terminal]:
    """After something was said."""
    with started(home, *command, **env) as terminal:
        if command == SHELL:
            terminal.press(f"{VIBE}\n")
        terminal.until(OPEN)
        terminal.press(f"{SAID}\r")
        terminal.until("to first word")
        yield terminal


def kept(home: Path) -> str:
    return vibe("sessions", "list", home=home, env=ENV).out


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)]
)
def test_a_signal_restores_the_terminal_and_tells_how_to_go_on(
    number: signal.Signals, code: int, tmp_path: Path
) -> None:
    with chatting(tmp_path, str(VIBE)) as terminal:
        os.kill(terminal.pid, number)
        assert (terminal.ended(), terminal.is_cooked) == (code, True)
        _, left, after = terminal.text.rpartition(LEFT)
    session = after.rpartition(" ")[2].strip()
    assert (bool(left), after.rpartition("to go on: ")[2]) == (True, f"vibe --resume {session}\n")
    assert session in kept(tmp_path)


@pytest.mark.parametrize("command", [(str(VIBE),), IGNORING], ids=["heard", "ignored"])
def test_it_ends_with_its_terminal_and_keeps_what_was_said(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    with chatting(tmp_path, *command) as terminal:
        assert terminal.closed() >= 0
    assert SAID in kept(tmp_path)


def test_a_shell_gets_its_terminal_back_until_the_chat_is_called_again(tmp_path: Path) -> None:
    with chatting(tmp_path, *SHELL) as terminal:
        terminal.press("\x1a")
        terminal.until(LEFT, "Stopped")
        terminal.press("fg\n")
        terminal.until(ENTERED, SAID, OPEN)
        terminal.press("\x04")
        terminal.until(LEFT, "to go on")


@pytest.fixture
def editor(tmp_path: Path) -> str:
    program = tmp_path / "editor"
    program.write_text(EDITOR)
    program.chmod(0o700)
    return str(program)


def test_an_editor_that_is_open_is_ended_before_the_chat(editor: str, tmp_path: Path) -> None:
    with chatting(tmp_path, str(VIBE), EDITOR=editor) as terminal:
        terminal.press("\x07")
        terminal.until("the editor is open")
        os.kill(terminal.pid, signal.SIGTERM)
        assert (terminal.ended(), terminal.is_cooked) == (143, True)
    assert "the editor has kept it" in terminal.text
    assert "to go on: vibe --resume" in terminal.text


def test_an_editor_that_is_open_is_ended_before_vibe(editor: str, tmp_path: Path) -> None:
    with started(tmp_path, str(VIBE), "config", "edit", EDITOR=editor) as terminal:
        terminal.until("the editor is open")
        os.kill(terminal.pid, signal.SIGTERM)
        assert terminal.ended() == 143
    assert terminal.text == "the editor is open\nthe editor has kept it\n"
