"""The multiplexer's decisions, without I/O: events in, steps out, at the times it is told.

It knows which requests are under way and which wait in line. It never reads a clock, draws from
its own randomness or sends anything: whoever owns it does that, and tells what came of it. The
simulator drives this very class.

Invariant: a request is in `_waiting` or has attempts in `_attempts`, never both, never neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from heapq import heappop, heappush
from math import inf
from operator import itemgetter

from vibe.domain.failure import Failure, FailureKind
from vibe.domain.limits import Limits
from vibe.domain.model import Alias
from vibe.mux import resort
from vibe.mux.affinity import Affinity
from vibe.mux.asides import asides
from vibe.mux.board import IN_TURN, Board
from vibe.mux.breaker import Breaker
from vibe.mux.budget import Budget
from vibe.mux.course import BOUND_WAIT_S, Attempt, Course
from vibe.mux.entry import Pool, ScopeId
from vibe.mux.health import Health, backoff_s, is_passing
from vibe.mux.limits import learned
from vibe.mux.picking import Picking
from vibe.mux.policy import Rng
from vibe.mux.standing import PROBED, Standing
from vibe.mux.step import (
    AttemptId,
    Call,
    Done,
    Outcome,
    RequestId,
    Send,
    Step,
    Then,
    Wait,
    Why,
)

BY_SHARE: frozenset[Why] = frozenset(
    {"share", "random", "least_busy", "order", "only", "failover", "probe"}
)
NO_TIME_S = 1e-6  # less than this is left of a wait by rounding alone


class Core:
    def __init__(self, pool: Pool, *, rng: Rng, explains: bool = False) -> None:
        self.board = Board(pool)
        self.breaker = Breaker(self.board, rng)
        self.affinity = Affinity()
        self._budget = Budget()
        self._rng = rng
        self._picking = Picking(self.board, rng)
        self._explains = explains
        self._waiting: dict[RequestId, Course] = {}  # first come, first served
        self._courses: dict[RequestId, Course] = {}
        self._attempts: dict[AttemptId, Attempt] = {}
        self._due: list[tuple[float, int, RequestId]] = []
        self._places = 0  # in line, given so far

    # What the shell tells.

    def decide(self, now: float, request: RequestId, call: Call) -> list[Step]:
        """A new request. The steps may be other requests', whose time has come meanwhile."""
        steps = self.tick(now)
        self._serve(now, steps)
        course = self._courses[request] = Course(request, call, now=now)
        for alias in call.unable:
            if standing := self.board.standings.get(alias):
                course.bar(standing)
        self._budget.request(now)
        self._advance(now, course, steps)
        return steps

    def committed(self, now: float, attempt: AttemptId, *, after_s: float = 0.0) -> list[Step]:
        """The first piece that a person sees has come."""
        current = self._attempts[attempt]
        standing = current.claim.standing
        smoothed = standing.first_token_s or after_s
        standing.first_token_s = 0.8 * smoothed + 0.2 * after_s
        self.breaker.prove(now, current.claim, is_whole=False)
        return self._served(now)

    def dropped(self, now: float, attempt: AttemptId) -> list[Step]:
        """Another attempt of the same request was quicker. This one has not failed for that."""
        current = self._attempts[attempt]
        current.course.out.discard(current.claim.standing)
        freed = self._release(current, was_sent=True)
        return self._served(now, freed)

    def limits_seen(self, now: float, attempt: AttemptId, limits: Limits) -> None:
        circuit = self._attempts[attempt].claim.counted_by
        self.board.learn(circuit.id, learned(limits, now))
        if not self.board.spent.isdisjoint(circuit.standings):
            self.breaker.moved = True  # more may be left than was thought

    def succeeded(self, now: float, attempt: AttemptId) -> list[Step]:
        current = self._attempts[attempt]
        self.breaker.prove(now, current.claim, is_whole=True)
        freed = self._release(current, was_sent=True)
        steps: list[Step] = []
        self._finish(now, current.course, Outcome.OK, steps)
        self._serve(now, steps, freed)
        return steps

    def failed(
        self,
        now: float,
        attempt: AttemptId,
        failure: Failure,
        *,
        was_sent: bool = True,
        then: Then = "go_on",
    ) -> list[Step]:
        """What follows from the failure of an attempt. `then` may end its request: with `stop` the
        person is asked, with `seal` what had come is answer enough."""
        current = self._attempts[attempt]
        course, standing = current.course, current.claim.standing
        again = course.note(standing, failure) and not course.is_over(now)
        is_free = self.board.has(standing) and all(
            circuit.is_closed or (circuit.probe == attempt and now >= circuit.leased_until)
            for circuit in standing.circuits[:PROBED]
        )
        self.breaker.blame(now, current.claim, failure)
        freed = self._release(current, was_sent=was_sent)
        is_final = course.is_final(standing, failure, self.board.standings.values())
        steps: list[Step] = []
        if not course.under_way:
            if then == "seal":
                self._finish(now, course, Outcome.OK, steps)
            elif then == "stop" or is_final:
                self._give_up(now, course, steps)
            elif again and is_free and standing.has_slot and self._budget.charge(now):
                is_repair = failure.kind is FailureKind.BAD_REQUEST
                self._send(now, course, standing, "repair" if is_repair else "repeat", steps)
            elif again and failure.kind is FailureKind.BAD_REQUEST:
                self._give_up(now, course, steps)
            else:
                self._advance(now, course, steps)
        self._serve(now, steps, freed)
        return steps

    def denied(self, now: float, attempt: AttemptId, until: float) -> list[Step]:
        """A probe was not sent: another process probes the same, at the longest until then."""
        current = self._attempts[attempt]
        for circuit in current.claim.circuits[:PROBED]:
            if not circuit.is_closed:
                circuit.leased_until = max(circuit.leased_until, until)
        current.course.takes_back(current.claim.standing)
        freed = self._release(current, was_sent=False)
        steps: list[Step] = []
        self._advance(now, current.course, steps)
        self._serve(now, steps, freed)
        return steps

    def cancel(self, now: float, request: RequestId, *, was_sent: bool = True) -> list[Step]:
        """Nobody wants the answer any more; this is no failure of anybody."""
        return self._stop(now, request, Outcome.CANCELLED, was_sent=was_sent)

    def out_of_time(self, now: float, request: RequestId) -> list[Step]:
        """The request's deadline has come while an attempt was under way."""
        return self._stop(now, request, Outcome.DEADLINE, was_sent=True)

    def hedge(self, now: float, request: RequestId) -> Send | None:
        """A second entry for a request whose first is silent, if there is one to spare."""
        course = self._courses[request]
        if course.is_over(now):
            return None
        found = self._picking.to_spare(now, course)
        if found and self._budget.charge(now):
            standing, _ = self._picking.chosen(found, course)
            return self._sent(now, course, standing, "hedge")
        return None

    def tick(self, now: float) -> list[Step]:
        """Time has passed."""
        steps: list[Step] = []
        due: list[tuple[int, Course]] = []
        while self._due and self._due[0][0] <= now:
            _, place, request = heappop(self._due)
            course = self._waiting.get(request)
            if course is not None and course.due <= now and course.place == place:
                due.append((place, course))
        for _, course in sorted(due, key=itemgetter(0)) if len(due) > 1 else due:
            if course.due <= now and course.request in self._waiting:
                self._advance(now, course, steps)
        return steps

    def next_due(self) -> float:
        """When `tick` has something to do; infinity if nothing waits for a time."""
        while self._due:
            due, _, request = self._due[0]
            course = self._waiting.get(request)
            if course is not None and course.due == due:
                return due
            heappop(self._due)
        return inf

    def set_pool(self, now: float, pool: Pool) -> list[Step]:
        """A reload: attempts end where they are, and the next pick is from the new pool."""
        self.board.set_pool(pool)
        self.breaker.moved = True
        return self._served(now)

    def absorb(
        self,
        now: float,
        healths: Mapping[ScopeId, Health],
        leases: Mapping[ScopeId, float],
        sent: Mapping[Alias, int],
    ) -> list[Step]:
        """What other processes have seen of scopes, until when at the latest they probe any, and
        the counts of all together."""
        self.breaker.lend(leases)
        for scope, health in healths.items():
            if circuit := self.board.circuits.get(scope):
                self.breaker.absorb(now, circuit, health)
        if sent:
            self.board.set_sent(sent)
        return self._served(now)

    def close(self, now: float, alias: Alias) -> list[Step]:
        """By hand: all that keeps this entry resting is forgotten."""
        self.breaker.close(now, self.board.standings[alias])
        return self._served(now)

    def reached(self, now: float, alias: Alias) -> list[Step]:
        """Its server has answered something that asks no model."""
        self.breaker.reached(now, self.board.standings[alias])
        return self._served(now)

    def hurry(self, now: float) -> list[Step]:
        """By hand: who waits for somebody to come back asks now, whatever rest is left."""
        for course in self._waiting.values():
            course.retry_at = now
        self.breaker.wake(now)
        return self._served(now)

    def due_of(self, request: RequestId) -> float:
        """When the request, which waits, has to be looked at again."""
        return self._courses[request].due

    @property
    def at_rest(self) -> bool:
        return not (self._courses or self._attempts or self._waiting)

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    # What it decides.

    def _advance(self, now: float, course: Course, steps: list[Step]) -> None:
        """Send a request that is not under way to somebody, or let it wait, or end it."""
        if course.is_over(now):
            self._finish(now, course, Outcome.DEADLINE, steps)
            return
        if self._follow(now, course, steps):
            return
        is_full = False
        for tiers in self._picking.turns(course):
            found = self._picking.usable(now, course, tiers)
            if found:
                standing, why = self._picking.chosen(found, course)
                self._send(now, course, standing, course.why(standing) or why, steps)
                return
            is_full = is_full or self.board.is_full(tiers, course.out)
            if is_full and (tiers != IN_TURN[0] or self.board.pool.rules.overflow == "wait"):
                until = self.board.refilled_at(course.out, now, tokens=course.call.tokens)
                self._wait(now, course, until, steps, full=True)
                return
        if not self._send_limited(now, course, steps):
            self._resort(now, course, steps)

    def _follow(self, now: float, course: Course, steps: list[Step]) -> bool:
        """Stay with the entry of the turn; for one that is full a short while is waited."""
        key = course.call.affinity
        if key is None or course.is_unbound:
            return False
        alias = self.affinity.of(key, now)
        standing = self.board.standings.get(alias) if alias else None
        if standing is None or standing in course.out or not course.means(standing):
            return False
        if not standing.is_usable_at_all:
            return False
        if not standing.is_closed or standing.spent_until(now, course.call.tokens) is not None:
            return False
        if standing.has_slot:
            self._send(now, course, standing, "turn", steps)
            return True
        if course.bound_until is None:
            course.bound_until = now + BOUND_WAIT_S
        if now >= course.bound_until:
            course.is_unbound = True
            return False
        self._wait(now, course, course.bound_until, steps, full=True)
        return True

    def _send_limited(self, now: float, course: Course, steps: list[Step]) -> bool:
        """Nobody else is left: ask one whose headers said that its limit is used up."""
        found = self._picking.limited(course)
        if found:
            standing, why = self._picking.chosen(found, course)
            self._send(now, course, standing, why, steps)
        return bool(found)

    def _resort(self, now: float, course: Course, steps: list[Step]) -> None:
        """The pass is over, and nobody is well: wait, and then probe before a rest is over."""
        if course.retry_at == -inf:
            course.retry_at = now + backoff_s(course.passes, self._rng.random())
        patience_s = self.board.pool.rules.max_wait_s - course.waited_until(now)
        chances = resort.chances(self.board, course, now)
        soonest = chances.soonest
        if soonest is not None and soonest.at <= now:
            if soonest.standing in course.out and course.retry_at <= now:
                course.new_pass()
                self._advance(now, course, steps)  # who is well comes first
                return
            self._send(now, course, soonest.standing, "last_resort", steps)
        elif patience_s > NO_TIME_S and self._is_worth_it(chances, course, now + patience_s):
            until = min(soonest.at if soonest else inf, now + patience_s)
            self._wait(now, course, until, steps, chance=soonest)
        else:
            self._give_up(now, course, steps)

    def _is_worth_it(self, chances: resort.Chances, course: Course, at_most: float) -> bool:
        """Whether somebody may be back while the request can wait."""
        if chances.pending or chances.soonest is None:
            return chances.pending
        if course.call.on_limit == "exit":  # nobody asked for more than a breath
            at_most = min(at_most, course.began + resort.BREATH_S + course.waited_s)
        return chances.soonest.at <= at_most

    def _send(
        self, now: float, course: Course, standing: Standing, why: Why, steps: list[Step]
    ) -> None:
        steps.append(self._sent(now, course, standing, why))

    def _sent(self, now: float, course: Course, standing: Standing, why: Why) -> Send:
        seen = asides(self.board, course, standing, now) if self._explains else ()
        course.wait_ends(now)
        self._waiting.pop(course.request, None)
        attempt = AttemptId(self.board.attempts + 1)
        is_probe = False
        for circuit in standing.circuits[:PROBED]:
            circuit.sent_since += 1
            if circuit.health.until is not None:
                circuit.probe = attempt
                is_probe = True
                circuit.leave()
        self._attempts[attempt] = Attempt(course, standing.claim(attempt, is_probe=is_probe))
        course.asks(standing)
        course.under_way.add(attempt)
        self.board.take(standing, is_by_share=why in BY_SHARE)
        if course.call.affinity is not None:
            self.affinity.bind(course.call.affinity, standing.entry.alias, now)
        return Send(
            request=course.request,
            attempt=attempt,
            alias=standing.entry.alias,
            why="probe" if is_probe and why != "last_resort" else why,
            is_probe=is_probe,
            asides=seen,
        )

    def _wait(
        self,
        now: float,
        course: Course,
        until: float,
        steps: list[Step],
        *,
        full: bool = False,
        chance: resort.Chance | None = None,
    ) -> None:
        if course.waits_since is not None and course.waits_full != full:
            course.wait_ends(now)
        if course.waits_since is None:
            course.waits_since = now
        course.waits_full = full
        course.due = until if course.call.deadline is None else min(until, course.call.deadline)
        if course.request not in self._waiting:
            self._waiting[course.request] = course
            self._places += 1
            course.place = self._places
        if course.due < inf:
            heappush(self._due, (course.due, course.place, course.request))
        told = Wait(
            request=course.request,
            until=None if until == inf else until,
            full=full,
            alias=chance.standing.entry.alias if chance else None,
            failure=resort.failure_of(chance.standing) if chance else None,
            offline=not full and self.board.is_offline,
            tries=course.tries,
        )
        if told != course.told:
            course.told = told
            steps.append(told)

    def _give_up(self, now: float, course: Course, steps: list[Step]) -> None:
        telling = course.telling or resort.known_failure(self.board, course)
        is_temporary = telling is not None and is_passing(telling[1])
        outcome = Outcome.EXHAUSTED if is_temporary else Outcome.FAILED
        again_at = resort.back_at(self.board, course) if is_temporary else None
        if telling is not None and again_at is None and telling[1].retry_after_s is not None:
            again_at = now + telling[1].retry_after_s
        self._finish(now, course, outcome, steps, telling=telling, again_at=again_at)

    def _finish(
        self,
        now: float,
        course: Course,
        outcome: Outcome,
        steps: list[Step],
        *,
        telling: tuple[Alias, Failure] | None = None,
        again_at: float | None = None,
    ) -> None:
        is_told = self._explains and not course.tries
        self._waiting.pop(course.request, None)
        del self._courses[course.request]
        alias, failure = telling or (None, None)
        steps.append(
            Done(
                request=course.request,
                outcome=outcome,
                failure=failure,
                by=alias,
                again_at=again_at,
                asides=asides(self.board, course, None, now) if is_told else (),
            )
        )

    def _stop(
        self, now: float, request: RequestId, outcome: Outcome, *, was_sent: bool
    ) -> list[Step]:
        course = self._courses.get(request)
        if course is None:
            return []
        under_way = [self._attempts[attempt] for attempt in course.under_way]
        freed = [self._release(attempt, was_sent=was_sent) for attempt in under_way]
        steps: list[Step] = []
        self._finish(now, course, outcome, steps, telling=course.telling)
        self.breaker.moved = self.breaker.moved or len(freed) > 1
        self._serve(now, steps, freed[0] if freed else None)
        return steps

    # What becomes of entries.

    def _release(self, attempt: Attempt, *, was_sent: bool) -> Standing | None:
        """The slot and the probe are free again; the entry, if all of its slots were taken."""
        claim = attempt.claim
        del self._attempts[claim.attempt]
        attempt.course.under_way.discard(claim.attempt)
        if claim.is_probe:
            for circuit in claim.circuits:
                if circuit.probe == claim.attempt:
                    circuit.probe = None
        standing = claim.standing
        was_full = self.board.give_back(standing, was_sent=was_sent)
        if claim.is_probe or (was_full and not standing.is_closed):
            self.breaker.moved = True
        return standing if was_full else None

    # Those who wait in line.

    def _served(self, now: float, freed: Standing | None = None) -> list[Step]:
        steps: list[Step] = []
        self._serve(now, steps, freed)
        return steps

    def _serve(self, now: float, steps: list[Step], freed: Standing | None = None) -> None:
        """Somebody may have become free or well: the first in line who can use it goes.

        Only where nothing but a slot has changed, the line is left as soon as it is taken.
        """
        moved, self.breaker.moved = self.breaker.moved, False
        if not self._waiting or (not moved and freed is None):
            return
        nobody = False
        for course in tuple(self._waiting.values()):
            if not moved and (freed is None or not freed.has_slot):
                return
            if course.request not in self._waiting or (not moved and freed in course.out):
                continue
            if nobody and course.waits_full and self.board.has_full(course.out):
                continue
            self._advance(now, course, steps)
            nobody = nobody or self.board.has_nobody(now)
