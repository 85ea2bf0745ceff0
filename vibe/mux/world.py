"""What a simulated world is like: who asks how often, and how each entry fares. Frozen values.

Described by a person, in a file or by options, or drawn from a seed by the tests. Times are seconds
from the start, shares are parts of 1. Nothing here happens: that is simulate.py's.
"""

from __future__ import annotations

from typing import Annotated, TypeAlias

from msgspec import Meta, Struct

from vibe.domain.failure import Cause, Failure, FailureKind
from vibe.domain.model import Alias
from vibe.mux.entry import Pool

Share: TypeAlias = Annotated[float, Meta(ge=0, le=1)]
Moment: TypeAlias = Annotated[float, Meta(ge=0, le=1e9)]
Duration: TypeAlias = Annotated[float, Meta(gt=0, le=1e6)]
LEAST_RPS = 1 / 86_400  # less often than once a day nobody has to plan
MOST_RPS = 100_000
Rate: TypeAlias = Annotated[float, Meta(ge=LEAST_RPS, le=MOST_RPS)]
Count: TypeAlias = Annotated[int, Meta(ge=1, le=100_000_000)]

_STATUS = {
    FailureKind.BAD_REQUEST: 400,
    FailureKind.CONTEXT_TOO_LONG: 400,
    FailureKind.REFUSED: 400,
    FailureKind.AUTH: 401,
    FailureKind.NO_CREDIT: 402,
    FailureKind.NOT_FOUND: 404,
    FailureKind.RATE_LIMITED: 429,
    FailureKind.OVERLOADED: 529,
    FailureKind.SERVER: 500,
    FailureKind.EMPTY: 200,
}


class Fault(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A way to fail, and how many of the attempts do."""

    kind: FailureKind
    share: Share = 1.0
    retry_after_s: Annotated[float, Meta(ge=0, le=1e6)] | None = None
    inner: FailureKind | None = None
    cause: Cause | None = None
    lacks: bool = False

    @property
    def failure(self) -> Failure:
        cause = self.cause
        if self.kind is FailureKind.UNREACHABLE and cause is None:
            cause = "refused"
        return Failure(
            kind=self.kind,
            status=_STATUS.get(self.kind),
            retry_after_s=self.retry_after_s,
            inner=self.inner,
            lacks=self.lacks,
            cause=cause,
        )


class Outage(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From when to when every attempt fails so. What cannot be reached is the whole host."""

    from_s: Moment
    to_s: Moment
    kind: FailureKind = FailureKind.UNREACHABLE
    retry_after_s: Annotated[float, Meta(ge=0, le=1e6)] | None = None

    @property
    def failure(self) -> Failure:
        return Fault(kind=self.kind, retry_after_s=self.retry_after_s).failure


class Nature(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How an entry answers. The times are means; `cut` is the share of answers that break off.

    `per_minute` is the provider's own limit, beyond which it answers 429 and says for how long;
    `tells_limits`: its headers tell what is left of it. `patience_s` is how long a silent one is
    borne with.
    """

    alias: Alias
    first_s: Duration = 0.8
    answer_s: Duration = 4.0
    faults: tuple[Fault, ...] = ()
    cut: Share = 0.0
    outages: tuple[Outage, ...] = ()
    per_minute: Count | None = None
    tells_limits: bool = False
    patience_s: Duration = 120.0
    input_tokens: Count = 3_000
    output_tokens: Count = 500


class Phase(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many requests at this rate, at random moments. From its start on `calm` never fails."""

    requests: Count
    rps: Rate
    calm: Alias | None = None


class Span(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    from_s: Moment
    to_s: Moment


class Sleep(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The machine is suspended: whatever is due meanwhile comes late."""

    at_s: Moment
    for_s: Duration


class Reload(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    at_s: Moment
    pool: Pool


class Hand(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody closes the circuit of an entry by hand."""

    at_s: Moment
    alias: Alias


class Rumour(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another process has seen the entry fail, and says for how long it rests; 0: it is well.

    `ahead` is how many openings more than this process it knows of.
    """

    at_s: Moment
    alias: Alias
    rest_s: Annotated[float, Meta(ge=0, le=1e6)]
    ahead: Annotated[int, Meta(ge=-1, le=9)] = 1
    kind: FailureKind = FailureKind.SERVER


class World(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Entries that are not named answer as a plain `Nature` does.

    Of the requests, `cancelled` are given up by who made them, `hasty` do not wait for an entry to
    come back, `by_person` are somebody's who may have mended an account, `unable` cannot be served
    by one of the entries. Those with a `deadline_s` are the share `timed`. `turn` requests in a row
    stay together. Of the answers that were cut, `stopped` are left so, and `sealed` were complete
    enough. Of the probes, `leased` are another process's.
    """

    phases: Annotated[tuple[Phase, ...], Meta(min_length=1)]
    entries: tuple[Nature, ...] = ()
    seed: int = 0
    cancelled: Share = 0.0
    hasty: Share = 0.0
    by_person: Share = 0.0
    unable: Share = 0.0
    timed: Share = 0.0
    deadline_s: Duration = 30.0
    turn: Count = 1
    stopped: Share = 0.0
    sealed: Share = 0.0
    leased: Share = 0.0
    offline: tuple[Span, ...] = ()
    sleeps: tuple[Sleep, ...] = ()
    reloads: tuple[Reload, ...] = ()
    hands: tuple[Hand, ...] = ()
    rumours: tuple[Rumour, ...] = ()

    @property
    def requests(self) -> int:
        return sum(phase.requests for phase in self.phases)

    @property
    def seconds(self) -> float:
        """About how long requests come."""
        return sum(phase.requests / phase.rps for phase in self.phases)
