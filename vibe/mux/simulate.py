"""A pool under a simulated load: the production core under a heap of virtual time.

The world says what happens and the core decides; nothing is slept, sent or read from a clock. The
same pool, world and seed give the same events and the same figures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from heapq import heappop, heappush
from itertools import count
from math import inf, log
from random import Random
from typing import Any

from vibe.domain.failure import Failure, FailureKind
from vibe.domain.limits import Limit, Limits
from vibe.domain.model import Alias
from vibe.mux.core import Core
from vibe.mux.entry import Entry, Pool
from vibe.mux.health import Health
from vibe.mux.step import NOTHING, AttemptId, Call, Done, RequestId, Send, Step, Then, Wait
from vibe.mux.tally import End, Result, Tally
from vibe.mux.watched import Observer, Watched
from vibe.mux.world import Fault, Hand, Nature, Outage, Phase, Reload, Rumour, Sleep, World

LOST = Fault(kind=FailureKind.UNREACHABLE, cause="dns").failure
CUT = Fault(kind=FailureKind.BROKEN_STREAM).failure
AT_ONCE_S = 0.005
MINUTE_S = 60.0


def simulate(
    pool: Pool, world: World, *, observer: Observer | None = None, core: type[Core] = Core
) -> Result:
    """Run the world until its last request is over."""
    return Simulation(pool, world, observer=observer, core=core).run()


class Provider:
    """What answers behind one entry."""

    __slots__ = ("_count", "_faults", "_minute", "_outages", "is_networked", "nature")

    def __init__(self, entry: Entry, nature: Nature, outages: Iterable[Outage]) -> None:
        self.nature = nature
        self.is_networked = bool(entry.scopes.network)
        self._outages = tuple(outages)
        self._faults = [(fault.share, fault.failure) for fault in nature.faults]
        self._minute = -inf
        self._count = 0

    def trouble(self, now: float, chance: float) -> Failure | None:
        """Why it does not answer an attempt that comes now."""
        nature = self.nature
        for outage in self._outages:
            if outage.from_s <= now < outage.to_s:
                return outage.failure
        if nature.per_minute is not None:
            if now - self._minute >= MINUTE_S:
                self._minute, self._count = now, 0
            self._count += 1
            if self._count > nature.per_minute:
                again_s = self._minute + MINUTE_S - now
                return Fault(kind=FailureKind.RATE_LIMITED, retry_after_s=again_s).failure
        for share, failure in self._faults:
            chance -= share
            if chance < 0:
                return failure
        return None

    def limits(self, now: float) -> Limits | None:
        """What its headers tell."""
        per_minute = self.nature.per_minute
        if per_minute is None or not self.nature.tells_limits:
            return None
        left = max(0, per_minute - self._count)
        reset_s = max(0.0, self._minute + MINUTE_S - now)
        return Limits(requests=Limit(limit=per_minute, remaining=left, reset_s=reset_s))


class _Flight:
    """One attempt under way."""

    __slots__ = ("alias", "at", "is_committed", "provider", "request")

    def __init__(self, send: Send, provider: Provider, at: float) -> None:
        self.request = send.request
        self.alias = send.alias
        self.provider = provider
        self.at = at
        self.is_committed = False


class Simulation:
    """`_heap` holds when, a number against ties, what to call, and with what."""

    def __init__(
        self, pool: Pool, world: World, *, observer: Observer | None, core: type[Core]
    ) -> None:
        self._world = world
        self._draw = Random(world.seed).random  # noqa: S311  it has to be repeatable
        self._core = core(pool, rng=Random(world.seed + 1))  # noqa: S311  as above
        self._watched = Watched(self._core, pool, observer=observer)
        self._tally = Tally(pool, world)
        self._heap: list[tuple[float, int, Callable[[Any], None], Any]] = []
        self._ticket = count().__next__
        self._now = 0.0
        self._begun = 0
        self._flights: dict[AttemptId, _Flight] = {}
        self._providers: dict[Alias, Provider] = {}
        self._calm: frozenset[Alias] = frozenset()
        self._set_providers(pool)

    def run(self) -> Result:
        self._plan()
        heap, core, watched = self._heap, self._core, self._watched
        while True:
            due = core.next_due()
            if heap and heap[0][0] < due and due > self._now:
                at, _, act, what = heappop(heap)
                self._now = max(self._now, at)  # late, if the machine has slept
                act(what)
            elif due < inf:
                self._now = max(self._now, due)
                self._carry(watched.tick(self._now))
            else:
                break
            watched.observer.settled(self._now)
        watched.over(self._now)
        return self._tally.result(seconds=self._now)

    def _plan(self) -> None:
        world = self._world
        self._at(0.0, self._begin_phase, world.phases)
        for sleep in world.sleeps:
            self._at(sleep.at_s, self._sleep, sleep)
        for reload in world.reloads:
            self._at(reload.at_s, self._reload, reload)
        for hand in world.hands:
            self._at(hand.at_s, self._close, hand)
        for rumour in world.rumours:
            self._at(rumour.at_s, self._hear, rumour)

    def _at(self, at: float, act: Callable[[Any], None], what: Any) -> None:
        heappush(self._heap, (at, self._ticket(), act, what))

    def _after(self, mean_s: float) -> float:
        """A moment at random: at least half of the mean from now, seldom much later."""
        return self._now + mean_s * (0.5 - 0.5 * log(1.0 - self._draw()))

    # Requests come, and are given up.

    def _begin_phase(self, phases: tuple[Phase, ...]) -> None:
        phase, later = phases[0], phases[1:]
        if phase.calm is not None:
            self._be_calm(phase.calm)
        self._arrive((phase, phase.requests, later))

    def _arrive(self, coming: tuple[Phase, int, tuple[Phase, ...]]) -> None:
        phase, left, later = coming
        self._begin()
        gap_s = -log(1.0 - self._draw()) / phase.rps
        if left > 1:
            self._at(self._now + gap_s, self._arrive, (phase, left - 1, later))
        elif later:
            self._at(self._now + gap_s, self._begin_phase, later)

    def _begin(self) -> None:
        world, now, draw = self._world, self._now, self._draw
        self._begun += 1
        request = RequestId(self._begun)
        self._tally.begun(now, request)
        if draw() < world.cancelled:
            self._at(self._after(self._usual_s) - self._usual_s / 2, self._cancel, request)
        timed = draw() < world.timed
        if timed:
            self._at(now + world.deadline_s, self._run_out, request)
        call = Call(
            unable=self._unable() if draw() < world.unable else NOTHING,
            affinity=f"turn {self._begun // world.turn}" if world.turn > 1 else None,
            deadline=now + world.deadline_s if timed else None,
            on_limit="exit" if draw() < world.hasty else "wait",
            by_person=draw() < world.by_person,
        )
        self._carry(self._watched.decide(now, request, call))

    def _unable(self) -> dict[Alias, str]:
        aliases = tuple(self._core.board.standings)
        return {aliases[int(self._draw() * len(aliases))]: "lacks what is asked for"}

    def _cancel(self, request: RequestId) -> None:
        if request in self._watched.live:
            flights = self._end_flights(request)
            was_sent = any(self._now - flight.at > AT_ONCE_S for flight in flights)
            self._carry(self._watched.cancel(self._now, request, was_sent=was_sent))

    def _run_out(self, request: RequestId) -> None:
        """What waits is ended by the core itself."""
        if self._watched.live.get(request):
            self._end_flights(request)
            self._carry(self._watched.out_of_time(self._now, request))

    def _end_flights(self, request: RequestId) -> list[_Flight]:
        flights = [self._flights.pop(attempt) for attempt in self._watched.live[request]]
        for flight in flights:
            written = 0.5 if flight.is_committed else 0.0
            self._tally.ended(flight.alias, "cancelled", written=written)
        return flights

    # What the core says is done.

    def _carry(self, steps: Iterable[Step]) -> None:
        for step in steps:
            match step:
                case Send():
                    self._tally.sent(self._now, step)
                    self._fly(step)
                case Wait():
                    self._tally.waits(self._now, step)
                case Done():
                    self._tally.done(self._now, step)

    def _fly(self, send: Send) -> None:
        now, attempt = self._now, send.attempt
        provider = self._providers[send.alias]
        self._flights[attempt] = _Flight(send, provider, now)
        if send.is_probe and self._draw() < self._world.leased:
            self._at(now, self._deny, attempt)
            return
        nature = provider.nature
        failure = self._trouble(send.alias, provider)
        if failure is None:
            self._at(self._after(nature.first_s), self._commit, attempt)
        else:
            self._at(self._failing_at(failure, nature), self._fail, (attempt, failure))
        hedge_after_s = self._core.board.pool.rules.hedge_after_s
        if hedge_after_s is not None and send.why != "hedge":
            self._at(now + hedge_after_s, self._hedge, attempt)

    def _trouble(self, alias: Alias, provider: Provider) -> Failure | None:
        chance = self._draw()
        if alias in self._calm:
            return None
        if provider.is_networked:
            for span in self._world.offline:
                if span.from_s <= self._now < span.to_s:
                    return LOST
        return provider.trouble(self._now, chance)

    def _failing_at(self, failure: Failure, nature: Nature) -> float:
        match failure.kind:
            case FailureKind.STALLED:
                return self._now + nature.patience_s
            case FailureKind.UNREACHABLE:
                return self._now + AT_ONCE_S
            case FailureKind.EMPTY:
                return self._after(nature.first_s)
            case _:
                return self._after(nature.first_s / 4)

    def _commit(self, attempt: AttemptId) -> None:
        flight = self._flights.get(attempt)
        if flight is None:
            return
        now, watched, nature = self._now, self._watched, flight.provider.nature
        flight.is_committed = True
        for other in tuple(watched.live[flight.request]):
            if other != attempt:
                self._tally.ended(self._flights.pop(other).alias, "cancelled", written=0.0)
                self._carry(watched.dropped(now, other))
        limits = flight.provider.limits(now)
        if limits is not None:
            watched.limits_seen(now, attempt, limits)
        after_s = now - flight.at
        self._tally.first_piece(now, flight.request, flight.alias, after_s=after_s)
        self._carry(watched.committed(now, attempt, after_s=after_s))
        if flight.alias not in self._calm and self._draw() < nature.cut:
            self._at(self._after(nature.answer_s / 2), self._fail, (attempt, CUT))
        else:
            self._at(self._after(nature.answer_s), self._succeed, attempt)

    def _succeed(self, attempt: AttemptId) -> None:
        flight = self._flights.pop(attempt, None)
        if flight is not None:
            self._tally.ended(flight.alias, "ok", written=1.0)
            self._carry(self._watched.succeeded(self._now, attempt))

    def _fail(self, what: tuple[AttemptId, Failure]) -> None:
        attempt, failure = what
        flight = self._flights.pop(attempt, None)
        if flight is None:
            return
        then: Then = "go_on"
        if failure is CUT:
            chance = self._draw()
            if chance < self._world.stopped:
                then = "stop"
            elif chance < self._world.stopped + self._world.sealed:
                then = "seal"
        kind = failure.inner or failure.kind
        end: End = "limited" if kind is FailureKind.RATE_LIMITED else "failed"
        self._tally.ended(flight.alias, end, written=0.5 if flight.is_committed else None)
        was_sent = kind is not FailureKind.UNREACHABLE
        self._carry(self._watched.failed(self._now, attempt, failure, was_sent=was_sent, then=then))

    def _hedge(self, attempt: AttemptId) -> None:
        flight = self._flights.get(attempt)
        if flight is None or flight.is_committed or len(self._watched.live[flight.request]) > 1:
            return
        send = self._watched.hedge(self._now, flight.request)
        if send is not None:
            self._carry([send])

    def _deny(self, attempt: AttemptId) -> None:
        flight = self._flights.pop(attempt, None)
        if flight is not None:
            self._tally.taken_back(flight.at, flight.alias)
            until = self._now + self._usual_s
            self._carry(self._watched.denied(self._now, attempt, until))

    # What happens besides.

    def _sleep(self, sleep: Sleep) -> None:
        self._now += sleep.for_s
        self._watched.observer.slept(self._now)

    def _reload(self, reload: Reload) -> None:
        self._tally.set_pool(reload.pool)
        self._set_providers(reload.pool)
        self._carry(self._watched.set_pool(self._now, reload.pool))

    def _close(self, hand: Hand) -> None:
        if hand.alias in self._core.board.standings:
            self._carry(self._watched.close(self._now, hand.alias))

    def _hear(self, rumour: Rumour) -> None:
        standing = self._core.board.standings.get(rumour.alias)
        if standing is None:
            return
        circuit, now = standing.circuits[0], self._now
        known, until = circuit.health, now + rumour.rest_s
        health = Health(
            epoch=max(0, known.epoch + rumour.ahead),
            openings=int(rumour.rest_s > 0),
            until=until if rumour.rest_s else None,
            resort_at=until,
            failure=Fault(kind=rumour.kind).failure if rumour.rest_s else None,
        )
        self._carry(self._watched.absorb(now, circuit.id, health))

    def _be_calm(self, alias: Alias) -> None:
        """It never fails from now on, nor does whoever shares its key or its host."""
        own = self._core.board.standings.get(alias)
        if own is None:
            return
        shared = {circuit.id for circuit in own.circuits[:3]}
        self._calm = frozenset(
            standing.entry.alias
            for standing in self._core.board.standings.values()
            if shared & {circuit.id for circuit in standing.circuits[:3]}
        )
        self._watched.observer.calmed(self._now, alias)

    def _set_providers(self, pool: Pool) -> None:
        natures = {nature.alias: nature for nature in self._world.entries}
        gone = [
            (entry.scopes.origin, outage)
            for entry in pool.entries
            if entry.alias in natures
            for outage in natures[entry.alias].outages
            if outage.kind is FailureKind.UNREACHABLE
        ]
        for entry in pool.entries:
            if entry.alias not in self._providers:
                nature = natures.get(entry.alias) or Nature(alias=entry.alias)
                hosts = (outage for origin, outage in gone if origin == entry.scopes.origin)
                own = (each for each in nature.outages if each.kind is not FailureKind.UNREACHABLE)
                self._providers[entry.alias] = Provider(entry, nature, (*hosts, *own))
        usual = [p.nature.first_s + p.nature.answer_s for p in self._providers.values()]
        self._usual_s = sum(usual) / len(usual)
