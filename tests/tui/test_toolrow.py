"""A call of a tool with what it brought: what is left out of it is told, and worth telling."""

from __future__ import annotations

import pytest

from tests.tui.lines import shown
from vibe.tui.history.toolrow import HEAD_LINES, TAIL_LINES, Row

KEPT = HEAD_LINES + TAIL_LINES


@pytest.mark.parametrize(
    ("left", "told"), [(0, None), (1, None), (2, "… 2 lines between")], ids=str
)
def test_a_line_is_left_out_only_where_that_saves_one(left: int, told: str | None) -> None:
    rows = [f"line {number}" for number in range(KEPT + left)]
    row = Row(name="bash", state="done", below="\n".join(rows))
    drawn = [each.strip() for each in shown(row.lines(80, with_details=True)[1:])]
    kept = rows if told is None else [*rows[:HEAD_LINES], told, *rows[-TAIL_LINES:]]
    assert drawn == kept


def test_a_call_under_way_shows_its_end() -> None:
    rows = [f"line {number}" for number in range(KEPT + 2)]
    row = Row(name="bash", state="running", below="\n".join(rows), is_open=True)
    drawn = [each.strip() for each in shown(row.lines(80, with_details=False)[1:])]
    assert drawn == ["… 2 lines before", *rows[2:]]
