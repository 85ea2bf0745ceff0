"""Models that run in circles: the same call with the same result, again and again.

A third time they are told, a fifth time the turn stops and the person is asked. After a summary
what was read before may be read again; where that is all that is done between one summary and the
next, a second time in a row, it is a circle as well.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

import msgspec

from vibe.domain.message import Text, ToolCall, ToolResult

HINT_AT: Final = 3
STOP_AT: Final = 5
STALE_AT: Final = 2
HINT: Final = (
    "[This very call has brought this very result {times} times in this turn. Do something else, "
    "or say what is in the way.]"
)
AGAIN: Final = f"the same call has brought the same result {STOP_AT} times"
STALE: Final = "nothing new was done between several summaries of the conversation"
_TIMES: Final = re.compile(r"\d+\.\d+\s?m?s\b")  # a clock is no other result
_CHANGES: Final = frozenset({"edit", "write"})
_POLLS: Final = "job"  # to look again is what it is for
POLLS_A_CALL: Final = 5


class Repeats:
    """Counts those of one turn. `_stale` is how many stretches between summaries in a row brought
    nothing that was not in `_known` before."""

    def __init__(self) -> None:
        self._seen: Counter[tuple[object, ...]] = Counter()
        self._known: set[tuple[object, ...]] = set()
        self._changed: set[tuple[object, ...]] = set()
        self._most = self._stale = 0

    def note(self, call: ToolCall, result: ToolResult) -> str | None:
        """What to tell the model, if it is time to."""
        seen = (call.name, gist(call.arguments), *_lasting(result))
        if call.name in _CHANGES and not result.is_error and seen not in self._changed:
            self._changed.add(seen)
            self._seen.clear()  # what is tried after a change is not what was tried before it
            self._most = 0
        self._seen[seen] += 1
        times = self._seen[seen]
        self._most = max(self._most, times // POLLS_A_CALL if call.name == _POLLS else times)
        return HINT.format(times=times) if times >= HINT_AT else None

    @property
    def circle(self) -> str | None:
        """What goes round, if anything does."""
        if self._most >= STOP_AT:
            return AGAIN
        return STALE if self._stale >= STALE_AT else None

    def summed_up(self) -> None:
        """A summary stands for the conversation now, and tells to read again."""
        self._stale = self._stale + 1 if self._known.issuperset(self._seen) else 0
        self._known.update(self._seen)
        self._seen.clear()
        self._most = 0

    def forgive(self) -> None:
        """The person wants it to go on."""
        self._seen.clear()
        self._most = self._stale = 0


def gist(arguments: str) -> str:
    """What a call would do, whoever wrote it: another model puts its blanks elsewhere, or waits
    longer for the same command."""
    try:
        read = msgspec.json.decode(arguments, type=dict[str, object])
    except msgspec.DecodeError:
        return arguments
    return msgspec.json.encode(read.get("command", read), order="sorted").decode()


def _lasting(result: ToolResult) -> Iterator[object]:
    for part in result.parts:
        yield _TIMES.sub("", part.text) if isinstance(part, Text) else part
