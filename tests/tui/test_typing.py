"""Typing: lines, pastes, what was sent before, commands and their completion, keys of one's own."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual import events

from tests.mux.pools import Line
from tests.tui.rig import chat
from vibe.tui.draw.theme import ThemeName

FAST = Line(alias="fast")


@pytest.mark.parametrize("key", ["alt+enter", "ctrl+j", "shift+enter"])
async def test_a_message_may_have_many_lines(tmp_path: Path, key: str) -> None:
    async with chat(tmp_path, FAST) as room:
        await room.type("one")
        await room.press(key)
        await room.type("two")
        await room.press("enter")
        screen = await room.wait_for("Hello to you.")
        await room.wait_until_idle()
    assert "  You\n  one\n  two\n" in screen


async def test_a_long_paste_is_folded_and_sent_whole(tmp_path: Path) -> None:
    async with chat(tmp_path, FAST) as room:
        pasted = "\n".join(f"line {number}" for number in range(20))
        await room.type("see ")
        room.app.post_message(events.Paste(pasted))
        await room.wait_for("see [pasted 1: 20 lines]")
        await room.press("enter")
        await room.wait_for("Hello to you.")
        await room.wait_until_idle()
        await room.press("ctrl+home")
        assert "  see line 0\n  line 1\n" in room.screen


async def test_a_paste_is_cleaned(tmp_path: Path) -> None:
    async with chat(tmp_path, FAST) as room:
        room.app.post_message(events.Paste("a\x1b[31mb\u202ec"))
        await room.wait_for(" > abc")


async def test_up_and_down_go_through_what_was_sent_and_back_to_the_draft(tmp_path: Path) -> None:
    shown: list[str] = []
    async with chat(tmp_path, FAST) as room:
        for text in ("first", "second"):
            await room.say(text)
            await room.wait_until_idle()
        await room.type("draft")
        for key in ("up", "up", "up", "down", "down"):
            await room.press(key)
            shown.append(room.screen.split("\n > ")[1].split("\n")[0])
    assert shown == ["second", "first", "first", "second", "draft"]


async def test_commands_are_offered_while_one_types_and_completed_by_tab(tmp_path: Path) -> None:
    async with chat(tmp_path, FAST) as room:
        await room.type("/c")
        offered = room.screen
        await room.press("o", "tab")
        assert " > /cost" in room.screen
        await room.press("enter")
        screen = room.screen
    assert "  › /cost          what was spent, here and today" in offered
    assert "    /clear " in offered
    assert "elsewhere" in screen


async def test_an_unknown_command_is_not_sent_to_a_model(tmp_path: Path) -> None:
    async with chat(tmp_path, FAST) as room:
        await room.say("/hlep")
        await room.say("/nonsense")
        screen = room.screen
        assert room.rig.reached() == {"fast": 0}
    assert "! there is no command /hlep\n    did you mean /help? /help lists them" in screen
    assert "! there is no command /nonsense\n    /help lists them" in screen


async def test_a_path_is_no_command(tmp_path: Path) -> None:
    async with chat(tmp_path, FAST) as room:
        await room.say("/etc/hosts says what")
        await room.wait_for("Hello to you.")
        await room.wait_until_idle()


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("/help", "the conversation goes on"),
        ("/mux", "1 of 1 can answer"),
        ("/model", "auto (multiplexer: failover)  1 model"),
        ("/approve", "now: ask"),
        ("/theme", "/theme dark, /theme light or /theme ansi"),
    ],
)
async def test_a_command_does_what_its_help_says(
    tmp_path: Path, command: str, expected: str
) -> None:
    async with chat(tmp_path, FAST) as room:
        await room.say(command)
        assert expected in room.screen


async def test_clear_empties_the_screen_and_keeps_the_conversation(tmp_path: Path) -> None:
    async with chat(tmp_path, FAST) as room:
        await room.say("hi")
        await room.wait_for("Hello to you.")
        await room.wait_until_idle()
        await room.say("/clear")
        assert "Hello to you." not in room.screen
        assert " tok " in room.screen.split("\n")[0]


async def test_exit_leaves(tmp_path: Path) -> None:
    async with chat(tmp_path, FAST) as room:
        await room.say("/exit")
        assert not room.app.is_running


async def test_the_pool_panel_is_live_and_closed_by_escape(tmp_path: Path) -> None:
    async with chat(tmp_path, FAST) as room:
        await room.press("f2")
        assert "0 requests" in room.screen
        await room.say("hi")
        await room.wait_for("1 request ")
        await room.wait_until_idle()
        await room.press("escape")
        assert "can answer" not in room.screen


async def test_keys_can_be_changed(tmp_path: Path) -> None:
    async with chat(tmp_path, FAST, changed_keys={"mux": "f5, ctrl+p"}) as room:
        assert "F5 mux" in room.screen
        await room.press("f2")
        assert "can answer" not in room.screen
        await room.press("f5")
        assert "can answer" in room.screen


@pytest.mark.parametrize("theme", ["light", "ansi", "dark"])
async def test_a_theme_changes_colours_and_no_word(tmp_path: Path, theme: ThemeName) -> None:
    async with chat(tmp_path, FAST) as room:
        before = room.screen
        room.app.dress(theme)
        await room.pilot.pause()
        assert room.app.theme == theme
        assert room.screen == before
