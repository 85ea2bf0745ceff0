"""What the command lines of the backends are made of."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from vibe.sandbox import bwrap, landlock
from vibe.sandbox.ground import Ground
from vibe.sandbox.placeholder import Placeholder

VIEW = Path("/dev/vibe")
FOLDER = Path("/tmp/p")  # noqa: S108  below what is hidden, so that the order shows
GROUND = Ground(
    folder=FOLDER,
    kept=(FOLDER / "AGENTS.md",),
    pinned=(FOLDER / ".git",),
    absent=(Placeholder(path=FOLDER / ".git/hooks"),),
    masked=(Path("/etc/ssh"), Path("/etc/passwd")),
    movable=(FOLDER / "a/.env",),
)


def test_bubblewrap_mounts_what_is_nearer_to_the_root_first() -> None:
    words = bwrap.command_line(("echo", "a b"), GROUND, program="/bin/bwrap", scratch=Path("/s"))
    text = " ".join(words)
    mounts = [
        "--ro-bind / /", "--dev /dev", "--proc /proc", "--bind /s /tmp", "--tmpfs /run",
        "--bind /s /var/tmp", "--bind /tmp/p /tmp/p",
        "--perms 0000 --tmpfs /etc/ssh --remount-ro /etc/ssh", "--ro-bind /dev/null /etc/passwd",
        "--bind /tmp/p/.git /tmp/p/.git", "--ro-bind /tmp/p/AGENTS.md /tmp/p/AGENTS.md",
        "--ro-bind /tmp/p/.git/hooks /tmp/p/.git/hooks",
    ]  # fmt: skip
    places = [text.index(f" {mount} ") for mount in mounts]
    assert places == sorted(places)
    assert (words[0], words[-2:]) == ("/bin/bwrap", ("echo", "a b"))


@pytest.mark.parametrize(
    ("folder", "above"),
    [
        ("/tmp/a/b/p", "/tmp/a"),  # noqa: S108  nothing is written
        ("/var/tmp/a/p", "/var/tmp/a"),  # noqa: S108  as above
        ("/tmp/p", ""),  # noqa: S108  as above
        ("/home/a/p", ""),
    ],
)
def test_above_a_folder_in_tmp_nothing_can_be_written(folder: str, above: str) -> None:
    ground = Ground(folder=Path(folder), kept=(Path(folder, "AGENTS.md"),))
    words = bwrap.command_line(("true",), ground, program="bwrap", scratch=Path("/s"))
    text = " ".join(words)
    mounts = [f"--tmpfs {above} ", f"--bind {folder} ", f"{folder}/AGENTS.md ", "--remount-ro "]
    if not above:
        assert mounts[-1] not in text
        return
    places = [text.index(each) for each in (*mounts[:3], f"--remount-ro {above} ")]
    assert places == sorted(places)


def test_what_is_hidden_in_the_folder_is_hidden_in_its_view_as_well() -> None:
    ground = replace(GROUND, masked=(FOLDER / "a/socket",))
    text = " ".join(bwrap.command_line(("true",), ground, program="bwrap", scratch=Path("/s")))
    mounts = [
        f"--ro-bind /tmp/p {VIEW}",
        *(f"--ro-bind /dev/null {at}/a/socket" for at in (FOLDER, VIEW)),
    ]
    assert [text.count(f" {mount} ") for mount in mounts] == [1, 1, 1]


def test_one_that_only_reads_may_write_to_its_tmp_alone() -> None:
    ground = Ground(folder=Path("/home/p"))
    words = bwrap.command_line(
        ("true",), ground, program="bwrap", scratch=Path("/s"), only_reads=True
    )
    assert [words[at + 1] for at, word in enumerate(words) if word == "--bind"] == ["/s", "/s"]
    granted = landlock.command_line(("true",), ground, scratch=Path("/s"), abi=3, only_reads=True)
    assert [word for word in granted if word.startswith(f"{0x7FFF}=")] == [f"{0x7FFF}=/s"]


@pytest.mark.parametrize(("network", "is_apart"), [(False, True), (True, False)])
def test_bubblewrap_has_a_network_only_if_allowed(network: bool, is_apart: bool) -> None:
    words = bwrap.command_line(
        ("true",), GROUND, program="bwrap", scratch=Path("/s"), network=network
    )
    assert ("--unshare-net" in words) == is_apart


# The rights that a version of landlock knows.
@pytest.mark.parametrize(
    ("abi", "handled", "scoped"),
    [(1, 0x1FFF, 0), (2, 0x3FFF, 0), (3, 0x7FFF, 0), (4, 0x7FFF, 0), (5, 0xFFFF, 0),
     (6, 0xFFFF, 3), (7, 0xFFFF, 3)],
)  # fmt: skip
def test_landlock_is_asked_for_no_more_than_it_knows(abi: int, handled: int, scoped: int) -> None:
    words = landlock.command_line(("true",), GROUND, scratch=Path("/s"), abi=abi)
    assert words[5:7] == (str(handled), str(scoped))
    assert {f"{handled}=/tmp/p", f"{handled}=/s"} < set(words)


def test_around_what_is_hidden_everything_is_granted_one_by_one(tmp_path: Path) -> None:
    for name in ("a/b/c", "a/d", "e"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "a/f").write_text("")
    (tmp_path / "a/l").symlink_to("b")
    found = landlock.beneath(tmp_path, without={tmp_path / "a/b"})
    assert sorted(found) == [tmp_path / "a/d", tmp_path / "a/f", tmp_path / "e"]
    assert list(landlock.beneath(tmp_path, without={Path("/elsewhere")})) == [tmp_path]
    assert list(landlock.beneath(tmp_path, without={tmp_path})) == []
