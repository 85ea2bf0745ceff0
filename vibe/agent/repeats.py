"""Models that run in circles: the same call with the same result, again and again.

A third time they are told, a fifth time the turn stops and the person is asked.
"""

from __future__ import annotations

from collections import Counter

from vibe.domain.message import ToolCall, ToolResult

HINT_AT = 3
STOP_AT = 5
HINT = (
    "[This very call has brought this very result {times} times in this turn. Do something else, "
    "or say what is in the way.]"
)


class Repeats:
    """Counts those of one turn."""

    def __init__(self) -> None:
        self._seen: Counter[tuple[object, ...]] = Counter()
        self.most = 0

    def note(self, call: ToolCall, result: ToolResult) -> str | None:
        """What to tell the model, if it is time to."""
        seen = (call.name, call.arguments, result.parts)
        self._seen[seen] += 1
        times = self._seen[seen]
        self.most = max(self.most, times)
        return HINT.format(times=times) if times >= HINT_AT else None

    @property
    def goes_in_circles(self) -> bool:
        return self.most >= STOP_AT

    def forgive(self) -> None:
        """The person wants it to go on."""
        self._seen.clear()
        self.most = 0
