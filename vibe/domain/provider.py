"""An account at an API base: where it is, with which key, and how long one waits for it."""

from __future__ import annotations

from msgspec import Struct

from vibe.domain.model import Backend, ProviderName
from vibe.secret import Secret


class Patience(Struct, frozen=True, kw_only=True):
    """How long each phase of one attempt may take. Without `total_s` an answer has no bound."""

    connect_s: float = 10.0
    first_byte_s: float = 120.0
    idle_s: float = 60.0
    total_s: float | None = None


class Provider(Struct, frozen=True, kw_only=True):
    """`key` is None where the provider wants none."""

    name: ProviderName
    api_base: str
    backend: Backend
    key: Secret | None = None
    headers: tuple[tuple[str, str], ...] = ()
    api_version: str | None = None
    patience: Patience = Patience()
