"""`vibe -p` and commands: where their long outputs are kept, and what they find in a folder."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.cli.serving import ENV, KEY, configured, serving
from tests.cli.test_prompt_sessions import root_of
from tests.drive import vibe
from vibe.sandbox.probe import opened
from vibe.testing.exchange import Answer, Asked, call, text_of

SHELL = {**ENV, "PATH": os.environ["PATH"]}


def told_of(command: str, *, home: Path, folder: Path) -> str:
    """What a model is told of this command."""

    def model(asked: Asked) -> Answer:
        if asked.results:
            return Answer(text=text_of(asked.results[-1].parts))
        return Answer(calls=(call("bash", command=command),))

    with serving(model) as server:
        configured(home, server.api_base)
        return vibe("-p", "do it", home=home, cwd=folder, env=SHELL).out


def test_a_long_output_lies_with_its_session_without_keys(tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    shop.mkdir()
    (shop / "log").write_text(f"key {KEY}\n" * 5_000)
    told = told_of("cat log", home=tmp_path, folder=shop)
    (output,) = tmp_path.rglob("*.log")
    assert f"bytes left out; all of it, for read and grep: {output} …]" in told
    assert (output.read_text(), output.parent.name) == ("key ***\n" * 5_000, "outputs")
    (session,) = root_of(tmp_path).iterdir()
    assert output.parent.parent == session
    vibe("sessions", "delete", "--yes", session.name, home=tmp_path, env=SHELL)
    assert not session.exists()


def test_a_command_that_only_reads_finds_no_more_than_there_is(tmp_path: Path) -> None:
    with opened("bwrap", network=False, home=tmp_path) as sandbox:
        if sandbox.warning:
            pytest.skip(f"sandbox: {sandbox.warning}")
    shop = tmp_path / "shop"
    subprocess.run(["git", "init", "-q", str(shop)], check=True)
    (shop / "README.md").write_text("# Shop\n")
    told = told_of("cat *.md; ls -A", home=tmp_path, folder=shop)
    assert told.splitlines()[:3] == ["# Shop", ".git", "README.md"]
