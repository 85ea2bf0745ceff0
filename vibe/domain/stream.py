"""What comes out of a model while it answers: one closed union, the same for every dialect.

A stream is any number of events and then exactly one `Ended` or `Broken`; nothing follows it. Each
delta carries only what is new. `call` numbers the calls of one answer from 0.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

from vibe.domain.failure import Failure
from vibe.domain.limits import Limits
from vibe.domain.usage import Usage

StopReason: TypeAlias = Literal["end", "length", "calls", "stop_sequence"]


class Began(Struct, frozen=True, kw_only=True):
    """The provider took the request; `model` is what it says that it runs, "" if nothing."""

    model: str = ""
    id: str = ""


class LimitsSeen(Struct, frozen=True):
    """What the headers of the answer, or of the refusal, tell; comes before everything else."""

    limits: Limits


class TextDelta(Struct, frozen=True):
    text: str


class ThinkingDelta(Struct, frozen=True):
    text: str


class ThinkingSealed(Struct, frozen=True):
    """The end of one block of thinking; `seal` is "" where the provider signs nothing."""

    seal: str


class CallBegan(Struct, frozen=True, kw_only=True):
    call: int
    id: str
    name: str


class CallDelta(Struct, frozen=True, kw_only=True):
    call: int
    arguments: str


class CallEnded(Struct, frozen=True, kw_only=True):
    """The arguments are whole, as far as the provider can tell."""

    call: int
    seal: str = ""


class Passed(Struct, frozen=True):
    """A part of the answer in the very bytes of the provider, for a reader who speaks as it does.

    Only where that was asked for, and then in the place of all deltas; `pieces` is about how many.
    """

    data: bytes
    pieces: int = 0


class UsageSeen(Struct, frozen=True):
    """What has been counted so far; a later one corrects an earlier one."""

    usage: Usage


class Ended(Struct, frozen=True):
    """The provider's own word that the answer is whole, or why it is not longer."""

    reason: StopReason


class Broken(Struct, frozen=True):
    """The stream failed; what came before is all there is."""

    failure: Failure


StreamEvent: TypeAlias = (
    LimitsSeen
    | Began
    | TextDelta
    | ThinkingDelta
    | ThinkingSealed
    | CallBegan
    | CallDelta
    | CallEnded
    | Passed
    | UsageSeen
    | Ended
    | Broken
)
