"""The palette: everything is in it, is found by typing, and does what it says."""

from __future__ import annotations

from pathlib import Path

from tests.mux.pools import Line
from tests.tui.lines import shown
from tests.tui.rig import chat
from vibe.testing.script import says
from vibe.tui.panels.palette import Choice, Palette

FAST = Line(alias="fast", behaviour=says("Here it is."))
OTHER = Line(alias="other", behaviour=says("Here it is."))


async def test_a_command_is_found_by_what_it_does(tmp_path: Path) -> None:
    async with chat(tmp_path, FAST) as room:
        await room.press("ctrl+p", *"spent")
        assert "› /cost" in room.screen
        await room.press("enter")
        await room.wait_for("┌ Cost")


async def test_a_key_does_what_it_does(tmp_path: Path) -> None:
    async with chat(tmp_path, FAST) as room:
        await room.press("ctrl+p", *"asked")
        assert "› mode  shift+tab" in room.screen
        await room.press("enter")
        assert room.app.talk.desk.policy.mode == "edits"


async def test_a_model_is_used(tmp_path: Path) -> None:
    async with chat(tmp_path, FAST, OTHER) as room:
        await room.press("ctrl+p", *"other", "enter")
        assert room.app.talk.desk.mux.wishes.pinned == "other"


async def test_an_earlier_conversation_is_gone_on_with(tmp_path: Path) -> None:
    async with chat(tmp_path, FAST) as room:
        await room.say("a question of before")
        await room.wait_for("Here it is.")
        await room.wait_until_idle()
        before = room.app.talk.session
        await room.say("/new")
        await room.wait_for("a new conversation")
        await room.press("ctrl+p", *"question")
        await room.wait_for("› go on with a question of before")
        await room.press("enter")
        await room.wait_for("Here it is.")
        assert room.app.talk.session == before


async def test_escape_does_nothing(tmp_path: Path) -> None:
    async with chat(tmp_path, FAST) as room:
        await room.press("ctrl+p", "escape")
        assert "┌ Do" not in room.screen


def test_the_panel_is_closed_before_anything_is_done() -> None:
    told: list[str] = []
    choice = Choice(name="one", does="the first", act=lambda: told.append("done"))
    palette = Palette((choice,), close=lambda: told.append("closed"))
    palette.lines(80, 20)
    palette.key("enter")
    assert told == ["closed", "done"]


def test_where_there_is_little_room_the_name_stays() -> None:
    choice = Choice(name="/context", does="what fills the window", key="F9", act=lambda: None)
    palette = Palette((choice,), close=lambda: None)
    assert shown(palette.lines(24, 20))[2] == " › /context  F9"
    assert shown(palette.lines(40, 20))[2] == " › /context  F9    what fills the window"
