"""The one model that an attempt is sent to, as far as its dialect needs to know it."""

from __future__ import annotations

from msgspec import Struct

from vibe.domain.message import Producer
from vibe.domain.model import Backend, ProviderName
from vibe.domain.quirks import Quirks


class Target(Struct, frozen=True, kw_only=True):
    """`None` is not known. The limits and parameters are those of the configuration."""

    provider: ProviderName
    model: str
    backend: Backend
    quirks: Quirks = Quirks()
    api_version: str | None = None
    max_output_tokens: int | None = None
    context_window: int | None = None
    temperature: float | None = None
    thinks: bool | None = None
    calls_tools: bool | None = None
    sees_images: bool | None = None
    prefills: bool | None = None

    @property
    def producer(self) -> Producer:
        return Producer(provider=self.provider, model=self.model)
