"""A question on small screens: every choice can be read whole, and nothing jumps."""

from __future__ import annotations

import pytest

from tests.tui.lines import shown
from vibe.agent.questions import Reply, Said
from vibe.domain.turn import QuestionAsked, QuestionId
from vibe.tui.draw.ink import cells
from vibe.tui.panels.question import Question

SIZES = [(120, 26), (80, 14), (60, 10), (50, 10)]
CHOICES = (
    "UTC",
    "the zone of the shop, which every caller would then have to hand over by itself, twice a day",
    "an error",
    "whatever the clock of the machine says, which is how it was done before the move to the cloud",
)
QUESTION = "Two callers pass no zone. What shall they get?"


class Asked:
    def __init__(self, question: str, choices: tuple[str, ...], size: tuple[int, int]) -> None:
        self.replies: list[Reply] = []
        self.size = size
        asked = QuestionAsked(id=QuestionId(1), question=question, choices=choices)
        self.panel = Question(asked, self.replies.append, is_graced=lambda: True)

    def screen(self) -> str:
        width, room = self.size
        lines = self.panel.lines(width, room)
        assert len(lines) <= room
        assert max(map(cells, lines)) <= width
        return "\n".join(shown(lines))


def words(screen: str) -> str:
    return " ".join(screen.replace("│", " ").split())


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_the_choice_that_is_marked_is_shown_whole(size: tuple[int, int]) -> None:
    asked = Asked(QUESTION, CHOICES, size)
    heights: set[int] = set()
    for number, choice in enumerate(CHOICES, 1):
        screen = asked.screen()
        assert f"› {number} {choice}" in words(screen)
        heights.add(len(screen.split("\n")))
        asked.panel.key("down")
    assert len(heights) == 1
    assert "› 1 UTC" in words(asked.screen())


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("lines", [1, 40])
def test_the_keys_are_told_whole(size: tuple[int, int], lines: int) -> None:
    screen = words(Asked("\n".join([QUESTION] * lines), CHOICES, size).screen())
    assert "↑↓ and ↵, or a number; or say it in your own words" in screen
    assert ("PgUp PgDn the rest" in screen) is (lines > 1)


def test_a_choice_that_no_screen_holds_is_cut_visibly_and_answered_whole() -> None:
    choice = "x" * 2_000
    asked = Asked(QUESTION, ("no", choice), (60, 10))
    asked.panel.key("down")
    assert "x…" in asked.screen()
    asked.panel.key("enter")
    assert asked.replies == [Said(choice)]
