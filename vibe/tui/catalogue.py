"""What the chat is handed of the configuration: its models, in the pool or not, and ways to try one
and to write a change down. Knows no file: whoever starts the chat does.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from vibe.domain.failure import Failure
from vibe.domain.model import Alias, ProviderName
from vibe.domain.usage import Price

if TYPE_CHECKING:
    from vibe.mux.member import Member
    from vibe.mux.snapshot import MuxSnapshot

Setting: TypeAlias = str | int


class Offered(Struct, frozen=True, kw_only=True):
    """A configured model. `trouble` is why it cannot be asked at all, if so."""

    alias: Alias
    provider: ProviderName
    window: int | None = None
    price: Price = Price()
    trouble: str | None = None


class Trial(Struct, frozen=True, kw_only=True):
    """One small request, asked for its own sake: the first word after so long, or a failure."""

    first_s: float | None = None
    cost_uusd: int | None = None
    failure: Failure | None = None


class Catalogue(Struct, frozen=True, kw_only=True):
    """`member` makes one that can be asked of any of the models. `save` writes settings down, by
    their keys, and gives the file's name: the pool is then as it says; what it refuses, it raises.
    `status` is what `vibe mux status --json` prints, `gateway` the pool of a `vibe serve` that runs
    and answers. None where there is no configuration."""

    models: tuple[Offered, ...] = ()
    member: Callable[[Alias], Member] | None = None
    try_out: Callable[[Alias], Awaitable[Trial]] | None = None
    save: Callable[[Mapping[str, Setting]], Awaitable[str]] | None = None
    status: Callable[[], str] | None = None
    gateway: Callable[[], MuxSnapshot | None] | None = None


NO_CATALOGUE = Catalogue()
