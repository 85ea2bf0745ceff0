"""What of a folder is kept, masked, or to be left absent."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from msgspec.structs import replace

from vibe.sandbox.ground import PROTECTED, Ground, survey
from vibe.sandbox.placeholder import Placeholder


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path.resolve() / "home"
    (home / "project").mkdir(parents=True)
    return home


def looked_at(home: Path, folder: str = "project", *own: str) -> Ground:
    return survey(home / folder, home=home, own=[home / each for each in own])


def nothing_there(folder: Path) -> Ground:
    return Ground(
        folder=folder,
        absent=tuple(Placeholder(path=folder / name) for name in (*PROTECTED, ".git")),
    )


def without(ground: Ground, *names: str) -> tuple[Placeholder, ...]:
    return tuple(each for each in ground.absent if each.path.name not in names)


def touch(path: Path, text: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_of_an_empty_folder_everything_is_to_stay_absent(home: Path) -> None:
    assert looked_at(home) == nothing_there(home / "project")


def test_what_is_there_is_kept(home: Path) -> None:
    project = home / "project"
    for name in (".env", ".env.test", ".envrc", "AGENTS.md", ".vibe/config.toml", "other"):
        touch(project / name)
    empty = nothing_there(project)
    assert looked_at(home) == replace(
        empty,
        kept=tuple(project / name for name in (".vibe", ".env", ".envrc", "AGENTS.md")),
        movable=(project / ".env.test",),
        absent=without(empty, ".vibe", ".env", ".envrc", "AGENTS.md"),
    )


def test_a_repository_may_be_written_but_for_what_git_obeys(home: Path) -> None:
    git = home / "project/.git"
    touch(git / "config")
    (git / "modules/sub").mkdir(parents=True)
    empty = nothing_there(home / "project")
    assert looked_at(home) == replace(
        empty,
        kept=(git / "config",),
        pinned=(git,),
        movable=(git / "modules",),
        absent=(
            *without(empty, ".git"),
            Placeholder(path=git / "hooks"),
            Placeholder(path=git / "config.worktree", content=b""),
            Placeholder(path=git / "commondir", content=b".\n"),
        ),
    )


def test_the_file_of_a_worktree_is_kept(home: Path) -> None:
    touch(home / "project/.git", "gitdir: /elsewhere\n")
    empty = nothing_there(home / "project")
    assert looked_at(home) == replace(
        empty, kept=(home / "project/.git",), absent=without(empty, ".git")
    )


def test_a_placeholder_of_another_command_is_one(home: Path) -> None:
    (home / "project/.git").mkdir(mode=0o1555)
    assert looked_at(home) == nothing_there(home / "project")


def test_links_are_told_for_they_may_be_replaced(home: Path) -> None:
    git = home / "project/.git"
    touch(git / "config")
    (git / "hooks").symlink_to("../hooks")
    (home / "project/AGENTS.md").symlink_to("README.md")
    assert looked_at(home).exposed == (
        f"{home}/project/AGENTS.md is a link, which may be replaced",
        f"{git}/hooks is a link, which may be replaced",
    )


def test_files_with_other_names_are_told(home: Path) -> None:
    touch(home / "project/AGENTS.md")
    os.link(home / "project/AGENTS.md", home / "project/other")
    ground = looked_at(home)
    assert (ground.kept, ground.exposed) == (
        (home / "project/AGENTS.md",),
        (f"{home}/project/AGENTS.md has another name, by which it may be written",),
    )


def test_what_lies_below_is_kept_where_it_is(home: Path) -> None:
    project = home / "project"
    touch(project / "a/.env")
    touch(project / "a/b/AGENTS.md")
    touch(project / "a/b/c/AGENTS.md")
    touch(project / ".hidden/AGENTS.md")
    (project / "l").symlink_to("a")
    touch(project / "a/.git/config")
    assert looked_at(home).movable == (
        project / "a/.env",
        project / "a/.git",
        project / "a/b/AGENTS.md",
    )


def test_secrets_at_home_and_what_is_vibes_own_are_masked(home: Path) -> None:
    touch(home / ".netrc")
    touch(home / ".config/gh/hosts.yml")
    touch(home / "dots/ssh/id")
    touch(home / ".config/vibe/config.toml")
    (home / ".ssh").symlink_to("dots/ssh")
    ground = looked_at(home, "project", ".config/vibe", ".config/vibe/.env", "absent")
    assert ground.masked == tuple(
        home / name for name in (".config/gh", ".config/vibe", ".netrc", "dots/ssh")
    )


def test_who_works_inside_of_secrets_has_opened_them(home: Path) -> None:
    touch(home / ".ssh/config")
    assert looked_at(home, ".ssh").masked == ()


def test_a_whole_home_is_told(home: Path) -> None:
    touch(home / ".bashrc")
    ground = looked_at(home, ".")
    assert (ground.movable, ground.exposed) == (
        (home / ".bashrc",),
        (f"{home}: whole homes are no projects",),
    )
