"""An account at an API base: where it is, with which key, and how long one waits for it."""

from __future__ import annotations

from msgspec import Struct

from vibe.domain.model import Backend, ProviderName
from vibe.secret import Secret


class Patience(Struct, frozen=True, kw_only=True):
    """How long each phase of one attempt may take. Without `total_s` an answer has no bound.

    `first_token_s` lasts from the request to the first piece of the answer, `idle_s` is the longest
    silence after that.
    """

    connect_s: float = 10.0
    first_token_s: float = 120.0
    idle_s: float = 60.0
    total_s: float | None = None

    @property
    def headers_s(self) -> float:
        """How long the headers of the answer may take: as long as its first piece, or the whole."""
        return min(self.first_token_s, self.total_s or self.first_token_s)

    @property
    def meaning_s(self) -> float:
        """How long bytes may come that say nothing, as pings do."""
        return 3 * self.idle_s


class Provider(Struct, frozen=True, kw_only=True):
    """`key` is None where the provider wants none. `headers` often carry another one."""

    name: ProviderName
    api_base: str
    backend: Backend
    key: Secret | None = None
    headers: tuple[tuple[str, Secret], ...] = ()
    api_version: str | None = None
    patience: Patience = Patience()
