"""What is seen of real files: links, hard links, pipes, repositories, secrets, planted programs."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from vibe.agent.permissions.doubts import MOST_ENTRIES, looked_through
from vibe.agent.permissions.files import Target
from vibe.agent.permissions.look import (
    check_command,
    check_file,
    surroundings,
    target_of,
)
from vibe.agent.permissions.repository import git_config_of
from vibe.agent.permissions.values import Decision, Mode, Surroundings
from vibe.domain.rule import FileTool, rules

SHARED = "it has several names (hard links), and others may lie outside the folder"
STRANGE = "it is neither a file nor a folder"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A project in a home, and another beside it, both with a secret."""
    home = tmp_path.resolve() / "home"
    for name in ("project/src/app.py", "project/.env", "other/x", "other/.env"):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(name)
    return home


@pytest.fixture
def root(home: Path) -> Path:
    return home / "project"


@pytest.fixture
def around(home: Path, root: Path) -> Surroundings:
    return surroundings(root, home=home)


def link(path: Path, to: str) -> None:
    path.symlink_to(to)


def hard(path: Path, to: str) -> None:
    path.hardlink_to(path.parent / to)


def pipe(path: Path, _: str) -> None:
    os.mkfifo(path)


Make = Callable[[Path, str], None]
KINDS = [
    pytest.param(link, "src/app.py", "src/app.py", None, "allow", id="link"),
    pytest.param(link, "../other/x", "../other/x", None, "ask", id="link out"),
    pytest.param(link, ".env", ".env", None, "ask", id="link to a secret"),
    pytest.param(link, "/etc/hosts", "/etc/hosts", None, "ask", id="link to a system file"),
    pytest.param(link, "/proc/self/root/etc/hosts", "/etc/hosts", None, "ask", id="link by /proc"),
    pytest.param(link, "gone/../../other/x", "../other/x", None, "ask", id="link to what may be"),
    pytest.param(hard, "../other/x", "x", SHARED, "ask", id="hard link"),
    pytest.param(pipe, "", "x", STRANGE, "ask", id="pipe"),
]


@pytest.mark.parametrize(("make", "to", "path", "doubt", "expected"), KINDS)
def test_a_path_is_judged_by_what_it_leads_to(
    around: Surroundings,
    root: Path,
    make: Make,
    to: str,
    path: str,
    doubt: str | None,
    expected: Decision,
) -> None:
    make(root / "x", to)
    real = os.path.normpath(root / path)

    assert target_of("x", around=around) == Target(asked=f"{root}/x", path=real, doubt=doubt)
    assert check_file("read", "x", mode="ask", around=around).decision == expected
    for command in (
        "cat x",
        "cat ./x",
        "head -n 1 src/../x",
        "cat *",
        "cat [x]",
        "cd src && cat ../x",
    ):
        assert check_command(command, mode="ask", around=around).decision == expected, command


@pytest.mark.parametrize(
    ("path", "real"),
    [
        ("src/app.py", "project/src/app.py"),
        ("./src//app.py", "project/src/app.py"),
        ("src/../../other/x", "other/x"),
        ("~/other/x", "other/x"),
        ("~", ""),
        ("~root/x", "project/~root/x"),
        ("", "project"),
        ("new/er/file", "project/new/er/file"),
        ("up/x", "other/x"),
        ("up/../y", "y"),
        ("up/new", "other/new"),
    ],
)
def test_a_tool_means_the_real_path(
    around: Surroundings, home: Path, root: Path, path: str, real: str
) -> None:
    (root / "up").symlink_to("../other")
    assert Path(target_of(path, around=around).path) == home / real


@pytest.mark.parametrize("tool", ["read", "grep", "edit", "write"])
@pytest.mark.parametrize("mode", ["ask", "edits", "auto"])
@pytest.mark.parametrize(
    "path",
    [
        "../other/x", "/etc/hosts", "up/x", "up/new", "/proc/self/cwd/../../other/x",
        "/proc/self/exe", "/dev/tty", "~/x", "a\x00", "x" * 5_000 + "/../../../x",
    ],
)  # fmt: skip
def test_nothing_outside_is_used_without_a_question(
    around: Surroundings, root: Path, tool: FileTool, mode: Mode, path: str
) -> None:
    (root / "up").symlink_to("../other")
    verdict = check_file(tool, path, mode=mode, around=around)
    assert verdict.decision in {"ask", "deny"}


@pytest.mark.parametrize("mode", ["edits", "auto"])
@pytest.mark.parametrize(
    "path",
    [
        ".git/hooks/pre-commit", ".git/config", ".vibe/config.toml", "AGENTS.md", ".mcp.json",
        ".vscode/tasks.json", ".idea/workspace.xml", ".bashrc", "sub/AGENTS.md", "agents.md",
        ".GIT/Hooks/x", "g/hooks/x", "g/config", "notes.md", ".env",
    ],
)  # fmt: skip
def test_protected_files_are_never_written_without_a_question(
    around: Surroundings, root: Path, mode: Mode, path: str
) -> None:
    (root / ".git").mkdir()
    (root / "g").symlink_to(".git")
    (root / "notes.md").symlink_to("AGENTS.md")
    assert check_file("write", path, mode=mode, around=around).decision == "ask"
    assert check_file("write", "src/new.py", mode=mode, around=around).decision == "allow"


def test_what_a_protected_name_leads_to_is_protected(home: Path, root: Path) -> None:
    (root / "docs").mkdir()
    (root / "AGENTS.md").symlink_to("docs/guide.md")
    around = surroundings(root, home=home)
    assert check_file("write", "docs/guide.md", mode="edits", around=around).decision == "ask"


