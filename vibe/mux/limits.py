"""What the providers' headers tell of their limits, kept until it is over.

It only diverts: an entry whose limit is used up is passed over while another can serve, and asked
all the same when none can, for headers are hints and a 429 is a word.
"""

from __future__ import annotations

from msgspec import Struct

from vibe.domain.limits import Limit, Limits


class Learned(Struct, frozen=True, kw_only=True):
    """What was left at `seen_at`; each `reset_at` is of the same clock. None is not known."""

    seen_at: float
    requests: int | None = None
    requests_reset_at: float | None = None
    tokens: int | None = None
    tokens_reset_at: float | None = None

    def spent_until(self, now: float, *, sent: int, tokens: int) -> float | None:
        """Until when nothing is left for one more request of `tokens`, after `sent` others."""
        until: list[float] = []
        if self.requests is not None and self.requests <= sent:
            until.append(self.requests_reset_at or now)
        if self.tokens is not None and self.tokens < max(tokens, 1):
            until.append(self.tokens_reset_at or now)
        latest = max(until, default=now)
        return latest if latest > now else None


def learned(limits: Limits, now: float) -> Learned | None:
    """None where the headers tell nothing that could ever divert a request."""
    requests, tokens = limits.requests, limits.tokens
    found = Learned(
        seen_at=now,
        requests=requests.remaining if requests else None,
        requests_reset_at=_reset_at(requests, now),
        tokens=tokens.remaining if tokens else None,
        tokens_reset_at=_reset_at(tokens, now),
    )
    tells = found.requests is not None or found.tokens is not None
    return found if tells else None


def _reset_at(limit: Limit | None, now: float) -> float | None:
    return None if limit is None or limit.reset_s is None else now + limit.reset_s
