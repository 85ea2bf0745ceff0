"""Whole new contents in the manner of the old ones."""

from __future__ import annotations

import pytest

from vibe.errors import ToolError
from vibe.tools.editing.text import rewritten


@pytest.mark.parametrize(
    ("before", "content", "after"),
    [
        pytest.param(b"a\n", "b\nc\n", b"b\nc\n", id="LF"),
        pytest.param(b"a\r\n", "b\nc\r\n", b"b\r\nc\r\n", id="CRLF"),
        pytest.param(b"a\rb\r", "c\nd\n", b"c\rd\r", id="CR"),
        pytest.param(b"\xef\xbb\xbfa\r\n", "b\n", b"\xef\xbb\xbfb\r\n", id="a mark"),
        pytest.param(b"\xef\xbb\xbfa", "\ufeffb", b"\xef\xbb\xbfb", id="a mark on both sides"),
        pytest.param(b"a\n", "b", b"b", id="no last line end"),
        pytest.param(b"", "b\n", b"b\n", id="empty before"),
        pytest.param(b"a\r\n", "", b"", id="empty after"),
    ],
)
def test_the_mark_and_the_line_ends_of_the_file_are_kept(
    before: bytes, content: str, after: bytes
) -> None:
    assert rewritten(before, content) == after


def test_what_is_no_text_is_not_rewritten_as_text() -> None:
    with pytest.raises(ToolError, match="NUL byte in line 1"):
        rewritten(b"a\0", "b")
