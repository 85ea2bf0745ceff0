"""A client's protocol: its request in, its answer out, and no I/O. The other side of codec.py.

Contracts that every protocol keeps, and that tests/wire holds it to:
- `read` refuses what has a wrong form with a `UsageError` that names the place.
- A `Writer` is begun once, then told pieces, then ended or failed, once. Whatever pieces come, what
  it writes is a legal sequence of its protocol that ends in its terminator or its error. It can
  also fail what it has not begun: an answer in a provider's own bytes, which were cut.
- No piece may be told of a call that has not begun, and none after its end.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, Protocol, TypeAlias

from msgspec import Struct

from vibe.domain.answer import Answer
from vibe.domain.message import Producer
from vibe.domain.request import Dialect, Effort, ModelRequest
from vibe.domain.stream import (
    CallBegan,
    CallDelta,
    CallEnded,
    TextDelta,
    ThinkingDelta,
    ThinkingSealed,
)

Piece: TypeAlias = TextDelta | ThinkingDelta | ThinkingSealed | CallBegan | CallDelta | CallEnded
Trouble: TypeAlias = Literal[
    "invalid", "too_long", "refused", "unauthorized", "forbidden", "not_found", "too_large",
    "rate_limited", "overloaded", "failed", "timeout",
]  # fmt: skip


# What clients may ask for, in the words of all protocols, by what vibe can ask for.
EFFORTS: Final[Mapping[str, Effort]] = MappingProxyType({
    "none": "minimal", "minimal": "minimal", "low": "low", "medium": "medium", "high": "high",
    "xhigh": "high", "max": "high", "ultra": "high",
})  # fmt: skip


class Wanted(Struct, frozen=True, kw_only=True):
    """`model` is the name by which one was asked for. `session` tells requests of one conversation,
    as the client itself does, "" where it does not. `tells_usage` is for a stream."""

    request: ModelRequest
    model: str
    is_streamed: bool = False
    tells_usage: bool = False
    session: str = ""


class Heading(Struct, frozen=True, kw_only=True):
    """What all parts of one answer have in common. `model` is the name that the client is told,
    `producer` who thinks, as far as that is known when it begins. `created` is in seconds."""

    id: str
    created: int
    model: str
    producer: Producer | None = None


class Fault(Struct, frozen=True, kw_only=True):
    """Why there is no answer, or no more of it: one clean sentence, and when to come again."""

    status: int
    trouble: Trouble
    message: str
    retry_after_s: float | None = None


class Writer(Protocol):
    """One answer on its way out, as bytes of an event stream."""

    def begin(self) -> bytes: ...

    def by(self, producer: Producer) -> bytes:
        """Who speaks from here on, where that is another."""
        ...

    def piece(self, piece: Piece) -> bytes: ...

    def beat(self) -> bytes:
        """That it is still alive, while nothing comes."""
        ...

    def end(self, answer: Answer) -> bytes:
        """All that was told is of `answer`, and so are its calls, each of which was told."""
        ...

    def fail(self, fault: Fault) -> bytes: ...


class Served(Protocol):
    """One protocol."""

    @property
    def dialect(self) -> Dialect: ...

    def read(self, body: bytes) -> Wanted: ...

    def writer(self, wanted: Wanted, heading: Heading) -> Writer: ...

    def whole(self, wanted: Wanted, heading: Heading, answer: Answer) -> bytes:
        """The answer as one body."""
        ...

    def error(self, fault: Fault, *, request_id: str) -> bytes:
        """The body of an answer whose status is `fault.status`."""
        ...
