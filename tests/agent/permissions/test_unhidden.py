"""Hidden files that rg searches, since an ignore file says so: with secrets, it is asked about."""

from __future__ import annotations

from pathlib import Path

import pytest

from vibe.agent.permissions.look import check_command, surroundings
from vibe.agent.permissions.unhidden import EVERY_NAME, unhidden_names


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path.resolve() / "home/project"
    for name in ("src/app.py", "deploy/.env.production", ".cache/key.pem"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    return root


def asked(root: Path, command: str = "rg x") -> bool:
    around = surroundings(root, home=root.parent, search_path="/usr/bin:/bin")
    return check_command(command, mode="ask", around=around).decision == "ask"


@pytest.mark.parametrize(
    "line",
    [
        "!.env.production", "!/deploy/.env.production", "!.env*", "!**/.env*", "!deploy/**", "!*",
        "!.*", "![.]env.production", "!\\.env.production", "!.env.p????ction  ", "!.cache/",
        "x\n!.cache",
    ],
)  # fmt: skip
@pytest.mark.parametrize("file", [".gitignore", ".ignore", "src/.rgignore"])
def test_what_is_no_longer_ignored_is_searched(root: Path, file: str, line: str) -> None:
    assert not asked(root)
    (root / file).write_text(f"{line}\n")
    assert asked(root)
    assert not asked(root, "rg x src")


@pytest.mark.parametrize("line", ["", "# !.env*", "!.env.example", "!data/**/.gitkeep", ".env*"])
def test_other_lines_make_no_difference(root: Path, line: str) -> None:
    (root / ".gitignore").write_text(f"*.log\n{line}\n")
    assert not asked(root)


@pytest.mark.parametrize(
    "file", ["../.ignore", ".git/info/exclude", "../.config/git/ignore", "../mine"]
)
def test_ignore_files_elsewhere_count_as_well(root: Path, file: str) -> None:
    (root.parent / ".gitconfig").write_text("[core]\n\texcludesFile = ~/mine\n")
    (root / file).parent.mkdir(parents=True, exist_ok=True)
    (root / file).write_text("!.env*\n")
    assert asked(root)


def test_of_very_many_ignore_files_nobody_knows(tmp_path: Path) -> None:
    files = [str(tmp_path / f"{number}/.gitignore") for number in range(1_001)]
    assert unhidden_names(files, tmp_path, None) == EVERY_NAME
    assert unhidden_names(files[:9], tmp_path, None) == frozenset()
