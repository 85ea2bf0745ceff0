"""`/mux` in a chat: what its keys do to the pool, and that its numbers are the pool's own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.mux.pools import Line
from tests.tui.rig import NARROW, Room, chat
from vibe.domain.model import Alias
from vibe.errors import UsageError
from vibe.mux.entry import Rules
from vibe.mux.wishes import Wishes
from vibe.testing.faults import at, play
from vibe.tui.catalogue import Catalogue, Setting

LIMITED = Line(alias="strong", weight=70, faults=at({1: play("rate_limit_seconds")}))
SMALL = Line(alias="small", weight=30)
SHARED = Rules(mode="load_balance")
STRONG = Alias("strong")


def rows_of(room: Room) -> dict[str, list[str]]:
    """The words of each entry's row."""
    rows = [row.strip(" │›").split() for row in room.screen.split("\n")]
    return {row[0]: row[1:] for row in rows if row and row[0] in ("strong", "small")}


async def test_it_is_useful_before_the_first_message_and_live_after_it(tmp_path: Path) -> None:
    async with chat(tmp_path, LIMITED, SMALL) as room:
        await room.press("f2")
        assert "failover   2 of 2 can answer   this vibe: $0.000/h   0 requests" in room.screen
        await room.say("hi")
        await room.wait_for("Hello to you.")
        await room.wait_until_idle()
        assert "1 of 2 can answer" in room.screen
        assert "1 request   1 failover, none in mid-answer" in room.screen
        assert rows_of(room)["strong"][:2] == ["○", "rests"]
        asked = {each.alias: each for each in room.rig.mux.snapshot().entries}
        small = asked[Alias("small")]
        assert f"{small.ok}/{small.failed + small.limited}" in rows_of(room)["small"]


async def test_all_requests_go_to_the_pinned_entry_and_the_header_says_so(tmp_path: Path) -> None:
    async with chat(tmp_path, Line(alias="strong"), SMALL) as room:
        await room.press("f2", "down", "p")
        assert "pinned · small" in room.screen
        assert "pinned: small" in room.screen
        assert rows_of(room)["strong"][:2] == ["○", "aside"]
        await room.say("hi")
        await room.wait_for("Hello to you.")
        await room.wait_until_idle()
        assert room.rig.reached() == {"strong": 0, "small": 1}
        await room.press("p")
        assert "failover · " in room.screen


@pytest.mark.parametrize(
    ("keys", "wishes"),
    [
        (("x",), Wishes(out=frozenset({STRONG}))),
        (("x", "x"), Wishes()),
        (("x", "down", "x"), Wishes(out=frozenset({STRONG}))),
        (("plus",), Wishes(weights={STRONG: 75})),
        (("minus", "minus"), Wishes(weights={STRONG: 60})),
        (("p", "x"), Wishes(pinned=STRONG)),
        (("p", "p"), Wishes()),
    ],
    ids=["out", "back", "last-stays", "heavier", "lighter", "not-while-pinned", "unpinned"],
)
async def test_what_a_key_does_to_the_pool(
    tmp_path: Path, keys: tuple[str, ...], wishes: Wishes
) -> None:
    async with chat(tmp_path, Line(alias="strong", weight=70), SMALL, rules=SHARED) as room:
        await room.press("f2", *keys)
        assert room.rig.mux.wishes == wishes


async def test_weights_are_not_changed_where_they_play_no_part(tmp_path: Path) -> None:
    async with chat(tmp_path, LIMITED, SMALL) as room:
        await room.press("f2", "plus")
        assert room.rig.mux.wishes == Wishes()
        assert "weights play no part in the mode failover" in room.screen


async def test_an_entry_that_cannot_be_asked_is_not_pinned(tmp_path: Path) -> None:
    unable = Line(alias="strong", trouble="STRONG_KEY is not set")
    async with chat(tmp_path, unable, SMALL, size=NARROW) as room:
        await room.press("f2", "p")
        assert room.rig.mux.wishes.pinned is None
        assert "cannot be asked" in room.screen


