"""Values as lines of JSON: every event by its name, for programs that read along.

A line is ASCII, so that no control in it reaches a terminal: text is told as it is, and whoever
shows it cleans it. Secrets are replaced in values, never in keys. What is no number is null.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Final, get_args

import msgspec
from msgspec import Struct

from vibe.domain.event import Event
from vibe.domain.stream import Passed, ThinkingSealed
from vibe.secret import Redactor
from vibe.session.redacted import redacted

NAMES: Final[Mapping[type[Struct], str]] = {
    event: re.sub(r"(?<!^)(?=[A-Z])", "_", event.__name__).lower()
    for event in get_args(Event)
    if event not in (ThinkingSealed, Passed)  # what only a provider can read
}
OPENING: Final = "session"
RESULT: Final = "result"
_ELSEWHERE: Final = re.compile(r"[^ -~]+")


def json_line(value: Struct, redactor: Redactor, *, event: str = "") -> str:
    """`event` is its name in a stream, "" where it stands for itself."""
    fields = redacted(value, redactor)
    text = msgspec.json.encode({"event": event, **fields} if event else fields).decode()
    return _ELSEWHERE.sub(lambda found: json.dumps(found[0])[1:-1], text) + "\n"


class Lines:
    """Writes each event as it comes."""

    def __init__(self, write: Callable[[str], None], redactor: Redactor) -> None:
        self._write = write
        self._redactor = redactor

    def note(self, event: Event) -> None:
        if name := NAMES.get(type(event)):
            self._write(json_line(event, self._redactor, event=name))

    def end(self) -> None: ...
