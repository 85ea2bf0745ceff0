"""One answer as it goes over the socket, byte by byte and with every way to go wrong, as a value.

A reply is written by `server.py`; what stands in it was decided before. Nothing here does I/O.
"""

from __future__ import annotations

from enum import Enum
from typing import Final, Literal, TypeAlias

from msgspec import Struct

Headers: TypeAlias = tuple[tuple[str, str], ...]
Framing: TypeAlias = Literal["length", "chunked", "close"]


JSON: Final = (("content-type", "application/json"),)


class Pause(Struct, frozen=True):
    """Nothing is sent for so long, by the server's clock."""

    seconds: float


class Stop(Enum):
    """What ends a reply before its end. `STALL` sends nothing more until the client goes away."""

    RESET = "reset"
    HANG_UP = "hang up"
    STALL = "stall"


Step: TypeAlias = bytes | Pause | Stop


class Reply(Struct, frozen=True, kw_only=True):
    """`steps` are the body: each piece of bytes is sent on its own, as one chunk where chunked.

    `before` comes before the status line, and its bytes are sent as they are. `length` is the
    length that the header claims, where it is not that of the steps. With `goes_down` the server
    takes no connections from then on. `fault` is the name under which it is recorded.
    """

    status: int = 200
    headers: Headers = ()
    steps: tuple[Step, ...] = ()
    before: tuple[Step, ...] = ()
    framing: Framing = "length"
    length: int | None = None
    goes_down: bool = False
    fault: str = ""


def body_of(reply: Reply) -> bytes:
    return b"".join(step for step in reply.steps if isinstance(step, bytes))


def json_reply(body: bytes, *, status: int = 200) -> Reply:
    return Reply(status=status, headers=JSON, steps=(body,))
