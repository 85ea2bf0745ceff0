"""The question whether a call may run, by its keys: all of it can be seen, and nothing jumps."""

from __future__ import annotations

import pytest

from tests.tui.lines import shown
from vibe.agent.questions import Allowed, Reply
from vibe.domain.message import CallId, ToolCall
from vibe.domain.turn import ApprovalAsked, CallKey, QuestionId
from vibe.tui.draw.ink import cells
from vibe.tui.panels.approval import Approval

WIDE = (120, 26)
NARROW = (80, 14)
SMALL = (60, 10)
SHORT = "touch made.txt"
LONG = "\n".join(f"echo {number}" for number in range(36))
DIFF = "\n".join(("@@ -0,0 +1,120 @@", *(f"+row {number}" for number in range(1, 121))))


class Asked:
    def __init__(self, text: str, size: tuple[int, int], *, tool: str = "bash") -> None:
        self.replies: list[Reply] = []
        self.draft = ""
        self.size = size
        asked = ApprovalAsked(
            id=QuestionId(1),
            key=CallKey(turn=1, answer=0, position=0),
            call=ToolCall(id=CallId("c"), name=tool, arguments="{}"),
            shown=text,
            reason="it may change files",
        )
        self.panel = Approval(
            asked,
            self.replies.append,
            is_graced=lambda: True,
            typed=lambda: self.draft,
        )

    def press(self, *keys: str) -> str:
        self.screen()
        for key in keys:
            assert self.panel.key(key)
            self.screen()
        return self.screen()

    def screen(self) -> str:
        width, room = self.size
        lines = self.panel.lines(width, room)
        assert len(lines) <= room
        assert max(map(cells, lines)) <= width
        return "\n".join(shown(lines))


@pytest.mark.parametrize("size", [WIDE, NARROW, SMALL], ids=str)
@pytest.mark.parametrize("key", ["d", "down", "pagedown"])
def test_each_key_that_is_told_of_shows_all_of_a_command(size: tuple[int, int], key: str) -> None:
    asked = Asked(LONG, size)
    seen = asked.screen()
    for _ in range(36):
        if "y  Allow" in seen:
            break
        assert "d  shows the rest, which has to be seen first ↑↓" in seen
        before, seen = seen, asked.press(key)
        assert seen != before
    assert "echo 35" in seen
    asked.press("y")
    assert asked.replies == [Allowed()]


def test_what_was_not_seen_is_not_allowed_however_often_one_tries() -> None:
    asked = Asked(LONG, NARROW)
    asked.press(*["y"] * 40)
    assert asked.replies == []
    assert "echo 35" in asked.press(*["d"] * 4)


def test_keys_that_come_faster_than_screens_skip_nothing() -> None:
    asked = Asked(LONG, NARROW)
    asked.screen()
    for _ in range(9):
        asked.panel.key("d")
    assert "echo 8" in asked.screen()


@pytest.mark.parametrize("size", [WIDE, NARROW, SMALL], ids=str)
def test_d_goes_through_a_long_change_and_back(size: tuple[int, int]) -> None:
    asked = Asked(DIFF, size, tool="write")
    first = asked.screen()
    assert "d  More ↑↓" in first
    while "d  More ↑↓" in (screen := asked.press("d")):
        assert screen != first
    assert "row 120" in screen
    assert "d  Less ↑↓" in screen
    assert asked.press("d") == first


@pytest.mark.parametrize("keys", [["down"], ["up"], ["d"], ["pagedown", "d"]], ids=str)
def test_what_is_seen_whole_stays_as_it_is(keys: list[str]) -> None:
    asked = Asked(SHORT, NARROW)
    screen = asked.screen()
    assert asked.press(*keys) == screen


@pytest.mark.parametrize("size", [WIDE, NARROW, SMALL], ids=str)
def test_while_something_is_typed_it_is_told_why_no_letter_answers(size: tuple[int, int]) -> None:
    asked = Asked(SHORT, size)
    before = asked.screen()
    asked.draft = "tr"
    screen = asked.screen()
    assert "First send what you type, or clear it (ctrl+u)" in screen
    assert "Allow" not in screen
    assert len(screen.split("\n")) == len(before.split("\n"))
