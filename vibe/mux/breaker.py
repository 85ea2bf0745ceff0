"""What becomes of circuits: who is blamed for a failure, and what proves that it is over.

It moves the frozen values of health.py on, one scope at a time, and knows nothing of requests. An
attempt of an older epoch closes nothing, and only extends a rest by what the provider says.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf

from vibe.domain.failure import Failure, FailureKind, verdict
from vibe.mux.board import Board
from vibe.mux.entry import ScopeId
from vibe.mux.health import (
    Health,
    after_failure,
    after_late_failure,
    after_success,
    is_of_network,
    is_of_server,
    later,
    wakened,
)
from vibe.mux.network import Network
from vibe.mux.policy import Rng
from vibe.mux.standing import Circuit, Claim, Standing
from vibe.mux.step import AttemptId


class Breaker:
    """`moved` tells that somebody may be back, or gone: all who wait have to look again."""

    def __init__(self, board: Board, rng: Rng) -> None:
        self.moved = False
        self._changed: set[Circuit] = set()
        self._board = board
        self._network = Network()
        self._rng = rng

    def prove(self, now: float, claim: Claim, *, is_whole: bool) -> None:
        """It answers: what it was probed for is over; a whole answer ends a row of failures."""
        for circuit in claim.circuits:
            health = circuit.health
            if health.until is None and not (is_whole and health.in_a_row):
                continue
            if claim.attempt >= circuit.opened_by:
                if health.until is not None:
                    circuit.leased_until = -inf
                    claim.standing.proved_at = now
                self._set(now, circuit, after_success(health))

    def blame(self, now: float, claim: Claim, failure: Failure) -> None:
        """Hold a failure against what it tells about: the entry, its key or its origin."""
        if failure.status is not None:
            self._reached(now, claim)
        if self._is_offline(now, claim, failure):
            return
        circuit = _blamed(claim, failure)
        if circuit is None:
            return
        chance = self._rng.random()
        if claim.attempt < circuit.opened_by:
            health = after_late_failure(circuit.health, failure, now=now, chance=chance)
        else:
            rules = self._board.pool.rules
            health = after_failure(circuit.health, failure, now=now, rules=rules, chance=chance)
        self._set(now, circuit, health)

    def absorb(self, now: float, circuit: Circuit, health: Health) -> None:
        """What another process has seen: the later epoch counts, else the later end."""
        known = circuit.health
        if health.epoch < known.epoch or (health.epoch == known.epoch and known.until is None):
            return
        if health.epoch == known.epoch and health.until is not None:
            health = later(known, health)
        self._set(now, circuit, health)

    def lend(self, leases: Mapping[ScopeId, float]) -> None:
        """These are all the scopes that other processes probe, and until when at the latest."""
        for scope, circuit in self._board.circuits.items():
            until = leases.get(scope, -inf)
            self.moved = self.moved or until < circuit.leased_until
            circuit.leased_until = until

    def close(self, now: float, standing: Standing) -> None:
        """By hand: all that keeps this entry resting is forgotten."""
        for circuit in standing.circuits:
            self._set(now, circuit, after_success(circuit.health))
            circuit.leased_until = -inf

    def reached(self, now: float, standing: Standing) -> None:
        """Its server answers. Limits, keys and what a provider has said itself are none of that."""
        for circuit in standing.circuits:
            if is_of_server(circuit.health, now):
                self._set(now, circuit, after_success(circuit.health))
                circuit.leased_until = -inf

    def wake(self, now: float) -> None:
        """By hand: all rests end now, and probes tell who is well."""
        for circuit in self._board.circuits.values():
            self._set(now, circuit, wakened(circuit.health, now))
        self.moved = True

    def take_changed(self) -> set[Circuit]:
        """Those whose health has changed since this was last asked."""
        changed, self._changed = self._changed, set()
        return changed

    def _reached(self, now: float, claim: Claim) -> None:
        """An answer of any kind proves that the origin can be reached."""
        for circuit in claim.circuits[2:]:
            if not circuit.is_closed and claim.attempt >= circuit.opened_by:
                self._set(now, circuit, after_success(circuit.health))

    def _is_offline(self, now: float, claim: Claim, failure: Failure) -> bool:
        """Whether this machine has lost its network, for which no entry is to blame."""
        if len(claim.circuits) < 4 or not is_of_network(failure):
            return False
        origin, network = claim.circuits[2:]
        if claim.attempt < network.opened_by:
            return not network.is_closed
        blamed = self._network.judge(origin, network, failure, now, self._rng.random())
        if blamed is None:
            return False
        for circuit, health in blamed:
            self._set(now, circuit, health)
        return True

    def _set(self, now: float, circuit: Circuit, health: Health) -> None:
        if health is circuit.health:
            return
        if health.epoch > circuit.health.epoch:
            circuit.opened_by = AttemptId(self._board.attempts + 1)
            circuit.opened_at = now
            circuit.probe = None
        if health.until is None:
            circuit.probe = None
        known = circuit.health
        has_moved = (health.until, health.earliest) != (known.until, known.earliest)
        circuit.health = health
        self._changed.add(circuit)
        if has_moved:
            circuit.leave()
            self._board.refresh()
            self.moved = True


def _blamed(claim: Claim, failure: Failure) -> Circuit | None:
    own, key, origin = claim.circuits[:3]
    match verdict(failure.inner or failure.kind).scope:
        case "nothing":
            return None
        case "key":
            return key
        case "origin":
            return origin
        case "entry":
            limited = (failure.inner or failure.kind) is FailureKind.RATE_LIMITED
            return claim.counted_by if limited else own