def test_vibes_own_folders_are_protected(home: Path, root: Path) -> None:
    around = surroundings(root, home=home, own=(root / "state",))
    assert check_file("write", "state/grants.json", mode="edits", around=around).decision == "ask"


def test_a_folder_is_known_by_its_real_path(home: Path, root: Path) -> None:
    (home / "way").symlink_to("project")
    around = surroundings(home / "way", home=home / "way/..")
    assert (around.root, around.cwd, around.home) == (str(root), str(root), str(home))
    assert check_file("read", "src/app.py", mode="ask", around=around).decision == "allow"


def test_what_is_allowed_here_is_not_where_a_link_leads(around: Surroundings, root: Path) -> None:
    (root / "up").symlink_to("../other")
    given = rules(allow=["bash(make)"])
    decisions = {
        command: check_command(command, mode="ask", around=around, rules=given).decision
        for command in ("make", "cd src && make", "cd up && make", "cd src/../up && make")
    }
    assert decisions == {
        "make": "allow",
        "cd src && make": "allow",
        "cd up && make": "ask",
        "cd src/../up && make": "ask",
    }


# Where many files are read at once


def test_secrets_are_looked_for_where_many_files_are_read(around: Surroundings, root: Path) -> None:
    (root / "node_modules").mkdir()
    (root / "node_modules/test.pem").write_text("a sample")
    assert looked_through(around, {"tree"}).secrets == (f"{root}/.env",)
    given = {
        command: check_command(command, mode="ask", around=around).decision
        for command in ("grep -r x .", "grep -r x src", "rg x", "rg -g '.e*' x", "diff . src")
    }
    assert given == {
        "grep -r x .": "ask",
        "grep -r x src": "allow",
        "rg x": "allow",
        "rg -g '.e*' x": "ask",
        "diff . src": "ask",
    }


def test_where_there_are_too_many_files_nobody_knows(
    around: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MOST_ENTRIES == 50_000
    monkeypatch.setattr("vibe.agent.permissions.doubts.MOST_ENTRIES", 2)
    assert looked_through(around, {"tree"}).secrets is None
    assert check_command("rg x", mode="ask", around=around).decision == "ask"


def test_a_pattern_of_too_many_files_asks(around: Surroundings, root: Path) -> None:
    for number in range(1_001):
        (root / f"src/{number}").touch()
    assert check_command("cat src/*", mode="ask", around=around).decision == "ask"
    assert check_command("cat src/1?.py", mode="ask", around=around).decision == "allow"


# Programs


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("rg x src", "ask"),
        ("ls && rg x src", "ask"),
        ("timeout 5 rg x src", "ask"),
        ("nice ls", "ask"),
        ("/usr/bin/rg x src", "allow"),
        ("ls src", "allow"),
    ],
)
def test_a_program_of_the_folder_itself_is_not_the_one_that_is_known(
    home: Path, root: Path, command: str, expected: Decision
) -> None:
    (root / ".venv/bin").mkdir(parents=True)
    for name in ("rg", "nice"):
        (root / ".venv/bin" / name).write_text("#!/bin/sh\n")
    path = f"/usr/bin:{root}/.venv/bin:relative:{root}/gone"
    around = surroundings(root, home=home, search_path=path)
    assert around.planted == {"rg", "nice"}
    assert check_command(command, mode="ask", around=around).decision == expected


# Repositories


def git(folder: Path, *words: str) -> None:
    who = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    env = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True, env=env)


def test_gits_configuration_is_found_from_below_and_from_a_worktree(root: Path) -> None:
    assert git_config_of(root) == ""
    git(root, "init", "-q")
    (root / ".git/config").write_text("[core]\n")
    git(root, "commit", "-q", "--allow-empty", "-m", "a")
    git(root, "worktree", "add", "-q", "../tree")
    found = [git_config_of(each) for each in (root, root / "src", root.parent / "tree")]
    assert found == ["[core]\n"] * 3


def bare(root: Path) -> None:
    git(root, "init", "-q", "--bare", "src")


def pointing_nowhere(root: Path) -> None:
    (root / ".git").write_text("gitdir: gone\n")


def no_text(root: Path) -> None:
    git(root, "init", "-q")
    (root / ".git/config").write_bytes(b"\xff")


def huge(root: Path) -> None:
    git(root, "init", "-q")
    (root / ".git/config").write_text("#" * 1024 * 1025)


def with_another_inside(root: Path) -> None:
    git(root, "init", "-q")
    git(root, "init", "-q", "src")
    git(root / "src", "commit", "-q", "--allow-empty", "-m", "a")
    git(root, "add", "src")


@pytest.mark.parametrize(
    ("make", "cwd"),
    [
        (bare, "src"),
        (pointing_nowhere, "src"),
        (no_text, "."),
        (huge, "."),
        (with_another_inside, "."),
    ],
)
def test_what_a_strange_repository_makes_git_run_is_not_known(
    home: Path, root: Path, make: Callable[[Path], None], cwd: str
) -> None:
    make(root)
    around = surroundings(root, home=home, cwd=root / cwd)
    assert around.git_config is None
    assert check_command("git status", mode="ask", around=around).decision == "ask"


def test_a_repository_inside_that_is_no_entry_of_this_one_is_not_asked(
    home: Path, root: Path
) -> None:
    with_another_inside(root)
    git(root, "rm", "-fq", "--cached", "src")
    around = surroundings(root, home=home)
    assert check_command("git status", mode="ask", around=around).decision == "allow"
