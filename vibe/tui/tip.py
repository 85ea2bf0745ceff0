"""What is told for a moment in the place of the keys; and whether one key came twice in a row.

Draws nothing, and knows no key.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

TIP_S: Final = 2.0


class Tip:
    """`_awaits` is whether what is told says that the same key again means more."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._text = ""
        self._until_s = float("-inf")
        self._awaits = False

    @property
    def told(self) -> str:
        return self._text if self._now() < self._until_s else ""

    def tell(self, text: str) -> None:
        self._text, self._until_s, self._awaits = text, self._now() + TIP_S, False

    def is_again(self, text: str) -> bool:
        """Whether this is told already, and nothing came between; else it is told now."""
        is_second = self._awaits and self.told == text
        self.tell("" if is_second else text)
        self._awaits = not is_second
        return is_second

    def came_between(self) -> bool:
        """Another key or a text, so that the first of two is forgotten. Whether there was one."""
        was_first = self._awaits
        if was_first:
            self.tell("")
        return was_first
