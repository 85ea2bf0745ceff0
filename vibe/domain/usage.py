"""What an answer used, and what that costs. Money is whole micro-dollars."""

from __future__ import annotations

from msgspec import Struct


class Usage(Struct, frozen=True, kw_only=True):
    """Tokens of one attempt; None where the provider did not say.

    `input` counts all that was sent, the cached part included; `output` all that was written,
    the reasoning included.
    """

    input: int | None = None
    output: int | None = None
    cached_read: int | None = None
    cache_write: int | None = None
    reasoning: int | None = None

    def merged(self, later: Usage) -> Usage:
        """What is known after `later`, which a stream sent as a correction."""
        return Usage(
            input=_newer(self.input, later.input),
            output=_newer(self.output, later.output),
            cached_read=_newer(self.cached_read, later.cached_read),
            cache_write=_newer(self.cache_write, later.cache_write),
            reasoning=_newer(self.reasoning, later.reasoning),
        )


class Price(Struct, frozen=True, kw_only=True):
    """Dollars per million tokens, which are micro-dollars per token. None is unknown, not free."""

    input: float | None = None
    output: float | None = None
    cached_input: float | None = None


def cost_uusd(usage: Usage, price: Price) -> int | None:
    """The cost in micro-dollars; None where a count or a price that it needs is not known: of what
    there is none, the price does not matter.

    Without a price of their own, cached tokens are charged as any other: the sum is then an upper
    bound.
    """
    sent, written = usage.input, usage.output
    if sent is None or written is None:
        return None
    if (sent and price.input is None) or (written and price.output is None):
        return None
    per_sent, per_written = price.input or 0.0, price.output or 0.0
    cached = min(usage.cached_read or 0, sent)
    per_cached = per_sent if price.cached_input is None else price.cached_input
    return round((sent - cached) * per_sent + cached * per_cached + written * per_written)


def _newer(earlier: int | None, later: int | None) -> int | None:
    return earlier if later is None else later
