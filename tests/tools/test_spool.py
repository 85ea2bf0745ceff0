"""The files of long outputs: what is taken out of them, and how many there are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.tools.rooms import CANARY, mode_of
from vibe.secret import Redactor
from vibe.tools.spool import MOST_FILES, Spool

LONG = "word " * 40_000


def spool_in(folder: Path) -> Spool:
    return Spool(folder=folder / "outputs", redactor=Redactor([CANARY]))


def written(folder: Path, *pieces: bytes) -> bytes:
    file = spool_in(folder).opened()
    for piece in pieces:
        file.put(piece)
    file.close()
    return file.path.read_bytes()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"key={CANARY}\n", id="in a line"),
        pytest.param(f"a\nb {CANARY}", id="in a line that does not end"),
        pytest.param(f"{LONG}{CANARY} {LONG}", id="in a very long line"),
    ],
)
@pytest.mark.parametrize("size", [1_000_000, 65_536, 4_099, 7])
def test_no_secret_goes_there_however_it_comes(tmp_path: Path, text: str, size: int) -> None:
    data = text.encode()
    pieces = (data[at : at + size] for at in range(0, len(data), size))
    assert written(tmp_path, *pieces) == text.replace(CANARY, "***").encode()


def test_what_is_no_text_stays_as_it_is(tmp_path: Path) -> None:
    data = bytes(range(256)) + "é\n".encode()
    assert written(tmp_path, data[:200], data[200:257], data[257:]) == data


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    file = spool_in(tmp_path / "session").opened()
    file.close()
    folders = (file.path.parent, file.path.parent.parent)
    assert [mode_of(each) for each in (file.path, *folders)] == [0o600, 0o700, 0o700]


def test_the_oldest_go_where_there_are_too_many(tmp_path: Path) -> None:
    opened = [spool_in(tmp_path).opened() for _ in range(MOST_FILES)]
    for at, file in enumerate(opened):
        file.close()
        os.utime(file.path, (at, at))
    last = spool_in(tmp_path).opened()
    last.close()
    left = {file.path for file in (*opened[1:], last)}
    assert set(last.path.parent.iterdir()) == left
