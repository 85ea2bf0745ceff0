"""How far a run may go: answers, cost and time. What is met is told in one sentence."""

from __future__ import annotations

from msgspec import Struct

from vibe.domain.telling import duration, money


class Bounds(Struct, frozen=True, kw_only=True):
    """None: no bound. `answers` are those of models, each of which may call tools."""

    answers: int | None = None
    cost_uusd: int | None = None
    within_s: float | None = None

    def met(self, *, answers: int, cost_uusd: int, took_s: float) -> str | None:
        """Which bound is met, if any is: nobody is asked once more then."""
        if self.answers is not None and answers >= self.answers:
            told = "1 answer" if self.answers == 1 else f"{self.answers} answers"
            return f"the limit of {told} was reached"
        if self.cost_uusd is not None and cost_uusd >= self.cost_uusd:
            return f"the limit of {money(self.cost_uusd)} was reached"
        if self.within_s is not None and took_s >= self.within_s:
            return f"the limit of {duration(self.within_s)} was reached"
        return None

    def left_s(self, took_s: float) -> float | None:
        return None if self.within_s is None else max(0.0, self.within_s - took_s)
