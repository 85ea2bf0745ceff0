"""One answer as plain text on stdout, as it comes; what is not the answer goes to the caller.

Knows neither the command line nor providers: it reads the one stream of events.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import assert_never

from msgspec import Struct

from vibe.clean import Cleaner
from vibe.domain.failure import Failure
from vibe.domain.stream import (
    Began,
    Broken,
    CallBegan,
    CallDelta,
    CallEnded,
    Ended,
    LimitsSeen,
    StopReason,
    StreamEvent,
    TextDelta,
    ThinkingDelta,
    ThinkingSealed,
    UsageSeen,
)
from vibe.domain.usage import Usage


class Printed(Struct, frozen=True, kw_only=True):
    """How the answer ended: exactly one of `reason` and `failure` is not None."""

    reason: StopReason | None = None
    failure: Failure | None = None
    usage: Usage = Usage()
    is_blank: bool = True


async def print_answer(  # noqa: C901 - one exhaustive match, a line or two an event
    events: AsyncIterator[StreamEvent], write: Callable[[str], None]
) -> Printed:
    """Pass the text of the answer to `write`, cleaned and ended with a line end, piece by piece."""
    cleaner = Cleaner()
    usage = Usage()
    is_blank = True
    ends_line = True
    reason: StopReason | None = None
    failure: Failure | None = None

    def show(text: str) -> None:
        nonlocal is_blank, ends_line
        if text:
            write(text)
            is_blank = is_blank and not text.strip()
            ends_line = text.endswith("\n")

    async for event in events:
        match event:
            case TextDelta(text):
                show(cleaner.feed(text))
            case UsageSeen(seen):
                usage = usage.merged(seen)
            case Ended(ended):
                reason = ended
            case Broken(broken):
                failure = broken
            case LimitsSeen() | Began() | ThinkingDelta() | ThinkingSealed():
                pass
            case CallBegan() | CallDelta() | CallEnded():
                pass  # no tools are offered yet
            case _:
                assert_never(event)
    show(cleaner.finish())
    if not ends_line:
        write("\n")
    return Printed(reason=reason, failure=failure, usage=usage, is_blank=is_blank)
