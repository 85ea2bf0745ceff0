"""`/model`: what is told of each model, and that the chosen one answers."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.mux.pools import Line, member
from tests.tui.lines import shown
from tests.tui.rig import Room, chat
from tests.tui.test_pool_panel import POOL, RESTS, WELL
from vibe.clock import SystemClock
from vibe.domain.failure import Failure, FailureKind
from vibe.domain.model import Alias, ProviderName
from vibe.domain.usage import Price
from vibe.testing.fault_server import FaultServer
from vibe.testing.script import says
from vibe.tui.catalogue import Catalogue, Offered, Setting, Trial
from vibe.tui.panels.models import Trials, model_rows, offered_by

DEAR = Offered(
    alias=Alias("dear"),
    provider=ProviderName("grand"),
    window=200_000,
    price=Price(input=2.5, output=10.0),
)
LOCKED = Offered(
    alias=Alias("locked"), provider=ProviderName("grand"), trouble="GRAND_KEY is not set"
)
KNOWN = (
    Offered(
        alias=WELL.alias,
        provider=WELL.provider,
        window=128_000,
        price=Price(input=0.4, output=2.0),
    ),
    Offered(
        alias=RESTS.alias,
        provider=ProviderName("llamacpp"),
        window=32_768,
        price=Price(input=0.0, output=0.0),
    ),
    DEAR,
    LOCKED,
)
BROKEN = Failure(kind=FailureKind.AUTH, status=401, detail="no such key")


def rows(room: int, trials: Trials | None = None) -> list[str]:
    table = model_rows(POOL, offered_by(POOL, KNOWN), trials or {}, room)
    return [" ".join(each.split()) for each in shown(row.line for row in table)]


def test_each_model_tells_how_it_stands_and_what_it_costs() -> None:
    assert rows(76) == [
        "auto (multiplexer: load_balance) 2 models in use",
        "devstral-2 mistral ● ready 128k $0.40/2.00 0.42 s",
        "local llamacpp ○ rests 12 s 32.8k free –",
        "dear grand · not in the pool 200k $2.50/10.00 –",
        "locked grand ! GRAND_KEY is not set",
    ]


@pytest.mark.parametrize(
    ("room", "first"),
    [
        (76, "devstral-2 mistral ● ready 128k $0.40/2.00 0.42 s"),
        (64, "devstral-2 ● ready 128k $0.40/2.00 0.42 s"),
        (54, "devstral-2 ● ready 128k $0.40/2.00"),
        (44, "devstral-2 ● ready $0.40/2.00"),
    ],
)
def test_narrow_rows_have_fewer_columns(room: int, first: str) -> None:
    assert rows(room)[1] == first


def test_a_trial_is_told_in_its_row() -> None:
    trials = {
        WELL.alias: Trial(first_s=0.31, cost_uusd=120),
        RESTS.alias: None,
        DEAR.alias: Trial(failure=BROKEN),
    }
    assert rows(76, trials)[1:4] == [
        "devstral-2 mistral ✓ the first word after 0.31 s $0.00012",
        "local llamacpp is asked …",
        "dear grand ✗ 401 not authorised: no such key",
    ]


def test_without_a_configuration_the_models_are_those_of_the_pool() -> None:
    assert [each.alias for each in offered_by(POOL, ())] == [WELL.alias, RESTS.alias]


def test_the_pinned_model_is_told() -> None:
    pool = replace(POOL, pinned=WELL.alias)
    told = shown(row.line for row in model_rows(pool, offered_by(pool, KNOWN), {}, 80))
    assert "in use" not in told[0]
    assert "● pinned" in told[1]


# In a chat.


class Kept:
    def __init__(self) -> None:
        self.saved: list[dict[str, Setting]] = []
        self.tried: list[Alias] = []

    async def save(self, settings: Mapping[str, Setting]) -> str:
        self.saved.append(dict(settings))
        return "config.toml"

    async def try_out(self, alias: Alias) -> Trial:
        self.tried.append(alias)
        return Trial(first_s=0.25, cost_uusd=100)


@asynccontextmanager
async def opened(home: Path, kept: Kept | None = None) -> AsyncGenerator[tuple[Room, FaultServer]]:
    """With a pool of two, and beside it a dear model, which answers, and a locked one."""
    outside = Line(alias="dear", behaviour=says("I am dear."))
    kept = kept or Kept()
    async with FaultServer(outside.behaviour) as server:
        catalogue = Catalogue(
            models=(DEAR, LOCKED),
            member=lambda _: member(outside, server, SystemClock()),
            try_out=kept.try_out,
            save=kept.save,
        )
        async with chat(home, Line(alias="one"), Line(alias="two"), catalogue=catalogue) as room:
            yield room, server


async def test_the_chosen_model_answers_and_auto_gives_back_to_the_pool(tmp_path: Path) -> None:
    async with opened(tmp_path) as (room, _):
        await room.press("f3", *"two", "enter")
        assert "pinned · two" in room.screen
        await room.say("hi")
        await room.wait_until_idle()
        await room.press("f3", "home", "enter")
        await room.say("again")
        await room.wait_until_idle()
        assert room.rig.reached() == {"one": 1, "two": 1}


async def test_a_model_outside_the_pool_can_be_used(tmp_path: Path) -> None:
    async with opened(tmp_path) as (room, server):
        await room.press("f3", *"dear", "enter")
        await room.say("hi")
        await room.wait_for("I am dear.")
        await room.wait_until_idle()
        assert "pinned · dear" in room.screen
        assert len(server.requests) == 1
        assert room.rig.reached() == {"one": 0, "two": 0}


async def test_a_model_without_its_key_is_not_chosen(tmp_path: Path) -> None:
    async with opened(tmp_path) as (room, _):
        await room.press("f3", *"locked", "enter")
        assert "locked cannot be asked: GRAND_KEY is not set" in room.screen
        assert room.rig.mux.wishes.pinned is None


@pytest.mark.parametrize(
    ("command", "pinned", "tip"),
    [
        ("/model two", "two", "two answers in this session"),
        ("/model auto", None, "the pool answers"),
        ("/model nobody", None, "there is no model nobody"),
    ],
)
async def test_a_model_can_be_named_at_once(
    tmp_path: Path, command: str, pinned: str | None, tip: str
) -> None:
    async with opened(tmp_path) as (room, _):
        await room.say(command)
        assert room.rig.mux.wishes.pinned == pinned
        assert tip in room.screen


async def test_a_model_is_tried_out_and_made_the_active_one_while_one_filters(
    tmp_path: Path,
) -> None:
    kept = Kept()
    async with opened(tmp_path, kept) as (room, _):
        await room.press("f3", *"dear", "ctrl+t")
        await room.wait_for("✓ the first word after 0.25 s  $0.00010")
        await room.press("ctrl+s")
        await room.wait_for("✓ saved in config.toml")
        assert (kept.tried, kept.saved) == ([Alias("dear")], [{"active_model": "dear"}])
        await room.press("escape")
        assert "use for this session" not in room.screen


@pytest.mark.parametrize("opens", ["f3", "f4", "ctrl+p"])
async def test_a_key_closes_what_it_opened(tmp_path: Path, opens: str) -> None:
    async with chat(tmp_path, Line(alias="fast")) as room:
        before = room.screen
        await room.press(opens)
        assert "┌" in room.screen
        await room.press(opens)
        assert room.screen == before


async def test_keys_that_a_list_has_no_use_for_do_what_they_do_elsewhere(tmp_path: Path) -> None:
    async with chat(tmp_path, Line(alias="fast")) as room:
        await room.press("f3", "shift+tab")
        assert "┌ Model" in room.screen
        assert "edits without asking" in room.screen
        await room.press("alt+enter", "ctrl+underscore", "f2")
        assert "┌ mux" in room.screen
        assert room.typed == ""
