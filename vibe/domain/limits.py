"""How much of a provider may be used, and when more may be: what its answers tell of it."""

from __future__ import annotations

from msgspec import Struct


class Limit(Struct, frozen=True, kw_only=True):
    """`None` is not known. `reset_s` is when `remaining` is back at `limit`, from now."""

    limit: int | None = None
    remaining: int | None = None
    reset_s: float | None = None


class Limits(Struct, frozen=True, kw_only=True):
    requests: Limit | None = None
    tokens: Limit | None = None

    @property
    def nothing_allowed(self) -> bool:
        """The limit itself is zero, as Mistral tells a key without a plan: no wait helps."""
        return self.requests is not None and self.requests.limit == 0

    @property
    def refilled_s(self) -> float | None:
        """When all that is used up is back. Azure names no remainder of what is used up."""
        resets = [
            limit.reset_s
            for limit in (self.requests, self.tokens)
            if limit and not limit.remaining and limit.reset_s is not None
        ]
        return max(resets, default=None)
