"""What is told for a moment: twice is twice in a row, and soon."""

from __future__ import annotations

from vibe.testing.clock import FakeClock
from vibe.tui.tip import TIP_S, Tip

AGAIN = "ctrl+c again leaves"


def begun() -> tuple[Tip, FakeClock]:
    clock = FakeClock()
    return Tip(clock.monotonic), clock


def test_a_tip_is_gone_after_a_moment() -> None:
    tip, clock = begun()
    tip.tell("copied")
    assert tip.told == "copied"
    clock.advance(TIP_S)
    assert tip.told == ""


def test_the_second_of_two_is_again_and_the_third_a_first() -> None:
    tip, _ = begun()
    assert [tip.is_again(AGAIN) for _ in range(3)] == [False, True, False]


def test_what_came_too_late_is_no_second() -> None:
    tip, clock = begun()
    tip.is_again(AGAIN)
    clock.advance(TIP_S)
    assert not tip.is_again(AGAIN)
    assert tip.told == AGAIN


def test_what_came_between_ends_it_and_leaves_any_other_tip() -> None:
    tip, _ = begun()
    tip.is_again(AGAIN)
    assert tip.came_between()
    assert tip.told == ""
    assert not tip.is_again(AGAIN)
    tip.tell("copied")
    assert not tip.came_between()
    assert tip.told == "copied"
