"""What is allowed without a question changes nothing: run for real, where every change shows.

Programs that are not installed are not found; all others have to be harmless.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from vibe.agent.permissions.look import check_command

from .canary import Canary, canary
from .corpus import AROUND, ROOT, cases

FREE = [case.command for case in cases() if case.verdicts[1] == "allow"]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Canary:
    return canary(tmp_path_factory.mktemp("home"))


@pytest.mark.parametrize("command", FREE, ids=ascii)
def test_a_command_allowed_without_asking_changes_nothing(command: str, project: Canary) -> None:
    command = command.replace(ROOT, str(project.project)).replace(
        AROUND.home or "", str(project.home)
    )
    assert check_command(command, mode="ask", around=project.around).decision == "allow"
    before = project.state()
    ran = project.run(command)
    assert project.state() == before
    assert b"canary" not in ran.stdout + ran.stderr


def test_the_canary_shows_what_a_command_changes(tmp_path: Path) -> None:
    project = canary(tmp_path)
    before = project.state()
    assert project.run("cat .env; touch -r README.md names.txt").stdout == b"KEY=canary\n"
    after = project.state()
    assert [path for path in after if after[path] != before[path]] == [
        str(project.project / "names.txt")
    ]
