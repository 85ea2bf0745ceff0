"""Nothing is left in a folder by what was run in it, whoever dies when; nothing else is taken."""

from __future__ import annotations

import os
import signal
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.sandbox.sandboxes import Session, User, session
from tests.sandbox.serve import Asked
from vibe.sandbox.placeholder import Placeholder, is_placeholder, placed


def tree(folder: Path) -> dict[str, tuple[int, int]]:
    return {
        str(path.relative_to(folder)): (path.lstat().st_ino, path.lstat().st_mode)
        for path in sorted(folder.rglob("*"))
    }


def test_a_command_leaves_nothing(sandboxed: Session) -> None:
    before = tree(sandboxed.ground.project)
    sandboxed.run("true")
    sandboxed.run("exit 3")
    sandboxed.run("kill -9 $$")
    assert tree(sandboxed.ground.project) == before


@pytest.mark.parametrize(
    ("script", "output"),
    [
        pytest.param("cat *.md", "# mine\n", id="names with a star"),
        pytest.param("ls -A", ".git\nREADME.md\n", id="a list"),
        pytest.param("cp -r . $TMPDIR/copy; ls -A $TMPDIR/copy", ".git\nREADME.md\n", id="a copy"),
    ],
)
def test_one_that_only_reads_finds_the_folder_as_it_is(
    sandboxed: Session, script: str, output: str
) -> None:
    folder = sandboxed.ground.home / "plain"
    (folder / ".git/hooks").mkdir(parents=True)
    (folder / "README.md").write_text("# mine\n")
    sandboxed.own()
    before = tree(folder)
    ran = sandboxed.run(script, folder=folder, only_reads=True)
    assert (ran.code, ran.output, tree(folder)) == (0, output, before)


@pytest.mark.parametrize("name", ["README.md", "new", "AGENTS.md", ".git/hooks/pre-commit"])
def test_one_that_only_reads_can_write_nothing_to_the_folder(sandboxed: Session, name: str) -> None:
    before = tree(sandboxed.ground.project)
    assert sandboxed.run(f"echo x > {name}", only_reads=True).code == 1
    assert tree(sandboxed.ground.project) == before


def test_a_folder_without_a_repository_stays_without(in_bwrap: Session) -> None:
    folder = in_bwrap.ground.home / "bare"
    folder.mkdir()
    in_bwrap.own()
    ran = in_bwrap.run("git init -q . || echo x > .git/config", folder=folder)
    assert (list(folder.iterdir()), ran.denial) == ([], denial_of(folder / ".git"))


def denial_of(path: Path) -> str:
    return (
        f'There is no "{path}": the sandbox puts something empty in its place while a command '
        "runs, so that none can make it; run it outside of the sandbox if it has to."
    )


def test_what_the_dead_left_behind_goes_with_the_next_command(user: User) -> None:
    with session("bwrap", user) as first, session("bwrap", user) as second:
        folder = first.ground.project
        os.mkfifo(folder / "pipe")
        first.own()
        before = tree(folder)
        first.ask(Asked(script="echo up > pipe; sleep 99999", folder=str(folder)))
        with (folder / "pipe").open() as up:
            assert up.read() == "up\n"
        during = sorted(set(tree(folder)) - set(before))
        os.kill(first.told.pid, signal.SIGKILL)
        first.process.wait()
        second.run("true", folder=folder)
        assert (during, tree(folder)) == (
            [
                ".env", ".envrc", ".git/commondir", ".git/config.worktree", ".idea", ".mcp.json",
                ".vibe", ".vscode", "AGENTS.md",
            ],
            before,
        )  # fmt: skip


WANTED = (Placeholder(path=Path("d")), Placeholder(path=Path("f"), content=b".\n"))


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_placeholders_are_there_while_they_are_used(inside: Path) -> None:
    with placed(WANTED) as paths:
        assert paths == (Path("d"), Path("f"))
        assert [is_placeholder(each) for each in WANTED] == [True, True]
        assert (Path("f").read_bytes(), list(Path("d").iterdir())) == (b".\n", [])
        assert sorted(each.name for each in inside.iterdir()) == ["d", "f"]
    assert list(inside.iterdir()) == []


def test_the_last_who_uses_one_takes_it_away(inside: Path) -> None:
    with ExitStack() as first, ExitStack() as second:
        first.enter_context(placed(WANTED))
        second.enter_context(placed(WANTED))
        first.close()
        assert sorted(each.name for each in inside.iterdir()) == ["d", "f"]
    assert list(inside.iterdir()) == []


def test_what_somebody_else_made_stays(inside: Path) -> None:
    Path("d").mkdir()
    Path("f").write_bytes(b".\n")
    with placed(WANTED) as paths:
        assert paths == (Path("d"), Path("f"))
    assert sorted(each.name for each in inside.iterdir()) == ["d", "f"]


def test_what_somebody_put_in_its_place_stays(inside: Path) -> None:
    with placed(WANTED):
        Path("d").rmdir()
        Path("d").write_text("mine")
        Path("f").unlink()
        Path("f").mkdir()
    assert (Path("d").read_text(), Path("f").is_dir()) == ("mine", True)


def test_where_nothing_may_be_made_nothing_is(inside: Path) -> None:
    with placed([Placeholder(path=inside / "absent/d")]) as paths:
        assert paths == ()


def test_a_place_that_cannot_be_held_is_no_place_to_run(inside: Path) -> None:
    loop = Path("l")
    loop.symlink_to("l")
    with pytest.raises(OSError, match="symbolic"), placed([Placeholder(path=loop)]):
        pass
    assert list(inside.iterdir()) == [inside / "l"]
