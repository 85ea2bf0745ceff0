"""Who reads the events of a turn, each for an end of its own; one after another, in their order."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from vibe.domain.event import Event


class Reader(Protocol):
    def note(self, event: Event) -> None: ...

    def end(self) -> None:
        """Nothing more comes, for whatever reason."""
        ...


async def followed(events: AsyncIterator[Event], readers: Sequence[Reader]) -> None:
    try:
        async for event in events:
            for reader in readers:
                reader.note(event)
    finally:  # what a reader held back is not lost with an interrupt
        for reader in readers:
            reader.end()
