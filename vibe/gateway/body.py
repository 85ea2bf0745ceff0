"""The body of a request: read whole, within a size that is counted and a time that is kept.

It keeps nothing beyond the bound, and does not look into what came.
"""

from __future__ import annotations

import asyncio
from typing import Final

from msgspec import Struct

from vibe.gateway.asgi import Receive, Scope, header
from vibe.gateway.guard import LARGE_BODY
from vibe.gateway.refusal import Refusal

_GONE: Final = Refusal(
    status=400, code="incomplete", sentence="the connection ended inside of the request"
)
_SLOW: Final = Refusal(status=408, code="too_slow", sentence="the request did not come in time")


class Pace(Struct, frozen=True, kw_only=True):
    """How slow a body may be: between two pieces, and from beginning to end."""

    idle_s: float = 30.0
    grace_s: float = 30.0
    bytes_per_s: float = 4096.0


_PACE: Final = Pace()


async def read_body(
    scope: Scope, receive: Receive, *, max_bytes: int, pace: Pace = _PACE
) -> bytes | Refusal:
    """What is too large by its own word is refused unread."""
    length = header(scope, b"content-length") or b"0"
    if length.isdigit() and (len(length) > 15 or int(length) > max_bytes):
        return LARGE_BODY
    pieces: list[bytes] = []
    came_bytes = 0
    now_s = asyncio.get_running_loop().time
    began_s = now_s()
    try:
        async with asyncio.timeout(pace.idle_s) as patience:
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return _GONE
                pieces.append(message.get("body", b""))
                came_bytes += len(pieces[-1])
                if came_bytes > max_bytes:
                    return LARGE_BODY
                if not message.get("more_body", False):
                    return b"".join(pieces)
                whole_s = began_s + pace.grace_s + came_bytes / pace.bytes_per_s
                patience.reschedule(min(now_s() + pace.idle_s, whole_s))
    except TimeoutError:
        return _SLOW
