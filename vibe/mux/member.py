"""An entry and what asks it. `Upstream` is all that the multiplexer knows of HTTP."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Protocol

from msgspec import Struct

from vibe.domain.request import ModelRequest
from vibe.domain.stream import StreamEvent
from vibe.domain.target import Target
from vibe.mux.entry import Entry


class Upstream(Protocol):
    def ask(self, request: ModelRequest, target: Target) -> AsyncGenerator[StreamEvent, None]:
        """Raises nothing; ends in `Ended` or `Broken`; closed, it ends its connection at once."""
        ...

    async def aclose(self) -> None: ...


class Member(Struct, frozen=True, kw_only=True):
    """`first_token_s` is how long its upstream waits for the first piece of an answer."""

    entry: Entry
    target: Target
    upstream: Upstream
    first_token_s: float = 120.0