async def test_a_circuit_that_is_closed_by_hand_is_asked_again(tmp_path: Path) -> None:
    async with chat(tmp_path, LIMITED, SMALL) as room:
        await room.say("hi")
        await room.wait_until_idle()
        await room.press("f2", "r")
        assert "2 of 2 can answer" in room.screen
        await room.say("again")
        await room.wait_until_idle()
        assert room.rig.reached() == {"strong": 2, "small": 1}


async def test_enter_shows_the_last_attempts_and_escape_goes_back(tmp_path: Path) -> None:
    async with chat(tmp_path, LIMITED, SMALL) as room:
        await room.press("f2", "down", "enter")
        assert "it has not been asked yet" in room.screen
        await room.press("escape")
        await room.say("hi")
        await room.wait_until_idle()
        await room.press("up", "enter")
        assert "strong   last attempts" in room.screen
        assert "↷ 429 rate limited after" in room.screen
        assert "first in order" in room.screen
        await room.press("escape")
        assert "1 of 2 can answer" in room.screen
        await room.press("escape")
        assert "can answer" not in room.screen


async def test_why_requests_went_where_they_did_is_printed(tmp_path: Path) -> None:
    async with chat(tmp_path, LIMITED, SMALL) as room:
        await room.say("/mux why")
        assert "Nothing has been asked yet." in room.screen
        await room.say("hi")
        await room.wait_until_idle()
        await room.say("/mux why")
        for told in (
            "answered by small after",
            "strong  first in order",
            "429 rate limited after",
            "small  next after the failure",
            "not strong: was asked already",
        ):
            assert told in room.screen


class Kept:
    """What was saved and copied; `refuses` is why nothing is saved, if so."""

    def __init__(self, refuses: str = "") -> None:
        self.saved: list[dict[str, Setting]] = []
        self._refuses = refuses

    async def save(self, settings: Mapping[str, Setting]) -> str:
        if self._refuses:
            raise UsageError(self._refuses, hint="change it by hand")
        self.saved.append(dict(settings))
        return "config.toml"

    def catalogue(self) -> Catalogue:
        return Catalogue(save=self.save, status=lambda: json.dumps({"pool": 1}))


async def test_what_was_changed_is_saved_and_is_no_change_any_more(tmp_path: Path) -> None:
    kept = Kept()
    lines = Line(alias="strong", weight=70), SMALL, Line(alias="third")
    async with chat(tmp_path, *lines, rules=SHARED, catalogue=kept.catalogue()) as room:
        await room.press("f2", "plus", "down", "x")
        assert "s save" in room.screen
        await room.press("s")
        await room.wait_for("✓ saved in config.toml")
        assert kept.saved == [
            {
                'multiplexer.pool["strong"].weight': 75,
                'multiplexer.pool["small"].weight': 0,
            }
        ]
        assert room.rig.mux.wishes == Wishes()


async def test_what_could_not_be_saved_is_told_and_stays_a_change(tmp_path: Path) -> None:
    kept = Kept("config.toml is not valid TOML")
    lines = Line(alias="strong", weight=70), SMALL
    async with chat(tmp_path, *lines, rules=SHARED, catalogue=kept.catalogue()) as room:
        await room.press("f2", "plus", "s")
        await room.wait_for("✗ config.toml is not valid TOML")
        assert "change it by hand" in room.screen
        assert room.rig.mux.wishes == Wishes(weights={STRONG: 75})


async def test_without_weights_it_is_told_how_one_leaves_the_pool(tmp_path: Path) -> None:
    kept = Kept()
    async with chat(tmp_path, LIMITED, SMALL, catalogue=kept.catalogue()) as room:
        await room.press("f2", "x", "s")
        await room.wait_for("take it out of [[multiplexer.pool]]: /config")
        assert kept.saved == []


async def test_the_status_is_copied_as_the_command_line_prints_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with chat(tmp_path, LIMITED, SMALL, catalogue=Kept().catalogue()) as room:
        copied: list[str] = []
        monkeypatch.setattr(room.app, "copy", copied.append)
        await room.press("f2", "c")
        await room.wait_for("copied")
        assert copied == ['{"pool": 1}']
