"""Projects that are trusted: by folder and content, never all that a person has."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from vibe.agent.permissions.trust import (
    Project,
    ProjectFile,
    State,
    digest_of,
    project_in,
    revoke,
    trust,
)
from vibe.config.trust import is_trusted
from vibe.errors import UsageError


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (home := tmp_path.resolve() / "home").mkdir()
    return home


@pytest.fixture
def folder(home: Path) -> Path:
    (folder := home / "project").mkdir()
    (folder / "AGENTS.md").write_text("be brief\n")
    return folder


def found(folder: Path) -> Project:
    home = next(each for each in folder.parents if each.name == "home")
    return project_in(folder, store=store_of(home), home=home)


def store_of(home: Path) -> Path:
    return home / "state" / "trust.json"


def trusted(folder: Path) -> Project:
    project = found(folder)
    trust(project, store=store_of(folder.parent))
    return project


def test_a_project_counts_once_it_was_trusted(folder: Path) -> None:
    files = (ProjectFile(name="AGENTS.md", content=b"be brief\n"),)
    new = Project(folder=str(folder), state="new", files=files)
    assert found(folder) == new
    trusted(folder)
    assert found(folder) == Project(folder=str(folder), state="trusted", files=files)


def test_where_nothing_is_brought_nothing_is_to_be_trusted(folder: Path) -> None:
    (folder / "AGENTS.md").unlink()
    (folder / "README.md").write_text("x")
    assert found(folder) == Project(folder=str(folder), state="nothing")


def other_words(folder: Path) -> None:
    (folder / "AGENTS.md").write_text("be long\n")


def one_more(folder: Path) -> None:
    (folder / ".mcp.json").write_text("{}")


def a_hook(folder: Path) -> None:
    (folder / ".vibe/hooks").mkdir(parents=True)
    (folder / ".vibe/hooks/start").write_text("#!/bin/sh")


def one_less(folder: Path) -> None:
    (folder / ".vibe/config.toml").unlink()


def another_name(folder: Path) -> None:
    (folder / ".vibe/config.toml").rename(folder / ".vibe/config2.toml")


def below(folder: Path) -> None:
    (folder / "a/b").mkdir(parents=True)
    (folder / "a/b/AGENTS.md").write_text("use tabs\n")


@pytest.mark.parametrize("change", [other_words, one_more, a_hook, one_less, another_name, below])
def test_whatever_changes_asks_anew(folder: Path, change: Callable[[Path], None]) -> None:
    if change is not a_hook:
        (folder / ".vibe").mkdir()
        (folder / ".vibe/config.toml").write_text("")
    trusted(folder)
    change(folder)
    assert found(folder).state == "changed"
    trusted(folder)
    assert found(folder).state == "trusted"


def test_instructions_below_are_a_part_of_what_is_trusted(folder: Path) -> None:
    (folder / "AGENTS.md").unlink()
    below(folder)
    for skipped in ("node_modules/x", ".git", "a/.venv"):
        (folder / skipped).mkdir(parents=True)
        (folder / skipped / "AGENTS.md").write_text("x")
    (folder / "up").symlink_to("..")
    (file,) = found(folder).files
    assert (file.name, file.content) == ("a/b/AGENTS.md", b"use tabs\n")
    trusted(folder)
    (folder / file.name).write_text("use blanks\n")
    assert found(folder).state == "changed"


def test_in_a_large_folder_the_nearest_instructions_count(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    below(folder)
    (folder / "a/AGENTS.md").touch()
    monkeypatch.setattr("vibe.agent.permissions.trust._MOST_ENTRIES", 3)
    assert [file.name for file in found(folder).files] == ["AGENTS.md", "a/AGENTS.md"]


def test_what_was_shown_is_trusted_not_what_came_since(folder: Path) -> None:
    project = found(folder)
    other_words(folder)
    trust(project, store=store_of(folder.parent))
    assert found(folder).state == "changed"


def test_the_folder_is_known_by_its_real_path(folder: Path) -> None:
    (folder.parent / "way").symlink_to("project")
    trusted(folder.parent / "way")
    assert (found(folder).state, found(folder.parent / "way").state) == ("trusted", "trusted")
    (folder.parent / "copy").mkdir()
    (folder.parent / "copy/AGENTS.md").write_text("be brief\n")
    assert found(folder.parent / "copy").state == "new"


@pytest.mark.parametrize("place", [".", "..", "/"])
def test_what_holds_everything_is_never_trusted(home: Path, place: str) -> None:
    (home / "AGENTS.md").write_text("x")
    project = project_in(home / place, store=store_of(home), home=home)
    assert (project.state, project.files) == ("never", ())
    with pytest.raises(UsageError, match="is never trusted as a project: everything lies below it"):
        trust(project, store=store_of(home))


def too_large(folder: Path) -> None:
    (folder / "AGENTS.md").write_bytes(b"x" * 1024 * 1025)


def too_many(folder: Path) -> None:
    (folder / ".vibe").mkdir()
    for number in range(501):
        (folder / f".vibe/{number}").touch()


@pytest.mark.parametrize("make", [too_large, too_many])
def test_what_nobody_could_look_through_is_never_trusted(
    folder: Path, make: Callable[[Path], None]
) -> None:
    make(folder)
    assert found(folder).state == "never"


def test_what_is_no_file_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / ".mcp.json")
    (folder / ".vibe").mkdir()
    os.mkfifo(folder / ".vibe/pipe")
    (folder / ".vibe/gone").symlink_to("nowhere")
    assert [file.name for file in found(folder).files] == ["AGENTS.md"]


def test_the_configuration_is_trusted_with_its_folder_and_taken_back(folder: Path) -> None:
    (folder / ".vibe").mkdir()
    file = folder / ".vibe/config.toml"
    file.write_text("a = 1\n")
    store = store_of(folder.parent)
    trusted(folder)
    assert is_trusted(file, b"a = 1\n", store=store)
    assert (revoke(folder, store=store), revoke(folder, store=store)) == (True, False)
    assert (found(folder).state, is_trusted(file, b"a = 1\n", store=store)) == ("new", False)


@pytest.mark.parametrize("content", ["", "{", "[1]", '"x"'])
def test_a_damaged_store_trusts_nothing(folder: Path, content: str) -> None:
    store = store_of(folder.parent)
    trusted(folder)
    assert list(json.loads(store.read_text())) == [str(folder)]
    store.write_text(content)
    state: State = found(folder).state
    assert state == "new"


def test_names_and_contents_are_told_apart() -> None:
    def one(name: str, content: bytes) -> ProjectFile:
        return ProjectFile(name=name, content=content)

    digests = {
        digest_of(files)
        for files in (
            (one("a", b"bc"),),
            (one("ab", b"c"),),
            (one("a", b"b"), one("c", b"")),
            (one("a", b""), one("b", b"c")),
        )
    }
    assert len(digests) == 4
