"""Questions to the person: nothing runs that was not seen, and nobody answers by accident."""

from __future__ import annotations

from pathlib import Path

from tests.mux.pools import Line
from tests.tui.rig import Room, chat
from vibe.testing.exchange import call
from vibe.testing.script import Scripted, calls, otherwise, says, when_asked, when_result

LONG = "\n".join(f"echo {number}" for number in range(20))
MODEL = Scripted(
    when_asked("run", calls(call("bash", command="touch made.txt"))),
    when_asked("long", calls(call("bash", command=f"{LONG}\ntouch made.txt"))),
    when_asked(
        "edit",
        calls(call("read", path="notes.txt")),
    ),
    when_result("read", calls(call("write", path="new.txt", content="a\nb\n"))),
    when_asked("ask", calls(call("ask", question="Which one?", choices=["left", "right"]))),
    when_result("ask", says("So it is left."), holds="left"),
    when_result("ask", says("So it is right."), holds="right"),
    when_result("ask", says("So it is something else."), holds="neither"),
    when_result("bash", says("You said no: too wild."), holds="too wild"),
    otherwise(says("Done.")),
)
LINE = Line(alias="fast", behaviour=MODEL)


def made(home: Path) -> bool:
    return (home / "shop" / "made.txt").exists()


async def asked(room: Room, text: str, shown: str) -> None:
    await room.say(text)
    await room.wait_for(shown)


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
        assert "Allow" in room.screen
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
