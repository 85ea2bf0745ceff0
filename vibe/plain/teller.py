"""The events of turns as text: who answers, what he says, and in brackets what vibe says about it.

Writes what comes as it comes, and takes nothing back. Everything foreign is cleaned here.
"""

from __future__ import annotations

from typing import assert_never

from vibe.clean import Cleaner, clean_line
from vibe.domain.event import (
    Event,
    FailedOver,
    Retracted,
    Routed,
    Sealed,
    Seam,
    Slow,
    Unanswered,
    Waiting,
)
from vibe.domain.stream import (
    CallBegan,
    CallDelta,
    CallEnded,
    Passed,
    TextDelta,
    ThinkingDelta,
    ThinkingSealed,
)
from vibe.domain.telling import tokens
from vibe.domain.turn import (
    ApprovalAsked,
    CallKey,
    ContextCompacted,
    MessageAdded,
    Notice,
    QuestionAsked,
    ToolFinished,
    ToolOutput,
    ToolStarted,
    TurnFinished,
    TurnStarted,
)
from vibe.headless.notices import Notices
from vibe.plain.page import Page
from vibe.plain.waits import Waits
from vibe.tui.history.toolrow import Row, begun, finished


class Teller:
    # `_speaker` is who was named last, `_asked` who is asked now; `_last` the call that the last
    # line was about.
    def __init__(self, page: Page) -> None:
        self._page = page
        self._speaker = ""
        self._asked = ""
        self._last: CallKey | None = None
        self._has_begun = False
        self._cleaner = Cleaner()
        self._waits: Waits | None = None
        self._notices: Notices | None = None

    def aside(self, text: str) -> None:
        """What vibe itself says."""
        self._last = None
        self._page.line(f"[{clean_line(text)}]")

    def note(self, event: Event) -> None:
        if self._notices is not None and self._waits is not None:
            self._notices.alive_by(event)
            self._waits.note(event)
        match event:
            case Routed() | FailedOver() | Seam() | Retracted() | Waiting() | Slow():
                self._note_pool(event)
            case TextDelta(text):
                self._say(self._cleaner.feed(text))
            case Sealed() | Unanswered():
                self._end_answer()
            case ThinkingDelta() | CallBegan() | CallDelta() | CallEnded() | ToolOutput():
                pass
            case ThinkingSealed() | Passed():
                pass
            case ApprovalAsked() | QuestionAsked() | MessageAdded():
                pass  # whoever asks or says it shows it
            case ToolStarted() | ToolFinished():
                self._note_tool(event)
            case TurnStarted() | TurnFinished() | ContextCompacted() | Notice():
                self._note_turn(event)
            case _:
                assert_never(event)

    def _note_pool(self, event: Routed | FailedOver | Seam | Retracted | Waiting | Slow) -> None:
        match event:
            case Routed(alias=alias):
                self._asked = clean_line(alias)
            case FailedOver(to_alias=alias):
                self._asked = clean_line(alias)
            case Seam(to_alias=alias):
                self._say(self._cleaner.finish())
                self._asked = clean_line(alias)
            case Retracted():
                self._cleaner = Cleaner()
                self._speaker = ""
            case _:
                pass
        if self._notices is not None and not isinstance(event, Waiting):
            self._notices.note(event)

    def _say(self, text: str) -> None:
        if not self._has_begun:
            text = text.lstrip("\n")
        if text:
            self._name()
            self._has_begun = True
            self._page.stream(text)

    def _name(self) -> None:
        if self._asked != self._speaker:
            self._page.line(f"{self._asked or 'unknown'}:")
            self._speaker = self._asked

    def _end_answer(self) -> None:
        self._say(self._cleaner.finish())
        self._page.end()
        self._has_begun = False

    def _note_tool(self, event: ToolStarted | ToolFinished) -> None:
        self._name()
        if isinstance(event, ToolStarted):
            self.aside(_called(begun(event.call)))
            self._last = event.key
            return
        row = finished(event)
        told = _came_of(row, has_run=event.took_s is not None)
        self.aside(told if self._last == event.key else f"{_called(row)}: {told}")

    def _note_turn(self, event: TurnStarted | TurnFinished | ContextCompacted | Notice) -> None:
        match event:
            case TurnStarted():
                self._end_turn()
                self._notices, self._waits = Notices(self.aside), Waits(self.aside)
            case TurnFinished(detail=detail, hint=hint):
                self._end_turn()
                for text in filter(None, (detail, hint)):
                    self.aside(text)
            case ContextCompacted(tokens_before=before, tokens_after=after):
                summed = f"~{tokens(before)} to ~{tokens(after)} tokens"
                self.aside(f"the conversation was summed up: {summed}")
            case Notice(text=text):
                self.aside(text)
            case _:
                assert_never(event)

    def _end_turn(self) -> None:
        if self._notices is not None and self._waits is not None:
            self._notices.stop()
            self._waits.end()
        self._notices = self._waits = None
        self._end_answer()
        self._speaker = ""


def _called(row: Row) -> str:
    return f"{row.name} {row.about}".strip()


def _came_of(row: Row, *, has_run: bool) -> str:
    facts = ", ".join((row.state, *row.facts) if has_run else row.facts)
    return f"{facts}: {row.trouble}" if row.trouble else facts
