"""What is remembered of a scope, in the form in which another process can read it: in wall time.

A time to come is kept as the wall time and as how far ahead it lay when it was written. Where the
wall clock has been set meanwhile, the second bounds what the first may mean. Pure values, merged so
that neither order nor repetition matters; nothing here reads a clock or a file.
"""

from __future__ import annotations

from math import inf
from typing import NamedTuple

import msgspec

from vibe.clock import Clock
from vibe.domain.failure import Failure
from vibe.mux.entry import ScopeId
from vibe.mux.health import Health
from vibe.mux.limits import Learned
from vibe.mux.resort import MENDED_BY_PEOPLE

MOST = 2**62  # of what a provider claims: beyond 64 bits, SQLite takes nothing


class Now(NamedTuple):
    monotonic: float
    wall: float


def now_of(clock: Clock) -> Now:
    return Now(clock.monotonic(), clock.wall())


def ahead(at: float, now: Now) -> tuple[float, float]:
    """A monotonic time as wall time, and how far ahead it lies. Infinities stay what they are."""
    ahead_s = at - now.monotonic
    return now.wall + ahead_s, max(ahead_s, 0.0)


def at(wall: float, ahead_s: float, now: Now) -> float:
    """The reverse. What lay ahead and has passed is now; what was never is minus infinity."""
    return now.monotonic + min(max(wall - now.wall, 0.0), ahead_s) if wall > -inf else -inf


class HealthRow(NamedTuple):
    """The order of the fields is the order by which the greater of two rows is told: see `merged`.

    How many failures there were in a row is kept only of an open circuit; while it is closed, each
    process counts its own, for a success could not take back what is merged.
    """

    scope: ScopeId
    epoch: int
    is_closed: bool
    until: float
    until_s: float
    openings: int
    in_a_row: int
    rest_s: float
    failure: str
    stalled: float
    stated: float
    stated_s: float
    resort: float
    resort_s: float


def health_row(scope: ScopeId, health: Health, now: Now) -> HealthRow:
    is_closed, failure = health.until is None, health.failure
    until, until_s = ahead(-inf if health.until is None else health.until, now)
    stated, stated_s = ahead(health.stated_until, now)
    resort, resort_s = ahead(health.resort_at, now)
    return HealthRow(
        scope=scope,
        epoch=health.epoch,
        is_closed=is_closed,
        until=until,
        until_s=until_s,
        openings=health.openings,
        in_a_row=0 if is_closed else health.in_a_row,
        rest_s=health.rest_s,
        failure="" if is_closed or failure is None else _text_of(failure),
        stalled=now.wall + (health.stalled_at - now.monotonic),
        stated=stated,
        stated_s=stated_s,
        resort=resort,
        resort_s=resort_s,
    )


def merged(one: HealthRow, other: HealthRow) -> HealthRow:
    """What two processes know together of one scope: the later epoch; in one epoch the closing.

    Of two openings the one that ends later counts, and no deadline of either is forgotten.
    """
    low, top = sorted((one, other))
    if (low.epoch, low.is_closed) != (top.epoch, top.is_closed):
        return top
    stated, stated_s = max((low.stated, low.stated_s), (top.stated, top.stated_s))
    resort, resort_s = max((low.resort, low.resort_s), (top.resort, top.resort_s))
    return top._replace(
        stalled=max(low.stalled, top.stalled),
        stated=stated,
        stated_s=stated_s,
        resort=resort,
        resort_s=resort_s,
    )


def health_of(row: HealthRow, now: Now, *, has_chance: bool) -> Health:
    """`has_chance`: what only a person can mend is half-open, for they may have done so."""
    stalled_at = now.monotonic - max(now.wall - row.stalled, 0.0)
    if row.is_closed:
        return Health(epoch=row.epoch, stalled_at=stalled_at)
    failure = _failure_of(row.failure)
    until = at(row.until, row.until_s, now)
    if has_chance and failure and (failure.inner or failure.kind) in MENDED_BY_PEOPLE:
        until = min(until, now.monotonic)
    return Health(
        epoch=row.epoch,
        in_a_row=row.in_a_row,
        openings=row.openings,
        until=until,
        stated_until=at(row.stated, row.stated_s, now),
        resort_at=at(row.resort, row.resort_s, now),
        rest_s=row.rest_s,
        failure=failure,
        stalled_at=stalled_at,
    )


class LimitRow(NamedTuple):
    """The reset of a limit is minus infinity where it is not known."""

    scope: ScopeId
    seen: float
    requests: int | None
    requests_reset: float
    requests_reset_s: float
    tokens: int | None
    tokens_reset: float
    tokens_reset_s: float


def limit_row(scope: ScopeId, limit: Learned, now: Now) -> LimitRow:
    requests_reset, requests_reset_s = ahead(_or_never(limit.requests_reset_at), now)
    tokens_reset, tokens_reset_s = ahead(_or_never(limit.tokens_reset_at), now)
    return LimitRow(
        scope=scope,
        seen=now.wall + (limit.seen_at - now.monotonic),
        requests=None if limit.requests is None else min(limit.requests, MOST),
        requests_reset=requests_reset,
        requests_reset_s=requests_reset_s,
        tokens=None if limit.tokens is None else min(limit.tokens, MOST),
        tokens_reset=tokens_reset,
        tokens_reset_s=tokens_reset_s,
    )


def limit_of(row: LimitRow, now: Now) -> Learned:
    return Learned(
        seen_at=now.monotonic - max(now.wall - row.seen, 0.0),
        requests=row.requests,
        requests_reset_at=_if_ever(at(row.requests_reset, row.requests_reset_s, now)),
        tokens=row.tokens,
        tokens_reset_at=_if_ever(at(row.tokens_reset, row.tokens_reset_s, now)),
    )


def json_of(value: msgspec.Struct) -> str:
    """Empty where a text in it is not one that UTF-8 can hold."""
    try:
        return msgspec.json.encode(value).decode()
    except UnicodeEncodeError:
        return ""


def _or_never(at: float | None) -> float:
    return -inf if at is None else at


def _if_ever(at: float) -> float | None:
    return None if at == -inf else at


def _text_of(failure: Failure) -> str:
    return json_of(failure) or json_of(msgspec.structs.replace(failure, detail=""))


def _failure_of(text: str) -> Failure | None:
    try:
        return msgspec.json.decode(text, type=Failure) if text else None
    except msgspec.MsgspecError:  # of a kind that a later vibe tells apart
        return None
