"""Questions to the person: nothing runs that was not seen, and nobody answers by accident."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mux.pools import Line
from tests.tui.rig import Room, chat
from vibe.domain.turn import QuestionAsked, QuestionId, TurnEnd, TurnFinished
from vibe.testing.exchange import call
from vibe.testing.script import Scripted, calls, otherwise, says, when_asked, when_result
from vibe.tui.history.items import Note
from vibe.tui.history.story import Story

LONG = "\n".join(f"echo {number}" for number in range(20))
HIDDEN = "ls\x1b]0;\nrm -rf .\x07\r\u202e\n"
MODEL = Scripted(
    when_asked("run", calls(call("bash", command="touch made.txt"))),
    when_asked("long", calls(call("bash", command=f"{LONG}\ntouch made.txt"))),
    when_asked(
        "edit",
        calls(call("read", path="notes.txt")),
    ),
    when_result("read", calls(call("write", path="new.txt", content="a\nb\n"))),
    when_asked("looks like a diff", calls(call("bash", command=f"{LONG}\n+ touch made.txt"))),
    when_asked("hide", calls(call("write", path="hidden.sh", content=HIDDEN))),
    when_asked("two files", calls(call("write", path="one.txt", content="1\n"))),
    when_asked("ask", calls(call("ask", question="Which one?", choices=["left", "right"]))),
    when_result("ask", says("So it is left."), holds="left"),
    when_result("ask", says("So it is right."), holds="right"),
    when_result("ask", says("So it is something else."), holds="neither"),
    when_result("bash", says("You said no: too wild."), holds="too wild"),
    when_result("write", says("You wrote it yourself."), holds="+it is mine"),
    when_result("write", calls(call("write", path="two.txt", content="2\n")), holds="one.txt"),
    otherwise(says("Done.")),
)
LINE = Line(alias="fast", behaviour=MODEL)


def made(home: Path) -> bool:
    return (home / "shop" / "made.txt").exists()


async def asked(room: Room, text: str, shown: str) -> None:
    await room.say(text)
    await room.wait_for(shown)


async def test_a_letter_that_begins_a_message_answers_nothing(tmp_path: Path) -> None:
    async with chat(tmp_path, LINE) as room:
        await asked(room, "run it", "Allow")
        await room.let_grace_pass()
        await room.pilot.press("y", "e", "t")
        assert " > yet" in room.screen
        assert "First send what you type, or clear it (ctrl+u)" in room.screen
        await room.press("ctrl+u")
        assert "Allow" in room.screen


async def test_a_long_question_can_be_read_and_answered_in_a_small_room(tmp_path: Path) -> None:
    question = "\n".join(f"line {number}" for number in range(40))
    choices = [f"choice {number} " + "x" * 90 for number in range(30)]
    asks = calls(call("ask", question=question, choices=choices))
    model = Scripted(when_asked("go", asks), otherwise(says("Done.")))
    async with chat(tmp_path, Line(alias="fast", behaviour=model), size=(80, 24)) as room:
        await asked(room, "go", "Question")
        assert len(room.screen.split("\n")) == 24
        assert "of 40" in room.screen
        await room.press("pagedown", "up")
        assert "line 0\n" not in room.screen
        assert "› 30  choice 29" in room.screen
        await room.let_grace_pass()
        await room.press("enter")
        await room.wait_for("Done.")


async def test_y_runs_the_command(tmp_path: Path) -> None:
    async with chat(tmp_path, LINE) as room:
        await asked(room, "run it", "Allow")
        assert "touch made.txt" in room.screen
        assert not made(tmp_path)
        await room.let_grace_pass()
        await room.press("y")
        await room.wait_for("Done.")
        await room.wait_until_idle()
    assert made(tmp_path)


async def test_a_key_typed_as_the_question_appears_is_text_and_no_answer(tmp_path: Path) -> None:
    async with chat(tmp_path, LINE) as room:
        await asked(room, "run it", "Allow")
        await room.press("y")
        assert " > y" in room.screen
        assert "First send what you type" in room.screen
        await room.let_grace_pass()
        await room.press("y")  # it goes on with what is being typed
        assert " > yy" in room.screen
    assert not made(tmp_path)


async def test_each_key_that_comes_too_early_makes_the_question_wait_on(tmp_path: Path) -> None:
    async with chat(tmp_path, LINE) as room:
        await asked(room, "run it", "Allow")
        room.clock.advance(0.4)
        await room.press("y", "backspace")
        room.clock.advance(0.4)
        await room.press("y", "backspace")
        assert "Allow" in room.screen
        await room.let_grace_pass()
        await room.press("y")
        await room.wait_for("Done.")
        await room.wait_until_idle()


async def test_n_asks_why_and_the_model_is_told(tmp_path: Path) -> None:
    async with chat(tmp_path, LINE) as room:
        await asked(room, "run it", "Allow")
        await room.let_grace_pass()
        await room.press("n")
        assert "Say why below" in room.screen
        await room.say("too wild")
        await room.wait_for("You said no: too wild.")
        screen = await room.wait_until_idle()
    assert not made(tmp_path)
    assert "✗ bash  touch made.txt" in screen
    assert "denied by you" in screen
    assert "└ the person does not want this: too wild" in screen


async def test_a_means_from_now_on(tmp_path: Path) -> None:
    async with chat(tmp_path, LINE) as room:
        await asked(room, "run it", "and from now on: bash(touch made.txt)")
        await room.let_grace_pass()
        await room.press("a")
        await room.wait_for("Done.")
        await room.wait_until_idle()
        (tmp_path / "shop" / "made.txt").unlink()
        await room.say("run it again")
        await room.wait_until_idle()
    assert made(tmp_path)


async def test_a_command_that_was_not_seen_to_its_end_cannot_be_allowed(tmp_path: Path) -> None:
    async with chat(tmp_path, LINE) as room:
        await asked(room, "long one", "1–12 of 21")
        await room.let_grace_pass()
        await room.press("y")
        assert "touch made.txt" not in room.screen
        for _ in range(9):
            await room.press("down")
        assert "touch made.txt" in room.screen
        assert not made(tmp_path)
        await room.press("y")
        await room.wait_for("Done.")
        await room.wait_until_idle()
    assert made(tmp_path)


async def test_a_change_is_shown_as_a_diff(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "notes.txt").write_text("x\n")
    async with chat(tmp_path, LINE) as room:
        await asked(room, "edit it", "Apply")
        screen = room.screen
        await room.let_grace_pass()
        await room.press("y")
        await room.wait_for("Done.")
        await room.wait_until_idle()
    assert "┌ Write new.txt   +2 −0 ─" in screen
    assert "1 + a" in screen
    assert "2 + b" in screen


async def test_a_question_is_answered_by_its_number(tmp_path: Path) -> None:
    async with chat(tmp_path, LINE) as room:
        await asked(room, "ask me", "1  left")
        await room.let_grace_pass()
        await room.press("2")
        await room.wait_for("So it is right.")
        await room.wait_until_idle()


async def test_a_question_stands_once_in_the_panel_and_then_once_in_the_history(
    tmp_path: Path,
) -> None:
    async with chat(tmp_path, Line(alias="fast", behaviour=MODEL)) as room:
        await asked(room, "ask me", "1  left")
        assert room.screen.count("Which one?") == 1
        await room.let_grace_pass()
        await room.press("1")
        await room.wait_for("So it is left.")
        screen = await room.wait_until_idle()
    assert screen.count("Which one?") == 1
    assert "    Which one?\n      › left\n" in screen


async def test_a_question_that_was_not_answered_stands_in_the_history(tmp_path: Path) -> None:
    async with chat(tmp_path, Line(alias="fast", behaviour=MODEL)) as room:
        await asked(room, "ask me", "1  left")
        await room.press("escape")
        screen = await room.wait_until_idle()
    assert screen.count("Which one?") == 1


def test_what_vibe_itself_asks_stands_in_the_history_once_that_is_over() -> None:
    story = Story()
    story.note(QuestionAsked(id=QuestionId(1), question="Go on?"), 0.0)
    assert story.items == []
    story.note(TurnFinished(turn=1, end=TurnEnd.FINISHED), 1.0)
    assert story.items == [Note(mark="?", text="Go on?", ink="accent")]


async def test_a_question_is_answered_by_choosing(tmp_path: Path) -> None:
    async with chat(tmp_path, LINE) as room:
        await asked(room, "ask me", "1  left")
        await room.let_grace_pass()
        await room.press("down", "up", "enter")
        await room.wait_for("So it is left.")
        await room.wait_until_idle()


async def test_a_question_is_answered_in_words(tmp_path: Path) -> None:
    async with chat(tmp_path, LINE) as room:
        await asked(room, "ask me", "1  left")
        await room.say("neither of them")
        await room.wait_for("So it is something else.")
        await room.wait_until_idle()


async def test_a_command_that_looks_like_a_change_has_to_be_seen_all_the_same(
    tmp_path: Path,
) -> None:
    async with chat(tmp_path, LINE) as room:
        await asked(room, "it looks like a diff", "1–12 of 21")
        await room.let_grace_pass()
        await room.press("y")
        assert "has to be seen first" in room.screen
        await room.press("pagedown")
        assert "+ touch made.txt" in room.screen
        assert "Allow" in room.screen


async def test_what_a_file_would_hide_is_written_out(tmp_path: Path) -> None:
    async with chat(tmp_path, LINE) as room:
        await asked(room, "hide it", "Apply")
        screen = room.screen
    assert "1 + ls\\x1b]0;" in screen
    assert "2 + rm -rf .\\x07\\r\\u202e" in screen


async def test_a_change_is_allowed_with_all_others_of_the_session(tmp_path: Path) -> None:
    async with chat(tmp_path, LINE) as room:
        await asked(room, "two files", "Apply, and all edits this session")
        await room.let_grace_pass()
        await room.press("a")
        await room.wait_for("Done.")
        await room.wait_until_idle()
        assert room.app.talk.desk.policy.mode == "edits"
    assert (tmp_path / "shop" / "two.txt").read_text() == "2\n"


def _editor(home: Path, script: str) -> dict[str, str]:
    program = home / "editor"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o700)
    return {"EDITOR": str(program)}


async def test_v_applies_what_is_saved_then(tmp_path: Path) -> None:
    env = _editor(tmp_path, 'cp "$1" "$HOME/${1##*/}"; echo "it is mine" > "$1"')
    async with chat(tmp_path, LINE, env=env) as room:
        await asked(room, "two files", "$EDITOR")
        await room.let_grace_pass()
        await room.press("v")
        await room.wait_for("You wrote it yourself.")
        await room.wait_until_idle()
    assert (tmp_path / "one.txt").read_text() == "1\n"
    assert (tmp_path / "shop" / "one.txt").read_text() == "it is mine\n"


@pytest.mark.parametrize(
    ("script", "told"),
    [
        pytest.param("true", "nothing was changed: y applies it as it is", id="as it was"),
        pytest.param("exit 3", "stays", id="fails"),
        pytest.param(r'printf "\377" > "$1"', "what was saved is not UTF-8", id="no text"),
    ],
)
async def test_v_that_brings_nothing_leaves_the_question(
    tmp_path: Path, script: str, told: str
) -> None:
    async with chat(tmp_path, LINE, env=_editor(tmp_path, script)) as room:
        await asked(room, "two files", "$EDITOR")
        await room.let_grace_pass()
        await room.press("v")
        await room.wait_for(told)
        assert "Apply" in room.screen
    assert not (tmp_path / "shop" / "one.txt").exists()


async def test_what_a_call_brought_is_seen_where_it_is_clicked(tmp_path: Path) -> None:
    async with chat(tmp_path, LINE, mode="edits") as room:
        await room.say("two files")
        await room.wait_for("Done.")
        screen = await room.wait_until_idle()
        y = next(at for at, row in enumerate(screen.split("\n")) if "✓ write" in row)
        assert "1 + 1" not in screen
        await room.pilot.click(offset=(10, y))
        assert room.screen.split("\n")[y + 1].strip() == "1 + 1"
        assert "1 + 2" not in room.screen
        await room.pilot.click(offset=(10, y))
        assert room.screen == screen
