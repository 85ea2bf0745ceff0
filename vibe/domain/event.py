"""What happens: one closed union, `Event`, from the pool to every screen.

A request on the pool is any number of `PoolEvent`s and then exactly one `Sealed` or `Unanswered`. A
turn is made of such requests and of what happens between them, and ends with `TurnFinished`. Nobody
runs a call before `Sealed`. Deltas carry only what is new.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct

from vibe.domain.answer import Answer
from vibe.domain.failure import Failure
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
from vibe.domain.turn import TurnEvent


class Outcome(StrEnum):
    """What became of a request on the pool."""

    OK = "ok"
    FAILED = "failed"  # a failure that no wait and no other entry helps against
    EXHAUSTED = "exhausted"  # every entry is limited or down, for longer than one may wait
    CANCELLED = "cancelled"
    DEADLINE = "deadline"


class Routed(Struct, frozen=True, kw_only=True):
    """An entry is being asked, and why this one."""

    alias: Alias
    why: str


class FailedOver(Struct, frozen=True, kw_only=True):
    """Nothing was seen of the answer yet. Where both are one, it is asked again."""

    from_alias: Alias
    to_alias: Alias
    failure: Failure
    delay_s: float


class Waiting(Struct, frozen=True, kw_only=True):
    """Nobody can be asked now. `for_s` is how long until somebody can, as far as that is known."""

    for_s: float | None
    tries: int
    full: bool = False
    offline: bool = False
    alias: Alias | None = None
    failure: Failure | None = None


class Slow(Struct, frozen=True, kw_only=True):
    """Asked so long ago, and still not a word: which is no failure yet."""

    alias: Alias
    after_s: float


class Retracted(Struct, frozen=True, kw_only=True):
    """What was seen of the answer counts no longer; it begins anew. `text` is what was seen."""

    alias: Alias
    failure: Failure
    text: str = ""


class Seam(Struct, frozen=True, kw_only=True):
    """The answer was cut here after about `tokens`, and another goes on with it."""

    from_alias: Alias
    to_alias: Alias
    failure: Failure
    tokens: int


class Sealed(Struct, frozen=True):
    """The answer is whole."""

    answer: Answer


class Tried(Struct, frozen=True):
    """One attempt that brought no whole answer."""

    alias: Alias
    failure: Failure


class Unanswered(Struct, frozen=True, kw_only=True):
    """There is no whole answer. `failure` is the most telling one, and `by` who had it.

    `part` is what came of an answer, flagged as cut. `again_in_s` is when to try again.
    """

    outcome: Outcome
    failure: Failure | None = None
    by: Alias | None = None
    again_in_s: float | None = None
    tried: tuple[Tried, ...] = ()
    part: Answer | None = None


Delta: TypeAlias = TextDelta | ThinkingDelta | ThinkingSealed | CallBegan | CallDelta | CallEnded
PoolEvent: TypeAlias = (
    Routed
    | TextDelta
    | ThinkingDelta
    | ThinkingSealed
    | CallBegan
    | CallDelta
    | CallEnded
    | Passed
    | FailedOver
    | Waiting
    | Slow
    | Retracted
    | Seam
    | Sealed
    | Unanswered
)
Event: TypeAlias = PoolEvent | TurnEvent
