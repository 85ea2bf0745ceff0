"""A diff as it is drawn: unified and side by side, with the words that differ."""

from __future__ import annotations

import pytest

from tests.tui.lines import shown
from vibe.tui.draw.diff import BESIDE, changed, drawn_diff, is_diff
from vibe.tui.draw.ink import Span, cells

DIFF = """\
@@ -38,3 +38,3 @@
 def due(self):
-    return datetime.now() + HOUR
+    return self.clock.now() + HOUR

@@ -60,2 +60,3 @@
-x
\\ No newline at end of file
+    zone = UTC
+    clock = SYSTEM
"""
NEW = "new folder out\n+a\n++++ b\n… and 3 more lines\n"


def test_hunks_are_drawn_with_the_numbers_of_the_lines() -> None:
    assert shown(drawn_diff(DIFF, 80)) == [
        "  38   def due(self):",
        "  39 -     return datetime.now() + HOUR",
        "  39 +     return self.clock.now() + HOUR",
        "  40",
        "   ⋮",
        "  60 - x",
        "\\ No newline at end of file",
        "  60 +     zone = UTC",
        "  61 +     clock = SYSTEM",
    ]


def test_where_there_is_room_the_old_stands_beside_the_new() -> None:
    half = (BESIDE - 3) // 2
    left = ("  38   def due(self):", "  39 -     return datetime.now() + HOUR", "  40")
    right = ("  38   def due(self):", "  39 +     return self.clock.now() + HOUR", "  40")
    expected = [f"{old:<{half}} │ {new}".rstrip() for old, new in zip(left, right, strict=True)]
    assert shown(drawn_diff(DIFF, BESIDE))[:3] == expected


def test_what_only_adds_takes_the_whole_width() -> None:
    assert shown(drawn_diff("@@ -0,0 +1 @@\n+a\n", BESIDE)) == ["   1 + a"]


def test_of_a_new_file_every_row_is_shown() -> None:
    drawn = shown(drawn_diff(NEW, 80))
    assert drawn == ["new folder out", "   1 + a", "   2 + +++ b", "… and 3 more lines"]


def test_the_words_that_differ_have_an_ink_of_their_own() -> None:
    _, old, new, *_ = drawn_diff(DIFF, 80)
    assert old[2:] == (
        Span("    return ", "removed"),
        Span("datetime", "deleted"),
        Span(".now() + HOUR", "removed"),
    )
    assert new[2:] == (
        Span("    return ", "added"),
        Span("self.clock", "inserted"),
        Span(".now() + HOUR", "added"),
    )


def test_lines_that_have_little_in_common_are_not_told_apart() -> None:
    old, new = drawn_diff("@@ -1 +1 @@\n-import os\n+from pathlib import Path\n", 80)
    assert (old[2:], new[2:]) == (
        (Span("import os", "removed"),),
        (Span("from pathlib import Path", "added"),),
    )


@pytest.mark.parametrize("width", [20, BESIDE])
def test_a_long_line_goes_on_below(width: int) -> None:
    text = "y" * 200
    drawn = drawn_diff(f"@@ -1 +1 @@\n-x\n+{text}\n", width)
    assert sum(span.text.count("y") for each in drawn for span in each) == len(text)
    assert max(map(cells, drawn)) <= width


@pytest.mark.parametrize(
    ("text", "expected"),
    [(DIFF, "+3 −2"), (NEW, "+2 −0")],
    ids=["hunks", "a new file"],
)
def test_how_much_it_changes(text: str, expected: str) -> None:
    assert changed(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"), [(DIFF, True), (NEW, True), ("/srv/shop/.env", False)]
)
def test_a_path_alone_is_no_diff(text: str, *, expected: bool) -> None:
    assert is_diff(text) is expected
