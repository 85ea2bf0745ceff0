"""Configurations of git with a password or a token in an address: asked about, however shown."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from msgspec.structs import replace

from vibe.agent.permissions.look import check_command, check_file, surroundings
from vibe.agent.permissions.values import EVERY_HAZARD, Mode

SHOWN = [
    "cat .git/config", "head -3 .git/config", "git remote -v", "git remote --verbose",
    "git remote get-url origin", "git config --get remote.origin.url", "git config --local -l",
    "git config --local --get-regexp url", "git --no-pager remote -v",
]  # fmt: skip
KEY = "ghp_abcdefghijklmnopqrstuvwxyz0123456789"


def repository(root: Path, address: str, *, more: str = "") -> Path:
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    config = root / ".git/config"
    config.write_text(f'{config.read_text()}[remote "origin"]\n\turl = {address}\n{more}')
    return root


def asked(command: str, root: Path, *, mode: Mode = "ask") -> str:
    """Why; "" if it is allowed."""
    around = surroundings(root, home=root.parent, search_path="/usr/bin:/bin")
    around = replace(around, unheld=EVERY_HAZARD if mode == "ask" else frozenset())
    verdict = check_command(command, mode=mode, around=around)
    return "" if verdict.decision == "allow" else verdict.reason


@pytest.mark.parametrize("mode", ["ask", "auto"])
@pytest.mark.parametrize("command", SHOWN)
def test_an_address_with_a_token_is_not_shown_unasked(
    command: str, mode: Mode, tmp_path: Path
) -> None:
    root = repository(tmp_path.resolve() / "project", f"https://ann:{KEY}@example.com/x.git")
    assert asked(command, root, mode=mode) == f'"{root}/.git/config" may hold secrets'


@pytest.mark.parametrize("command", SHOWN)
@pytest.mark.parametrize(
    "address",
    ["https://example.com/x.git", "git@example.com:ann/x.git", "ssh://git@example.com:22/x",
     "https://ann@example.com/x@y.git"],
)  # fmt: skip
def test_other_addresses_are_free(command: str, address: str, tmp_path: Path) -> None:
    assert asked(command, repository(tmp_path.resolve() / "project", address)) == ""


@pytest.mark.parametrize(
    ("address", "more"),
    [
        pytest.param(f"https://{KEY}@example.com/x", "", id="a token alone"),
        pytest.param("https://ann:pw@example.com/x", "", id="a short password"),
        pytest.param("https://example.com/x", '[url "https://a:b@c/"]\n', id="a replacement"),
        pytest.param("https://example.com/x", "[http]\nextraHeader = x\n", id="a header"),
        pytest.param("https://example.com/x", "\xff", id="no text"),
    ],
)
def test_keys_are_found_in_several_forms(address: str, more: str, tmp_path: Path) -> None:
    root = repository(tmp_path.resolve() / "project", address)
    with (root / ".git/config").open("ab") as file:
        file.write(more.encode("latin-1"))
    assert asked("cat .git/config", root) != ""


def test_what_goes_through_the_folder_finds_it_too(tmp_path: Path) -> None:
    root = repository(tmp_path.resolve() / "project", "https://a:b@example.com/x")
    found = [asked(each, root) for each in ("grep -r url .", "grep -r url .git", "rg url")]
    assert found == [
        f'there may be secrets in "{root}"',
        f'there may be secrets in "{root}/.git"',
        "",
    ]
    around = surroundings(root, home=root.parent)
    assert check_file("read", ".git/config", mode="auto", around=around).decision == "ask"


def test_a_replacement_of_ones_own_shows_in_what_git_prints(tmp_path: Path) -> None:
    root = repository(tmp_path.resolve() / "project", "https://example.com/x")
    (root.parent / ".gitconfig").write_text('[url "https://a:b@example.com/"]\n')
    assert asked("git remote -v", root) == f'"{root.parent}/.gitconfig" may hold secrets'
    assert asked("cat .git/config", root) == asked("git remote", root) == ""


def test_a_worktree_has_the_configuration_of_its_repository(tmp_path: Path) -> None:
    root = repository(tmp_path.resolve() / "project", "https://a:b@example.com/x")
    for words in (["commit", "-q", "--allow-empty", "-m", "a"], ["worktree", "add", "-q", "../w"]):
        git = ("git", "-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false")
        subprocess.run([*git, *words], cwd=root, check=True)
    assert asked("git remote -v", root.parent / "w") == f'"{root}/.git/config" may hold secrets'
