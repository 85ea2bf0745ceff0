"""A command that moves things about while another one starts wins nothing by it."""

from __future__ import annotations

import os
import subprocess
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.sandbox.attacks import python
from tests.sandbox.sandboxes import CANARY, Pipe, Session, over
from tests.sandbox.serve import Asked
from vibe.errors import ToolError
from vibe.sandbox import bwrap, probe
from vibe.sandbox.ground import Ground

EXCHANGE = python(
    "os.symlink(E['HOME'] + '/.ssh/id_ed25519', 'link')\nopen('.env.made', 'w').close()\n"
    "print('up', file=open('pipe', 'w'))\n"
    "while True: libc.renameat2(-100, b'link', -100, b'.env.made', 2)"
)


@pytest.mark.slow
def test_a_file_that_turns_into_a_link_and_back_shows_no_secret(in_bwrap: Session) -> None:
    ground = in_bwrap.ground
    os.mkfifo(ground.project / "pipe")
    in_bwrap.own()
    with over(ground, "bwrap", in_bwrap.account) as other, ExitStack() as opened:
        pipe = Pipe(ground.project / "pipe", other, opened)
        other.ask(Asked(script=EXCHANGE, folder=str(ground.project)))
        assert pipe.heard() == "up\n"
        ran = [in_bwrap.run("cat .env.made link") for _ in range(300)]
        other.process.kill()
    assert [each for each in ran if CANARY in each.output] == []


@pytest.mark.usefixtures("in_bwrap")
def test_what_was_mounted_over_a_link_is_not_run_with(tmp_path: Path) -> None:
    """As if the race was won: what is movable is a link when bubblewrap looks."""
    base = tmp_path.resolve()
    folder, secret = base / "project", base / "secret"
    folder.mkdir()
    secret.mkdir()
    (secret / ".env").write_text(CANARY)
    (folder / "below").symlink_to("../secret")
    with probe.opened("bwrap", network=False, home=base) as sandbox:
        ground = Ground(folder=folder, movable=(folder / "below/.env",), masked=(secret,))
        command = bwrap.command_line(
            ("cat", "below/.env"), ground, program=sandbox.program, scratch=sandbox.scratch
        )
        ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert (ran.returncode != 0, CANARY in ran.stdout) == (True, False)


def test_a_folder_that_has_become_a_link_is_not_run_in(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    with (
        probe.opened("auto", network=False, home=tmp_path) as sandbox,
        pytest.raises(ToolError, match="a link has been put in the place"),
        sandbox.wrapped(["true"], folder=tmp_path / "link"),
    ):
        pass


def test_two_commands_run_side_by_side(in_bwrap: Session) -> None:
    """The second goes first, and takes nothing away that the first needs."""
    folder = in_bwrap.ground.project
    os.mkfifo(folder / "go")
    in_bwrap.own()
    with over(in_bwrap.ground, "bwrap", in_bwrap.account) as other, ExitStack() as opened:
        pipe = Pipe(folder / "go", other, opened)
        other.ask(Asked(script="echo up >go; read x <go; echo x >AGENTS.md", folder=str(folder)))
        assert pipe.heard() == "up\n"
        assert in_bwrap.run("echo x > AGENTS.md").code == 1
        pipe.say("\n")
        ran = other.answered()
    assert (ran.code, (folder / "AGENTS.md").exists()) == (1, False)


def test_who_waits_for_a_command_is_told_that_it_has_ended(in_bwrap: Session) -> None:
    folder = in_bwrap.ground.project
    os.mkfifo(folder / "go")
    in_bwrap.own()
    with over(in_bwrap.ground, "bwrap", in_bwrap.account) as other, ExitStack() as opened:
        pipe = Pipe(folder / "go", other, opened)
        other.ask(Asked(script="exit 3", folder=str(folder)))
        with pytest.raises(AssertionError, match="the command has ended"):
            pipe.heard()
