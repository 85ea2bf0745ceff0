"""The one value that a script gets of a run; its fields are a promise to programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, TypeAlias

from msgspec import Struct

from vibe.domain.failure import Failure
from vibe.domain.message import ToolCall
from vibe.domain.model import Alias
from vibe.domain.telling import sentence
from vibe.mux.step import Why
from vibe.mux.trace import AttemptOutcome, Trace
from vibe.session.record import SessionId
from vibe.session.spent import Spent, in_all

SCHEMA_VERSION = 1

Reason: TypeAlias = Literal[
    "finished", "failed", "limited", "temporary", "interrupted", "denied", "usage"
]


class Error(Struct, frozen=True, kw_only=True):
    """What happened, and what helps."""

    message: str
    hint: str = ""


class Problem(Struct, frozen=True, kw_only=True):
    """How one attempt failed. `message` holds what the provider said."""

    kind: str
    message: str
    status: int | None = None


class Attempt(Struct, frozen=True, kw_only=True):
    """One model asked once. Attempts of one `request` are about the same answer."""

    request: int
    model: Alias
    why: Why
    outcome: AttemptOutcome
    took_s: float
    failure: Problem | None = None


class Cost(Struct, frozen=True, kw_only=True):
    """In dollars; null where no price is known. An estimate counts tokens that vibe had to guess,
    or leaves out what has no price."""

    usd: float | None = None
    is_estimate: bool = False


class Used(Struct, frozen=True, kw_only=True):
    """Tokens. `cached` is a part of `input`. `model` is null in the sum."""

    model: Alias | None = None
    answers: int = 0
    input: int = 0
    output: int = 0
    cached: int = 0
    is_estimate: bool = False
    cost: Cost = Cost()


class RunUsage(Struct, frozen=True, kw_only=True):
    """Of this run alone, also where it goes on with a session."""

    total: Used = Used(cost=Cost(usd=0.0))
    by_model: tuple[Used, ...] = ()


class Denial(Struct, frozen=True, kw_only=True):
    """A call that nobody was there to allow. `approve` is the mode that would have allowed it, null
    where none would; none would if it `was_interrupted` before, and nobody knows what it did."""

    call: ToolCall
    reason: str
    approve: str | None = None
    was_interrupted: bool = False


class Envelope(Struct, frozen=True, kw_only=True):
    """`answer` is what there is of it, where the run did not finish. `model` is who gave it."""

    schema_version: int = SCHEMA_VERSION
    status: Literal["ok", "error"]
    termination_reason: Reason
    exit_code: int
    answer: str = ""
    model: Alias | None = None
    error: Error | None = None
    denials: tuple[Denial, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    usage: RunUsage = RunUsage()
    cost: Cost = Cost(usd=0.0)
    duration_s: float = 0.0
    session: SessionId | None = None


class Opening(Struct, frozen=True, kw_only=True):
    """Before the first event, for whoever wants to go on with the session whatever comes."""

    session: SessionId
    folder: str
    schema_version: int = SCHEMA_VERSION


def attempts_of(traces: Iterable[Trace]) -> tuple[Attempt, ...]:
    return tuple(
        Attempt(
            request=number,
            model=attempt.alias,
            why=attempt.why,
            outcome=attempt.outcome,
            took_s=round(attempt.took_s, 3),
            failure=_problem(attempt.failure) if attempt.failure else None,
        )
        for number, trace in enumerate(traces, start=1)
        for attempt in trace.attempts
    )


def usage_since(before: Iterable[Spent], after: Iterable[Spent]) -> RunUsage:
    """What was spent in between."""
    spent = tuple(_difference({each.alias: each for each in before}, after))
    return RunUsage(total=_used(in_all(spent), model=None), by_model=tuple(map(_of_model, spent)))


def _difference(before: dict[Alias, Spent], after: Iterable[Spent]) -> Iterator[Spent]:
    for each in after:
        past = before.get(each.alias, Spent(alias=each.alias))
        spent = Spent(
            alias=each.alias,
            answers=each.answers - past.answers,
            input=each.input - past.input,
            output=each.output - past.output,
            cached_read=each.cached_read - past.cached_read,
            cost_uusd=each.cost_uusd - past.cost_uusd,
            unpriced=each.unpriced - past.unpriced,
            estimated=each.estimated - past.estimated,
        )
        if spent != Spent(alias=each.alias):
            yield spent


def _of_model(spent: Spent) -> Used:
    return _used(spent, model=spent.alias)


def _used(spent: Spent, *, model: Alias | None) -> Used:
    cost_uusd = spent.known_cost_uusd
    is_estimate = bool(spent.unpriced or spent.estimated) and cost_uusd is not None
    usd = None if cost_uusd is None else cost_uusd / 1_000_000
    return Used(
        model=model,
        answers=spent.answers,
        input=spent.input,
        output=spent.output,
        cached=spent.cached_read,
        is_estimate=bool(spent.estimated),
        cost=Cost(usd=usd, is_estimate=is_estimate),
    )


def _problem(failure: Failure) -> Problem:
    return Problem(
        kind=failure.inner or failure.kind, message=sentence(failure), status=failure.status
    )
