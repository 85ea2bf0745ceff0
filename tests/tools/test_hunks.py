"""What the person is shown of a change, and where the model is told that it stands."""

from __future__ import annotations

import pytest

from vibe.tools.editing.edit import Edit, edited

TEN = b"".join(b"%d\n" % n for n in range(1, 11))
LONG = b"x" * 3_000


@pytest.mark.parametrize(
    ("content", "edits", "told", "diff"),
    [
        pytest.param(
            TEN,
            [("5\n", "five\n")],
            "line 5",
            "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8",
            id="one line",
        ),
        pytest.param(
            TEN,
            [("1\n2", "1\na\nb\n2"), ("9\n10\n", "9\n")],
            "lines 2-3, line 12",
            "@@ -1,4 +1,6 @@\n 1\n+a\n+b\n 2\n 3\n 4\n@@ -7,4 +9,3 @@\n 7\n 8\n 9\n-10",
            id="two far apart",
        ),
        pytest.param(
            TEN,
            [("4", "four"), ("6", "six")],
            "line 4, line 6",
            "@@ -1,9 +1,9 @@\n 1\n 2\n 3\n-4\n+four\n 5\n-6\n+six\n 7\n 8\n 9",
            id="two in one",
        ),
        pytest.param(
            b"a\nb",
            [("b", "c\nd")],
            "lines 2-3",
            "@@ -1,2 +1,3 @@\n a\n-b\n+c\n+d",
            id="no last line end",
        ),
        pytest.param(
            b"a\nb",
            [("b", "b\n")],
            "line 3",
            "@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b",
            id="a last line end",
        ),
        pytest.param(
            b"a\nb\n", [("a\nb\n", "")], "line 1", "@@ -1,2 +1,0 @@\n-a\n-b", id="all of it"
        ),
        pytest.param(
            LONG + b"a" + LONG,
            [("a", "b")],
            "line 1",
            f"@@ -1,1 +1,1 @@\n-{'x' * 1_000}a{'x' * 1_000}\n+{'x' * 1_000}b{'x' * 1_000}",
            id="a very long line",
        ),
    ],
)
def test_a_change_is_shown_with_three_lines_around_it(
    content: bytes, edits: list[tuple[str, str]], told: str, diff: str
) -> None:
    done = edited(content, [Edit(old=old, new=new) for old, new in edits], path="a.txt")

    assert (done.told, done.diff) == (f"Changed a.txt: {told}.", diff)
