"""A turn as plain text: the answer for stdout, and lines about it for stderr.

On a screen the text is written as it comes; for a program, the last answer alone, once it is whole.
Knows neither the command line nor providers: it reads the one stream of events.
"""

from __future__ import annotations

from collections.abc import Callable

from vibe.clean import clean, clean_line
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
from vibe.domain.hiding import Stream
from vibe.domain.message import Text, ToolResult
from vibe.domain.stream import TextDelta
from vibe.domain.telling import tokens
from vibe.domain.turn import ContextCompacted, Notice, ToolFinished, ToolStarted
from vibe.headless.account import Account
from vibe.headless.brief import brief
from vibe.headless.notices import Notices
from vibe.secret import Redactor

Write = Callable[[str], None]
SHOWN = 160


class LiveText:
    """What models say, as they say it. Nothing that is out can be taken back: what follows gets a
    line of its own."""

    def __init__(self, write: Write, redactor: Redactor) -> None:
        self._write = write
        self._stream = Stream(redactor)
        self._ends_line = True

    def note(self, event: Event) -> None:
        match event:
            case TextDelta(text):
                self._show(self._stream.feed(text))
            case Sealed() | Retracted():
                self.end()
            case Seam() | Unanswered():
                self._show(self._stream.finish())
            case _:
                pass

    def break_line(self) -> None:
        """Before a line about the answer."""
        if not self._ends_line:
            self._show("\n")

    def end(self) -> None:
        self._show(self._stream.finish())
        self.break_line()

    def _show(self, text: str) -> None:
        if text:
            self._write(text)
            self._ends_line = text.endswith("\n")


class LastText:
    """The answer of `account`, which reads the same events before this does."""

    def __init__(self, account: Account, write: Write, redactor: Redactor) -> None:
        self._account = account
        self._write = write
        self._redactor = redactor

    def note(self, event: Event) -> None: ...

    def end(self) -> None:
        text = self._redactor.redact(clean(self._account.answer))
        if text:
            self._write(text if text.endswith("\n") else f"{text}\n")


class Talk:
    """What happens on the way, a line each. `tell` takes a line."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._notices = Notices(tell)

    def note(self, event: Event) -> None:
        self._notices.alive_by(event)
        match event:
            case Routed() | FailedOver() | Waiting() | Slow() | Seam() | Retracted():
                self._notices.note(event)
            case _:
                line = _line_of(event)
                if line:
                    self._tell(line)

    def end(self) -> None:
        self._notices.stop()


def _line_of(event: Event) -> str:
    match event:
        case ToolStarted(call=call):
            return f"· {brief(call)}"
        case ToolFinished(call=call, result=result, took_s=took_s) if result.is_error:
            began = "" if took_s is not None else f"{brief(call)}: "
            return f"  {began}{_first_line(result)}"
        case ContextCompacted(tokens_before=before, tokens_after=after):
            return f"· the conversation was summed up: ~{tokens(before)} -> ~{tokens(after)} tokens"
        case Notice(text=text):
            return text
        case _:
            return ""


def _first_line(result: ToolResult) -> str:
    text = "".join(part.text for part in result.parts if isinstance(part, Text)).strip()
    line = clean_line(text.split("\n", 1)[0])
    return line if len(line) <= SHOWN else f"{line[: SHOWN - 1]}…"
