"""Checks of providers that rest, or that nobody has asked yet: by the list of their models alone.

No check spends a token. One that is answered ends a rest that such an answer can speak for: a
provider that was down and is back. Who is limited, or refuses the key, is left to rest.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final, Protocol, runtime_checkable

from vibe.clock import Clock
from vibe.domain.failure import Failure, FailureKind
from vibe.domain.model import Alias, ProviderName
from vibe.mux.mux import Mux
from vibe.mux.snapshot import EntrySnapshot

_SPOKEN_FOR: Final = frozenset({
    FailureKind.UNREACHABLE, FailureKind.SERVER, FailureKind.OVERLOADED, FailureKind.STALLED,
    FailureKind.BROKEN_STREAM,
})  # fmt: skip


@runtime_checkable
class Listing(Protocol):
    async def models(self) -> object | Failure: ...


class Checks:
    """`unreachable` is what the last round found of those that were never asked. `listings` may be
    replaced at any moment."""

    def __init__(self, mux: Mux, listings: Mapping[ProviderName, Listing], clock: Clock) -> None:
        self._mux = mux
        self.listings = listings
        self._clock = clock
        self.unreachable: frozenset[ProviderName] = frozenset()

    async def every(self, interval_s: float) -> None:
        """Until it is cancelled."""
        while True:
            await self.once()
            await self._clock.sleep(interval_s)

    async def once(self) -> None:
        due = self._due()
        found = await asyncio.gather(*(self.listings[name].models() for name in due))
        silent: set[ProviderName] = set()
        for (name, resting), answer in zip(due.items(), found, strict=True):
            if not isinstance(answer, Failure):
                for alias in resting:
                    self._mux.close(alias)
            elif not resting and answer.kind in _SPOKEN_FOR:
                silent.add(name)
        self.unreachable = frozenset(silent)

    def _due(self) -> dict[ProviderName, list[Alias]]:
        """Whom to ask, and which of its models rest."""
        due: dict[ProviderName, list[Alias]] = {}
        for entry in self._mux.snapshot().entries:
            if entry.provider not in self.listings or entry.trouble is not None:
                continue
            if entry.state == "closed" and entry.requests == 0:
                due.setdefault(entry.provider, [])
            elif _is_spoken_for(entry):
                due.setdefault(entry.provider, []).append(entry.alias)
        return due


def _is_spoken_for(entry: EntrySnapshot) -> bool:
    return entry.state != "closed" and entry.resting_from in _SPOKEN_FOR
