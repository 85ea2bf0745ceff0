"""The chat as a person has it: what is typed, what is answered, what is seen of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mux.pools import LONG, Line
from tests.tui.rig import NARROW, WIDE, Room, chat
from vibe.testing.demo import demo
from vibe.testing.exchange import call
from vibe.testing.faults import at, play
from vibe.testing.script import Scripted, calls, otherwise, says, when_asked, when_result

STALLED = Line(alias="fast", faults=play("stall_in_body", at_event=1), patience=LONG)
NOTES = "one\ntwo\nthree\n"
READER = Scripted(
    when_asked("read", calls(call("read", path="notes.txt"), text="I look.")),
    when_result("read", says("It has **three** lines:\n\n- one\n- two\n")),
    when_asked("run", calls(call("bash", command="touch made.txt"))),
    otherwise(says("Hello to you.")),
)
STORY = "Once upon a time there was a pool of models that never stopped answering anybody."


def files(home: Path) -> Path:
    shop = home / "shop"
    shop.mkdir()
    (shop / "notes.txt").write_text(NOTES)
    return shop


async def test_a_message_is_answered_and_the_answer_names_its_model(tmp_path: Path) -> None:
    async with chat(tmp_path, Line(alias="fast", behaviour=READER)) as room:
        await room.say("hi there")
        await room.wait_for("Hello to you.")
        screen = await room.wait_until_idle()
    assert "  You\n  hi there\n\n  fast " in screen
    assert "0.0 s to first word" in screen


@pytest.mark.parametrize(("size", "facts"), [(WIDE, 118), (NARROW, 78)], ids=["wide", "narrow"])
async def test_a_call_is_one_line_with_its_facts_at_the_margin(
    tmp_path: Path, size: tuple[int, int], facts: int
) -> None:
    files(tmp_path)
    async with chat(tmp_path, Line(alias="fast", behaviour=READER), size=size) as room:
        await room.say("read it")
        await room.wait_for("• two")
        screen = await room.wait_until_idle()
    row = next(row for row in screen.split("\n") if "✓ read" in row)
    assert row.startswith("  ✓ read  notes.txt  ")
    assert "3 lines · " in row
    assert len(row) == facts
    assert "  It has three lines:\n\n  • one\n  • two" in screen


async def test_a_failover_stands_in_the_heading_of_the_answer(tmp_path: Path) -> None:
    first = Line(alias="first", faults=at({1: play("rate_limit")}))
    async with chat(tmp_path, first, Line(alias="second")) as room:
        await room.say("hi")
        await room.wait_for("Hello to you.")
        screen = await room.wait_until_idle()
    assert "  first → second " in screen
    assert "↷ first: 429 rate limited · switched before the first word" in screen
    assert "○ ●" in screen.split("\n")[0]


async def test_what_is_taken_back_stays_struck_out_and_another_is_named(tmp_path: Path) -> None:
    cut = play("close_in_body", at_event=8)
    first = Line(alias="first", behaviour=says(STORY), faults=cut)
    async with chat(tmp_path, first, Line(alias="second", behaviour=says(STORY))) as room:
        await room.say("tell me")
        await room.wait_for("anybody.")
        screen = await room.wait_until_idle()
    assert "  first → second " in screen
    assert "↷ first was cut; the answer begins anew" in screen
    first_row, *_ = (row for row in screen.split("\n") if "taken back" in row)
    assert first_row.split() == ["first", "taken", "back"]
    assert screen.count("Once upon a time") == 2


async def test_all_who_failed_before_the_first_word_are_named(tmp_path: Path) -> None:
    lines = (
        Line(alias="a", faults=at({1: play("rate_limit")})),
        Line(alias="b", faults=at({1: play("server_error")})),
        Line(alias="c"),
    )
    async with chat(tmp_path, *lines) as room:
        await room.say("hi")
        await room.wait_for("Hello to you.")
        screen = await room.wait_until_idle()
    assert "  a → b → c " in screen
    assert "↷ a: 429 rate limited; b: 500 server error · switched before the first word" in screen


async def test_who_has_not_said_a_word_yet_is_waited_for(tmp_path: Path) -> None:
    hangs = Line(alias="good", faults=play("stall_before_headers"))
    async with chat(tmp_path, hangs) as room:
        await room.say("hi")
        await room.wait_for("waiting for good")
        await room.press("escape")
        assert "■ stopped by you" in await room.wait_until_idle()


async def test_a_seam_stands_where_another_went_on(tmp_path: Path) -> None:
    long = " ".join([STORY] * 8)
    cut = play("close_in_body", at_event=90)
    first = Line(alias="first", behaviour=says(long), faults=cut)
    async with chat(tmp_path, first, Line(alias="second", behaviour=says(long))) as room:
        await room.say("tell me")
        await room.wait_for("second goes on")
        screen = await room.wait_until_idle()
    assert "  ↷ first was cut after about" in screen
    assert "second goes on" in screen


async def test_what_no_model_answers_ends_the_turn_with_a_reason(tmp_path: Path) -> None:
    only = Line(alias="only", faults=play("unauthorized"))
    async with chat(tmp_path, only) as room:
        await room.say("hi")
        screen = await room.wait_for("✗ ")
    assert "not authorised" in screen


async def test_what_is_said_during_a_turn_is_queued_and_told_after_the_step(
    tmp_path: Path,
) -> None:
    files(tmp_path)
    async with chat(tmp_path, Line(alias="fast", behaviour=READER)) as room:
        await room.say("run it")
        await room.wait_for("Allow")
        await room.say("hurry up")
        assert "  ⋯ hurry up   queued" in room.screen
        await room.let_grace_pass()
        await room.press("y")
        await room.wait_for("Hello to you.")
        screen = await room.wait_until_idle()
    assert "  You\n  hurry up" in screen
    assert "queued" not in screen


async def test_escape_stops_the_turn_and_the_session_can_go_on(tmp_path: Path) -> None:
    files(tmp_path)
    async with chat(tmp_path, Line(alias="fast", behaviour=READER)) as room:
        await room.say("run it")
        await room.wait_for("Allow")
        await room.press("escape")
        screen = await room.wait_until_idle()
        assert "✗ bash" in screen
        assert "stopped" in screen
        assert "Allow" not in screen
        await room.say("hi")
        await room.wait_for("Hello to you.")
        await room.wait_until_idle()


def _queued(room: Room) -> list[str]:
    rows = (row.strip().split("   ") for row in room.screen.split("\n") if row.endswith("queued"))
    return [first.removeprefix("⋯ ") for first, *_ in rows]


async def test_up_takes_what_waits_out_of_the_queue(tmp_path: Path) -> None:
    async with chat(tmp_path, STALLED) as room:
        await room.say("first")
        for text in ("one", "two", "one"):
            await room.say(text)
        await room.press("up")
        assert room.typed == "one"
        assert _queued(room) == ["one", "two"]
        await room.press("x", "enter")
        assert _queued(room) == ["one", "two", "onex"]


@pytest.mark.parametrize("between", [["f1", "f1"], ["a", "backspace"], ["up"]], ids=str)
async def test_twice_is_twice_in_a_row(tmp_path: Path, between: list[str]) -> None:
    async with chat(tmp_path, Line(alias="fast")) as room:
        await room.say("hi")
        await room.wait_until_idle()
        for key, told in (("ctrl+c", "ctrl+c again leaves"), ("escape", "esc again goes back")):
            await room.press(key)
            assert told in room.screen
            await room.press(*between)
            assert told not in room.screen
            await room.press(key)
            assert told in room.screen
            assert room.app.is_running
            room.clock.advance(10)


async def test_ctrl_c_stops_and_then_leaves_when_pressed_twice(tmp_path: Path) -> None:
    async with chat(tmp_path, Line(alias="fast")) as room:
        await room.type("half a thought")
        await room.press("ctrl+c")
        assert "ctrl+c again leaves" in room.screen
        assert "half a thought" not in room.screen
        room.clock.advance(10)
        await room.press("ctrl+c")
        assert room.app.is_running
        await room.press("ctrl+c")
        assert not room.app.is_running


async def test_ctrl_d_leaves_only_when_nothing_is_typed(tmp_path: Path) -> None:
    async with chat(tmp_path, Line(alias="fast")) as room:
        await room.press("a", "left", "ctrl+d")
        assert room.app.is_running
        await room.press("ctrl+d")
        assert not room.app.is_running


async def test_shift_tab_goes_round_the_modes(tmp_path: Path) -> None:
    told: list[str] = []
    async with chat(tmp_path, Line(alias="fast")) as room:
        for _ in range(4):
            await room.press("shift+tab")
            told.append(room.screen.rstrip().split("\n")[-1].strip().split(" · ")[0])
    assert told == [
        "edits without asking",
        "auto, in the sandbox",
        "plan: only reads",
        "ask before edits",
    ]


async def test_details_of_calls_are_shown_and_hidden(tmp_path: Path) -> None:
    files(tmp_path)
    async with chat(tmp_path, Line(alias="fast", behaviour=READER)) as room:
        await room.say("read it")
        await room.wait_for("• two")
        await room.wait_until_idle()
        assert "three\n" not in room.screen
        await room.press("ctrl+o")
        shown = room.screen
        await room.press("ctrl+o")
        assert "three\n" not in room.screen
    assert "3→three" in shown.replace("\t", "→") or "three\n" in shown


async def test_a_new_conversation_knows_nothing_of_the_old(tmp_path: Path) -> None:
    async with chat(tmp_path, Line(alias="fast", behaviour=demo)) as room:
        await room.say("hi there")
        await room.wait_until_idle()
        await room.say("/new")
        await room.pilot.pause(0.05)
        assert "hi there" not in room.screen
        await room.say("again")
        await room.wait_for("“again”")
        await room.wait_until_idle()


async def test_controls_in_an_answer_reach_no_terminal(tmp_path: Path) -> None:
    hostile = "before \x1b]52;c;aGk=\x07\x1b[31mred\x1b[0m \u202eback after"
    async with chat(tmp_path, Line(alias="fast", behaviour=says(hostile))) as room:
        await room.say("hi")
        screen = await room.wait_for("after")
        await room.wait_until_idle()
    assert "  before red back after" in screen


async def test_a_resize_wraps_the_history_anew(tmp_path: Path) -> None:
    async with chat(tmp_path, Line(alias="fast", behaviour=says(STORY))) as room:
        await room.say("tell")
        await room.wait_for(STORY)
        await room.wait_until_idle()
        await room.pilot.resize_terminal(60, 20)
        await room.pilot.pause()
        screen = room.screen
    assert "  Once upon a time there was a pool of models that never\n  stopped" in screen
