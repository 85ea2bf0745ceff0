"""What a web page needs to hear before its browser lets it ask: for listed origins alone.

Pure. Whether an origin is listed was decided by `guard.py`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from vibe.gateway.asgi import Header

_NAMES: Final = re.compile(rb"[A-Za-z0-9, -]{1,1024}")
_SHOWN: Final = b"x-request-id, x-vibe-model, x-vibe-attempts, x-vibe-overhead-ms, retry-after"


def is_preflight(method: str, headers: Sequence[Header]) -> bool:
    return method == "OPTIONS" and any(
        name == b"access-control-request-method" for name, _ in headers
    )


def welcome(origin: bytes) -> tuple[Header, ...]:
    """What every answer to that page carries."""
    return (
        (b"access-control-allow-origin", origin),
        (b"access-control-expose-headers", _SHOWN),
        (b"vary", b"origin"),
    )


def permission(headers: Sequence[Header]) -> tuple[Header, ...]:
    """What a preflight is told beside that. The token itself is the protection, so a page that may
    ask may send whatever headers its client library has."""
    told = dict(headers)
    wanted = told.get(b"access-control-request-headers", b"")
    permitted: list[Header] = [
        (b"access-control-allow-methods", b"GET, POST"),
        (b"access-control-max-age", b"600"),
    ]
    if _NAMES.fullmatch(wanted):
        permitted.append((b"access-control-allow-headers", wanted))
    if b"access-control-request-private-network" in told:
        permitted.append((b"access-control-allow-private-network", b"true"))
    return tuple(permitted)
