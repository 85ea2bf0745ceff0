"""What one request leaves behind: which entries were asked, why, and what came of each.

One frozen value, from which `/mux`, `vibe mux why`, logs and headers are told. It holds no text of
the conversation.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

from vibe.domain.event import Outcome
from vibe.domain.failure import Failure
from vibe.domain.model import Alias
from vibe.mux.step import Aside, Why

AttemptOutcome: TypeAlias = Literal["ok", "limited", "failed", "cancelled"]


class AttemptTrace(Struct, frozen=True, kw_only=True):
    """Times are seconds since the request began. Tokens are estimates where `is_estimated`."""

    alias: Alias
    why: Why
    at_s: float
    took_s: float
    outcome: AttemptOutcome
    asides: tuple[Aside, ...] = ()
    is_probe: bool = False
    first_token_s: float | None = None
    failure: Failure | None = None
    characters: int = 0
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    is_estimated: bool = False
    cost_uusd: int | None = None


class Trace(Struct, frozen=True, kw_only=True):
    """`alias` is who gave the answer, or had the last word of it. `began` is wall time.

    Where there are no attempts, `asides` tell why nobody was asked.
    """

    id: str
    began: float
    outcome: Outcome
    total_s: float
    waited_s: float
    alias: Alias | None = None
    seams: int = 0
    attempts: tuple[AttemptTrace, ...] = ()
    failure: Failure | None = None
    asides: tuple[Aside, ...] = ()

    @property
    def cost_uusd(self) -> int | None:
        """Of all attempts. None where the price or the tokens of one are not known."""
        costs = [attempt.cost_uusd for attempt in self.attempts]
        known = [cost for cost in costs if cost is not None]
        return sum(known) if len(known) == len(costs) else None
