"""Which project files count: what may be trusted, and what one that is not trusted can do."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.config.test_rows import GOOD, KEY
from tests.drive import Outcome, vibe
from vibe.agent.permissions.trust import project_in

PROJECT = 'active_model = "small"\n'


def trust_of(home: Path) -> Path:
    return home / ".local" / "state" / "vibe" / "trust.json"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    file = tmp_path / "home" / ".config" / "vibe" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text(GOOD)
    file.chmod(0o600)
    return tmp_path / "home"


@pytest.fixture
def file(home: Path) -> Path:
    """The project file of home/work, in its folder, not written yet."""
    folder = home / "work" / ".vibe"
    folder.mkdir(parents=True)
    return folder / "config.toml"


def run(*args: str, file: Path) -> Outcome:
    """`vibe config ARGS` in the folder whose project file is `file`."""
    work = file.parent.parent
    return vibe("config", *args, home=work.parent, cwd=work, env=KEY)


def active_model(file: Path) -> str:
    return run("get", "active_model", file=file).out.strip()


def a_pipe(file: Path) -> None:
    os.mkfifo(file)


def a_folder(file: Path) -> None:
    file.mkdir()


def a_loop(file: Path) -> None:
    file.symlink_to(file)


def of_another_user(file: Path) -> None:
    if os.getuid():
        pytest.skip("needs root to give a file away")
    file.write_text(PROJECT)
    os.chown(file, 1234, 1234)


def utf16(file: Path) -> None:
    file.write_text(PROJECT, encoding="utf-16")


def no_toml(file: Path) -> None:
    file.write_text("{[")


NO_FILES = pytest.mark.parametrize(
    ("make", "code"),
    [
        pytest.param(a_pipe, "file-not-regular", id="pipe"),
        pytest.param(a_folder, "file-not-regular", id="folder"),
        pytest.param(a_loop, "file-link-loop", id="link-loop"),
        pytest.param(of_another_user, "file-foreign-owner", id="foreign"),
        pytest.param(utf16, "text-encoding", id="utf-16"),
    ],
)


@NO_FILES
def test_what_has_no_text_to_read_cannot_be_trusted(
    make: Callable[[Path], None], code: str, file: Path
) -> None:
    make(file)
    outcome = run("trust", file=file)
    assert (outcome.code, f"{file}" in outcome.err, f"error[{code}]" in outcome.err) == (
        2, True, True
    )  # fmt: skip
    assert "trusted " not in outcome.err


@NO_FILES
def test_untrusted_it_is_one_note_whatever_it_is(
    make: Callable[[Path], None], code: str, file: Path
) -> None:
    make(file)
    outcome = run("validate", "--json", file=file)
    assert outcome.code == 0
    assert [(each["path"], each["code"]) for each in json.loads(outcome.out)] == [
        (str(file), "project-untrusted")
    ]


@NO_FILES
def test_a_trusted_one_that_became_such_is_an_error(
    make: Callable[[Path], None], code: str, file: Path
) -> None:
    file.write_text(PROJECT)
    assert run("trust", file=file).code == 0
    file.unlink()
    make(file)
    outcome = run("validate", "--json", file=file)
    assert outcome.code == 2
    assert [(each["path"], each["code"]) for each in json.loads(outcome.out)] == [(str(file), code)]


def test_an_untrusted_file_that_is_no_toml_is_one_note(file: Path) -> None:
    no_toml(file)
    outcome = run("validate", "--strict", file=file)
    assert (outcome.code, outcome.out.count("project-untrusted")) == (0, 1)


def test_a_file_with_mistakes_is_trusted_and_they_are_told(file: Path) -> None:
    file.write_text("actve_model = 'small'\n")
    outcome = run("trust", file=file)
    assert outcome.code == 0
    folder = file.parent.parent
    assert outcome.err.startswith(f"trusted {folder}\n  .vibe/config.toml\n{file}:1:1: ")
    assert 'did you mean "active_model"?' in outcome.err


def test_without_a_file_there_is_nothing_to_trust(file: Path) -> None:
    assert run("trust", file=file) == Outcome(
        code=2,
        out="",
        err=f"error: there is nothing to trust in {file.parent.parent}: no .vibe, no .mcp.json, "
        "no AGENTS.md\n  help: run it in the project's folder\n",
    )


def test_instructions_alone_are_trusted_until_they_change(file: Path) -> None:
    work = file.parent.parent
    (work / "AGENTS.md").write_text("Be brief.")
    (work / "sub").mkdir()
    (work / "sub" / "AGENTS.md").write_text("Be kind.")
    told = f"trusted {work}\n  AGENTS.md\n  sub/AGENTS.md\n"
    assert run("trust", file=file) == Outcome(code=0, out="", err=told)
    assert project_in(work, store=trust_of(work.parent), home=work.parent).state == "trusted"
    (work / "AGENTS.md").write_text("Be very brief.")
    assert project_in(work, store=trust_of(work.parent), home=work.parent).state == "changed"


def test_what_was_not_trusted_cannot_be_revoked(file: Path) -> None:
    file.write_text(PROJECT)
    outcome = run("trust", "--revoke", file=file)
    assert (outcome.code, outcome.err) == (0, "it was not trusted; nothing was changed\n")


def in_home(home: Path) -> Path:
    return home / ".vibe" / "config.toml"


def linked_file(home: Path) -> Path:
    file = in_home(home)
    file.parent.mkdir()
    file.symlink_to(home / "dot" / ".vibe" / "config.toml")
    return file


def linked_folder(home: Path) -> Path:
    in_home(home).parent.symlink_to(home / "dot" / ".vibe")
    return in_home(home)


@pytest.mark.parametrize("link", [linked_file, linked_folder])
def test_the_home_folder_is_not_trusted_by_way_of_a_link(
    link: Callable[[Path], Path], home: Path
) -> None:
    target = home / "dot" / ".vibe" / "config.toml"
    target.parent.mkdir(parents=True)
    target.write_text(PROJECT)
    link(home)
    outcome = vibe("config", "trust", home=home, env=KEY)
    assert outcome == Outcome(
        code=2,
        out="",
        err=f"error: {home} is never trusted as a project: everything lies below it\n"
        "  help: put the settings into your own config.toml instead\n",
    )


def test_the_home_folder_under_another_name_is_not_trusted(home: Path) -> None:
    in_home(home).parent.mkdir()
    in_home(home).write_text(PROJECT)
    (home.parent / "other").symlink_to(home)
    assert vibe("config", "trust", home=home, cwd=home.parent / "other", env=KEY).code == 2


def test_in_the_home_folder_trust_is_not_recommended(home: Path) -> None:
    in_home(home).parent.mkdir()
    in_home(home).write_text(PROJECT)
    (note,) = json.loads(vibe("config", "validate", "--json", home=home, env=KEY).out)
    assert (note["code"], note["message"], note["help"]) == (
        "project-untrusted",
        f"this project file is not read, because {home} is never trusted as a project",
        f"move its settings to {home / '.config' / 'vibe' / 'config.toml'}",
    )


def test_a_link_to_a_file_elsewhere_can_be_trusted_but_lends_no_trust(
    file: Path, home: Path
) -> None:
    target = home / "shared.toml"
    target.write_text(PROJECT)
    file.symlink_to(target)
    assert run("trust", file=file).code == 0
    assert active_model(file) == "small"
    other = home / "other" / ".vibe" / "config.toml"
    other.parent.mkdir(parents=True)
    other.symlink_to(file)
    assert active_model(other) == "strong"
    target.write_text('active_model = "local"\n')
    assert active_model(file) == "strong"


@pytest.mark.parametrize("store", [b"", b"{", b"[]", b"[1]", b'"x"', b"\xff", b'{"a": [1]}'])
def test_a_damaged_store_trusts_nothing_and_can_be_written_again(
    store: bytes, file: Path, home: Path
) -> None:
    file.write_text(PROJECT)
    known = home / ".local" / "state" / "vibe" / "trust.json"
    known.parent.mkdir(parents=True)
    known.write_bytes(store)
    assert active_model(file) == "strong"
    assert run("trust", file=file).code == 0
    assert active_model(file) == "small"
