"""`.env`: what its lines mean, and what is told of a file that cannot be read."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibe.config.codes import Code
from vibe.config.dotenv import MAX_BYTES, Dotenv, parse_dotenv, read_dotenv
from vibe.config.locate import Spot
from vibe.config.problem import problem

NAME = "/home/me/.env"


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=b", "b"),
        ("A=", ""),
        ("A=b=c", "b=c"),
        ("  A = b  ", "b"),
        ("\tA\t=\tb\t", "b"),
        ("A=b\r", "b"),
        ('A="b"\r', "b"),
        ("export A=b", "b"),
        ("  export\tA=b", "b"),
        ("A=b c", "b c"),
        ("A=b # said of it", "b"),
        ("A=b#c", "b#c"),
        ("A=#b", "#b"),
        ("A= # nothing yet", ""),
        ('A="b # c" # said of it', "b # c"),
        ("A='b # c'# said of it", "b # c"),
        ('A=""', ""),
        ("A=''", ""),
        ('A="  b  "', "  b  "),
        ('A="b\'c"', "b'c"),
        ("A='b\"c'", 'b"c'),
        (r'A="b\"c\\d"', r'b"c\d'),
        (r'A="b\nc\rd\te\$f"', "b\nc\rd\te$f"),
        (r"A='b\nc'", r"b\nc"),
        (r"A=b\nc", r"b\nc"),
        ("A=b'c\"", "b'c\""),
        ("A=${B}", "${B}"),
        ("A=schlüssel", "schlüssel"),
    ],
    ids=ascii,
)
def test_a_line_gives_a_value(line: str, value: str) -> None:
    assert parse_dotenv(line, name=NAME) == Dotenv(values={"A": value})


@pytest.mark.parametrize("text", ["", "\n", "\r\n\r\n", "# A=b", "   # A=b", "   \t"], ids=ascii)
def test_blank_lines_and_comments_say_nothing(text: str) -> None:
    assert parse_dotenv(text, name=NAME) == Dotenv()


@pytest.mark.parametrize(
    "line",
    ["A", "=b", "1A=b", "A-B=c", "A B=c", "export A", "A: b", 'A="b', 'A="b\\"',
     "A='b", 'A="b" c', "A='b'c'", "[A]"],
    ids=ascii,
)  # fmt: skip
def test_a_bad_line_is_told_and_left_out(line: str) -> None:
    bad = problem(
        Code.DOTENV_INVALID,
        Spot(file=NAME, line=2, column=1),
        "this line is no NAME=value; it is left out",
        help="write one NAME=value a line; comments begin with #",
    )
    expected = Dotenv(values={"B": "1", "C": "2"}, problems=(bad,))
    assert parse_dotenv(f"B=1\n{line}\nC=2\n", name=NAME) == expected


def test_the_last_of_a_name_counts() -> None:
    assert parse_dotenv("A=1\r\nB=2\r\nA=3", name=NAME) == Dotenv(values={"A": "3", "B": "2"})


@given(st.text())
def test_any_text_is_parsed(text: str) -> None:
    parsed = parse_dotenv(text, name=NAME)
    assert len(parsed.values) + len(parsed.problems) <= text.count("\n") + 1


@pytest.mark.parametrize(
    "line",
    ["A={}", "A=b{}c", 'A="b"{}c', "A='b'{}c", "A{}", "export{}", "{}A=b", "A=b #{}"],
)
@pytest.mark.parametrize("part", [" ", "\t", "#", " #", "\\", '"', "'", "a"], ids=ascii)
def test_a_megabyte_made_to_be_slow_is_parsed(line: str, part: str) -> None:
    parsed = parse_dotenv(line.format(part * (MAX_BYTES // len(part))), name=NAME)
    assert len(parsed.values) + len(parsed.problems) <= 1


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return written(tmp_path / ".env", b"A=b\n")


def written(file: Path, data: bytes, *, mode: int = 0o600) -> Path:
    file.write_bytes(data)
    file.chmod(mode)
    return file


def unread(file: Path, why: str) -> Dotenv:
    told = problem(
        Code.DOTENV_INVALID,
        Spot(file=str(file)),
        f"this file is not read: {why}",
        help="make it a file of yours",
    )
    return Dotenv(problems=(told,))


def read(file: Path, *, uid: int | None = None, patience_s: float = 0) -> Dotenv:
    return read_dotenv(file, uid=os.getuid() if uid is None else uid, patience_s=patience_s)


def test_a_file_is_read(file: Path) -> None:
    assert read(file) == Dotenv(values={"A": "b"})


def test_a_byte_order_mark_is_no_part_of_a_name(file: Path) -> None:
    assert read(written(file, b"\xef\xbb\xbfA=b\r\n")) == Dotenv(values={"A": "b"})


def test_bytes_that_are_no_text_stay_in_their_value(file: Path) -> None:
    assert read(written(file, b"A=b\xff\nC=d")) == Dotenv(values={"A": "b\ufffd", "C": "d"})


def test_a_file_that_is_not_there_is_no_problem(tmp_path: Path) -> None:
    assert read(tmp_path / ".env") == Dotenv()


def test_a_file_that_others_may_read_is_told_and_read(file: Path) -> None:
    told = problem(
        Code.DOTENV_EXPOSED,
        Spot(file=str(file)),
        "other users of this machine may read your keys",
        help=f"chmod 600 {file}",
        remedy=f"chmod 600 {file}",
    )
    expected = Dotenv(values={"A": "b"}, problems=(told,))
    assert read(written(file, b"A=b", mode=0o640)) == expected


def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    assert read(tmp_path) == unread(tmp_path, "it is neither a file nor a pipe")


def test_the_file_of_another_user_is_not_read(file: Path) -> None:
    if os.getuid() == 0:
        os.chown(file, 1, 1)  # for what belongs to root, everybody takes
    assert read(file, uid=os.getuid() + 2) == unread(file, "it belongs to another user")


def test_a_loop_of_links_is_not_read(tmp_path: Path) -> None:
    (tmp_path / ".env").symlink_to(tmp_path / ".env")
    told = unread(tmp_path / ".env", "Too many levels of symbolic links")
    assert read(tmp_path / ".env") == told


@pytest.mark.parametrize(("size", "is_read"), [(MAX_BYTES, True), (MAX_BYTES + 1, False)])
def test_a_file_has_at_most_a_megabyte(file: Path, size: int, is_read: bool) -> None:
    found = read(written(file, b"A=" + b"b" * (size - 2)))
    assert found == (
        Dotenv(values={"A": "b" * (size - 2)})
        if is_read
        else unread(file, "it is larger than 1 MB")
    )


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    os.mkfifo(tmp_path / ".env", mode=0o666)
    return tmp_path / ".env"


@pytest.fixture
def writer(pipe: Path) -> Iterator[threading.Thread]:
    """Writes in two pieces as soon as somebody reads, and leaves."""

    def write() -> None:
        with pipe.open("wb", buffering=0) as stream:
            stream.write(b"A=b\nC=")
            stream.write(b"d\n" + b"#" * 200_000)

    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    yield thread
    thread.join(60)


@pytest.mark.usefixtures("writer")
def test_a_pipe_is_read_to_its_end_whatever_its_mode(pipe: Path) -> None:
    assert read(pipe, patience_s=60) == Dotenv(values={"A": "b", "C": "d"})


def test_a_pipe_without_a_writer_holds_nobody_up(pipe: Path) -> None:
    assert read(pipe) == Dotenv()
