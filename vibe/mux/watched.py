"""The core under the eyes of an observer: whatever is told to the one is told to the other first.

The observer gets plain values and values of the domain, so that it can judge by knowing nothing of
this package. Without one, nothing here changes what the core does.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, Protocol, cast

import msgspec

from vibe.domain.failure import Failure
from vibe.domain.limits import Limits
from vibe.domain.model import Alias
from vibe.mux.core import Core
from vibe.mux.entry import Pool, ScopeId
from vibe.mux.health import Health
from vibe.mux.step import AttemptId, Call, RequestId, Send, Step, Then, Wait


class Observer(Protocol):  # long, for it has a method for each thing that can happen
    # What the world does.
    def pool(self, now: float, pool: dict[str, Any]) -> None: ...
    def begun(
        self,
        now: float,
        request: int,
        *,
        affinity: str | None,
        deadline: float | None,
        on_limit: str,
        unable: Collection[str],
        tokens: int,
        by_person: bool,
        order: Sequence[str] = (),
    ) -> None: ...
    def committed(self, now: float, attempt: int) -> None: ...
    def succeeded(self, now: float, attempt: int) -> None: ...
    def failed(
        self, now: float, attempt: int, failure: Failure, *, was_sent: bool, then: str
    ) -> None: ...
    def dropped(self, now: float, attempt: int) -> None: ...
    def denied(self, now: float, attempt: int, until: float) -> None: ...
    def limits_seen(self, now: float, attempt: int, limits: Limits) -> None: ...
    def cancelled(self, now: float, request: int, *, was_sent: bool) -> None: ...
    def out_of_time(self, now: float, request: int) -> None: ...
    def closed(self, now: float, alias: str) -> None: ...
    def reached(self, now: float, alias: str) -> None: ...
    def hurried(self, now: float) -> None: ...
    def absorbed(
        self,
        now: float,
        scope: str,
        *,
        epoch: int,
        openings: int,
        until: float | None,
        stated_until: float,
        resort_at: float,
        kind: str | None,
    ) -> None: ...
    def slept(self, now: float) -> None: ...
    def calmed(self, now: float, alias: str) -> None: ...

    # What the core does.
    def sent(
        self, now: float, request: int, attempt: int, alias: str, why: str, *, is_probe: bool
    ) -> None: ...
    def waits(self, now: float, request: int, until: float | None, *, full: bool) -> None: ...
    def done(self, now: float, request: int, outcome: str) -> None: ...

    # How things stand then: before what follows is carried out, and after it.
    def rests(self, now: float, alias: str, until: tuple[tuple[str, float], ...]) -> None: ...
    def slots(self, now: float, alias: str, in_flight: int, *, is_probed: bool) -> None: ...
    def settled(self, now: float) -> None: ...
    def over(self, now: float, *, at_rest: bool, waiting: int) -> None: ...


class _Nobody:
    def __getattr__(self, name: str) -> Callable[..., None]:
        return _looks_away


def _looks_away(*_: object, **__: object) -> None: ...


class Watched:
    """`flights` are the attempts under way, with their requests and entries; `live` the reverse."""

    def __init__(self, core: Core, pool: Pool, *, observer: Observer | None = None) -> None:
        self.core = core
        self.observer = observer or cast("Observer", _Nobody())
        self.flights: dict[AttemptId, tuple[RequestId, Alias]] = {}
        self.live: dict[RequestId, set[AttemptId]] = {}
        self.observer.pool(0.0, msgspec.to_builtins(pool))

    def decide(self, now: float, request: RequestId, call: Call) -> list[Step]:
        self.live[request] = set()
        self.observer.begun(
            now,
            request,
            affinity=call.affinity,
            deadline=call.deadline,
            on_limit=call.on_limit,
            unable=call.unable,
            tokens=call.tokens,
            by_person=call.by_person,
            order=call.order,
        )
        return self._told(now, self.core.decide(now, request, call))

    def committed(self, now: float, attempt: AttemptId, *, after_s: float) -> list[Step]:
        self.observer.committed(now, attempt)
        steps = self.core.committed(now, attempt, after_s=after_s)
        return self._followed(now, steps, self.flights[attempt][1])

    def succeeded(self, now: float, attempt: AttemptId) -> list[Step]:
        self.observer.succeeded(now, attempt)
        return self._followed(now, self.core.succeeded(now, attempt), self._landed(attempt))

    def failed(
        self, now: float, attempt: AttemptId, failure: Failure, *, was_sent: bool, then: Then
    ) -> list[Step]:
        self.observer.failed(now, attempt, failure, was_sent=was_sent, then=then)
        steps = self.core.failed(now, attempt, failure, was_sent=was_sent, then=then)
        return self._followed(now, steps, self._landed(attempt))

    def dropped(self, now: float, attempt: AttemptId) -> list[Step]:
        self.observer.dropped(now, attempt)
        return self._followed(now, self.core.dropped(now, attempt), self._landed(attempt))

    def denied(self, now: float, attempt: AttemptId, until: float) -> list[Step]:
        self.observer.denied(now, attempt, until)
        return self._followed(now, self.core.denied(now, attempt, until), self._landed(attempt))

    def limits_seen(self, now: float, attempt: AttemptId, limits: Limits) -> None:
        self.observer.limits_seen(now, attempt, limits)
        self.core.limits_seen(now, attempt, limits)

    def cancel(self, now: float, request: RequestId, *, was_sent: bool) -> list[Step]:
        aliases = [self._landed(attempt) for attempt in tuple(self.live[request])]
        self.observer.cancelled(now, request, was_sent=was_sent)
        return self._followed(now, self.core.cancel(now, request, was_sent=was_sent), *aliases)

    def out_of_time(self, now: float, request: RequestId) -> list[Step]:
        aliases = [self._landed(attempt) for attempt in tuple(self.live[request])]
        self.observer.out_of_time(now, request)
        return self._followed(now, self.core.out_of_time(now, request), *aliases)

    def hedge(self, now: float, request: RequestId) -> Send | None:
        send = self.core.hedge(now, request)
        if send is not None:
            self._told(now, [send])
        return send

    def tick(self, now: float) -> list[Step]:
        return self._told(now, self.core.tick(now))

    def set_pool(self, now: float, pool: Pool) -> list[Step]:
        self.observer.pool(now, msgspec.to_builtins(pool))
        return self._followed(now, self.core.set_pool(now, pool), *self.core.board.standings)

    def absorb(self, now: float, scope: ScopeId, health: Health) -> list[Step]:
        self.observer.absorbed(
            now,
            scope,
            epoch=health.epoch,
            openings=health.openings,
            until=health.until,
            stated_until=health.stated_until,
            resort_at=health.resort_at,
            kind=health.failure.kind if health.failure else None,
        )
        leases = {circuit.id: circuit.leased_until for circuit in self.core.board.circuits.values()}
        return self._told(now, self.core.absorb(now, {scope: health}, leases, {}))

    def close(self, now: float, alias: Alias) -> list[Step]:
        self.observer.closed(now, alias)
        return self._followed(now, self.core.close(now, alias), alias)

    def reached(self, now: float, alias: Alias) -> list[Step]:
        self.observer.reached(now, alias)
        return self._followed(now, self.core.reached(now, alias), alias)

    def hurry(self, now: float) -> list[Step]:
        self.observer.hurried(now)
        return self._followed(now, self.core.hurry(now), *self.core.board.standings)

    def over(self, now: float) -> None:
        for alias in self.core.board.standings:
            self._show_slots(now, alias)
        self.observer.over(now, at_rest=self.core.at_rest, waiting=self.core.waiting)

    def _landed(self, attempt: AttemptId) -> Alias:
        request, alias = self.flights.pop(attempt)
        self.live[request].discard(attempt)
        return alias

    def _followed(self, now: float, steps: list[Step], *aliases: Alias) -> list[Step]:
        for alias in aliases:
            self._show_rests(now, alias)
        if steps:
            self._told(now, steps)
        for alias in aliases:
            self._show_slots(now, alias)
        return steps

    def _told(self, now: float, steps: list[Step]) -> list[Step]:
        for step in steps:
            request = step.request
            if isinstance(step, Send):
                attempt, alias = step.attempt, step.alias
                self.flights[attempt] = request, alias
                self.live[request].add(attempt)
                self.observer.sent(now, request, attempt, alias, step.why, is_probe=step.is_probe)
            elif isinstance(step, Wait):
                self.observer.waits(now, request, step.until, full=step.full)
            else:
                self.observer.done(now, request, step.outcome)
                self.live.pop(request, None)
        return steps

    def _show_rests(self, now: float, alias: Alias) -> None:
        standing = self.core.board.standings.get(alias)
        if standing is not None:
            rests: tuple[tuple[str, float], ...] = ()
            for circuit in standing.circuits:
                if (until := circuit.health.until) is not None:
                    rests = (*rests, (circuit.id, until))
            self.observer.rests(now, alias, rests)

    def _show_slots(self, now: float, alias: Alias) -> None:
        standing = self.core.board.standings.get(alias)
        if standing is not None:
            is_probed = standing.is_probed_here
            self.observer.slots(now, alias, standing.in_flight, is_probed=is_probed)
