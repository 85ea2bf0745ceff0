"""The lines of the history's items at one width: drawn when they are asked for, and kept a while.

Knows no screen; whoever changes an item tells it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from vibe.tui.draw.ink import Line
from vibe.tui.history.story import Story

KEPT_LINES: Final = 2_000


class Pages:
    """How many lines an item has is kept for good: who reads far above is told how many came."""

    # `_lines` are as many as are kept; nothing is known of the item `_end` and those after it.
    def __init__(self, story: Story) -> None:
        self._story = story
        self._kept: dict[int, tuple[Line, ...]] = {}
        self._sizes: dict[int, int] = {}
        self._lines = 0
        self._end = 0
        self.width = 1
        self.with_details = False

    def __len__(self) -> int:
        return len(self._story.items)

    def __getitem__(self, index: int, /) -> Sequence[Line]:
        lines = self._kept.get(index)
        if lines is None:
            lines = self._story.lines(index, self.width, with_details=self.with_details)
            self._kept[index] = lines
            self._sizes[index] = len(lines)
            self._lines += len(lines)
            self._end = max(self._end, index + 1)
        return lines

    def size(self, index: int) -> int:
        size = self._sizes.get(index)
        return len(self[index]) if size is None else size

    def forget(self, start: int) -> None:
        for index in range(start, self._end):
            self._lines -= len(self._kept.pop(index, ()))
            self._sizes.pop(index, None)
        self._end = min(self._end, start)

    def let_go(self, *, but: range) -> None:
        """Of the oldest, where there are too many."""
        if self._lines <= KEPT_LINES:
            return
        for index in [each for each in self._kept if each not in but]:
            self._lines -= len(self._kept.pop(index))
            if self._lines <= KEPT_LINES:
                return
