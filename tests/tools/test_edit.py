"""The tool `edit`: what a person is shown, what is kept, what the model is told, and the file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.tools.rooms import (
    Kept,
    called,
    content_of,
    kept_in,
    mode_of,
    room_in,
    shown,
    told,
    unheard,
)
from vibe.domain.message import Text
from vibe.errors import ToolError
from vibe.tools.base import Done, Room
from vibe.tools.kinds import kind_of

BEFORE = b"\xef\xbb\xbfa = 1\r\nb = 2\r\n"
AFTER = b"\xef\xbb\xbfa = 1\r\nb = 3\r\n"
DIFF = "@@ -1,2 +1,2 @@\n a = 1\n-b = 2\n+b = 3"
EDITS = [{"old": "b = 2", "new": "b = 3"}]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.toml"
    path.write_bytes(BEFORE)
    path.chmod(0o640)
    return path


def change(path: Path, content: bytes) -> None:
    path.write_bytes(content)


@pytest.fixture
def room(path: Path) -> Room:
    return room_in(path.parent)


async def test_what_is_shown_touches_nothing(room: Room, path: Path) -> None:
    assert await shown(room, "edit", path="a.toml", edits=EDITS) == DIFF
    assert (content_of(path), kept_in(room).kept) == (BEFORE, [])


async def test_a_file_is_kept_and_then_changed(room: Room, path: Path) -> None:
    done = await called(room, "edit", path="a.toml", edits=EDITS)

    details = json.dumps({"path": "a.toml", "diff": DIFF}, separators=(",", ":"))
    assert done == Done(content=(Text("Changed a.toml: line 2."),), details=details)
    assert (content_of(path), mode_of(path)) == (AFTER, 0o640)
    assert kept_in(room).kept == [Kept(path=path, before=BEFORE, after=AFTER, found=BEFORE)]
    assert room.seen == {path: AFTER}


async def test_the_model_is_told_of_a_repair(room: Room, path: Path) -> None:
    edits = [{"old": "2\tb = 2", "new": "2\tb = 3"}]
    text = await told(room, "edit", path="a.toml", edits=edits)
    assert text.startswith("Changed a.toml: line 2.\nEdit 1: ")
    assert content_of(path) == AFTER


async def test_one_bad_edit_leaves_the_file_as_it_was(room: Room, path: Path) -> None:
    edits = [{"old": "a = 1", "new": "a = 10"}, {"old": "c = 3", "new": "c = 30"}]
    text = await told(room, "edit", path="a.toml", edits=edits)
    assert "edit 2 of 2: old is not in the file" in text
    assert (content_of(path), kept_in(room).kept) == (BEFORE, [])


async def test_a_part_that_moved_since_it_was_read_is_refused(room: Room, path: Path) -> None:
    await called(room, "read", path="a.toml")
    change(path, b"\r\n" + BEFORE.removeprefix(b"\xef\xbb\xbf"))
    text = await told(room, "edit", path="a.toml", edits=EDITS)
    assert "the file changed since you read it" in text


async def test_what_changed_after_it_was_shown_is_not_overwritten(room: Room, path: Path) -> None:
    kind = kind_of("edit")
    arguments = kind.read(json.dumps({"path": "a.toml", "edits": EDITS}))
    act = await kind.prepare(arguments, room)
    change(path, b"the person's\n")

    with pytest.raises(ToolError, match="changed by another program meanwhile"):
        await act.run(unheard)

    assert (content_of(path), room.seen) == (b"the person's\n", {})


async def test_a_file_that_is_not_there_is_for_another_tool(room: Room) -> None:
    text = await told(room, "edit", path="no/such.py", edits=EDITS)
    assert text == "no/such.py does not exist; a new file is made by write"
