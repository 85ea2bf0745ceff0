"""`/outside`: what failed on the sandbox is run again by the person, who has seen all of it."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.mux.pools import Line
from tests.tui.rig import Room, chat
from vibe.testing.exchange import call
from vibe.testing.script import Scripted, calls, otherwise, says, when_asked

FAILS = Line(
    alias="fast",
    behaviour=Scripted(
        when_asked("do it", calls(call("bash", command="echo one; echo two"))),
        otherwise(says("It has to run outside.")),
    ),
)


@contextmanager
def refused(_: Sequence[str]) -> Generator[Sequence[str]]:
    yield ("false",)


def confine(room: Room) -> None:
    tools = room.app.talk.desk.room
    tools.confined, tools.denied = refused, lambda _output, _code: "The sandbox keeps it."


async def test_the_command_that_failed_on_it_is_shown_and_run_again(tmp_path: Path) -> None:
    async with chat(tmp_path, FAILS) as room:
        confine(room)
        await room.say("do it")
        await room.wait_until_idle()
        await room.say("/outside")
        shown = await room.wait_for("Run this again, outside of the sandbox?")
        await room.press("y")
        screen = await room.wait_for("✓ !")
    assert "/outside runs it again\n    └ [The sandbox keeps it.]" in shown
    assert "echo one; echo two" in shown
    assert "outside the sandbox\n      one\n      two\n" in screen


async def test_another_command_runs_there_as_it_was_typed(tmp_path: Path) -> None:
    async with chat(tmp_path, FAILS) as room:
        confine(room)
        await room.say("/outside echo one")
        assert "      one\n" in await room.wait_for("✓ !")


async def test_where_nothing_failed_on_it_that_is_said(tmp_path: Path) -> None:
    async with chat(tmp_path, FAILS) as room:
        await room.say("/outside")
        await room.wait_for("no command failed on the sandbox")
