"""Reading back: a reader who scrolled away is left alone, and what is selected can be copied."""

from __future__ import annotations

from pathlib import Path

from textual.geometry import Offset
from textual.selection import Selection

from tests.mux.pools import Line
from tests.tui.rig import Room, chat
from vibe.domain.event import Routed
from vibe.domain.model import Alias
from vibe.domain.stream import TextDelta
from vibe.testing.script import says
from vibe.tui.history.scroll import ROWS, History

LONG = "\n\n".join(f"paragraph {number}" for number in range(30))
LINE = Line(alias="fast", behaviour=says(LONG))


async def answered(room: Room) -> None:
    await room.say("tell me")
    await room.wait_for("paragraph 29")
    await room.wait_until_idle()


async def test_a_scrolled_up_reader_is_told_what_came_and_not_pulled_down(tmp_path: Path) -> None:
    async with chat(tmp_path, LINE) as room:
        await answered(room)
        await room.press("pageup")
        before = room.screen.split("\n")[:30]
        assert "End goes to the end" in room.screen
        room.app.talk.note(Routed(alias=Alias("fast"), why="it is the only one"))
        room.app.talk.note(TextDelta("".join(f"- item {number}\n" for number in range(11))))
        room.app.look()
        await room.pilot.pause()
        assert room.screen.split("\n")[:30] == before
        assert "── 12 new lines · End ──" in room.screen
        await room.press("end")
        assert "• item 10" in room.screen
        assert "new lines" not in room.screen


async def test_a_selection_is_copied_without_margins(tmp_path: Path) -> None:
    async with chat(tmp_path, LINE) as room:
        await answered(room)
        history = room.app.query_one(History)
        start, end = Offset(2, ROWS * 1 + 2), Offset(13, ROWS * 1 + 4)
        room.app.screen.selections = {history: Selection(start, end)}
        assert room.app.screen.get_selected_text() == "paragraph 0\n\nparagraph 1"
        await room.press("ctrl+c")
        assert room.app.clipboard == "paragraph 0\n\nparagraph 1"
        assert room.app.is_running


async def test_the_last_answer_is_copied_as_it_was_written(tmp_path: Path) -> None:
    async with chat(tmp_path, LINE) as room:
        await answered(room)
        await room.press("ctrl+y")
        assert room.app.clipboard == LONG
        await room.wait_for("copied")
