"""`vibe -p "… @path …"` and `--cd`: which files go along, and which folder it is about."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from tests.cli.serving import ENV, configured, echo, serving
from tests.drive import Outcome, vibe
from vibe.domain.message import Image, User
from vibe.testing.exchange import Answer, Asked

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(64)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "a.txt").write_text("hello\n")
    return folder


def asked(*args: str, home: Path, cwd: Path, stdin: str = "") -> Outcome:
    with serving(echo) as server:
        configured(home, server.api_base)
        return vibe("-p", *args, home=home, cwd=cwd, env=ENV, stdin=io.StringIO(stdin))


HELLO = '\n<file path="a.txt">\n1\thello\n</file>'


@pytest.mark.parametrize(
    ("words", "stdin", "heard"),
    [
        (("what is @a.txt?",), "", f"what is @a.txt?\n{HELLO}"),
        (("what", "is", "@a.txt"), "", f"what is @a.txt\n{HELLO}"),
        (("@a.txt and @a.txt",), "", f"@a.txt and @a.txt\n{HELLO}"),
        ((r"mail a@b.org, use \@x",), "", "mail a@b.org, use @x"),
        (("sum up",), r"@a.txt \@b", "sum up\n\n@a.txt \\@b"),
    ],
    ids=["end of a question", "words", "twice", "plain", "stdin"],
)
def test_a_file_that_is_named_goes_along(
    words: tuple[str, ...], stdin: str, heard: str, shop: Path, tmp_path: Path
) -> None:
    outcome = asked(*words, home=tmp_path, cwd=shop, stdin=stdin)
    assert outcome == Outcome(code=0, out=f"{heard}\n", err="")


def test_a_folder_goes_along_as_its_names(shop: Path, tmp_path: Path) -> None:
    outcome = asked("what is in @.", home=tmp_path, cwd=shop)
    assert outcome.out == ('what is in @.\n\n<file path=".">\n[. is a folder]\na.txt\n</file>\n')


def test_a_picture_goes_along_as_one(shop: Path, tmp_path: Path) -> None:
    def seen(asked: Asked) -> Answer:
        users = [message for message in asked.messages if isinstance(message, User)]
        pictures = [part for part in users[-1].parts if isinstance(part, Image)]
        return Answer(text=f"{len(pictures)} of {len(pictures[0].url or pictures[0].data)} bytes")

    (shop / "b.png").write_bytes(PICTURE)
    with serving(seen) as server:
        configured(tmp_path, server.api_base, models="supports_images = true\n")
        outcome = vibe("-p", "what is on @b.png", home=tmp_path, cwd=shop, env=ENV)
    assert outcome.out == "1 of 118 bytes\n"


def test_a_secret_that_is_named_goes_along_and_that_is_told(shop: Path, tmp_path: Path) -> None:
    (shop / ".env").write_text("COLOUR=red\n")
    outcome = asked("explain @.env", home=tmp_path, cwd=shop)
    assert (outcome.code, "COLOUR=red" in outcome.out) == (0, True)
    assert outcome.err.startswith("@.env goes along, since you name it: ")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("gone.py", 'there is no file "gone.py", named with @'),
        ("binary", "it is binary"),
        ("pipe", "it is a pipe"),
        ("large", "it is larger than 16 MB"),
    ],
)
def test_what_cannot_be_read_is_a_usage_error(
    name: str, says: str, shop: Path, tmp_path: Path
) -> None:
    (shop / "binary").write_bytes(b"\x7fELF\0\0")
    os.mkfifo(shop / "pipe")
    with (shop / "large").open("wb") as large:
        large.truncate(17 * 1024 * 1024)
    outcome = asked(f"look at @{name}", home=tmp_path, cwd=shop)
    assert (outcome.code, outcome.out) == (2, "")
    assert name in outcome.err
    assert says in outcome.err
    assert r"\@" in outcome.err


def test_another_folder_can_be_worked_in(shop: Path, tmp_path: Path) -> None:
    outcome = asked("--cd", "shop", "what is @a.txt", home=tmp_path, cwd=tmp_path)
    assert outcome.out == f"what is @a.txt\n{HELLO}\n"


def test_the_session_is_of_the_folder_that_was_named(shop: Path, tmp_path: Path) -> None:
    asked("--cd", "shop", "one", home=tmp_path, cwd=tmp_path)
    listed = vibe("sessions", "list", home=tmp_path, cwd=shop)
    assert "one" in listed.out
    assert asked("--cd", str(shop), "-c", "two", home=tmp_path, cwd=Path("/")).out == "two\n"


def test_of_what_cannot_go_along_nothing_else_is_told(shop: Path, tmp_path: Path) -> None:
    os.mkfifo(shop / "pipe")
    outcome = asked("explain @pipe", home=tmp_path, cwd=shop)
    assert (outcome.code, outcome.err.startswith("error: @pipe cannot go along: ")) == (2, True)
