"""Telling a lost network from a lost provider: two origins gone within a second are no accident.

While this machine is offline no entry is to blame. One circuit stands for the network; its rests
are short, and after each all may try: where nothing is sent, nothing has to be spared.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from msgspec.structs import replace

from vibe.domain.failure import Failure
from vibe.mux.health import Health, after_success, backoff_s, is_of_network
from vibe.mux.standing import Circuit

TOGETHER_S = 1.0

Verdicts = Sequence[tuple[Circuit, Health]]


class Network:
    """Remembers which origins were not found, and when."""

    def __init__(self) -> None:
        self._lost: dict[Circuit, float] = {}

    def judge(
        self, origin: Circuit, network: Circuit, failure: Failure, now: float, chance: float
    ) -> Verdicts | None:
        """What the circuits are to become, if the network is to blame; None if it is not."""
        self._lost[origin] = now
        lost = [circuit for circuit, at in self._lost.items() if now - at <= TOGETHER_S]
        self._lost = {circuit: self._lost[circuit] for circuit in lost}
        if network.is_closed and len(lost) < 2:
            return None
        network_health = _offline(network.health, failure, now=now, chance=chance)
        acquitted = [
            (circuit, after_success(circuit.health))
            for circuit in lost
            if circuit.health.failure and is_of_network(circuit.health.failure)
        ]
        return [(network, network_health), *acquitted]


def _offline(health: Health, failure: Failure, *, now: float, chance: float) -> Health:
    if health.until is not None and now < health.until:
        return health
    until = now + backoff_s(health.openings, chance)
    return replace(
        health,
        epoch=health.epoch + 1,
        openings=health.openings + 1,
        until=until,
        stated_until=-inf,
        resort_at=until,
        rest_s=until - now,
        failure=failure,
    )
