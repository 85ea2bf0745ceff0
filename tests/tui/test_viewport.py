"""Where a reader is: at the bottom he is taken along, elsewhere he is left alone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vibe.tui.history.viewport import Viewport

HEIGHT = 5


class Book:
    """Items of so many lines. Counts which of them were looked at."""

    def __init__(self, *sizes: int) -> None:
        self.sizes = list(sizes)
        self.looked: set[int] = set()

    def __len__(self) -> int:
        return len(self.sizes)

    def size(self, index: int) -> int:
        self.looked.add(index)
        return self.sizes[index]


def test_what_is_short_begins_at_the_top() -> None:
    assert Viewport(Book(2, 1)).seen(HEIGHT) == [(0, 0), (0, 1), (1, 0)]


def test_at_the_bottom_the_last_lines_are_seen() -> None:
    viewport = Viewport(Book(9, 3))
    assert viewport.seen(HEIGHT) == [(0, 7), (0, 8), (1, 0), (1, 1), (1, 2)]


def test_a_reader_above_is_not_pulled_down_and_is_told_what_came() -> None:
    book = Book(9, 3)
    viewport = Viewport(book)
    viewport.scroll(-2, HEIGHT)
    before = viewport.seen(HEIGHT)
    book.sizes[1] = 5
    book.sizes.append(4)
    assert viewport.seen(HEIGHT) == before == [(0, 5), (0, 6), (0, 7), (0, 8), (1, 0)]
    assert viewport.new == 6


def test_who_scrolls_down_to_the_bottom_stays_there() -> None:
    book = Book(9, 3)
    viewport = Viewport(book)
    viewport.scroll(-2, HEIGHT)
    viewport.scroll(2, HEIGHT)
    book.sizes.append(1)
    assert viewport.is_at_end
    assert viewport.seen(HEIGHT)[-1] == (2, 0)
    assert viewport.new == 0


def test_scrolling_stops_at_the_beginning() -> None:
    viewport = Viewport(Book(9, 3))
    viewport.scroll(-100, HEIGHT)
    assert viewport.seen(HEIGHT)[0] == (0, 0)


def test_a_place_outlives_a_change_of_all_sizes() -> None:
    book = Book(10, 10, 10)
    viewport = Viewport(book)
    viewport.scroll(-10, HEIGHT)
    assert viewport.seen(HEIGHT)[0] == (1, 5)
    book.sizes = [30, 30, 30]
    assert viewport.seen(HEIGHT)[0] == (1, 5)
    book.sizes = [4, 4, 9]
    assert viewport.seen(HEIGHT)[0] == (1, 3)


def test_a_page_of_a_long_session_looks_at_few_items() -> None:
    book = Book(*([3] * 10_000))
    viewport = Viewport(book)
    viewport.seen(HEIGHT)
    viewport.scroll(-HEIGHT, HEIGHT)
    viewport.seen(HEIGHT)
    assert len(book.looked) < 10


@given(st.lists(st.integers(0, 6), max_size=8), st.lists(st.integers(-9, 9), max_size=12))
def test_the_screen_is_full_wherever_there_is_enough(sizes: list[int], moves: list[int]) -> None:
    viewport = Viewport(Book(*sizes))
    for by in moves:
        viewport.scroll(by, HEIGHT)
        seen = viewport.seen(HEIGHT)
        assert len(seen) == min(HEIGHT, sum(sizes))
        assert seen == sorted(set(seen))
