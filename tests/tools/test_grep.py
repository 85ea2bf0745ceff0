"""The tool `grep`: what is found and shown, by ripgrep and by what stands in for it alike."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tools.rooms import called, room_in, told
from vibe.tools.base import Room
from vibe.tools.matches import LONGEST_LINE, MOST_BYTES, matches_of
from vibe.tools.search import (
    MOST_FOUND,
    MOST_IN_FILE,
    Found,
    Hit,
    Query,
    ripgrep_in,
    search,
)

no_ripgrep = pytest.mark.skipif(shutil.which("rg") is None, reason="ripgrep is not installed")


@pytest.fixture(params=[pytest.param("ripgrep", marks=no_ripgrep), "our own"])
def room(request: pytest.FixtureRequest, tmp_path: Path) -> Room:
    room = room_in(tmp_path)
    if request.param == "our own":
        room.env = {"PATH": "/nowhere"}
    return room


def put(room: Room, name: str, content: str | bytes) -> None:
    path = room.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


async def test_lines_stand_below_the_path_of_their_file(room: Room) -> None:
    put(room, "b.py", "def b():\n    pass\n\ndef c(): pass")
    put(room, "a/a.py", "class A:\n    def a(self): ...\r\n")
    put(room, "a.txt", "nothing")
    done = await called(room, "grep", pattern=r"\bdef \w+\(")
    (text,) = done.content
    assert getattr(text, "text", None) == (
        "a/a.py\n2\t    def a(self): ...\nb.py\n1\tdef b():\n4\tdef c(): pass\n[3 lines in 2 files]"
    )
    assert json.loads(done.details) == {"lines": 3, "files": 2, "is_all": True}


async def test_a_file_or_folder_may_be_named(room: Room) -> None:
    for name in ("a/b/f", "a/g", "h"):
        put(room, name, "x\n")
    assert await told(room, "grep", pattern="x", path="a") == (
        "a/b/f\n1\tx\na/g\n1\tx\n[2 lines in 2 files]"
    )
    assert await told(room, "grep", pattern="x", path="a/g") == "a/g\n1\tx\n[1 line in 1 file]"
    assert await told(room, "grep", pattern="x", path=f"{room.root}/h") == (
        "h\n1\tx\n[1 line in 1 file]"
    )
    assert await told(room, "grep", pattern="y") == "[no line matches]"


async def test_hidden_ignored_and_binary_files_are_skipped(room: Room) -> None:
    put(room, ".gitignore", "*.log\n/build/\n!keep.log\n!.env\n")
    put(room, "src/.gitignore", "made.py\n")
    for name in (".env", ".git/config", "a.log", "build/a", "src/made.py", "src/.x/a"):
        put(room, name, "word\n")
    put(room, "binary", "word\n" * 50_000 + "\0")
    put(room, "keep.log", "word\n")
    put(room, "src/build/a", "word\n")
    (room.root / "link").symlink_to("keep.log")
    assert await told(room, "grep", pattern="word") == (
        "keep.log\n1\tword\nsrc/build/a\n1\tword\n[2 lines in 2 files]"
    )


@pytest.mark.parametrize("name", [".env", "a.log", "build/a"])
async def test_a_file_that_is_named_is_not_skipped(name: str, room: Room) -> None:
    put(room, ".gitignore", "*.log\nbuild\n")
    put(room, name, "word\n")
    assert await told(room, "grep", pattern="word", path=name, glob="*.py") == (
        f"{name}\n1\tword\n[1 line in 1 file]"
    )


@pytest.mark.parametrize(
    ("glob", "names"),
    [
        ("*.py", ["a.py", "src/b.py", "src/sub/c.py"]),
        ("src/*.py", ["src/b.py"]),
        ("src/", ["src/b.py", "src/d.js", "src/sub/c.py"]),
        ("./src/**/*.py", ["src/b.py", "src/sub/c.py"]),
        ("*.{js,ts}", ["src/d.js"]),
        ("!src", ["a.py"]),
        ("!*.py", ["src/d.js"]),
    ],
)
async def test_a_glob_chooses_the_files(glob: str, names: list[str], room: Room) -> None:
    for name in ("a.py", "src/b.py", "src/d.js", "src/sub/c.py"):
        put(room, name, "x\n")
    text = await told(room, "grep", pattern="x", glob=glob)
    assert text.split("\n")[:-1] == [row for name in names for row in (name, "1\tx")]


async def test_other_encodings_are_read_as_well(room: Room) -> None:
    put(room, "a", "\ufefffirst é\n")
    put(room, "b", "no\nfirst é\n".encode("utf-16"))
    put(room, "c", b"first \xe9 caf\xe9\n")
    assert await told(room, "grep", pattern="^first") == (
        "a\n1\tfirst é\nb\n2\tfirst é\nc\n1\tfirst � caf�\n[3 lines in 3 files]"
    )


async def test_of_a_long_line_the_part_that_matches_is_shown(room: Room) -> None:
    put(room, "min.js", f"{'x' * 100_000}needle{'y' * 1_000_000}\n")
    text = await told(room, "grep", pattern="needle")
    assert text == (f"min.js\n1\t…{'x' * 80}needle{'y' * (LONGEST_LINE - 86)}…\n[1 line in 1 file]")


async def test_more_lines_than_asked_for_are_counted(room: Room) -> None:
    for name in ("a", "b"):
        put(room, name, "x\n" * 60)
    rows = (await told(room, "grep", pattern="x", limit=70)).split("\n")
    assert rows[-2:] == [
        "10\tx",
        "[120 lines in 2 files, of which 70 are shown; narrow it with path, glob or pattern]",
    ]


async def test_wide_lines_are_shown_up_to_a_number_of_bytes(room: Room) -> None:
    put(room, "a", f"{'x' * 299}\n" * 100)
    put(room, "b", f"{'x' * 299}\n" * 99)
    text = await told(room, "grep", pattern="x", limit=1_000)
    assert len(text.encode()) < MOST_BYTES + 200
    assert (
        "[199 lines in 2 files, of which 99 are shown; of a file the first 100 are counted;" in text
    )


async def test_a_search_ends_when_enough_is_found(room: Room) -> None:
    for number in range(20):
        put(room, f"{number:02}", "x\n" * MOST_IN_FILE)
    text = await told(room, "grep", pattern="x", limit=1)
    told_so = "[1,000 lines in 10 files, of which 1 are shown; of a file the "
    assert f"00\n1\tx\n{told_so}first 100 are counted; there are more than 1,000; narrow" in text


async def test_a_single_file_is_searched_further(room: Room) -> None:
    put(room, "a", "x\n" * (MOST_FOUND + 5))
    text = await told(room, "grep", pattern="x", path="a", limit=1)
    assert "[1,000 lines in 1 file, of which 1 are shown; there are more than 1,000;" in text


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({"pattern": "("}, "pattern is no regular expression: "),
        ({"pattern": "*a"}, "pattern is no regular expression: "),
        ({"pattern": ""}, "pattern cannot be searched for: it is empty"),
        ({"pattern": "a(?=b)"}, "pattern cannot be searched for: it has look-around"),
        ({"pattern": "x", "path": "no/such"}, "no/such was not opened: it does not exist"),
        ({"pattern": "x", "path": "no"}, "no does not exist; leave path out to search the whole"),
        ({"pattern": "x", "path": "/dev/zero"}, "it is a device"),
        ({"pattern": "x", "path": "binary"}, "binary is binary; search it with a command"),
        ({"pattern": "x", "path": "link"}, "it is a symbolic link"),
        ({"pattern": "x", "glob": "[a"}, "glob is no pattern for files: [a; write one such as"),
    ],
)
async def test_what_cannot_be_searched_says_why(
    arguments: dict[str, str], why: str, room: Room
) -> None:
    put(room, "binary", b"x\0")
    (room.root / "link").symlink_to("binary")
    text = await told(room, "grep", **arguments)
    assert why in text
    assert "\n" not in text


@pytest.mark.parametrize(
    "script", ["echo 'error: unexpected argument'; exit 2", "head -c 1000000 /dev/zero; exit 2"]
)
async def test_a_broken_ripgrep_is_replaced(script: str, tmp_path: Path) -> None:
    put(room_in(tmp_path), "bin/rg", f"#!/bin/sh\n{script}\n")
    (tmp_path / "bin" / "rg").chmod(0o755)
    (tmp_path / "root").mkdir()
    room = room_in(tmp_path / "root")
    room.env = {"PATH": f"{tmp_path}/bin:/usr/bin:/bin"}
    put(room, "a", "x\n")
    assert await told(room, "grep", pattern="x") == "a\n1\tx\n[1 line in 1 file]"


def test_a_ripgrep_in_the_project_is_not_run(tmp_path: Path) -> None:
    program = tmp_path / "bin" / "rg"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    env = {"PATH": f"bin:{program.parent}"}
    assert ripgrep_in(env, root=tmp_path) is None
    assert ripgrep_in(env, root=tmp_path / "other") == str(program)


async def test_a_pattern_that_takes_for_ever_is_ended(tmp_path: Path) -> None:
    put(room_in(tmp_path), "a", f"{'a' * 60}!\n")
    query = Query(pattern="(a+)+$", folder=tmp_path, within_s=0.4)
    found = await search(query, env={}, ripgrep=None)
    assert found == Found(hits=(), why_not_all="it was ended after 0.4 s")


def swapped_for_a_link(root: Path) -> None:
    (root / "sub").rename(root / "old")
    (root / "sub").symlink_to(root.parent / "outside")


def cut_short(root: Path) -> None:
    (root / "sub" / "f").write_text("a\n")


def gone(root: Path) -> None:
    (root / "sub" / "f").unlink()


@pytest.mark.parametrize("change", [swapped_for_a_link, cut_short, gone])
def test_what_was_found_is_read_where_it_was_decided(
    change: Callable[[Path], None], tmp_path: Path
) -> None:
    for name in ("root/sub", "outside"):
        put(room_in(tmp_path), f"{name}/f", f"first\nof {name}\n")
    change(tmp_path / "root")
    hits = [Hit(path="sub/f", line=2, column=1)]
    query = Query(pattern="of", folder=tmp_path / "root")
    matches = matches_of(hits, query, prefix="", most=10, may_search=lambda _: True)
    assert all("outside" not in row for row in matches.rows)


async def test_names_with_line_ends_or_without_an_encoding_are_found(room: Room) -> None:
    put(room, "a\nb", "x\n")
    put(room, os.fsdecode(b"\xff"), "x\n")
    assert await told(room, "grep", pattern="x") == ("a\nb\n1\tx\n�\n1\tx\n[2 lines in 2 files]")
