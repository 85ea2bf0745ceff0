"""`!command`: run by the person, shown at once, told to the model with the next message."""

from __future__ import annotations

from pathlib import Path

from tests.mux.pools import Line
from tests.tui.rig import Room, chat

FAST = Line(alias="fast")


def asked(room: Room) -> str:
    return str(room.rig.servers["fast"].requests[-1])


async def test_its_output_is_shown_and_told_with_the_next_message(tmp_path: Path) -> None:
    async with chat(tmp_path, FAST) as room:
        await room.type("!echo one; echo two")
        assert " ! !echo one" in room.screen
        await room.press("enter")
        shown = await room.wait_for("✓ !")
        assert room.rig.reached() == {"fast": 0}
        await room.say("what was that?")
        await room.wait_until_idle()
        assert "I ran this command myself" in asked(room)
        assert "I ran this command" not in room.screen
        await room.say("and now?")
        await room.wait_until_idle()
    assert "  ✓ !     echo one; echo two\n      one\n      two\n      [exit code 0" in shown


async def test_one_that_fails_says_so(tmp_path: Path) -> None:
    async with chat(tmp_path, FAST) as room:
        await room.say("!exit 3")
        assert "[no output; exit code 3" in await room.wait_for("✗ !")


async def test_escape_stops_it_and_the_model_hears_of_it(tmp_path: Path) -> None:
    async with chat(tmp_path, FAST) as room:
        await room.say("!echo begun; sleep 60")
        await room.wait_for("begun")
        await room.press("escape")
        await room.wait_for("stopped")
        await room.say("so?")
        await room.wait_until_idle()
        assert "[I stopped it]" in asked(room)


async def test_its_row_is_there_when_one_goes_on_later(tmp_path: Path) -> None:
    async with chat(tmp_path, FAST) as room:
        await room.say("!echo one")
        await room.wait_for("✓ !")
        await room.say("what was that?")
        await room.wait_until_idle()
    async with chat(tmp_path, FAST, resume="") as room:
        screen = await room.wait_for("what was that?")
    assert "  ✓ !     echo one\n      one\n" in screen


async def test_two_exclamation_marks_begin_a_message(tmp_path: Path) -> None:
    async with chat(tmp_path, FAST) as room:
        await room.say("!!! it is broken")
        await room.wait_for("Hello to you.")
        screen = await room.wait_until_idle()
    assert "  You\n  !!! it is broken\n" in screen


async def test_what_a_command_prints_is_cleaned(tmp_path: Path) -> None:
    async with chat(tmp_path, FAST) as room:
        await room.say(r"!printf 'a\033]52;c;eA==\007b\033[31mc\n'")
        assert "      abc\n" in await room.wait_for("✓ !")
