"""The branch and the number of changed files; nothing that a repository names is run for them."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from vibe.tui.git import BETWEEN_S, Tree, changed_files

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")


def git(folder: Path, *words: str) -> None:
    subprocess.run(("git", "-C", str(folder), *words), check=True, capture_output=True)


def repository(folder: Path) -> Path:
    """With one file that is known, and is changed."""
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / "known.txt").write_text("a\n")
    git(folder, "add", "known.txt")
    person = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    git(folder, *person, "commit", "-q", "-m", "one")
    (folder / "known.txt").write_text("b\n")
    return folder


def canary(folder: Path) -> Path:
    """A program that tells that it was run."""
    program = folder.with_name("canary")
    program.write_text(f'#!/bin/sh\ntouch "{folder.with_name("ran")}"\ncat\n')
    program.chmod(0o700)
    return program


def _monitor(folder: Path) -> None:
    git(folder, "config", "core.fsmonitor", str(canary(folder)))


def _filter(folder: Path) -> None:
    (folder / ".gitattributes").write_text("* filter=canary\n")
    git(folder, "config", "filter.canary.clean", str(canary(folder)))


def _included(folder: Path) -> None:
    (folder / "more").write_text(f"[core]\n\tfsmonitor = {canary(folder)}\n")
    git(folder, "config", "include.path", "../more")


def _hook(folder: Path) -> None:
    program = canary(folder)
    program.rename(folder / ".git" / "hooks" / "post-index-change")


def _submodule(folder: Path) -> None:
    inner = repository(folder / "inner")
    _monitor(inner)
    git(folder, "add", "inner")


@pytest.mark.parametrize(
    ("plant", "expected"),
    [
        pytest.param(_monitor, None, id="a monitor of files"),
        pytest.param(_filter, None, id="a filter"),
        pytest.param(_included, None, id="another file of configuration"),
        pytest.param(_hook, 1, id="a hook"),
        pytest.param(_submodule, None, id="a repository inside"),
    ],
)
async def test_no_program_of_a_repository_is_run(
    tmp_path: Path, plant: Callable[[Path], None], expected: int | None
) -> None:
    folder = repository(tmp_path / "shop")
    plant(folder)
    (tmp_path / "ran").unlink(missing_ok=True)  # adding to the index may have run it
    assert await changed_files(folder) == expected
    assert not (tmp_path / "ran").exists()


async def test_changed_and_new_files_are_counted_from_a_folder_below(tmp_path: Path) -> None:
    folder = repository(tmp_path / "shop")
    below = folder / "src"
    below.mkdir()
    (below / "new.py").write_text("x = 1\n")
    assert await changed_files(below) == 2


async def test_a_git_that_the_folder_brings_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = repository(tmp_path / "shop")
    canary(folder).rename(folder / "git")
    monkeypatch.setenv("PATH", str(folder))
    assert await changed_files(folder) is None
    assert not (tmp_path / "ran").exists()


async def test_a_git_that_takes_long_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = repository(tmp_path / "shop")
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "git").write_text("#!/bin/sh\nexec sleep 60\n")
    (programs / "git").chmod(0o700)
    monkeypatch.setenv("PATH", str(programs), prepend=":")
    assert await changed_files(folder, bound_s=0.0) is None


async def test_what_is_told_is_looked_at_again_when_it_may_differ(tmp_path: Path) -> None:
    now = 0.0
    folder = repository(tmp_path / "shop")
    tree = Tree(folder, lambda: now)
    assert tree.is_due
    await tree.look()
    assert (tree.told, tree.is_due) == ("main±1", False)
    tree.may_differ = True
    assert not tree.is_due
    now += BETWEEN_S
    assert tree.is_due
    (folder / "known.txt").write_text("a\n")
    await tree.look()
    assert tree.told == "main"


async def test_without_a_repository_nothing_is_told(tmp_path: Path) -> None:
    tree = Tree(tmp_path, lambda: 0.0)
    await asyncio.wait_for(tree.look(), 10)
    assert tree.told == ""
