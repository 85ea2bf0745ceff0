"""An answer that is not whole yet, from its events: what a screen shows of it.

A pure fold; what is whole is of the transcript.
"""

from __future__ import annotations

from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

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
from vibe.domain.model import Alias
from vibe.domain.stream import (
    CallBegan,
    CallDelta,
    CallEnded,
    Passed,
    TextDelta,
    ThinkingDelta,
    ThinkingSealed,
)


class Arriving(Struct, frozen=True, kw_only=True):
    """A call whose arguments may go on, by its number in the answer."""

    number: int
    name: str
    arguments: str = ""


class Live(Struct, frozen=True, kw_only=True):
    """`alias` is who was asked last."""

    alias: Alias | None = None
    text: str = ""
    thinking: str = ""
    calls: tuple[Arriving, ...] = ()

    def apply(self, event: PoolEvent) -> Live:
        match event:
            case Routed(alias=alias) | FailedOver(to_alias=alias) | Seam(to_alias=alias):
                return replace(self, alias=alias)
            case TextDelta(text):
                return replace(self, text=self.text + text)
            case ThinkingDelta(text):
                return replace(self, thinking=self.thinking + text)
            case CallBegan(call=number, name=name):
                return replace(self, calls=(*self.calls, Arriving(number=number, name=name)))
            case CallDelta(call=number, arguments=more):
                return replace(self, calls=_longer(self.calls, number, more))
            case Retracted(alias=alias):
                return Live(alias=alias)
            case Sealed() | Unanswered():
                return Live()
            case CallEnded() | ThinkingSealed() | Passed() | Waiting() | Slow():
                return self
        assert_never(event)


def _longer(calls: tuple[Arriving, ...], number: int, more: str) -> tuple[Arriving, ...]:
    return tuple(
        replace(each, arguments=each.arguments + more) if each.number == number else each
        for each in calls
    )
