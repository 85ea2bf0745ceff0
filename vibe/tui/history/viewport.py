"""Which lines of the history are seen: held at an item and not at a line number, so that a resize
or a change of what is not seen costs nothing and moves nothing. Measures only what it passes.
"""

from __future__ import annotations

from typing import Protocol, TypeAlias

Place: TypeAlias = tuple[int, int]  # an item, and a line of it


class Pages(Protocol):
    def __len__(self) -> int: ...

    def size(self, index: int) -> int:
        """How many lines an item has, at the present width."""
        ...


class Viewport:
    """At the bottom it stays at the bottom, whatever comes; elsewhere a reader stays."""

    # None: at the bottom. Else the first place that is seen, and the end of all as it was when the
    # reader left the bottom.
    _top: Place | None = None
    _end: Place = (0, 0)

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    @property
    def is_at_end(self) -> bool:
        return self._top is None

    def seen(self, height: int) -> list[Place]:
        """At most so many places, from the top; fewer where there is no more."""
        top = self._first(height)
        seen: list[Place] = []
        for item in range(top[0], len(self._pages)):
            start = top[1] if item == top[0] else 0
            seen += ((item, row) for row in range(start, self._pages.size(item)))
            if len(seen) >= height:
                return seen[:height]
        return seen

    def scroll(self, by: int, height: int) -> None:
        top = self._moved(self._first(height), by)
        if by > 0 and top >= self._bottom(height):
            self.to_end()
            return
        if self._top is None:
            self._end = self._past()
        self._top = min(top, self._bottom(height))

    def to_start(self, height: int) -> None:
        if self._bottom(height) > (0, 0):
            self._end = self._past() if self._top is None else self._end
            self._top = (0, 0)

    def to_end(self) -> None:
        self._top = None

    @property
    def new(self) -> int:
        """How many lines have come below since the reader left the bottom."""
        if self._top is None:
            return 0
        item, row = self._end
        return max(0, sum(self._pages.size(each) for each in range(item, len(self._pages))) - row)

    def _first(self, height: int) -> Place:
        """The top, where what was there may have become shorter."""
        bottom = self._bottom(height)
        if self._top is None:
            return bottom
        item, row = self._top
        if item >= len(self._pages):
            return bottom
        return min((item, min(row, max(0, self._pages.size(item) - 1))), bottom)

    def _bottom(self, height: int) -> Place:
        """The top at which the last line is the last that is seen."""
        left = height
        for item in reversed(range(len(self._pages))):
            size = self._pages.size(item)
            if size >= left:
                return item, size - left
            left -= size
        return 0, 0

    def _past(self) -> Place:
        last = len(self._pages) - 1
        return (last, self._pages.size(last)) if last >= 0 else (0, 0)

    def _moved(self, place: Place, by: int) -> Place:
        item, row = place
        row += by
        while row < 0 and item > 0:
            item -= 1
            row += self._pages.size(item)
        while item < len(self._pages) - 1 and row >= self._pages.size(item):
            row -= self._pages.size(item)
            item += 1
        return item, max(0, row)
