"""Events as they may be shown: with what is secret in them hidden, in streams as well.

Nothing else of an event is changed. What it was asked for, and what is answered to it, is left to
whoever runs the turn, who knows the events as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from operator import is_not
from typing import Final, TypeVar, cast

from msgspec import Struct
from msgspec.structs import replace

from vibe.clean import Cleaner, clean
from vibe.domain.event import Event, Retracted, Sealed, Seam, Unanswered
from vibe.domain.stream import CallDelta, TextDelta, ThinkingDelta
from vibe.domain.turn import ApprovalAsked, CallKey, ToolFinished, ToolOutput, TurnFinished
from vibe.secret import RedactedStream, Redactor

T = TypeVar("T")
_SHOWN_BY_NOBODY: Final = (ThinkingDelta, CallDelta)


class Stream:
    """Text that arrives in chunks, clean and without secrets: cleaned first, for what cannot be
    seen could hide a key."""

    def __init__(self, redactor: Redactor) -> None:
        self._cleaner = Cleaner()
        self._redacted = RedactedStream(redactor)

    def feed(self, chunk: str) -> str:
        return self._redacted.feed(self._cleaner.feed(chunk))

    def finish(self) -> str:
        return self._redacted.feed(self._cleaner.finish()) + self._redacted.finish()


class Hiding:
    """Of the events of one conversation, in their order."""

    # `_said` are the commands that run.
    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._text = Stream(redactor)
        self._said: dict[CallKey, Stream] = {}

    def each(self, events: Iterable[Event]) -> Iterator[Event]:
        return (shown for event in events for shown in self.shown(event))

    def shown(self, event: Event) -> Iterator[Event]:
        """In the place of the event: it, and before it what was held back until then."""
        match event:
            case TextDelta(text):
                yield TextDelta(self._text.feed(text))
                return
            case ToolOutput(key=key, text=text):
                said = self._said.setdefault(key, Stream(self._redactor))
                yield replace(event, text=said.feed(text))
                return
            case ToolFinished(key=key):
                self._said.pop(key, None)
            case Retracted():
                self._text = Stream(self._redactor)
            case Sealed() | Seam() | Unanswered() | TurnFinished():
                if rest := self._text.finish():
                    yield TextDelta(rest)
            case _:
                pass
        yield event if isinstance(event, _SHOWN_BY_NOBODY) else self._hidden(event)

    def _hidden(self, event: Event) -> Event:
        if not isinstance(event, ApprovalAsked):
            return self.within(event)
        hidden = cast("ApprovalAsked", _walked(event, partial(decided_by, redactor=self._redactor)))
        # What the person makes of it is written to the file: there the key is to stay.
        may_be_revised = hidden.proposed == event.proposed
        return hidden if may_be_revised else replace(hidden, proposed=None)

    def within(self, value: T) -> T:
        """The value, with what is secret hidden in every text of it."""
        return cast("T", _walked(value, self.text))

    def text(self, text: str) -> str:
        """A text that is whole. Without secrets it is as it was, else it is clean as well."""
        cleaned = clean(text)
        redacted = self._redactor.redact(cleaned)
        return text if redacted == cleaned else redacted


def decided_by(text: str, *, redactor: Redactor) -> str:
    """What a person decides by: without the keys that are known, and with all else of it."""
    shown = redactor.redact_known(text)
    cleaned = clean(shown)
    redacted = redactor.redact_known(cleaned)  # one that was cut by what cannot be seen
    return shown if redacted == cleaned else redacted


def _walked(value: object, hide: Callable[[str], str]) -> object:
    """The very same, where there is nothing to be hidden in it."""
    match value:
        case str():
            return hide(value)
        case tuple():
            parts = cast("tuple[object, ...]", value)
            walked = tuple(_walked(each, hide) for each in parts)
            return walked if any(map(is_not, walked, parts)) else parts
        case Struct():
            fields = {name: getattr(value, name) for name in value.__struct_fields__}
            hidden = {name: _walked(each, hide) for name, each in fields.items()}
            others = {name: each for name, each in hidden.items() if each is not fields[name]}
            return replace(value, **others) if others else value
        case _:
            return value
