"""Checks of providers that rest, or that never answered yet: by the list of their models alone.

No check spends a token. One that is answered ends the rests that such an answer can speak for: of a
provider that was down and is back. Who is limited, or refuses the key, is left to rest.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final, Protocol, runtime_checkable

from vibe.clock import Clock
from vibe.domain.failure import Failure
from vibe.domain.model import Alias, ProviderName
from vibe.gateway.health import by_provider
from vibe.mux.health import OF_A_SERVER
from vibe.mux.mux import Mux

_PATIENCE_S: Final = 10.0  # a list comes at once, or it says nothing of who could answer now


@runtime_checkable
class Listing(Protocol):
    async def models(self) -> object | Failure: ...


class Checks:
    """`unreachable` are those of the last round that never answered anything. `listings` may be
    replaced at any moment."""

    def __init__(self, mux: Mux, listings: Mapping[ProviderName, Listing], clock: Clock) -> None:
        self._mux = mux
        self.listings = listings
        self._clock = clock
        self.unreachable: frozenset[ProviderName] = frozenset()

    async def every(self, interval_s: float) -> None:
        """Until it is cancelled. One that is silent keeps nobody waiting beyond the interval."""
        while True:
            began_s = self._clock.monotonic()
            await self.once(patience_s=min(interval_s, _PATIENCE_S))
            took_s = self._clock.monotonic() - began_s
            await self._clock.sleep(max(0.0, interval_s - took_s))

    async def once(self, *, patience_s: float = _PATIENCE_S) -> None:
        """All that are due, side by side."""
        with self._mux.in_use():
            due = self._due()
            checks = (self._check(*each, patience_s) for each in due.items())
            answers = await asyncio.gather(*checks)
        silent = (name for name, answers in zip(due, answers, strict=True) if not answers)
        self.unreachable = frozenset(name for name in silent if not due[name])

    async def _check(
        self, name: ProviderName, resting: tuple[Alias, ...], patience_s: float
    ) -> bool:
        """Whether its server answers."""
        try:
            async with asyncio.timeout(patience_s):
                answer = await self.listings[name].models()
        except TimeoutError:
            return False
        if isinstance(answer, Failure):
            return answer.kind not in OF_A_SERVER
        for alias in resting:
            self._mux.reached(alias)
        return True

    def _due(self) -> dict[ProviderName, tuple[Alias, ...]]:
        """Whom to ask, and which of its models rest from what an answer is the end of."""
        due: dict[ProviderName, tuple[Alias, ...]] = {}
        for name, entries in by_provider(self._mux.snapshot()).items():
            usable = [entry for entry in entries if entry.trouble is None]
            resting = tuple(
                entry.alias
                for entry in usable
                if entry.state != "closed" and entry.resting_from in OF_A_SERVER
            )
            is_unknown = all(
                entry.state == "closed" and entry.last_ok_at is None for entry in usable
            )
            if name in self.listings and usable and (resting or is_unknown):
                due[name] = resting
        return due
