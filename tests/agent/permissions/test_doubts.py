"""Files that are read among many: hard links, links that lead astray, what is neither file nor
folder."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.agent.permissions.test_git_contents import git
from vibe.agent.permissions.doubts import looked_through
from vibe.agent.permissions.look import check_command, may_search, surroundings
from vibe.agent.permissions.values import Doubtful, Surroundings

MORE = "has more names (hard links), which may lie outside the folder"
OUT = "is a link that leads outside the folder"
ASTRAY = "is a link to what may hold secrets"
TO_FOLDER = "is a link to another folder"
TO_SHARED = (
    "is a link, and of what it leads to, it has several names (hard links), and others may lie "
    "outside the folder"
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project of two folders, with a secret in a third, and a file beside it."""
    home = tmp_path.resolve() / "home"
    for name in ("outside", "project/a/x", "project/b/y", "project/c/.env", "project/b/deep/z"):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(name)
    return home / "project"


def around(root: Path) -> Surroundings:
    return surroundings(root, home=root.parent, search_path=os.environ["PATH"])


def asked(command: str, root: Path) -> str:
    """Why; "" if it is allowed."""
    verdict = check_command(command, mode="ask", around=around(root))
    return "" if verdict.decision == "allow" else verdict.reason


def hard(path: Path) -> None:
    path.hardlink_to(path.parents[2] / "outside")


def link(to: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(to)


@pytest.mark.parametrize(
    "command",
    [
        "rg ..", "rg x a", "rg -uu x a", "grep -r x a", "egrep -rn x a/", "grep -r x ./[a]",
        "diff a b", "diff -N b a", "diff b/y a", "busybox grep -r x a", "nice rg x", "ls && rg x",
    ],
)  # fmt: skip
def test_a_file_that_has_names_elsewhere_is_asked_about(command: str, root: Path) -> None:
    assert asked(command, root) == ""
    hard(root / "a/same")
    assert asked(command, root) == f'"{root}/a/same" {MORE}'


@pytest.mark.parametrize("command", ["rg x b", "grep -r x b", "diff b b/deep", "ls a", "tree a"])
def test_who_does_not_read_it_is_not_asked(command: str, root: Path) -> None:
    hard(root / "a/same")
    assert asked(command, root) == ""


def test_names_that_all_lie_in_the_folder_are_no_doubt(root: Path) -> None:
    (root / "b/same").hardlink_to(root / "a/x")
    assert (asked("rg x", root), asked("cat a/x", root) != "") == ("", True)


def test_what_installers_link_is_no_doubt(root: Path) -> None:
    (root / "a/node_modules").mkdir()
    (root / "a/node_modules/same").hardlink_to(root.parent / "outside")
    assert asked("rg x", root) == ""


def test_what_begins_with_a_dot_is_not_searched_by_rg(root: Path) -> None:
    hard(root / "a/.same")
    assert (asked("rg x", root), asked("grep -r x a", root)) == (
        "",
        f'"{root}/a/.same" {MORE}',
    )


@pytest.mark.parametrize(
    ("make", "why"),
    [
        pytest.param(link("../../outside"), OUT, id="out"),
        pytest.param(link("../.."), OUT, id="to a folder outside"),
        pytest.param(link("/etc/hosts"), OUT, id="to a file of the system"),
        pytest.param(link("../../gone"), OUT, id="to what may be there by then"),
        pytest.param(link("../c/.env"), ASTRAY, id="to a secret"),
        pytest.param(link("../c"), TO_FOLDER, id="to a folder with a secret"),
        pytest.param(link(".."), TO_FOLDER, id="to the folder itself"),
        pytest.param(link("../shared"), TO_SHARED, id="to a hard link"),
        pytest.param(os.mkfifo, "is neither a file nor a folder", id="pipe"),
        pytest.param(link("../b/y"), "", id="to a file"),
        pytest.param(link("nowhere"), "", id="to nothing"),
        pytest.param(link("/dev/null"), "", id="to nothing at all"),
    ],
)
def test_where_links_are_followed_it_is_by_what_they_lead_to(
    make: Callable[[Path], None], why: str, root: Path
) -> None:
    hard(root / "a/shared")
    (root / "a/shared").rename(root / "shared")
    make(root / "a/trap")
    reason = why and f'"{root}/a/trap" {why}'
    for command in ("diff a b", "diff -N b a", "busybox grep -r x a", "busybox fgrep -r x a"):
        assert asked(command, root) == reason, command
    for command in ("rg x a", "rg -u x a", "grep -r x a", "diff b b/deep", "find a", "du a"):
        assert asked(command, root) == "", command


@pytest.mark.parametrize(
    ("program", "reason"), [("grep", ""), ("busybox", OUT), ("ugrep", OUT), (None, OUT)]
)
def test_a_grep_that_is_not_known_may_follow_links(
    program: str | None, reason: str, root: Path, tmp_path: Path
) -> None:
    (tmp_path / "bin").mkdir()
    if program:
        (tmp_path / "real").mkdir()
        (tmp_path / "real" / program).touch(0o755)
        (tmp_path / "bin/grep").symlink_to(tmp_path / "real" / program)
    link("../../outside")(root / "a/trap")
    here = surroundings(root, home=root.parent, search_path=str(tmp_path / "bin"))
    verdict = check_command("grep -r x a", mode="ask", around=here)
    assert verdict.reason == (f'"{root}/a/trap" {reason}' if reason else "grep only reads")


def repository(root: Path, *tracked: str) -> None:
    git(root, "init", "-q")
    git(root, "add", *tracked)
    git(root, "commit", "-qm", "first")


@pytest.mark.parametrize("command", ["git grep x", "git diff", "git show HEAD"])
def test_git_prints_only_what_it_knows(command: str, root: Path) -> None:
    hard(root / "a/same")
    link("../../..")(root / "b/deep/up")
    repository(root, "a/x", "b")
    assert asked(command, root) == ""
    git(root, "add", "a/same")
    assert asked(command, root) == f'"{root}/a/same" {MORE}'


def test_git_looks_through_a_link_that_was_a_folder(root: Path) -> None:
    repository(root, "a", "b")
    (root / "b").rename(root.parent / "moved")
    link("../moved")(root / "b")
    assert asked("git grep x", root) == f'"{root}/b" {OUT}'


def test_git_blame_of_a_hard_link_is_asked_about(root: Path) -> None:
    hard(root / "a/same")
    repository(root, "a")
    assert asked("git blame a/same", root) == (
        "it has several names (hard links), and others may lie outside the folder"
    )
    assert asked("git blame a/x", root) == ""


def test_links_are_only_looked_at_for_who_follows_them(root: Path) -> None:
    link("../../outside")(root / "a/trap")
    here = around(root)
    found = [looked_through(here, {use}).doubtful for use in ("tree", "followed", "tracked")]
    trap = Doubtful(path=f"{root}/a/trap", why=OUT, is_link=True)
    assert found == [(), (trap,), (replace(trap, is_tracked=True),)]


def test_of_very_many_links_the_rest_is_asked_about(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vibe.agent.permissions.doubts._MOST_FOLLOWED", 1)
    link("x")(root / "a/one")
    assert asked("diff a b", root) == ""
    link("x")(root / "a/two")
    assert "is one of more links than are looked at" in asked("diff a b", root)


def test_a_search_of_the_folder_passes_over_hard_links(root: Path) -> None:
    hard(root / "a/same")
    found = {name: may_search(str(root / name), around=around(root)) for name in ("a/same", "a/x")}
    assert found == {"a/same": False, "a/x": True}
