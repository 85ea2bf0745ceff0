"""One answer as plain text on stdout, as it comes; what happens on the way is told on stderr.

Knows neither the command line nor providers: it reads the one stream of events.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import assert_never

from msgspec import Struct

from vibe.clean import Cleaner
from vibe.domain.answer import Answer
from vibe.domain.event import (
    FailedOver,
    PoolEvent,
    Retracted,
    Routed,
    Sealed,
    Seam,
    Slow,
    Unanswered,
    Waiting,
)
from vibe.domain.stream import CallBegan, CallDelta, CallEnded, TextDelta, ThinkingDelta
from vibe.headless.notices import Notices

HELD = 200  # so much of a part is taken back without a trace, if it is cut


class Printed(Struct, frozen=True, kw_only=True):
    """How the answer ended: exactly one of the first two is not None."""

    answer: Answer | None = None
    unanswered: Unanswered | None = None
    is_blank: bool = True


class _Out:
    """Text on its way out: cleaned, and the first of it held back where it may be taken back."""

    def __init__(self, write: Callable[[str], None], *, holds: bool) -> None:
        self.is_blank = True
        self._write = write
        self._cleaner = Cleaner()
        self._holds = self._holds_always = holds
        self._held = ""
        self._ends_line = True

    def say(self, text: str) -> None:
        shown = self._cleaner.feed(text)
        if self._holds:
            self._held += shown
            if len(self._held) <= HELD:
                return
            shown, self._held, self._holds = self._held, "", False
        self._show(shown)

    def take_back(self) -> None:
        """What is out already cannot be taken back: the new beginning gets a line of its own."""
        self._cleaner = Cleaner()
        self._held = ""
        if not self._ends_line:
            self._show("\n")

    def break_line(self) -> None:
        """Before a line beside the answer, where somebody sees both on one screen."""
        if not self._ends_line and not self._holds_always:
            self._show("\n")

    def end(self) -> None:
        self._show(self._held + self._cleaner.finish())
        if not self._ends_line:
            self._write("\n")

    def _show(self, text: str) -> None:
        if text:
            self._write(text)
            self.is_blank = self.is_blank and not text.strip()
            self._ends_line = text.endswith("\n")


async def print_answer(
    events: AsyncIterator[PoolEvent],
    *,
    write: Callable[[str], None],
    tell: Callable[[str], None],
    holds: bool = False,
) -> Printed:
    """Pass the text of the answer to `write`, ended with a line end, and lines about it to `tell`.

    `holds`: somebody reads what is written for the answer alone, and sees none of those lines.
    """
    out = _Out(write, holds=holds)
    notices = Notices(tell)
    printed = Printed()
    try:
        async for event in events:
            match event:
                case TextDelta(text):
                    out.say(text)
                    notices.alive()
                case Routed() | FailedOver() | Waiting() | Slow():
                    notices.note(event)
                case Seam():
                    out.break_line()
                    notices.note(event)
                case Retracted():
                    out.take_back()
                    notices.note(event)
                case Sealed(answer):
                    printed = Printed(answer=answer)
                case Unanswered():
                    printed = Printed(unanswered=event)
                case ThinkingDelta() | CallBegan() | CallDelta() | CallEnded():
                    notices.alive()  # no tools are offered yet
                case _:
                    assert_never(event)
    finally:  # what was held back is not lost with an interrupt
        notices.stop()
        out.end()
    return Printed(answer=printed.answer, unanswered=printed.unanswered, is_blank=out.is_blank)
