"""What is offered at this moment: the pool, the names in it, and how clients are treated.

A frozen value: a reload puts another in its place, and requests that are under way keep theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from types import MappingProxyType

from msgspec import Struct

from vibe.clock import Clock
from vibe.domain.model import Affinity, Alias, BrokenStream, ProviderName
from vibe.gateway.naming import Names, Offered
from vibe.mux.member import Member
from vibe.mux.mux import Mux
from vibe.wire.serving import Wanted

NO_PRIORITIES: Mapping[ProviderName, int] = MappingProxyType({})


class Offer(Struct, frozen=True, kw_only=True):
    """`affinity` as configured; None: requests that tell of a session stay together. `began` is
    when the gateway did, by the wall."""

    mux: Mux
    names: Names
    clock: Clock
    on_broken: BrokenStream = "stop"
    affinity: Affinity | None = None
    max_body_bytes: int = 32 * 1024 * 1024
    priorities: Mapping[ProviderName, int] = NO_PRIORITIES
    began: float = 0.0

    def model_of(self, alias: Alias) -> Offered | None:
        return next((each for each in self.names.models if each.alias == alias), None)

    def meant(self, order: tuple[Alias, ...]) -> tuple[Member, ...]:
        """Whom a request of this order may ask; of the pool, if it has none."""
        return tuple(
            member
            for member in self.mux.members
            if (member.entry.alias in order if order else not member.entry.by_name)
        )

    def resting(self, order: tuple[Alias, ...]) -> list[str | None]:
        """What each of those rests from that a request of this order may ask."""
        return [
            entry.resting_from
            for entry in self.mux.snapshot().entries
            if (entry.alias in order if order else not entry.by_name)
        ]

    def affinity_of(self, wanted: Wanted, session: str) -> str | None:
        """By what requests are kept together with the entry that began them, if they are."""
        told = session or wanted.session
        match self.affinity:
            case "request":
                return None
            case "turn" | "conversation":
                return f"gateway {told or opening_of(wanted)}"
            case None:
                return f"gateway {told}" if told else None


def opening_of(wanted: Wanted) -> str:
    """The same for all requests of one conversation, which only grows."""
    request = wanted.request
    opening = repr((request.system, request.messages[:1])).encode()
    return blake2b(opening, digest_size=16).hexdigest()
