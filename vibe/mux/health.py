"""The circuit of one scope: closed, open until a deadline, half-open, and what moves it on.

Frozen values and pure functions; who may probe, and which attempts began before an opening, is the
core's to know. Time is seconds of one monotonic clock. A deadline only moves later, but by success
or by hand.
"""

from __future__ import annotations

from math import inf
from typing import Literal, TypeAlias, assert_never

from msgspec import Struct
from msgspec.structs import replace

from vibe.domain.failure import Failure, FailureKind, Rest, verdict
from vibe.mux.entry import Rules

State: TypeAlias = Literal["closed", "open", "half_open"]

LONGEST_PASSING_S = 300.0
LONGEST_S = 86_400.0
NO_CREDIT_S = 3_600.0
NOT_FOUND_S = 600.0
STALLS_WITHIN_S = 60.0
OF_A_SERVER = frozenset({
    FailureKind.UNREACHABLE, FailureKind.SERVER, FailureKind.OVERLOADED, FailureKind.STALLED,
    FailureKind.BROKEN_STREAM,
})  # fmt: skip
FIRST_RESORT_S = 0.5
LONGEST_RESORT_S = 8.0
SPREAD = 0.2
STATED_SPREAD = 0.05


class Health(Struct, frozen=True, kw_only=True):
    """`until` is None while closed. `epoch` counts the openings, `openings` those in a row.

    `stated_until` is the provider's own word: nobody asks before it. `resort_at` is when a request
    that nothing else can serve may ask although `until` is not reached.
    """

    epoch: int = 0
    in_a_row: int = 0
    openings: int = 0
    until: float | None = None
    stated_until: float = -inf
    resort_at: float = -inf
    rest_s: float = 0.0
    failure: Failure | None = None
    stalled_at: float = -inf

    @property
    def earliest(self) -> float:
        """When a request that nothing else can serve may ask; minus infinity while closed."""
        if self.until is None:
            return -inf
        return self.resort_at if self.failure is None or is_passing(self.failure) else self.until

    def state(self, now: float) -> State:
        if self.until is None:
            return "closed"
        return "half_open" if now >= self.until else "open"


WELL = Health()


def after_failure(
    health: Health, failure: Failure, *, now: float, rules: Rules, chance: float
) -> Health:
    """After a failure of an attempt that began in this epoch. `chance` is from 0 to 1."""
    rest = _rest_of(failure)
    told = replace(health, in_a_row=health.in_a_row + 1, failure=failure)
    if rest == "second_time":
        told = replace(told, stalled_at=now)
        if health.until is None and now - health.stalled_at > STALLS_WITHIN_S:
            return told
    base_s = _base_s(rest, rules)
    if base_s is None:
        return told
    may_wait = failure.retry_after_s is None and is_passing(failure)
    if health.until is None and may_wait and told.in_a_row < rules.failure_threshold:
        return told
    return _opened(told, base_s, now=now, chance=chance)


def after_late_failure(health: Health, failure: Failure, *, now: float, chance: float) -> Health:
    """After a failure of an attempt that began before the opening: only its later word counts."""
    if failure.retry_after_s is None:
        return health
    if health.until is None:
        return _opened(replace(health, failure=failure), 0.0, now=now, chance=chance)
    stated = now + min(failure.retry_after_s, LONGEST_S)
    return replace(
        health,
        until=max(health.until, stated),
        stated_until=max(health.stated_until, stated),
        resort_at=max(health.resort_at, stated),
    )


def after_success(health: Health) -> Health:
    """After a success of an attempt that began in this epoch: of the probe, where it was open."""
    if health.until is None and not health.in_a_row:
        return health
    return Health(epoch=health.epoch, stalled_at=health.stalled_at)


def wakened(health: Health, now: float) -> Health:
    """Half-open, by hand: the one way in which a deadline moves earlier."""
    if health.until is None:
        return health
    return replace(
        health,
        until=min(health.until, now),
        stated_until=min(health.stated_until, now),
        resort_at=min(health.resort_at, now),
    )


def later(one: Health, other: Health) -> Health:
    """Of two openings of one epoch, the one that ends later; no deadline of either is forgotten."""
    longer = max(one, other, key=lambda health: health.until or -inf)
    return replace(
        longer,
        stated_until=max(one.stated_until, other.stated_until),
        resort_at=max(one.resort_at, other.resort_at),
    )


def is_passing(failure: Failure) -> bool:
    """Whether it may be gone after a while by itself."""
    return verdict(failure.inner or failure.kind).again.startswith("last_resort")


def is_of_server(health: Health, now: float) -> bool:
    """Whether it rests because its server was down or failed, and nobody was told for how long:
    the server's next answer, whatever to, is then the end of it."""
    failure = health.failure
    if health.until is None or failure is None or now < health.stated_until:
        return False
    return (failure.inner or failure.kind) in OF_A_SERVER


def _opened(health: Health, base_s: float, *, now: float, chance: float) -> Health:
    failure = health.failure
    stated = failure.retry_after_s if failure else None
    doubled_s = base_s * 2.0 ** min(health.openings, 30)
    if stated is not None:
        rest_s = min(max(stated, 0.0), LONGEST_S)
        stated_until = now + rest_s
        resort_at = stated_until + rest_s * STATED_SPREAD * chance
    else:
        is_short = failure is not None and is_passing(failure)
        longest_s = max(base_s, LONGEST_PASSING_S if is_short else LONGEST_S)
        rest_s = min(doubled_s, longest_s)
        stated_until = -inf
        resort_at = now + _resort_s(health.openings, chance) if is_short else now + rest_s
    until = max(now + rest_s, health.until or -inf)
    return replace(
        health,
        epoch=health.epoch + 1,
        openings=health.openings + 1,
        until=until,
        stated_until=max(stated_until, health.stated_until),
        resort_at=max(min(resort_at, until) if stated is None else resort_at, health.stated_until),
        rest_s=rest_s,
    )


def backoff_s(tries: int, chance: float) -> float:
    """0.5, 1, 2, 4, 8, 8 … seconds, a fifth more or less."""
    return _resort_s(tries, chance)


def _resort_s(before: int, chance: float) -> float:
    return min(LONGEST_RESORT_S, FIRST_RESORT_S * 2.0 ** min(before, 10)) * (
        1.0 - SPREAD + 2 * SPREAD * chance
    )


def _rest_of(failure: Failure) -> Rest:
    rest = verdict(failure.kind).rest
    if rest != "by_inner":
        return rest
    return verdict(failure.inner).rest if failure.inner else "error"


def _base_s(rest: Rest, rules: Rules) -> float | None:
    match rest:
        case "none":
            return None
        case "rate_limit":
            return rules.rate_limit_s
        case "error" | "second_time" | "by_inner":
            return rules.error_s
        case "until_change":
            return inf
        case "until_reset":
            return NO_CREDIT_S
        case "ten_minutes":
            return NOT_FOUND_S
    assert_never(rest)


NETWORK_KINDS = frozenset({"dns", "route"})


def is_of_network(failure: Failure) -> bool:
    """Whether the fault may lie on this side: no name or no route was found."""
    return failure.kind is FailureKind.UNREACHABLE and failure.cause in NETWORK_KINDS
