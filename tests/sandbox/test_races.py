"""A command that moves things about while another one starts wins nothing by it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.sandbox.attacks import python
from tests.sandbox.sandboxes import CANARY, Session, over
from tests.sandbox.serve import Asked
from vibe.errors import ToolError
from vibe.sandbox import bwrap
from vibe.sandbox.ground import Ground
from vibe.sandbox.probe import opened

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
    with over(ground, "bwrap", in_bwrap.account) as other:
        other.ask(Asked(script=EXCHANGE, folder=str(ground.project)))
        assert (ground.project / "pipe").read_text() == "up\n"
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
    with opened("bwrap", network=False, home=base) as sandbox:
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
        opened("auto", network=False, home=tmp_path) as sandbox,
        pytest.raises(ToolError, match="a link has been put in the place"),
        sandbox.wrapped(["true"], folder=tmp_path / "link"),
    ):
        pass


def test_two_commands_run_side_by_side(in_bwrap: Session) -> None:
    """The second goes first, and takes nothing away that the first needs."""
    folder = in_bwrap.ground.project
    os.mkfifo(folder / "go")
    in_bwrap.own()
    with over(in_bwrap.ground, "bwrap", in_bwrap.account) as other:
        other.ask(Asked(script="echo up >go; read x <go; echo x >AGENTS.md", folder=str(folder)))
        assert (folder / "go").read_text() == "up\n"
        assert in_bwrap.run("echo x > AGENTS.md").code == 1
        (folder / "go").write_text("\n")
        ran = other.answered()
    assert (ran.code, (folder / "AGENTS.md").exists()) == (1, False)
