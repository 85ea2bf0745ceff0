"""The wait card: told when all are limited, and what its keys do, over servers that limit."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.mux.pools import Line, member
from tests.tui.lines import shown
from tests.tui.rig import NARROW, Room, chat
from tests.tui.test_models import DEAR
from tests.tui.test_pool_panel import POOL
from vibe.clock import SystemClock
from vibe.domain.event import Event, Routed, Waiting
from vibe.domain.failure import Failure, FailureKind
from vibe.domain.model import Alias, ProviderName
from vibe.domain.turn import TurnEnd, TurnFinished
from vibe.testing.clock import FakeClock
from vibe.testing.fault_server import FaultServer
from vibe.testing.faults import at, play
from vibe.testing.script import says
from vibe.tui.catalogue import NO_CATALOGUE, Catalogue, Offered
from vibe.tui.draw.ink import cells
from vibe.tui.panels.panel import GRACE_S, Typing
from vibe.tui.panels.wait import Relief, Waits

LIMITED = Failure(kind=FailureKind.RATE_LIMITED, status=429, retry_after_s=58.0)
WAITING = Waiting(for_s=58.0, tries=3, alias=Alias("local"), failure=LIMITED)
ROUTED = Routed(alias=Alias("local"), why="probe")
STOPPED = TurnFinished(turn=1, end=TurnEnd.INTERRUPTED, detail="stopped")


class Held:
    """The cards of a conversation, and what was told by them."""

    def __init__(self, other: Offered | None = DEAR, used: int | None = None) -> None:
        self.told: list[str] = []
        self.clock = FakeClock()
        relief = Relief(
            hurry=lambda: self.told.append("hurried"),
            switch=lambda: self.told.append("switched"),
            other=lambda: other,
            used=lambda: used,
        )
        self.waits = Waits(
            relief,
            lambda: POOL,
            Typing(self.clock.monotonic),
            now=self.clock.monotonic,
            ring=lambda: self.told.append("rang"),
        )

    def note(self, *events: Event) -> None:
        for event in events:
            self.waits.note(event)

    def press(self, key: str) -> bool:
        assert self.waits.card is not None
        return self.waits.card.key(key)

    def seen(self, width: int = 80, room: int = 14) -> list[str]:
        if self.waits.card is None:
            return []
        return [row.strip(" │") for row in shown(self.waits.card.lines(width, room))]


def test_it_tells_who_why_until_when_and_counts_down() -> None:
    held = Held()
    held.note(WAITING)
    held.clock.advance(20.0)
    assert held.seen()[:-1] == [
        "┌ Waiting   nobody can answer now   again in 38 s   tried 3 times ───────────┐",
        "● devstral-2  is not asked",
        "○ local       429 rate limited  again in 38 s",
        "dear could: $2.50/10.00, 200k window; what the provider cached of this",
        "conversation is lost",
        "↵ try now   s switch   q queue and ring   esc stop",
    ]


def test_who_is_asked_later_has_the_end_of_his_own_rest() -> None:
    held = Held()
    held.note(replace(WAITING, alias=Alias("devstral-2")))
    assert held.seen()[1:3] == [
        "● devstral-2  429 rate limited  again in 58 s",
        "○ local       could not answer  back in 12 s",
    ]


def test_a_price_that_nobody_knows_is_told_as_one() -> None:
    held = Held(other=Offered(alias=Alias("gamma"), provider=ProviderName("there")))
    held.note(WAITING)
    assert "gamma could: $?; what the provider" in " ".join(held.seen())


def test_before_the_first_answer_nothing_is_cached_that_could_be_lost() -> None:
    held = Held(used=0)
    held.note(WAITING)
    assert "dear could: $2.50/10.00, 200k window" in held.seen()


def test_a_window_that_is_too_small_for_the_conversation_is_told() -> None:
    held = Held(used=250_000)
    held.note(WAITING)
    assert "the conversation (250k) does not fit" in " ".join(held.seen())


def test_with_no_other_model_there_is_none_to_switch_to() -> None:
    held = Held(other=None)
    held.note(WAITING)
    held.clock.advance(GRACE_S)
    assert "↵ try now   q queue and ring   esc stop" in held.seen()
    assert not held.press("s")
    assert held.told == []


@pytest.mark.parametrize(
    "event",
    [
        Waiting(for_s=0.5, tries=1, failure=LIMITED),
        Waiting(for_s=None, tries=0, full=True),
        ROUTED,
        STOPPED,
    ],
    ids=["short", "full", "asked", "stopped"],
)
def test_it_goes_when_there_is_nothing_to_wait_for(event: Event) -> None:
    held = Held()
    held.note(WAITING, event)
    assert held.waits.card is None
    assert held.told == []


@pytest.mark.parametrize(("key", "told"), [("enter", ["hurried"]), ("s", ["switched"]), ("q", [])])
def test_a_key_counts_only_when_the_card_has_stood_a_while(key: str, told: list[str]) -> None:
    held = Held()
    held.note(WAITING)
    assert not held.press(key)
    held.clock.advance(GRACE_S)
    assert held.press(key)
    assert held.told == told


def test_what_was_queued_is_one_line_and_rings_when_it_goes_on() -> None:
    held = Held()
    held.note(WAITING)
    held.clock.advance(GRACE_S)
    held.press("q")
    assert held.seen() == ["⋯ queued   again in 58 s; it rings when it goes on"]
    held.note(WAITING)
    assert len(held.seen()) == 1
    assert not held.press("enter")
    held.note(ROUTED, ROUTED)
    assert held.told == ["rang"]
    held.note(WAITING)
    assert len(held.seen()) > 1


def test_what_was_queued_and_stopped_does_not_ring() -> None:
    held = Held()
    held.note(WAITING)
    held.clock.advance(GRACE_S)
    held.press("q")
    held.note(STOPPED)
    assert held.told == []


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize("room", [5, 8, 14])
def test_it_fits_into_its_room(width: int, room: int) -> None:
    held = Held()
    held.note(WAITING)
    assert held.waits.card is not None
    lines = held.waits.card.lines(width, room)
    assert len(lines) <= room
    assert max(map(cells, lines)) <= width
    assert any("esc stop" in row for row in held.seen(width, room)[-2:])


# In a chat.

REST = play("rate_limit_seconds")


@asynccontextmanager
async def waiting(home: Path, catalogue: Catalogue = NO_CATALOGUE) -> AsyncGenerator[Room]:
    """Both are limited at first; the card stands, and its grace is over."""
    lines = (Line(alias="one", faults=at({1: REST})), Line(alias="two", faults=at({1: REST})))
    async with chat(home, *lines, size=NARROW, catalogue=catalogue) as room:
        await room.say("hi")
        await room.wait_for("nobody can answer now")
        await room.let_grace_pass()
        yield room


async def test_a_person_who_does_not_want_to_wait_asks_at_once(tmp_path: Path) -> None:
    async with waiting(tmp_path) as room:
        assert "○ one  429 rate limited  " in room.screen
        await room.press("enter")
        await room.wait_for("Hello to you.")
        await room.wait_until_idle()
        assert "nobody can answer now" not in room.screen
        assert room.rig.reached() == {"one": 2, "two": 1}


async def test_escape_stops_the_turn(tmp_path: Path) -> None:
    async with waiting(tmp_path) as room:
        await room.press("escape")
        await room.wait_until_idle()
        assert "nobody can answer now" not in room.screen
        assert room.rig.mux.at_rest


async def test_another_model_answers_and_goes_on_answering(tmp_path: Path) -> None:
    outside = Line(alias="dear", behaviour=says("I am dear."))
    async with FaultServer(outside.behaviour) as server:
        catalogue = Catalogue(
            models=(DEAR,), member=lambda _: member(outside, server, SystemClock())
        )
        async with waiting(tmp_path, catalogue) as room:
            assert "dear could: $2.50/10.00" in room.screen
            await room.press("s")
            await room.wait_for("I am dear.")
            await room.wait_until_idle()
            assert "pinned · dear" in room.screen
            assert "/model auto goes back to the pool" in room.screen


async def test_what_was_queued_goes_on_by_itself(tmp_path: Path) -> None:
    async with waiting(tmp_path) as room:
        await room.press("q")
        assert "it rings when it goes on" in room.screen
        assert "nobody can answer now" not in room.screen
        room.rig.mux.hurry()
        await room.wait_for("Hello to you.")
        await room.wait_until_idle()


async def test_a_message_can_be_written_meanwhile(tmp_path: Path) -> None:
    async with waiting(tmp_path) as room:
        await room.type("squash it too")
        await room.press("s", "q")
        assert "squash it toosq" in room.screen
        assert "nobody can answer now" in room.screen
