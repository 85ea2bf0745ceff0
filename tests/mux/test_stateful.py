"""The core under the oracle, step by step: what fails is shrunk to the shortest way there."""

from __future__ import annotations

from math import inf
from random import Random

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from tests.mux.oracle import Oracle
from tests.mux.worlds import Dice
from vibe.domain.failure import Cause, Failure, FailureKind
from vibe.mux.core import Core
from vibe.mux.entry import Pool
from vibe.mux.step import AttemptId, Call, OnLimit, RequestId
from vibe.mux.watched import Watched

POOLS = st.integers(0, 10_000).map(lambda seed: Dice(seed).pool())
RETRY_AFTER_S = st.none() | st.sampled_from((0.0, 0.3, 2.0, 30.0, 700.0))
PAUSES_S = st.sampled_from((0.001, 0.1, 0.5, 1.0, 4.0, 15.0, 61.0, 400.0))
STATUS = {FailureKind.UNREACHABLE: None, FailureKind.STALLED: None, FailureKind.BROKEN_STREAM: None}


class PoolMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now = 1.0
        self.begun = 0
        self.committed: set[AttemptId] = set()
        self.deadlines: dict[RequestId, float] = {}

    @initialize(pool=POOLS, seed=st.integers(0, 100))
    def begin_with(self, pool: Pool, seed: int) -> None:
        core = Core(pool, rng=Random(seed))  # noqa: S311  it has to be repeatable
        self.oracle = Oracle()
        self.watched = Watched(core, pool, observer=self.oracle)

    @property
    def flights(self) -> list[AttemptId]:
        return list(self.watched.flights)

    @rule(
        on_limit=st.sampled_from(("wait", "exit")),
        lasts_s=st.none() | st.sampled_from((0.5, 5.0, 100.0)),
        turn=st.none() | st.sampled_from(("one", "another")),
        by_person=st.booleans(),
        cannot=st.integers(0, 20),
        named=st.permutations(range(6)) | st.just([]),
    )
    def request(
        self,
        on_limit: OnLimit,
        lasts_s: float | None,
        turn: str | None,
        by_person: bool,
        cannot: int,
        named: list[int],
    ) -> None:
        self.begun += 1
        aliases = tuple(self.watched.core.board.standings)
        order = tuple(aliases[place] for place in named[:3] if place < len(aliases))
        barred = (*aliases[cannot : cannot + 1], *(set(aliases) - set(order) if order else ()))
        call = Call(
            unable=dict.fromkeys(barred, "lacks it"),
            order=order,
            affinity=turn,
            deadline=None if lasts_s is None else self.now + lasts_s,
            on_limit=on_limit,
            by_person=by_person,
        )
        request = RequestId(self.begun)
        if call.deadline is not None:
            self.deadlines[request] = call.deadline
        self.watched.decide(self.now, request, call)

    @precondition(lambda self: self.flights)
    @rule(which=st.integers(0, 50))
    def commit(self, which: int) -> None:
        attempt = self._pick(which)
        if attempt in self.committed:
            return
        request, _ = self.watched.flights[attempt]
        for other in self.watched.live[request] - {attempt}:
            self.watched.dropped(self.now, other)
        self.committed.add(attempt)
        self.watched.committed(self.now, attempt, after_s=0.1)

    @precondition(lambda self: self.flights)
    @rule(which=st.integers(0, 50))
    def succeed(self, which: int) -> None:
        attempt = self._pick(which)
        self.commit(which)
        self.watched.succeeded(self.now, attempt)

    @precondition(lambda self: self.flights)
    @rule(
        which=st.integers(0, 50),
        kind=st.sampled_from(tuple(FailureKind)),
        retry_after_s=RETRY_AFTER_S,
        cause=st.sampled_from(("dns", "refused")),
        lacks=st.booleans(),
    )
    def fail(
        self,
        which: int,
        kind: FailureKind,
        retry_after_s: float | None,
        cause: Cause,
        lacks: bool,
    ) -> None:
        is_lost = kind is FailureKind.UNREACHABLE
        failure = Failure(
            kind=kind,
            status=STATUS.get(kind, 500),
            retry_after_s=None if kind in STATUS else retry_after_s,
            cause=cause if is_lost else None,
            lacks=lacks and kind is FailureKind.BAD_REQUEST,
        )
        attempt = self._pick(which)
        self.watched.failed(self.now, attempt, failure, was_sent=not is_lost, then="go_on")

    @precondition(lambda self: self.watched.live)
    @rule(which=st.integers(0, 50))
    def cancel(self, which: int) -> None:
        live = list(self.watched.live)
        self.watched.cancel(self.now, live[which % len(live)], was_sent=True)

    @precondition(lambda self: self.watched.live)
    @rule(which=st.integers(0, 50))
    def hedge(self, which: int) -> None:
        live = [request for request, attempts in self.watched.live.items() if len(attempts) == 1]
        for request in live[which % len(live) :][:1] if live else ():
            if not self.watched.live[request] & self.committed:
                self.watched.hedge(self.now, request)

    @rule(seconds=PAUSES_S)
    def pause(self, seconds: float) -> None:
        self._wait_until(self.now + seconds)

    @rule(seconds=PAUSES_S)
    def sleep(self, seconds: float) -> None:
        """Everything that is due meanwhile comes late."""
        self.now += seconds
        self.oracle.slept(self.now)
        self._wait_until(self.now)

    @rule(pool=POOLS)
    def reload(self, pool: Pool) -> None:
        self.watched.set_pool(self.now, pool)

    @rule(which=st.integers(0, 5))
    def close(self, which: int) -> None:
        aliases = tuple(self.watched.core.board.standings)
        self.watched.close(self.now, aliases[which % len(aliases)])

    @invariant()
    def all_is_done_that_is_due(self) -> None:
        self._wait_until(self.now)
        self.oracle.settled(self.now)

    @rule()
    def come_to_rest(self) -> None:
        for request in tuple(self.watched.live):
            if request in self.watched.live:
                self.watched.cancel(self.now, request, was_sent=True)
        self.watched.over(self.now)

    def _pick(self, which: int) -> AttemptId:
        return self.flights[which % len(self.flights)]

    def _wait_until(self, then: float) -> None:
        """Time passes; a request under way is ended at its deadline, as the shell does it."""
        while (due := min(self._next_deadline(), self.watched.core.next_due())) <= then:
            self.now = max(self.now, due)
            self.watched.tick(self.now)
            for request in [each for each, at in self.deadlines.items() if at <= self.now]:
                del self.deadlines[request]
                if self.watched.live.get(request):
                    self.watched.out_of_time(self.now, request)
        self.now = max(self.now, then)

    def _next_deadline(self) -> float:
        return min(self.deadlines.values(), default=inf)


PoolMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
TestPool = PoolMachine.TestCase
