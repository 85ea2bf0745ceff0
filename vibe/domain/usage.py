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
    """The cost in micro-dollars; None where a count or a price that it needs is not known.

    Without a price of their own, cached tokens are charged as any other: the sum is then an upper
    bound.
    """
    if usage.input is None or usage.output is None or price.input is None or price.output is None:
        return None
    cached = min(usage.cached_read or 0, usage.input)
    cached_price = price.input if price.cached_input is None else price.cached_input
    fresh = usage.input - cached
    return round(fresh * price.input + cached * cached_price + usage.output * price.output)


def _newer(earlier: int | None, later: int | None) -> int | None:
    return earlier if later is None else later
