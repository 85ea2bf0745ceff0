"""What was sent before: on disk, by Up and Down, and searched."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest

from tests.mux.pools import Line
from tests.tui.rig import chat
from vibe.secret import Redactor
from vibe.tui.typing import kept
from vibe.tui.typing.kept import Kept
from vibe.tui.typing.recall import Recall

FAST = Line(alias="fast")


def test_what_was_sent_is_found_again_by_another_process(tmp_path: Path) -> None:
    path = tmp_path / "state" / "history.jsonl"
    for text in ("first", "two\nlines", "é \ud800"):
        Kept(path).add(text)
    assert Kept(path).entries() == ("first", "two\nlines", "é ?")
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_begins_with_a_blank_is_not_kept_and_no_secret_is(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    history = Kept(path, redact=Redactor(["s3cret-canary-key"]).redact)
    history.add(" not this")
    history.add("my key is s3cret-canary-key")
    history.add("x" * kept.LONGEST)
    assert history.entries() == ("my key is ***",)
    assert b"canary" not in path.read_bytes()


def test_without_a_place_there_is_no_history_and_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for history in (Kept(), Kept(tmp_path / "file" / "history.jsonl")):
        history.add("text")
        assert history.entries() == ()


def test_a_damaged_line_costs_no_other(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    path.write_bytes(b'"one"\n{nonsense\n\xff\n"cut')
    Kept(path).add("two")
    assert Kept(path).entries() == ("one", "two")


def test_a_long_history_is_made_shorter(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    path.write_bytes(b"".join(b'"%d"\n' % number for number in range(2 * kept.MOST + 10)))
    entries = Kept(path).entries()
    Kept(path).add("new")
    assert entries[-1] == str(2 * kept.MOST + 9)
    assert len(entries) in (kept.MOST, kept.MOST - 1)
    assert Kept(path).entries() == (*entries, "new")
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["history.jsonl"]


def _add_many(path: Path, name: str) -> None:
    for number in range(200):
        Kept(path).add(f"{name} {number}")
        if number % 50 == 0:
            Kept(path).entries()


def test_several_processes_add_at_once(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    path.write_bytes(b'"old"\n' * (2 * kept.MOST - 300))  # it is made shorter meanwhile
    spawning = multiprocessing.get_context("fork")
    others = [spawning.Process(target=_add_many, args=(path, name)) for name in "abc"]
    for other in others:
        other.start()
    for other in others:
        other.join()
    entries = Kept(path).entries()
    assert [each for name in "abc" for each in entries if each.startswith(f"{name} ")] == [
        f"{name} {number}" for name in "abc" for number in range(200)
    ]


async def test_what_was_named_last_is_recent() -> None:
    recall = Recall()
    for text in ("see @a.py", "/model fast", 'and @"b c.py" with @a.py'):
        recall.sent(text)
    assert list(recall.recent) == ["b c.py", "a.py", "model", "fast"]


async def test_up_goes_on_with_sessions_before(tmp_path: Path) -> None:
    async with chat(tmp_path, FAST) as room:
        await room.say("hi")
        await room.wait_until_idle()
    async with chat(tmp_path, FAST) as room:
        await room.wait_for("F1")
        await room.press("up")
        assert room.typed == "hi"


@pytest.mark.parametrize(
    ("sent", "typed"),
    [
        pytest.param("one line", "one line x", id="one line"),
        pytest.param("one line\nand two", "one line x\nand two", id="the first of two"),
    ],
)
async def test_up_leaves_the_cursor_at_the_end_of_the_line(
    tmp_path: Path, sent: str, typed: str
) -> None:
    async with chat(tmp_path, FAST) as room:
        for text in ("before", sent):
            await room.say(text)
            await room.wait_until_idle()
        await room.press("up", "up")
        assert room.typed == "before"
        await room.press("down", "down", "up", "space", "x")
        assert room.typed == typed


async def test_what_ctrl_c_cleared_comes_back(tmp_path: Path) -> None:
    async with chat(tmp_path, FAST) as room:
        await room.type("half a thought")
        await room.press("ctrl+c")
        assert room.typed == ""
        await room.press("up")
        assert room.typed == "half a thought"


async def test_the_search_narrows_and_enter_takes(tmp_path: Path) -> None:
    async with chat(tmp_path, FAST) as room:
        for text in ("fix the cart", "test the cart", "explain"):
            await room.say(text)
            await room.wait_until_idle()
        await room.type("draft")
        await room.press("ctrl+r", *"cart")
        found = [row for row in room.screen.split("\n") if "the cart" in row and "│" in row]
        await room.press("enter")
        assert room.typed == "test the cart"
        await room.press("ctrl+underscore")
        assert room.typed == "draft"
    assert [row.strip(" │") for row in found] == ["› test the cart", "fix the cart"]


async def test_the_search_leaves_all_as_it_was(tmp_path: Path) -> None:
    async with chat(tmp_path, FAST) as room:
        await room.say("hi")
        await room.wait_until_idle()
        await room.type("draft")
        await room.press("ctrl+r", "h", "escape")
        assert room.typed == "draft"
        assert "Sent before" not in room.screen
