"""What a dialect is: bytes for a request, events from the bytes of an answer, and no I/O.

Contracts that every dialect keeps, and that tests/wire holds it to:
- `encode` takes a request that portability.py has fitted to the target, and never fails.
- Any split of the bytes gives the same events. After `Ended` or `Broken` nothing follows.
- The end of the bytes before the dialect's own terminator is `Broken`, never `Ended`; so is an
  answer with neither text nor call (kind EMPTY).
- A call whose arguments were cut has no `CallEnded`.
- `failure` answers for any status, any headers and any body.
"""

from __future__ import annotations

from typing import Literal, Protocol, TypeAlias

from msgspec import Struct

from vibe.domain.failure import Failure
from vibe.domain.request import ModelRequest
from vibe.domain.stream import StreamEvent
from vibe.domain.target import Target

Auth: TypeAlias = Literal["bearer", "x-api-key", "api-key"]
Headers: TypeAlias = tuple[tuple[str, str], ...]


class HttpCall(Struct, frozen=True, kw_only=True):
    """`path` goes after the provider's api_base; the transport puts the key in, as `auth` says."""

    path: str
    body: bytes
    auth: Auth = "bearer"
    headers: Headers = ()
    query: Headers = ()
    stream: bool = True
    method: Literal["POST", "GET"] = "POST"


class Reply(Struct, frozen=True, kw_only=True):
    """An answer that is no success, read to its end (or to the bound of an error body)."""

    status: int
    headers: Headers = ()
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """The first header of that name, in lower case."""
        return next((value for key, value in self.headers if key.lower() == name), None)


class Decoder(Protocol):
    """One answer on its way in."""

    def feed(self, data: bytes) -> tuple[StreamEvent, ...]: ...

    def finish(self) -> tuple[StreamEvent, ...]:
        """The bytes are at their end; says so with `Broken` unless the answer had ended."""
        ...


class Codec(Protocol):
    """One dialect."""

    def encode(self, request: ModelRequest, target: Target) -> HttpCall: ...

    def decoder(self, target: Target, *, stream: bool) -> Decoder: ...

    def failure(self, reply: Reply, *, now: float) -> Failure:
        """`now` is the wall time, for a date on which the provider says to come back."""
        ...
