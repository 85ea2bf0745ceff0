"""A machine with one wall clock, on which processes start whose monotonic clocks begin anywhere."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from vibe.mux.store import Store

START = 1_700_000_000.0


class Machine:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.passed_s = 0.0
        self.set_by_s = 0.0
        self._running: list[Store] = []

    def clock(self, *, zero: float = 0.0) -> MachineClock:
        return MachineClock(self, zero)

    def start(self, *, zero: float = 0.0, max_bytes: int = 64_000_000) -> Store:
        """What one process more sees of the store; `zero` is what its clock shows at the start."""
        store = Store.open(self.path, self.clock(zero=zero), max_bytes=max_bytes)
        self._running.append(store)
        return store

    def stop(self) -> None:
        for store in self._running:
            store.close()


@dataclass(frozen=True)
class MachineClock:
    machine: Machine
    zero: float

    def monotonic(self) -> float:
        return self.zero + self.machine.passed_s

    def wall(self) -> float:
        return START + self.machine.passed_s + self.machine.set_by_s

    async def sleep(self, seconds: float) -> None:
        self.machine.passed_s += seconds
        await asyncio.sleep(0)
