"""The tool `write`: new files, whole rewrites, and what is never overwritten."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tools.rooms import (
    Kept,
    called,
    content_of,
    kept_in,
    mode_of,
    names_in,
    room_in,
    shown,
    told,
    unheard,
)
from vibe.domain.message import Text
from vibe.errors import ToolError
from vibe.tools.base import Done
from vibe.tools.files import MOST_BYTES
from vibe.tools.kinds import kind_of


async def test_a_new_file_is_made_with_the_folders_it_needs(tmp_path: Path) -> None:
    room, path = room_in(tmp_path), tmp_path / "a" / "b" / "c.py"

    done = await called(room, "write", path="a/b/c.py", content="x = 1\ny = 2")

    details = '{"path":"a/b/c.py","is_new":true,"diff":"+x = 1\\n+y = 2"}'
    text = "Wrote the new file a/b/c.py and the folder a/b: 2 lines."
    assert done == Done(content=(Text(text),), details=details)
    assert content_of(path) == b"x = 1\ny = 2"
    assert kept_in(room).kept == [Kept(path=path, before=None, after=b"x = 1\ny = 2", found=None)]
    assert room.seen == {path: b"x = 1\ny = 2"}


async def test_a_new_file_is_shown_with_its_folders_before_anything_is_made(tmp_path: Path) -> None:
    content = "".join(f"{number}\n" for number in range(250))
    text = await shown(room_in(tmp_path), "write", path="a/b.txt", content=content)
    lines = text.split("\n")
    assert (lines[0], lines[1], lines[-1]) == ("new folder a", "+0", "… and 50 more lines")
    assert names_in(tmp_path) == []


async def test_a_known_file_is_rewritten_in_its_own_manner(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"\xef\xbb\xbfa\r\nb\r\nc\r\n")
    path.chmod(0o755)
    room = room_in(tmp_path)
    await called(room, "read", path="f")

    assert await shown(room, "write", path="f", content="a\nB\nc\n") == (
        "@@ -1,3 +1,3 @@\n a\n-b\n+B\n c"
    )
    assert await told(room, "write", path="f", content="a\nB\nc\n") == "Wrote f: 3 lines."
    assert content_of(path) == b"\xef\xbb\xbfa\r\nB\r\nc\r\n"
    assert mode_of(path) == 0o755


async def test_what_it_wrote_itself_it_may_write_again(tmp_path: Path) -> None:
    room = room_in(tmp_path)
    await called(room, "write", path="f", content="a\n")
    assert await told(room, "write", path="f", content="b\n") == "Wrote f: 1 line."
    assert content_of(tmp_path / "f") == b"b\n"


def not_read(path: Path) -> None:
    path.write_text("old")


def changed(path: Path) -> None:
    path.write_text("older")


def same(path: Path) -> None:
    path.write_text("new")


def a_folder(path: Path) -> None:
    path.mkdir()


def a_link(path: Path) -> None:
    path.symlink_to("elsewhere")


def binary(path: Path) -> None:
    path.write_bytes(b"\0")


@pytest.mark.parametrize(
    ("make", "seen", "why"),
    [
        (not_read, None, "f was not written: it exists, and you have not read it; read it first"),
        (changed, b"old", "f was not written: it changed since you read it; read it again"),
        (same, b"new", "f was not written: it would change nothing: the file is already so"),
        (a_folder, None, "was not read: it is a folder"),
        (a_link, None, "was not read: it is a symbolic link"),
        (binary, b"\0", "f was not written: it is binary"),
    ],
)
async def test_what_is_there_is_not_overwritten(
    make: Callable[[Path], None], seen: bytes | None, why: str, tmp_path: Path
) -> None:
    make(tmp_path / "f")
    room = room_in(tmp_path)
    if seen is not None:
        room.seen[tmp_path / "f"] = seen
    assert why in await told(room, "write", path="f", content="new")
    assert kept_in(room).kept == []


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("a\0", "f was not written: content holds a NUL character"),
        ("a" * (MOST_BYTES + 1), "f was not written: content is larger than 16 MB; use a command"),
    ],
    ids=["a NUL", "too much"],
)
async def test_a_content_that_is_no_text_is_refused(content: str, why: str, tmp_path: Path) -> None:
    assert why in await told(room_in(tmp_path), "write", path="f", content=content)
    assert names_in(tmp_path) == []


async def test_outside_no_folders_are_made(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    room = room_in(tmp_path / "root")
    text = await told(room, "write", path=f"{tmp_path}/other/f", content="a")
    assert f"{tmp_path}/other does not exist; make that folder with a command first" in text


async def test_where_a_file_appeared_meanwhile_it_stays(tmp_path: Path) -> None:
    room, kind = room_in(tmp_path), kind_of("write")
    act = await kind.prepare(kind.read('{"path": "a/f", "content": "new"}'), room)
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "f").write_text("the person's")

    with pytest.raises(ToolError, match="another program put a file there meanwhile"):
        await act.run(unheard)

    assert content_of(tmp_path / "a" / "f") == b"the person's"


async def test_folders_are_gone_again_when_the_file_could_not_be_made(tmp_path: Path) -> None:
    room = room_in(tmp_path)
    name = "x" * 300
    text = await told(room, "write", path=f"a/b/{name}", content="new")
    assert "File name too long" in text
    assert names_in(tmp_path) == []


async def test_no_folder_is_made_behind_a_link(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "root").mkdir()
    room, kind = room_in(tmp_path / "root"), kind_of("write")
    arguments = kind.read(json.dumps({"path": "a/b/f", "content": "new"}))
    act = await kind.prepare(arguments, room)
    (tmp_path / "root" / "a").symlink_to(tmp_path / "outside")

    with pytest.raises(ToolError, match="a part of its path is a symbolic link"):
        await act.run(unheard)

    assert names_in(tmp_path / "outside") == []
