"""What a pool is: its entries and its rules, as frozen values.

Two entries are two, even where they are the same model at the same provider; what they share is
told by their scopes. Nothing here changes while requests run: a reload brings another `Pool`.
"""

from __future__ import annotations

from math import gcd
from typing import NewType

from msgspec import Struct
from msgspec.structs import replace

from vibe.domain.model import Alias, Mode, Overflow, ProviderName, Strategy
from vibe.domain.usage import Price

ScopeId = NewType("ScopeId", str)
NETWORK = ScopeId("network")
LEFT_OUT = "left out by hand"
NO_WEIGHT = "its weight is 0"


class Scopes(Struct, frozen=True, kw_only=True):
    """What fails together with an entry. The ids hold no key, and are the same in every process.

    `own` is the identity of the entry's health: origin, key and model. `key` is what a wrong key or
    a missing credit takes down, `origin` what an unreachable host does. `network` is empty where
    the entry is on this machine, and so needs none.
    """

    own: ScopeId
    key: ScopeId
    origin: ScopeId
    network: ScopeId = NETWORK


class Entry(Struct, frozen=True, kw_only=True):
    """One line of the pool. `trouble` says why it cannot be used at all, if so: no key, say.
    `is_out`: a person does not want it asked for now. `by_name`: it is none of the pool, and asked
    by those requests alone that name it. One request asks it at most `most_asked` times."""

    alias: Alias
    provider: ProviderName = ProviderName("")
    scopes: Scopes
    weight: int = 1
    max_concurrent: int | None = None
    is_fallback: bool = False
    rate_limited_by_key: bool = False
    window: int | None = None
    price: Price = Price()
    trouble: str | None = None
    is_out: bool = False
    by_name: bool = False
    most_asked: int | None = None

    @property
    def owner(self) -> str:
        """Whose model it is: a provider's, or where nobody said so an account's."""
        return self.provider or self.scopes.key

    @property
    def why_not(self) -> str | None:
        """Why it is never asked, if so."""
        return LEFT_OUT if self.is_out and self.trouble is None else self.trouble


class Rules(Struct, frozen=True, kw_only=True):
    """How the entries share the work. The defaults are those of the configuration."""

    mode: Mode = "failover"
    strategy: Strategy = "weighted"
    overflow: Overflow = "wait"
    rate_limit_s: float = 60.0
    error_s: float = 15.0
    failure_threshold: int = 1
    max_wait_s: float = 120.0
    hedge_after_s: float | None = None
    hedge_priced: bool = False


class Pool(Struct, frozen=True, kw_only=True):
    """The entries in the order of failover: primaries and fallbacks each in theirs."""

    entries: tuple[Entry, ...]
    rules: Rules = Rules()

    @property
    def signature(self) -> str:
        """The same for pools whose shares can be counted on together."""
        weights = (
            f"{entry.alias}{'~' if entry.is_fallback else '='}{weight}"
            for entry, weight in self.weighted
            if not entry.by_name
        )
        return " ".join((self.rules.mode, self.rules.strategy, *weights))

    @property
    def weighted(self) -> list[tuple[Entry, int]]:
        """The entries with the smallest weights of the same ratios: 70/30 and 7/3 are one thing.

        Where weights play no part, all are one; elsewhere, who has none gets nothing, like those
        who are left out by hand: as long as one is, the shares are counted apart.
        """
        is_weighed = self.rules.mode == "load_balance" and self.rules.strategy != "round_robin"
        weights = [
            (entry.weight if is_weighed else 1) * (not entry.is_out)
            for entry in self.entries
            if not entry.by_name
        ]
        shared = gcd(*weights) or 1
        left = iter(weights)
        return [(entry, 1 if entry.by_name else next(left) // shared) for entry in self.entries]


def alone(entry: Entry, rules: Rules) -> Pool:
    """A pool of one: what `single` is."""
    only = replace(entry, is_fallback=False)
    return Pool(entries=(only,), rules=replace(rules, mode="single"))
