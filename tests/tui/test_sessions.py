"""Conversations in the chat: another one, a copy, an earlier place, what was queued and kept."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.mux.pools import Line
from tests.session.samples import OPENED, session
from tests.session.sessions import written
from tests.tui.rig import ELSEWHERE, NARROW, Room, chat
from vibe.domain.model import Alias
from vibe.session.journal import locked
from vibe.testing.demo import demo
from vibe.testing.exchange import call
from vibe.testing.script import Scripted, calls, otherwise, says, when_asked, when_result
from vibe.tui.commands.views import AGAIN_S
from vibe.tui.typing.composer import Composer

CODE = "Two ways:\n\n```sh\nmake test\n```\n\nor\n\n```sh\npytest -q\n```\n"
MODEL = Scripted(
    when_asked("make a", calls(call("write", path="a.txt", content="a\n"))),
    when_asked("make b", calls(call("write", path="b.txt", content="b\n"))),
    when_asked("change a", calls(call("bash", command="printf changed > a.txt"))),
    when_asked("run", calls(call("bash", command="touch made.txt"))),
    when_result("write", says("It is made.")),
    otherwise(says(CODE)),
)


def model() -> Line:
    return Line(alias="fast", behaviour=MODEL, window=100_000)


def root_of(home: Path) -> Path:
    return home / ".local" / "state" / "vibe" / "sessions"


def composed(room: Room) -> str:
    return room.app.query_one(Composer).text


async def had(room: Room, *messages: str) -> None:
    for message in messages:
        await room.say(message)
        await room.wait_until_idle()


async def test_a_session_is_picked_and_gone_on_with(tmp_path: Path) -> None:
    async with chat(tmp_path, Line(alias="fast", behaviour=demo)) as room:
        await had(room, "first words")
        before = room.app.talk.session
        await room.say("/new")
        screen = await room.wait_for("a new conversation")
        assert f"/resume {before} goes back" in screen
        await had(room, "other words")
        await room.press("f4")
        await room.wait_for("Sessions ── this folder")
        await room.pilot.press(*"first")
        assert "You: first words" in room.screen
        await room.press("enter")
        await room.wait_for("“first words”")
        assert room.app.talk.session == before


async def test_one_that_another_process_holds_is_said_to_be_in_use(tmp_path: Path) -> None:
    place = written(root_of(tmp_path), *session())
    held = locked(place.journal, 0)
    try:
        async with chat(tmp_path, model()) as room:
            await room.say("/resume")
            await room.wait_for("another vibe has it open")
            await room.press("enter")
            screen = await room.wait_for(f"another vibe is writing the session {OPENED.session}")
            assert "close it there, or go on with a copy" in screen
            await room.say("/resume")
            await room.wait_for("another vibe has it open")
            await room.press("ctrl+f")
            screen = await room.wait_for(f"a copy of {OPENED.session}")
        assert "question 1" in screen
    finally:
        os.close(held)


async def test_a_session_is_deleted_after_a_question(tmp_path: Path) -> None:
    place = written(root_of(tmp_path), *session())
    async with chat(tmp_path, model()) as room:
        await room.say("/sessions")
        await room.wait_for("question 1")
        await room.press("ctrl+d")
        assert "Delete this conversation for good?" in room.screen
        await room.press("n")
        await room.wait_for("ctrl+d delete")
        await room.press("ctrl+d", "y")
        await room.wait_for("no conversation was had here yet")
    assert not place.folder.exists()


async def test_a_copy_goes_on_from_an_earlier_turn(tmp_path: Path) -> None:
    async with chat(tmp_path, Line(alias="fast", behaviour=demo)) as room:
        await had(room, "first words", "second words")
        before = room.app.talk.session
        await room.say("/fork 1")
        screen = await room.wait_for(f"a copy of {before}")
        assert "first words" in screen
        assert "second words" not in screen
        await room.say("/fork 7")
        await room.wait_for("there is no turn 7")


async def test_esc_esc_goes_back_to_an_earlier_message_and_keeps_the_draft(tmp_path: Path) -> None:
    async with chat(tmp_path, Line(alias="fast", behaviour=demo)) as room:
        await had(room, "first words", "second words")
        await room.type("a draft")
        await room.press("escape")
        assert "esc again goes back to an earlier message" in room.screen
        await room.press("escape")
        assert "› " in room.screen
        assert "  2  second words" in room.screen
        await room.press("enter")
        await room.wait_for("gone back to before message 2")
        assert composed(room) == "second words\n\na draft"
        assert "“second words”" not in room.screen
        assert len(room.app.talk.desk.agent.session.transcript.turns) == 1


@pytest.mark.parametrize(("key", "left"), [("b", []), ("c", ["b.txt"])], ids=["both", "only words"])
async def test_going_back_asks_about_the_files(tmp_path: Path, key: str, left: list[str]) -> None:
    async with chat(tmp_path, model(), mode="edits") as room:
        await had(room, "hello", "make b")
        await room.say("/rewind 2")
        screen = await room.wait_for("Go back, and the files too?")
        assert "− delete   b.txt" in screen
        await room.press(key)
        await room.wait_for("gone back to before message 2")
        await room.wait_until_idle()
        for _ in range(20):
            await room.pilot.pause(0.01)
        assert [path.name for path in (tmp_path / "shop").iterdir()] == left


async def test_undo_reaches_further_back_each_time(tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    shop.mkdir()
    async with chat(tmp_path, model(), mode="edits") as room:
        await had(room, "make a", "make b")
        for turn, left in ((2, ["a.txt"]), (1, [])):
            await room.say("/undo")
            await room.wait_for(f"Undo what turn {turn} changed")
            await room.press("y")
            await room.wait_for(f"● deleted     {'b' if turn == 2 else 'a'}.txt")
            assert [path.name for path in shop.iterdir()] == left
        await room.say("/undo")
        await room.wait_for("nothing more can be undone")


async def test_undo_tells_what_it_leaves_alone(tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    shop.mkdir()
    async with chat(tmp_path, model(), mode="edits") as room:
        await had(room, "make a")
        (shop / "a.txt").write_text("mine\n")
        await room.say("/undo")
        screen = await room.wait_for("no file was changed that could be restored")
    assert "! leave    a.txt   it has changed since" in screen


async def test_what_changed_is_shown_against_what_was(tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    shop.mkdir()
    async with chat(tmp_path, model(), mode="edits") as room:
        await room.say("/diff")
        await room.wait_for("no file is other than it was")
        await room.press("escape")
        await had(room, "make a")
        await room.say("/diff")
        screen = await room.wait_for("1 file of this conversation")
    assert "a.txt   new" in screen
    assert "    1 + a" in screen


async def test_what_no_model_was_told_comes_back_when_the_turn_is_stopped(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    async with chat(tmp_path, model()) as room:
        await room.say("run it")
        await room.wait_for("Allow")
        await room.say("one more thing")
        await room.say("and another")
        await room.type("a draft")
        await room.press("escape")
        screen = await room.wait_until_idle()
        assert composed(room) == "one more thing\n\nand another\n\na draft"
        assert "queued" not in screen
        await room.press("enter")
        await room.wait_for("pytest -q")
        await room.wait_until_idle()
        turns = room.app.talk.desk.agent.session.transcript.turns
    assert [len(turn.items) for turn in turns] == [1, 1]


async def test_code_of_the_last_answer_is_copied_by_its_number(tmp_path: Path) -> None:
    copied: list[str] = []
    async with chat(tmp_path, model()) as room:
        await room.say("/copy")
        assert "there is no answer yet" in room.screen
        await had(room, "hello")
        for number in ("2", "1", ""):
            await room.say(f"/copy {number}")
            copied.append(room.app.clipboard)
        await room.say("/copy 3")
        assert "the last answer has 2 blocks of code" in room.screen
    assert copied == ["pytest -q", "make test", CODE]


async def test_an_export_overwrites_nothing_without_a_word(tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    shop.mkdir()
    (shop / "talk.md").write_text("mine")
    async with chat(tmp_path, model()) as room:
        await room.say("/export")
        assert "nothing was said yet" in room.screen
        await had(room, "hello")
        await room.say("/export talk.md")
        await room.wait_for("There is such a file already")
        await room.press("n")
        assert (shop / "talk.md").read_text() == "mine"
        await room.say("/export talk.md")
        await room.press("y")
        await room.wait_for("written: ")
        await room.say("/export")
        await room.wait_for(f"{room.app.talk.session}.md")
    assert (shop / "talk.md").read_text().startswith("# hello\n")


async def test_a_conversation_is_summed_up_on_demand(tmp_path: Path) -> None:
    async with chat(
        tmp_path, Line(alias="fast", behaviour=says("Goal: none. State: greeted."))
    ) as room:
        await room.say("/compact")
        assert "nothing was said yet that could be summed up" in room.screen
        await had(room, "hello", "/compact the names")
        assert "the conversation was summed up: ~" in room.screen
        asked = str(room.rig.servers["fast"].requests[-1].body)
        await had(room, "and now?")
        last = str(room.rig.servers["fast"].requests[-1].body)
    assert "keep what the person asks for: the names" in asked
    assert "Goal: none. State: greeted." in last
    assert "/compact" not in last
    assert "hello" not in last


VIEWS = {
    "/context": ("~", "system prompt", "tools ×", "your messages"),
    "/cost": ("This session", "Today (UTC), all sessions", "elsewhere", "$0.210"),
    "/log": ("nothing was logged yet",),
    "/doctor": ("● sandbox   bubblewrap", "All works."),
    "/plan": ("plan: only reads",),
    "/clear": ("only the screen: the conversation goes on",),
}


@pytest.mark.parametrize("command", VIEWS)
async def test_what_a_view_tells(tmp_path: Path, command: str) -> None:
    async with chat(tmp_path, model(), size=NARROW) as room:
        await had(room, "hello")
        await room.say(command)
        screen = await room.wait_for(VIEWS[command][-1])
    for told in VIEWS[command]:
        assert told in screen


async def test_the_costs_live_while_they_are_looked_at(tmp_path: Path) -> None:
    known = [ELSEWHERE]
    async with chat(tmp_path, model(), size=NARROW, today=lambda: tuple(known)) as room:
        await room.say("/cost")
        await room.wait_for("nothing was asked in it yet")
        await had(room, "hello")
        await room.wait_for("fast              1")
        known.append(replace(ELSEWHERE, alias=Alias("later")))
        assert "later" not in room.screen
        room.clock.advance(AGAIN_S)
        await room.wait_for("later ")


async def test_the_window_lives_while_it_is_looked_at(tmp_path: Path) -> None:
    async with chat(tmp_path, model(), size=NARROW) as room:
        await room.say("/context")
        assert "your messages" not in await room.wait_for("system prompt")
        await had(room, "hello", "and again")
        assert "your messages ×2" in room.screen


async def test_agents_md_is_asked_for_as_a_turn(tmp_path: Path) -> None:
    async with chat(tmp_path, Line(alias="fast")) as room:
        await had(room, "/init")
        asked = str(room.rig.servers["fast"].requests[-1].body)
    assert "Write the file AGENTS.md in this folder" in asked
