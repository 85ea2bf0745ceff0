"""What the headers of an answer tell of the limits it is under: requests and tokens.

Any vendor's names are read: `x-ratelimit-remaining-tokens`, `x-ratelimit-limit-req-minute`,
`anthropic-ratelimit-input-tokens-reset`. Where one subject has several limits, the one with the
least left stands for it. Nothing here remembers or decides anything.
"""

from __future__ import annotations

import re
from typing import Final

from vibe.domain.limits import Limit, Limits
from vibe.wire.codec import Headers
from vibe.wire.retry_after import seconds_of

_NAME = re.compile(r"(?:x-|anthropic-)?rate-?limit-([a-z-]+)")
_COUNT = re.compile(r"[0-9]{1,15}(?:\.0*)?")
_PERIODS: Final = {"second", "minute", "hour", "day", "month"}
_TOKENS: Final = {"tokens", "input", "output", "prompt", "generated"}
_REQUESTS: Final = {"requests", "req"}


def limits_of(headers: Headers, *, now: float | None) -> Limits | None:
    """None where the headers tell nothing of limits."""
    told: dict[frozenset[str], dict[str, str]] = {}
    for name, value in headers:
        if named := _NAME.fullmatch(name.lower()):
            words = frozenset(named[1].split("-"))
            for field in words & {"limit", "remaining", "reset"}:
                told.setdefault(words - {field}, {}).setdefault(field, value)
    requests = _least(told, _REQUESTS, now=now)
    tokens = _least(told, _TOKENS, now=now)
    return Limits(requests=requests, tokens=tokens) if requests or tokens else None


def _least(
    told: dict[frozenset[str], dict[str, str]], subject: set[str], *, now: float | None
) -> Limit | None:
    """The tightest limit of a subject; a limit that names no subject is one of requests."""
    limits = [
        Limit(
            limit=_count(fields.get("limit", "")),
            remaining=_count(fields.get("remaining", "")),
            reset_s=seconds_of(fields.get("reset", ""), now=now),
        )
        for words, fields in told.items()
        if words <= subject | _PERIODS and (words & subject or subject is _REQUESTS)
    ]
    known = [limit for limit in limits if limit != Limit()]
    return min(known, key=_left, default=None)


def _left(limit: Limit) -> tuple[bool, int, float]:
    """Sorts by what remains, then the later reset first; what is not known comes last."""
    return limit.remaining is None, limit.remaining or 0, -(limit.reset_s or 0.0)


def _count(text: str) -> int | None:
    return int(float(text)) if _COUNT.fullmatch(text.strip()) else None
