"""What git prints of files that nobody named: asked about where a file with secrets is tracked."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from vibe.agent.permissions.look import check_command, surroundings

PRINTS = ["git grep SECRET", "git diff", "git show HEAD", "git log -p", "git stash show -p"]
NAMES = ["git status", "git log --oneline", "git branch", "git ls-files", "git log --stat"]
WHO = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false")


def git(folder: Path, *words: str) -> None:
    subprocess.run(["git", *WHO, *words], cwd=folder, check=True, capture_output=True)


def repository(folder: Path, *tracked: str) -> Path:
    git(folder, "init", "-q")
    (folder / ".env").write_text("SECRET=1\n")
    (folder / "a.txt").write_text("a\n")
    git(folder, "add", "-f", *tracked)
    git(folder, "commit", "-qm", "first")
    return folder


def decided(command: str, folder: Path) -> str:
    around = surroundings(folder, home=folder / "home")
    return check_command(command, mode="ask", around=around).decision


@pytest.mark.parametrize("command", PRINTS)
def test_what_prints_a_tracked_secret_is_asked_about(command: str, tmp_path: Path) -> None:
    assert decided(command, repository(tmp_path, ".env", "a.txt")) == "ask"


@pytest.mark.parametrize("command", PRINTS)
def test_a_secret_that_git_does_not_know_is_not_printed(command: str, tmp_path: Path) -> None:
    assert decided(command, repository(tmp_path, "a.txt")) == "allow"


@pytest.mark.parametrize("folder", ["below", "../tree"])
def test_from_below_and_in_a_worktree_git_knows_the_same(folder: str, tmp_path: Path) -> None:
    (root := tmp_path / "root").mkdir()
    repository(root, "a.txt")
    git(root, "worktree", "add", "-q", "../tree")
    (place := root / folder).mkdir(exist_ok=True)
    (place / ".env").write_text("SECRET=1\n")
    (place / "link").symlink_to(".")
    assert decided("git diff", place.resolve()) == "allow"
    git(place, "add", "-f", ".env")
    assert decided("git diff", place.resolve()) == "ask"


@pytest.mark.parametrize("make", [("--split-index",), ("--index-version", "4")])
def test_what_an_index_leaves_out_may_be_known(make: tuple[str, ...], tmp_path: Path) -> None:
    root = repository(tmp_path, "a.txt")
    git(root, "update-index", *make)
    assert decided("git diff", root) == "ask"


@pytest.mark.parametrize("command", NAMES)
def test_what_prints_no_contents_is_free(command: str, tmp_path: Path) -> None:
    assert decided(command, repository(tmp_path, ".env", "a.txt")) == "allow"
