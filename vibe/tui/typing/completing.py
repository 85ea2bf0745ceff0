"""What is offered for what is being typed, which of it is chosen, and how it is drawn.

What fits is found elsewhere; what is taken is put into the text elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec import Struct

from vibe.tui.draw.hints import keys_line
from vibe.tui.draw.ink import Line, Span, cells, cropped, line, padded

SHOWN: Final = 8
NAME_CELLS: Final = 14
KEYS: Final = (("tab", "take"), ("↑↓", "choose"))


class Choice(Struct, frozen=True, kw_only=True):
    """`puts` is what stands in the text once it is taken."""

    text: str
    puts: str
    told: str = ""


class Offer(Struct, frozen=True, kw_only=True):
    """For the part of a line from `start` to the cursor, of which `query` is what counts."""

    start: int
    query: str
    choices: tuple[Choice, ...]

    @property
    def is_whole(self) -> bool:
        """Whether one of them is typed already."""
        return any(choice.text == self.query for choice in self.choices)


class Taken(Struct, frozen=True, kw_only=True):
    """What to put in the place of the line from `start` to the cursor."""

    start: int
    puts: str


class Completing:
    """`fitting` gives what could be meant now. Once closed it stays so for the same word."""

    def __init__(self, fitting: Callable[[], Offer | None]) -> None:
        self._fitting = fitting
        self._at = 0
        self._is_chosen = False
        self._word: tuple[int, str] = 0, ""
        self._closed: int | None = None

    def close(self) -> None:
        offer = self._fitting()
        self._closed = None if offer is None else offer.start

    def key(self, action: str) -> Taken | bool:
        """What it takes, or whether the key was for it."""
        offer = self._open()
        if offer is None:
            return False
        match action:
            case "older" | "newer":
                step = 1 if action == "newer" else -1
                self._at = (self._at + step) % len(offer.choices)
                self._is_chosen = True
                return True
            case "stop":
                self._closed = offer.start
                return True
            case "complete":
                return Taken(start=offer.start, puts=offer.choices[self._at].puts)
            case "send" if self._is_chosen or (offer.query and not offer.is_whole):
                return Taken(start=offer.start, puts=offer.choices[self._at].puts)
            case _:
                return False

    def lines(self, width: int) -> tuple[Line, ...]:
        """None where nothing is offered."""
        offer = self._open()
        if offer is None:
            return ()
        first = max(0, min(self._at - SHOWN // 2, len(offer.choices) - SHOWN))
        part = offer.choices[first : first + SHOWN]
        rows = [
            cropped((_mark(is_at=number == self._at), *_row(choice)), width)
            for number, choice in enumerate(part, first)
        ]
        left = len(offer.choices) - first - len(part)
        more = line(f"    … {left} more", "muted") if left else (Span("    "),)
        keys = keys_line(KEYS, width - cells(more) - 3)
        return (*rows, (*more, Span("   " if left else ""), *keys))

    def _open(self) -> Offer | None:
        offer = self._fitting()
        if offer is None or not offer.choices:
            self._closed = None if offer is None else self._closed
            return None
        if offer.start == self._closed:
            return None
        self._closed = None
        if (offer.start, offer.query) != self._word:
            self._word = offer.start, offer.query
            self._at, self._is_chosen = 0, False
        self._at = min(self._at, len(offer.choices) - 1)
        return offer


def _mark(*, is_at: bool) -> Span:
    return Span("  › " if is_at else "    ", "accent")


def _row(choice: Choice) -> Line:
    name = line(choice.text, "accent")
    if not choice.told:
        return name
    wide = max(NAME_CELLS, cells(name))
    return (*padded(name, wide), Span(" "), Span(choice.told, "muted"))
