"""The session picker as it is drawn, and what its keys do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.session.samples import NOON, answer, said, session
from tests.tui.lines import shown
from vibe.session.record import Answered, SessionId, TurnBegan
from vibe.session.summary import Summary
from vibe.session.transcript import Transcript
from vibe.tui.draw.ink import cells
from vibe.tui.panels.sessions import Around, Deeds, Looks, SessionsPanel, told_when

HERE = "/home/kim/shop"
NOW = datetime.fromtimestamp(NOON, UTC)
WHY = "Why does the checkout test fail on CI but not here?"
BECAUSE = (
    "The test reads `TZ` from your shell.\n\nCI has none, so `now()` is UTC. " + "And so on. " * 30
)
BEGINNING = Transcript().applied(
    (
        *session(0),
        TurnBegan(turn=1, message=said(WHY), at=NOON),
        Answered(turn=1, number=0, answer=answer(BECAUSE)),
    )
)


def summary(number: int, title: str, *, ago_s: float = 0.0, folder: str = HERE) -> Summary:
    return Summary(
        session=SessionId(f"20261121-12000{number}-abcd"),
        title=title,
        folder=folder,
        branch="main" if number % 2 else "perf",
        last=NOON - ago_s,
        turns=number,
        cost_uusd=number * 110_000,
    )


FOUND = (
    summary(3, "fix the TZ bug in checkout"),
    summary(1, "speed up the cart query", ago_s=7_200.0),
    summary(2, "something else", ago_s=90_000.0, folder="/home/kim/code/other"),
    summary(4, "explain the webhook retry", ago_s=3 * 86_400.0),
)


class Held:
    def __init__(self, found: tuple[Summary, ...] = FOUND, *, present: str = "") -> None:
        self.told: list[str] = []
        self.panel = SessionsPanel(
            found,
            around=Around(
                folder=Path(HERE),
                home=Path("/home/kim"),
                now=NOW,
                local=lambda at: datetime.fromtimestamp(at, UTC),
                present=present,
            ),
            looks=Looks(
                beginning=lambda _: BEGINNING,
                is_in_use=lambda session: session == FOUND[1].session,
            ),
            deeds=Deeds(
                resume=self.notes("resume"),
                fork=self.notes("fork"),
                export=self.notes("export"),
                delete=self.notes("delete"),
                close=lambda: self.told.append("close"),
            ),
        )

    def notes(self, what: str) -> Callable[[Summary], None]:
        return lambda each: self.told.append(f"{what} {each.title}")

    def press(self, *keys: str) -> None:
        for key in keys:
            if not self.panel.key(key):
                self.panel.typed(key)

    def seen(self, *, width: int = 80, room: int = 20) -> list[str]:
        return shown(self.panel.lines(width, room))


def test_it_looks_as_it_is_drawn() -> None:
    assert Held().seen() == [
        " ┌ Sessions ── this folder ‹tab: all› ────────────────────────────────────────┐",
        " │ > █                                                                        │",
        " │ › today 12:00   fix the TZ bug in checkout           3 turns  $0.330  main │",
        " │   today 10:00   speed up the cart query               1 turn  $0.110  main │",
        " │   Wed   12:00   explain the webhook retry            4 turns  $0.440  perf │",
        " ├────────────────────────────────────────────────────────────────────────────┤",
        " │ You: Why does the checkout test fail on CI but not here?                   │",
        " │ The test reads `TZ` from your shell. CI has none, so `now()` is UTC. And   │",
        " │ so on. And so on. And so on. And so on. And so on. And so on. And so on.   │",
        " │ And so on. And so on. And so on. And so on. And so on. And so on. And so…  │",
        " │ ↵ resume   ctrl+f fork   ctrl+e export md   ctrl+d delete   esc            │",
        " └────────────────────────────────────────────────────────────────────────────┘",
    ]


def test_where_there_is_room_the_branch_is_told_and_elsewhere_the_folder() -> None:
    held = Held()
    assert any("$0.330  main" in row for row in held.seen(width=120))
    held.press("tab")
    seen = held.seen(width=120)
    assert "all folders ‹tab: this one›" in seen[0]
    assert any("something else" in row and "~/code/other" in row for row in seen)


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize("room", [6, 10, 20])
def test_it_fits(width: int, room: int) -> None:
    lines = Held().panel.lines(width, room)
    assert len(lines) <= room
    assert max(map(cells, lines)) <= width


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        (("enter",), "resume fix the TZ bug in checkout"),
        (("down", "enter"), "resume speed up the cart query"),
        (("webhook", "enter"), "resume explain the webhook retry"),
        (("perf", "enter"), "resume explain the webhook retry"),
        (("tab", "else", "enter"), "resume something else"),
        (("ctrl+f",), "fork fix the TZ bug in checkout"),
        (("ctrl+e",), "export fix the TZ bug in checkout"),
        (("ctrl+d",), "delete fix the TZ bug in checkout"),
        (("escape",), "close"),
    ],
    ids=" ".join,
)
def test_what_keys_do(keys: tuple[str, ...], told: str) -> None:
    held = Held()
    held.press(*keys)
    assert held.told == [told]


def test_who_else_has_it_open_is_said_with_the_remedy() -> None:
    held = Held(present=FOUND[0].session)
    assert any("the conversation that you are in" in row for row in held.seen())
    held.press("down")
    assert any("another vibe has it open; ctrl+f" in row for row in held.seen())


def test_with_none_in_this_folder_those_of_all_are_shown() -> None:
    assert "all folders" in Held(FOUND[2:3]).seen()[0]


def test_there_may_be_none_at_all() -> None:
    held = Held(())
    assert any("no conversation was had here yet" in row for row in held.seen())
    held.press("enter", "ctrl+f", "ctrl+d", "tab")
    assert held.told == []


def test_what_cannot_be_read_is_told() -> None:
    broken = Summary(session=FOUND[0].session, folder=HERE, trouble="permission\x1b[31m denied")
    assert any("! permission denied" in row for row in Held((broken,)).seen())


@pytest.mark.parametrize(
    ("ago", "told"),
    [
        (timedelta(0), "today 12:00"),
        (timedelta(hours=13), "Fri   23:00"),
        (timedelta(days=6), "Sun   12:00"),
        (timedelta(days=7), "14 Nov 12:00"),
        (timedelta(days=400), "17 Oct 2025"),
        (timedelta(days=-1), "22 Nov 12:00"),
    ],
    ids=["today", "yesterday", "within a week", "this year", "before", "a clock that was wrong"],
)
def test_when_it_was(ago: timedelta, told: str) -> None:
    assert told_when(NOW - ago, NOW) == told
