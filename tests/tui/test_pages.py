"""What is drawn of a history: little of a long one, each thing once, never less than is seen."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.tui.lines import shown
from tests.tui.test_markdown import PIECES
from vibe.tui.draw.ink import Line, line
from vibe.tui.history.items import Answer, Note
from vibe.tui.history.pages import KEPT_LINES, Pages
from vibe.tui.history.story import Story

WIDTH = 40


class Shelf(Story):
    """Of so many lines each. Counts how often each item was drawn."""

    def __init__(self, *sizes: int) -> None:
        super().__init__()
        self.sizes = sizes
        self.drawn = [0] * len(sizes)
        for size in sizes:
            self.add(Note(mark="·", text=str(size)))

    def lines(self, index: int, width: int, *, with_details: bool) -> tuple[Line, ...]:
        self.drawn[index] += 1
        return tuple(line(f"{index}.{row}") for row in range(self.sizes[index]))


def test_an_item_is_drawn_once_until_it_is_forgotten() -> None:
    story = Shelf(2, 3)
    pages = Pages(story)
    assert (pages.size(1), shown(pages[1]), story.drawn) == (3, ["1.0", "1.1", "1.2"], [0, 1])
    pages.forget(1)
    assert (pages.size(0), pages.size(1), story.drawn) == (2, 3, [1, 2])


def test_the_oldest_are_let_go_but_not_what_is_seen() -> None:
    story = Shelf(KEPT_LINES, 10, KEPT_LINES, 10)
    pages = Pages(story)
    for index in range(4):
        assert len(pages[index]) == story.sizes[index]
    pages.let_go(but=range(2, 4))
    for index in range(4):
        assert len(pages[index]) == story.sizes[index]
    assert story.drawn == [2, 2, 1, 1]


def test_how_long_an_item_is_stays_known() -> None:
    story = Shelf(KEPT_LINES, KEPT_LINES, 1)
    pages = Pages(story)
    sizes = [pages.size(index) for index in range(3)]
    pages.let_go(but=range(2, 3))
    assert [pages.size(index) for index in range(3)] == sizes
    assert story.drawn == [1, 1, 1]


@given(st.lists(st.tuples(PIECES, st.booleans()), max_size=40), st.sampled_from([WIDTH, 20]))
def test_an_answer_that_was_looked_at_while_it_came_is_drawn_as_one_that_came_at_once(
    pieces: list[tuple[str, bool]], width: int
) -> None:
    watched, whole = Answer("m"), Answer("m")
    for text, is_looked_at in pieces:
        watched.feed(text)
        if is_looked_at:
            watched.lines(WIDTH, with_details=False)
    whole.feed("".join(text for text, _ in pieces))
    watched.complete()
    whole.complete()
    expected = whole.lines(width, with_details=False)
    again = [watched.lines(width, with_details=False) for _ in range(2)]
    assert again == [expected, expected]
