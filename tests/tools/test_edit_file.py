"""The edits of one call on a file of the disk: all of them, or none and the file as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from vibe.errors import ToolError
from vibe.tools.edit_file import apply, prepare
from vibe.tools.editing.edit import Edit
from vibe.tools.files import Change, opened

BEFORE = b"\xef\xbb\xbfa = 1\r\nb = 2\r\n"
AFTER = b"\xef\xbb\xbfa = 1\r\nb = 3\r\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.toml"
    path.write_bytes(BEFORE)
    return path


def test_what_is_prepared_touches_nothing_until_it_is_applied(path: Path) -> None:
    with opened(path) as place:
        prepared = prepare(place, [Edit(old="b = 2", new="b = 3")], seen=BEFORE)
        between = path.read_bytes()
        change = apply(place, prepared)

    assert (between, path.read_bytes()) == (BEFORE, AFTER)
    assert prepared.edited.diff == "@@ -1,2 +1,2 @@\n a = 1\n-b = 2\n+b = 3"
    assert prepared.edited.told == f"Changed {path}: line 2."
    mode = path.stat().st_mode & 0o777
    assert change == Change(path=str(path), before=BEFORE, after=AFTER, mode=mode)


def test_one_bad_edit_leaves_the_file_as_it_was(path: Path) -> None:
    edits = [Edit(old="a = 1", new="a = 10"), Edit(old="c = 3", new="c = 30")]

    with opened(path) as place, pytest.raises(ToolError, match="edit 2 of 2: old is not in"):
        prepare(place, edits, seen=None)

    assert path.read_bytes() == BEFORE


def test_what_was_prepared_for_another_content_is_not_applied(path: Path) -> None:
    with opened(path) as place:
        prepared = prepare(place, [Edit(old="b = 2", new="b = 3")], seen=None)
        path.write_bytes(b"the person's\n")
        with pytest.raises(ToolError, match="changed by another program meanwhile"):
            apply(place, prepared)

    assert path.read_bytes() == b"the person's\n"


def test_an_edit_needs_a_file(tmp_path: Path) -> None:
    with opened(tmp_path / "a.py") as place, pytest.raises(ToolError, match="does not exist"):
        prepare(place, [Edit(old="a", new="b")], seen=None)
