"""The tool `read`: what is shown of a file, what is left out and how to get it, what is refused."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec import json

from tests.tools.rooms import called, room_in, told
from vibe.domain.message import Image, Text
from vibe.tools.base import Done
from vibe.tools.folder import MOST_NAMES
from vibe.tools.listing import LONGEST_LINE, MOST_BYTES, MOST_LINES
from vibe.tools.pictures import MOST_BYTES as MOST_OF_PICTURE

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"


async def test_lines_come_with_their_numbers_and_are_remembered(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"one\n\ttwo\n\nfour")
    room = room_in(tmp_path)

    done = await called(room, "read", path="a.py")

    details = '{"path":"a.py","first":1,"last":4,"total":4}'
    assert done == Done(content=(Text("1\tone\n2\t\ttwo\n3\t\n4\tfour"),), details=details)
    assert room.seen == {tmp_path / "a.py": b"one\n\ttwo\n\nfour"}


async def test_of_much_that_was_read_the_first_is_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vibe.tools.base.MOST_SEEN_BYTES", 8)
    room = room_in(tmp_path)
    for name in "abac":
        (tmp_path / name).write_text("12345")
        await called(room, "read", path=name)
    assert [path.name for path in room.seen] == ["a", "c"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param(
            {"limit": 2},
            '1\ta\n2\tb\n[lines 3-4 are left out; go on with read {"path":"f","offset":3}]',
            id="the first",
        ),
        pytest.param({"offset": 3}, "3\tc\n4\td", id="the last"),
        pytest.param(
            {"offset": 2, "limit": 1},
            '2\tb\n[lines 3-4 are left out; go on with read {"path":"f","offset":3}]',
            id="one",
        ),
        pytest.param({"offset": 0, "limit": 99}, "1\ta\n2\tb\n3\tc\n4\td", id="counted from 0"),
        pytest.param(
            {"offset": 5}, "f was not read: it has 4 lines; there is no line 5", id="beyond"
        ),
    ],
)
async def test_a_part_is_shown_and_how_to_get_the_next(
    arguments: dict[str, int], expected: str, tmp_path: Path
) -> None:
    (tmp_path / "f").write_text("a\nb\nc\nd\n")
    assert await told(room_in(tmp_path), "read", path="f", **arguments) == expected


async def test_a_long_file_is_shown_up_to_a_number_of_lines(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("x\n" * (MOST_LINES + 10))
    rows = (await told(room_in(tmp_path), "read", path="f", limit=9_999)).split("\n")
    assert rows[-2:] == [
        f"{MOST_LINES}\tx",
        '[lines 2001-2010 are left out; go on with read {"path":"f","offset":2001}]',
    ]


async def test_wide_lines_are_shown_up_to_a_number_of_bytes(tmp_path: Path) -> None:
    (tmp_path / "f").write_text(f"{'é' * 500}\n" * 100)
    text = await told(room_in(tmp_path), "read", path="f")
    shown, _, remark = text.rpartition("\n")
    assert len(shown.encode()) <= MOST_BYTES
    assert remark == '[lines 50-100 are left out; go on with read {"path":"f","offset":50}]'


async def test_a_huge_line_is_cut_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "f").write_text(f"a\n{'x' * 1_000_000}\nb\n")
    assert await told(room_in(tmp_path), "read", path="f") == (
        f"1\ta\n2\t{'x' * LONGEST_LINE}… [998,000 more characters]\n3\tb\n"
        "[for the rest of a long line: sed -n 2p FILE | cut -c 2001-]"
    )


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(b"", "[f is empty]", id="nothing"),
        pytest.param(b"\n", "1\t", id="an empty line"),
        pytest.param(
            b"\xef\xbb\xbfa\r\nb\r\n",
            "1\ta\n2\tb\n[f: it has CRLF as its line ends and a byte order mark, which is not "
            "shown; edit and write keep that]",
            id="a mark and CRLF",
        ),
        pytest.param(
            b"a\rb\r",
            "1\ta\n2\tb\n[f: it has CR as its line ends; edit and write keep that]",
            id="CR",
        ),
        pytest.param(
            "a\r\né\n".encode("utf-16"),
            "1\ta\n2\té\n[f: it is UTF-16. Edits are for UTF-8 text alone; change it with a "
            "command.]",
            id="UTF-16",
        ),
        pytest.param(
            b"a\ncaf\xe9\n",
            "1\ta\n2\tcaf�\n[f: byte 0xE9 in line 2 is not UTF-8. Edits are for UTF-8 text alone; "
            "change it with a command. Bytes that are not UTF-8 are shown as �.]",
            id="Latin-1",
        ),
        pytest.param(
            b"\x7fELF\x02\0\0",
            "f was not read: it is binary, it seems a program or library (ELF), and has 7 bytes; "
            "look at it with a command",
            id="a program",
        ),
        pytest.param(
            b"a\0",
            "f was not read: it is binary and has 2 bytes; look at it with a command",
            id="a NUL",
        ),
        pytest.param(
            b"%PDF-1.7\n\xe2\xe3",
            "f was not read: it is binary, it seems PDF, and has 11 bytes; look at it with a "
            "command",
            id="binary without a NUL",
        ),
    ],
)
async def test_what_is_not_plain_is_told(content: bytes, expected: str, tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(content)
    assert await told(room_in(tmp_path), "read", path="f") == expected


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0\0", "image/jpeg"),
        (b"GIF89a\0", "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
    ],
)
async def test_a_picture_is_shown_as_one_whatever_its_name(
    content: bytes, media_type: str, tmp_path: Path
) -> None:
    (tmp_path / "f.txt").write_bytes(content)
    room = room_in(tmp_path)
    done = await called(room, "read", path="f.txt")
    assert done.content == (
        Text(f"f.txt: {media_type}, {len(content)} bytes"),
        Image(media_type=media_type, data=content),
    )
    assert room.seen == {}


async def test_a_picture_that_no_model_takes_is_refused(tmp_path: Path) -> None:
    (tmp_path / "f.png").write_bytes(PNG.ljust(MOST_OF_PICTURE + 1))
    assert "make it smaller with a command" in await told(room_in(tmp_path), "read", path="f.png")


async def test_of_a_folder_the_names_are_listed(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "a.py").touch()
    (tmp_path / ".env").touch()
    (tmp_path / os.fsdecode(b"\xff")).touch()
    room = room_in(tmp_path)
    assert await told(room, "read", path=".") == "[. is a folder]\n.env\na.py\nb/\n�"
    assert await told(room, "read", path="b") == "[b is an empty folder]"


async def test_of_a_full_folder_some_names_are_listed(tmp_path: Path) -> None:
    for number in range(MOST_NAMES + 5):
        (tmp_path / f"{number:04}").touch()
    rows = (await told(room_in(tmp_path), "read", path=".")).split("\n")
    assert rows[-2:] == ["0299", "[5 left out; list part of them with a command]"]


def a_pipe(path: Path) -> None:
    os.mkfifo(path)


def a_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(path))


def a_link(path: Path) -> None:
    path.symlink_to("/etc/passwd")


def a_giant(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 40)


def nothing(_: Path) -> None:
    """No file at all."""


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (a_pipe, "was not read: it is a pipe"),
        (a_socket, "was not read: it is a socket"),
        (a_link, "was not read: it is a symbolic link"),
        (a_giant, "it is larger than 16 MB; use a command"),
        (nothing, "f does not exist; read its folder or use grep to find it"),
    ],
)
async def test_what_is_no_file_to_be_read_is_refused(
    make: Callable[[Path], None], why: str, tmp_path: Path
) -> None:
    make(tmp_path / "f")
    room = room_in(tmp_path)
    assert why in await told(room, "read", path="f")
    assert room.seen == {}


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/dev/zero", "/dev/zero was not read: it is a device"),
        ("a\0b", "the path holds a NUL character"),
        ("a" * 300, "File name too long"),
        ("~no-such-person/f", "it does not exist"),
        ("no/such/folder", "it does not exist"),
    ],
)
async def test_a_path_that_leads_nowhere_is_told(path: str, why: str, tmp_path: Path) -> None:
    assert why in await told(room_in(tmp_path), "read", path=path)


async def test_a_path_in_a_folder_that_became_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "f").write_text("secret")
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "sub").symlink_to(tmp_path / "outside")
    text = await told(room_in(tmp_path / "root"), "read", path="sub/f")
    assert "a part of its path is a symbolic link" in text


async def test_details_are_told_in_json(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("a\nb\n")
    done = await called(room_in(tmp_path), "read", path="f", offset=2)
    assert json.decode(done.details) == {"path": "f", "first": 2, "last": 2, "total": 2}
