"""The order of events that every dialect keeps, whatever bytes it is sent."""

from __future__ import annotations

from collections.abc import Iterable

from vibe.domain.stream import (
    Began,
    Broken,
    CallBegan,
    CallDelta,
    CallEnded,
    Ended,
    LimitsSeen,
    Passed,
    StreamEvent,
    TextDelta,
    ThinkingDelta,
    ThinkingSealed,
    UsageSeen,
)


def grammatical(events: Iterable[StreamEvent]) -> bool:
    """Whether the answer has ended; fails where an event stands in the wrong place."""
    listed = list(events)
    begun: set[int] = set()
    ended: set[int] = set()
    for place, event in enumerate(listed):
        match event:
            case Began():
                assert place == 0
            case CallBegan(call=call):
                assert call == len(begun)
                begun.add(call)
            case CallDelta(call=call):
                assert call in begun - ended
            case CallEnded(call=call):
                assert call in begun - ended
                ended.add(call)
            case Ended() | Broken():
                assert place == len(listed) - 1
            case TextDelta(text) | ThinkingDelta(text):
                assert text
            case ThinkingSealed() | UsageSeen() | LimitsSeen() | Passed():
                pass
    return isinstance(listed[-1], Ended | Broken)
