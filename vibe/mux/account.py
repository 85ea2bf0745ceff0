"""A trace in words: who was asked and why, what came of it, how long it took, what it cost.

For `vibe mux why` and for the chat, which say the same. Lays nothing out, and cleans nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from vibe.domain.event import Outcome
from vibe.domain.telling import duration, in_brief, money, tokens
from vibe.mux.step import Why
from vibe.mux.trace import AttemptTrace, Trace

REASONS: Final[Mapping[Why, str]] = {
    "only": "the only one",
    "order": "first in order",
    "share": "furthest behind its share",
    "turn": "began this turn",
    "random": "drawn by lot",
    "least_busy": "the less busy of two",
    "failover": "next after the failure",
    "repeat": "asked once more",
    "repair": "asked in another form",
    "probe": "its rest was over: a probe",
    "last_resort": "nobody else: a probe before its rest was over",
    "hedge": "the first was silent",
}
ENDS: Final[Mapping[Outcome, str]] = {
    Outcome.OK: "",
    Outcome.FAILED: "refused for good",
    Outcome.EXHAUSTED: "all limited or down",
    Outcome.CANCELLED: "stopped",
    Outcome.DEADLINE: "out of time",
}


def end_of(trace: Trace) -> str:
    """Who answered, if anybody, and how long that took."""
    took = f"after {trace.total_s:.2f} s"
    if trace.waited_s >= 0.005:
        took += f", {trace.waited_s:.2f} s of it waiting"
    if trace.alias is None:
        return f"not answered {took}: {ENDS[trace.outcome]}"
    seams = f", with {trace.seams} seam{'s' * (trace.seams > 1)}" if trace.seams else ""
    return f"answered by {trace.alias} {took}{seams}"


def cost_of(trace: Trace) -> str:
    is_estimate = any(attempt.is_estimated for attempt in trace.attempts)
    return money(trace.cost_uusd, is_estimate=is_estimate)


def came_of(attempt: AttemptTrace) -> str:
    """And what it cost: of one that failed or was stopped, if it cost anything."""
    failure = attempt.failure
    used = f"; {_used(attempt)}" if attempt.input_tokens or attempt.output_tokens else ""
    if attempt.outcome == "cancelled":
        return f"stopped after {attempt.took_s:.2f} s{used}"
    if failure is not None:
        asked = failure.retry_after_s
        wait = f"; it asked for {duration(asked)}" if asked else ""
        return f"{in_brief(failure)} after {attempt.took_s:.2f} s{wait}{used}"
    first = f"first word after {attempt.first_token_s:.2f} s; " if attempt.first_token_s else ""
    return f"answered: {first}{_used(attempt)}"


def _used(attempt: AttemptTrace) -> str:
    about = "~" * attempt.is_estimated
    read, wrote = tokens(attempt.input_tokens or 0), tokens(attempt.output_tokens or 0)
    cost = money(attempt.cost_uusd, is_estimate=attempt.is_estimated)
    return f"{about}{read} tokens in, {about}{wrote} out, {cost}"
