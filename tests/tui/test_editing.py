"""Editing as people of readline expect it, folded pastes, and an editor of one's own."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual import events

from tests.mux.pools import Line
from tests.tui.lines import shown
from tests.tui.rig import Room, chat
from vibe.tui.draw.ink import Span, hanging
from vibe.tui.typing.composer import Composer

FAST = Line(alias="fast")
PASTED = "\n".join(f"line {number}" for number in range(20))
WORD = "[pasted 1: 20 lines]"


@pytest.mark.parametrize(
    ("text", "keys", "expected"),
    [
        pytest.param("a b", "ctrl+a x", "xa b", id="to the start"),
        pytest.param("a b", "home x end y", "xa by", id="and the end"),
        pytest.param("a b", "ctrl+a ctrl+e x", "a bx", id="to the end"),
        pytest.param("one two", "ctrl+w", "one ", id="a word to the left"),
        pytest.param("one two", "ctrl+u", "", id="all to the left"),
        pytest.param("one two", "ctrl+a ctrl+k", "", id="all to the right"),
        pytest.param("one two", "ctrl+left x", "one xtwo", id="back a word"),
        pytest.param("one two", "alt+b alt+b x", "xone two", id="back two words"),
        pytest.param("one two", "ctrl+a alt+f x", "onex two", id="on a word"),
        pytest.param("one two", "ctrl+a alt+d", " two", id="a word to the right"),
        pytest.param("one two", "ctrl+w ctrl+underscore", "one two", id="undone"),
        pytest.param("one two", "ctrl+w alt+z alt+shift+z", "one ", id="redone"),
        pytest.param("one\\", "enter", "one\n", id="a backslash breaks the line"),
        pytest.param("!ls \\", "enter", "!ls \\\n", id="a shell keeps its own"),
    ],
)
async def test_keys_edit_the_text(tmp_path: Path, text: str, keys: str, expected: str) -> None:
    async with chat(tmp_path, FAST) as room:
        await room.type(text)
        await room.press(*keys.split())
        assert room.typed == expected


async def test_two_backslashes_are_sent(tmp_path: Path) -> None:
    async with chat(tmp_path, FAST) as room:
        await room.say("a\\\\")
        await room.wait_for("Hello to you.")
        await room.wait_until_idle()


async def test_keys_that_come_at_once_do_their_work_in_their_order(tmp_path: Path) -> None:
    async with chat(tmp_path, FAST) as room:
        composer = room.app.query_one(Composer)
        for key, character in (("a", "a"), ("backspace", None), ("b", "b"), ("home", None)):
            composer.post_message(events.Key(key, character))
        composer.post_message(events.Key("c", "c"))
        await room.pilot.pause()
        assert room.typed == "cb"


async def _pasted(room: Room, before: str = "see ") -> None:
    await room.type(before)
    room.app.post_message(events.Paste(PASTED))
    await room.wait_for(WORD)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        pytest.param("backspace", "see ", id="backspace takes it whole"),
        pytest.param("ctrl+w", "see ", id="so does a word to the left"),
        pytest.param("left delete", "see ", id="so does delete before it"),
        pytest.param("left alt+d", "see ", id="so does a word to the right"),
        pytest.param("left x", f"see x{WORD}", id="the cursor goes around it"),
        pytest.param("left right x", f"see {WORD}x", id="on either side"),
        pytest.param("backspace ctrl+underscore", f"see {WORD}", id="an undo brings it back"),
    ],
)
async def test_a_folded_paste_is_as_one_letter(tmp_path: Path, keys: str, expected: str) -> None:
    async with chat(tmp_path, FAST) as room:
        await _pasted(room)
        await room.press(*keys.split())
        assert room.typed == expected


async def test_what_is_typed_into_a_fold_stands_behind_it(tmp_path: Path) -> None:
    async with chat(tmp_path, FAST) as room:
        await _pasted(room)
        room.app.query_one(Composer).move_cursor((0, 8))
        await room.press("x")
        assert room.typed == f"see {WORD}x"


async def test_a_fold_is_sent_whole_and_names_no_files(tmp_path: Path) -> None:
    async with chat(tmp_path, FAST) as room:
        room.app.post_message(events.Paste(PASTED.replace("line 3", "@pytest.fixture")))
        await room.wait_for(WORD)
        await room.press(*" ok")
        await room.press("enter")
        await room.wait_for("Hello to you.")
        await room.wait_until_idle()
        asked = str(room.rig.servers["fast"].requests[-1])
    assert "line 2\\\\n@pytest.fixture\\\\nline 4" in asked


async def test_a_hostile_paste_is_cleaned_folded_or_not(tmp_path: Path) -> None:
    hostile = "a\x1b]52;c;eA==\x07\x9b31mb\u202e\n" * 20
    async with chat(tmp_path, FAST) as room:
        room.app.post_message(events.Paste(hostile))
        await room.wait_for("[pasted 1: 20 lines]")
        assert room.app.query_one(Composer).whole == "ab\n" * 20


def _editor(home: Path, script: str) -> dict[str, str]:
    program = home / "editor"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o700)
    return {"EDITOR": str(program)}


async def test_the_editor_gets_the_whole_text_and_gives_it_back(tmp_path: Path) -> None:
    env = _editor(tmp_path, 'cp "$1" "$HOME/seen"; printf "edited\\n" >> "$1"')
    async with chat(tmp_path, FAST, env=env) as room:
        await _pasted(room)
        await room.press("ctrl+g")
        assert (tmp_path / "seen").read_text() == f"see {PASTED}\n"
        assert room.typed == f"see {WORD}\nedited"
        await room.press("ctrl+underscore")
        assert room.typed == f"see {WORD}"


@pytest.mark.parametrize(
    ("pasted", "script", "expected"),
    [
        pytest.param(PASTED, "true", f"see {WORD}", id="as it was"),
        pytest.param(f"{PASTED}\n", "true", f"see {WORD}", id="with a newline at its end"),
        pytest.param(f"{PASTED}\n", 'sed -i s/see/sea/ "$1"', f"sea {WORD}", id="beside it"),
        pytest.param(
            PASTED, 'sed -i "s/line 7$/&!/" "$1"', f"see {PASTED}".replace("7", "7!", 1), id="in it"
        ),
    ],
)
async def test_a_fold_comes_back_from_the_editor_as_a_fold_unless_it_was_changed(
    tmp_path: Path, pasted: str, script: str, expected: str
) -> None:
    async with chat(tmp_path, FAST, env=_editor(tmp_path, script)) as room:
        await room.type("see ")
        room.app.post_message(events.Paste(pasted))
        await room.wait_for(WORD)
        await room.press("ctrl+g")
        assert room.typed == expected
        assert room.app.query_one(Composer).whole.startswith("se")


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        pytest.param("exit 3", "ended with exit code 3; what you had typed stays", id="fails"),
        pytest.param(None, "cannot be started: No such file", id="missing"),
    ],
)
async def test_an_editor_that_fails_costs_no_word(
    tmp_path: Path, script: str | None, expected: str
) -> None:
    env = _editor(tmp_path, script) if script else {"VISUAL": "/no/such/editor"}
    async with chat(tmp_path, FAST, env=env) as room:
        await room.type("a thought")
        await room.press("ctrl+g")
        assert expected in " ".join(room.screen.split())
        assert room.typed == "a thought"


async def test_keys_lists_what_was_changed(tmp_path: Path) -> None:
    async with chat(tmp_path, FAST, changed_keys={"mux": "f5, pgup", "suspend": ""}) as room:
        await room.say("/keys")
        rows = [" ".join(row.split()) for row in room.screen.split("\n")]
    assert any(row.startswith("mux F5 PgUp the pool") and row.endswith("else F2") for row in rows)
    assert any(row.startswith("suspend none put vibe aside") for row in rows)


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (40, ["● sandbox   bubblewrap, no network"]),
        (30, ["● sandbox   bubblewrap, no", "            network"]),
        (14, ["● sandbox", "bubblewrap, no", "network"]),
    ],
)
def test_a_row_of_columns_goes_on_below_its_last_one(width: int, expected: list[str]) -> None:
    row = (Span("●", "good"), Span(" sandbox   bubblewrap, no network"))
    assert shown(hanging(row, width)) == expected


async def test_keys_go_on_below_what_they_do(tmp_path: Path) -> None:
    async with chat(tmp_path, FAST, size=(60, 48)) as room:
        await room.say("/keys")
        rows = room.screen.split("\n")
    first = next(at for at, row in enumerate(rows) if row.startswith("  mux "))
    assert rows[first + 1].startswith(" " * rows[first].index("the pool"))


async def test_many_lines_come_and_go(tmp_path: Path) -> None:
    async with chat(tmp_path, FAST) as room:
        await room.type(PASTED)
        await room.press("ctrl+c")
        assert room.typed == ""
        await room.press("up")
        assert room.typed == PASTED
        await room.press("enter")
        assert room.typed == ""
        await room.wait_until_idle()
        assert "  line 19\n" in room.screen
