"""What stands in the composer is kept until it is sent, and comes back after an end."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from pathlib import Path

import pytest

from tests.mux.pools import Line
from tests.tui.rig import Room, chat
from vibe.mux.store_process import birth_of
from vibe.testing.script import says

STATE = Path(".local") / "state" / "vibe"
LONG = "word " * 300


def kept(home: Path) -> list[tuple[str, Path]]:
    paths = [*(home / STATE).glob("unsent/*.json"), *(home / STATE).glob("sessions/*/unsent.json")]
    return [(json.loads(path.read_bytes())["text"], path) for path in paths]


async def beat(room: Room) -> None:
    """As if a second had passed."""
    await room.app._unsent.look()  # pyright: ignore[reportPrivateUsage]  keys come sooner
    await room.pilot.pause()


async def wait_until_gone(room: Room, home: Path) -> None:
    for _ in range(400):
        if not kept(home):
            return
        await room.pilot.pause(0.01)
    raise AssertionError(kept(home))


@pytest.fixture
def dead() -> str:
    """The number of a process that is gone."""
    ended = subprocess.Popen(["true"])
    ended.wait()
    return str(ended.pid)


def leave_behind(home: Path, text: str, *, of: str, folder: str = "shop") -> Path:
    """As a process that was killed leaves it."""
    path = home / STATE / "unsent" / f"{of}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"folder": str(home / folder), "text": text}))
    return path


async def test_it_is_kept_for_the_person_alone_as_it_is(tmp_path: Path) -> None:
    async with chat(tmp_path, Line(alias="model")) as room:
        await room.type("the key is sk-canary7F3a9c21D4e8b6A0zz")
        await beat(room)
        ((text, path),) = kept(tmp_path)
        assert text == "the key is sk-canary7F3a9c21D4e8b6A0zz"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        await beat(room)
        assert kept(tmp_path) == [(text, path)]


async def test_what_is_sent_or_taken_away_is_not_kept(tmp_path: Path) -> None:
    async with chat(tmp_path, Line(alias="model", behaviour=says("Hello."))) as room:
        await room.type("hello")
        await beat(room)
        await room.press("enter")
        await room.wait_until_idle()
        await wait_until_gone(room, tmp_path)
        await room.type("more")
        await beat(room)
        ((_, path),) = kept(tmp_path)
        assert path.parent.parent.name == "sessions"
        await room.press("ctrl+c")
        await wait_until_gone(room, tmp_path)


async def test_an_end_in_order_leaves_what_stands_there_and_no_empty_file(tmp_path: Path) -> None:
    async with chat(tmp_path, Line(alias="model")) as room:
        await beat(room)
    assert kept(tmp_path) == []
    async with chat(tmp_path, Line(alias="model")) as room:
        await room.type("not yet")
    assert [text for text, _ in kept(tmp_path)] == ["not yet"]


async def test_it_stands_there_again_when_its_session_goes_on(tmp_path: Path) -> None:
    async with chat(tmp_path, Line(alias="model", behaviour=says("Hello."))) as room:
        await room.say("hello")
        await room.wait_until_idle()
        await room.type("and then\nthis")
    async with chat(tmp_path, Line(alias="model")) as room:
        await beat(room)
        assert room.typed == ""
    async with chat(tmp_path, Line(alias="model"), resume="") as room:
        await beat(room)
        assert room.typed == "and then\nthis"
        await room.press("ctrl+c")
        await wait_until_gone(room, tmp_path)


@pytest.mark.parametrize("folder", ["shop", "elsewhere"])
async def test_what_a_dead_process_left_before_anything_was_said_comes_back_in_its_folder(
    tmp_path: Path, dead: str, folder: str
) -> None:
    left = leave_behind(tmp_path, LONG, of=dead, folder=folder)
    async with chat(tmp_path, Line(alias="model")) as room:
        await beat(room)
        assert room.typed == (LONG if folder == "shop" else "")
        assert left.exists() == (folder != "shop")
    assert [text for text, _ in kept(tmp_path)] == [LONG]


async def test_what_a_living_process_keeps_is_its_own(tmp_path: Path) -> None:
    pid = os.getppid()
    left = leave_behind(tmp_path, "of another", of=f"{pid}-{birth_of(pid)}")
    async with chat(tmp_path, Line(alias="model")) as room:
        await beat(room)
        assert room.typed == ""
    assert left.exists()


async def test_it_goes_along_into_another_conversation(tmp_path: Path) -> None:
    async with chat(tmp_path, Line(alias="model", behaviour=says("Hello."))) as room:
        await room.say("hello")
        await room.wait_until_idle()
        await room.type("of the first")
        await beat(room)
        await room.app.talk.open(None)
        await beat(room)
        ((text, path),) = kept(tmp_path)
        assert (text, path.name.partition("-")[0]) == ("of the first", str(os.getpid()))


async def test_where_nothing_can_be_written_nothing_is_kept_and_nothing_fails(
    tmp_path: Path,
) -> None:
    async with chat(tmp_path, Line(alias="model")) as room:
        (tmp_path / STATE).mkdir(parents=True, exist_ok=True)
        (tmp_path / STATE / "unsent").write_text("no folder")
        await room.type("hello")
        await beat(room)
        assert room.typed == "hello"
