"""What may stand above the composer: it draws itself as lines, and takes the keys that it knows.

A panel is handed what it tells and whom it tells it to. It knows no widget, and asks nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol, runtime_checkable

from vibe.tui.draw.ink import Line

GRACE_S: Final = 0.6  # so long nothing has to be typed before a key is an answer


class Panel(Protocol):
    def lines(self, width: int, room: int) -> tuple[Line, ...]:
        """At most `room` of them."""
        ...

    def key(self, key: str) -> bool:
        """Whether it was for this panel; else it goes to the composer."""
        ...

    def said(self, text: str) -> bool:
        """Whether a message that was typed and sent is for this panel."""
        ...


@runtime_checkable
class Form(Panel, Protocol):
    """A panel that one types into: as long as it is shown, no key reaches the composer. What is
    no key of its own and can be read is `typed`, a paste in one piece."""

    def typed(self, text: str) -> None: ...


@runtime_checkable
class Fleeting(Form, Protocol):
    """A form of which nothing is lost where another panel takes its place: a key that it has no
    use for does what it does elsewhere."""

    is_fleeting: bool


class Typing:
    """When the person typed last, as far as it was no answer to a panel."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self.last_s = float("-inf")

    def typed(self) -> None:
        self.last_s = self._now()

    def grace(self) -> Callable[[], bool]:
        """Of a panel that appears now, whether it is over: nobody answers what appeared under his
        fingers, nor by going on with what he types."""
        shown_s = self._now()
        return lambda: self._now() - max(shown_s, self.last_s) >= GRACE_S
