"""What a person wants of the pool for now: whom to ask alone, whom not to ask, other weights.

A frozen value, and of this process alone: no file, no store and no other process hears of it. What
it makes of an entry is told here, and nothing is done.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import replace

from vibe.domain.model import Alias
from vibe.mux.entry import NO_WEIGHT, Entry

NO_WEIGHTS: Mapping[Alias, int] = MappingProxyType({})


class Wishes(Struct, frozen=True, kw_only=True):
    """Where one is `pinned`, all requests go to it, even if it is one of those taken `out`."""

    pinned: Alias | None = None
    out: frozenset[Alias] = frozenset()
    weights: Mapping[Alias, int] = NO_WEIGHTS

    def pin(self, alias: Alias | None) -> Wishes:
        return replace(self, pinned=alias)

    def take_out(self, alias: Alias) -> Wishes:
        return replace(self, out=self.out | {alias})

    def put_back(self, alias: Alias) -> Wishes:
        return replace(self, out=self.out - {alias})

    def weigh(self, alias: Alias, weight: int) -> Wishes:
        return replace(self, weights={**self.weights, alias: weight})

    def of(self, entry: Entry) -> Entry:
        alias = entry.alias
        is_out = alias in self.out if self.pinned is None else alias != self.pinned
        weight = self.weights.get(alias, entry.weight)
        trouble = None if weight and entry.trouble == NO_WEIGHT else entry.trouble
        return replace(entry, weight=weight, is_out=is_out, trouble=trouble)


AS_CONFIGURED = Wishes()
