"""The views of the window and of the costs, and the panels that show something or ask."""

from __future__ import annotations

import pytest

from tests.tui.lines import shown
from vibe.agent.context import Share
from vibe.domain.model import Alias
from vibe.session.spent import Spent
from vibe.tui.draw.ink import cells, line
from vibe.tui.panels.confirm import Choice, Confirm
from vibe.tui.panels.context import ContextView, context_lines
from vibe.tui.panels.cost import cost_lines
from vibe.tui.panels.reading import Reading

WIDTHS = [40, 54, 74, 114]
SHARES = (
    Share(name="system prompt", tokens=345, count=1),
    Share(name="tools", tokens=823, count=8),
    Share(name="your messages", tokens=32, count=2),
    Share(name="results of read", tokens=18_800, count=3),
)
VIEW = ContextView(shares=SHARES, alias="fast", window=100_000, counted=21_000)
LOCAL = Spent(alias=Alias("local"), answers=1, input=900, output=40, unpriced=1, estimated=1)
FAST = Spent(
    alias=Alias("devstral-2"),
    answers=12,
    input=402_000,
    output=31_100,
    cached_read=301_000,
    cost_uusd=689_000,
)


def test_the_window_is_told_in_parts_that_sum_up() -> None:
    assert shown(context_lines(VIEW, 74)) == [
        "~20,000 tokens of the 100k of fast   ~20%",
        "██████████████▊···························································",
        "~60.0k left until it is summed up at 80%",
        "",
        "system prompt                  ~345   1.7%  ▌",
        "tools ×8                       ~823   4.1%  █▎",
        "your messages ×2                ~32   0.2%  ▏",
        "results of read ×3          ~18,800  94.0%  ████████████████████████████▎",
        "",
        "counted with the last answer, which is in it: 21,000",
    ]


def test_a_window_that_nobody_knows_has_no_bar() -> None:
    view = ContextView(shares=SHARES[:1])
    assert shown(context_lines(view, 74))[:2] == ["~345 tokens   its window is not known", ""]


def test_a_window_that_is_nearly_full_says_what_comes() -> None:
    view = ContextView(shares=SHARES, alias="fast", window=21_000)
    assert "over 80%: it is summed up before the next request" in shown(context_lines(view, 74))


def test_costs_are_told_by_who_answered_with_what_is_not_sure_marked() -> None:
    assert shown(cost_lines((FAST, LOCAL), (FAST,), 74)) == [
        "This session",
        "MODEL       ANSWERS     IN  CACHED     OUT     COST",
        "devstral-2       12   402k    301k   31.1k   $0.689",
        "local             1   ~900       0     ~40       $?",
        "all              13  ~403k    301k  ~31.1k  ~$0.689",
        "",
        "Today (UTC), all sessions",
        "MODEL       ANSWERS     IN  CACHED     OUT     COST",
        "devstral-2       12   402k    301k   31.1k   $0.689",
        "",
        "~ was counted by vibe, since the provider did not",
        "",
        "no price is known of local: not in the sum",
    ]


def test_before_anything_was_asked_that_is_said() -> None:
    assert shown(cost_lines((), (), 74)) == [
        "This session",
        "nothing was asked in it yet",
        "",
        "Today (UTC), all sessions",
        "nothing is known of today",
    ]


LONG = Spent(alias=Alias("an-alias-that-is-far-too-long-for-any-table-of-costs"), cost_uusd=1)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_view_fits(width: int) -> None:
    costs = cost_lines((FAST, LOCAL, LONG), (LONG,), width)
    assert max(map(cells, (*context_lines(VIEW, width), *costs))) <= width


def reading(rows: int, told: list[str]) -> Reading:
    return Reading(
        line("Rows"),
        lambda _: [line(f"row {number}") for number in range(rows)],
        close=lambda: told.append("closed"),
    )


@pytest.mark.parametrize(
    ("keys", "first"),
    [
        ((), 0),
        (("down", "down"), 2),
        (("down", "up", "up"), 0),
        (("pagedown",), 6),
        (("end",), 43),
        (("end", "pageup"), 37),
        (("end", "home"), 0),
    ],
    ids=["top", "down", "back up", "a page", "end", "a page up", "home"],
)
def test_what_is_long_is_scrolled(keys: tuple[str, ...], first: int) -> None:
    panel = reading(50, [])
    panel.lines(60, 10)
    assert all(panel.key(key) for key in keys)
    seen = shown(panel.lines(60, 10))
    assert len(seen) == 10
    assert f"Rows   {first + 1}–{first + 7} of 50 " in seen[0]
    assert seen[1].strip(" │") == f"row {first}"


def test_a_reading_leaves_other_keys_to_the_composer() -> None:
    told: list[str] = []
    panel = reading(3, told)
    assert not panel.key("a")
    assert panel.key("escape")
    assert told == ["closed"]


@pytest.mark.parametrize(
    ("key", "told"),
    [("y", ["done"]), ("n", ["left"]), ("escape", ["left"]), ("x", []), ("enter", [])],
)
def test_a_question_of_the_chat_takes_every_key(key: str, told: list[str]) -> None:
    heard: list[str] = []
    panel = Confirm(
        line("Sure?"),
        (line("a " * 100), line("row")),
        (Choice(key="y", does="do it", act=lambda: heard.append("done")),),
        declined=lambda: heard.append("left"),
    )
    seen = shown(panel.lines(60, 8))
    assert panel.key(key)
    assert heard == told
    assert len(seen) == 8


def test_of_what_does_not_fit_all_is_seen_before_it_can_be_done() -> None:
    heard: list[str] = []
    panel = Confirm(
        line("Sure?"),
        tuple(line(f"row {number}") for number in range(9)),
        (Choice(key="y", does="do it", act=lambda: heard.append("done")),),
        declined=lambda: heard.append("left"),
    )
    for key in ("y", "pagedown", "y"):
        assert len(panel.lines(60, 8)) == 8
        panel.key(key)
    assert heard == ["done"]
    assert "row 8" in "".join(shown(panel.lines(60, 8)))
