"""Which models a provider offers, asked once while somebody is watching; spends no tokens."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from vibe.clock import Clock
from vibe.domain.failure import Failure
from vibe.domain.provider import Patience, Provider
from vibe.transport.upstream import Upstream
from vibe.wire.listing import ListedModel

LONGEST_S: Final = 15  # for the headers and the body of an answer


async def listed(provider: Provider, clock: Clock) -> tuple[ListedModel, ...] | Failure:
    upstream = Upstream(hurried(provider), clock=clock)
    try:
        return await upstream.models()
    finally:
        await upstream.aclose()


def hurried(provider: Provider) -> Provider:
    """With less patience than for an answer."""
    own = provider.patience
    patience = Patience(
        connect_s=5, first_token_s=min(own.first_token_s, 10), idle_s=min(own.idle_s, 5)
    )
    return replace(provider, patience=patience)
