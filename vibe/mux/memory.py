"""What the pool remembers beyond this process; here the seam for it, and a memory that forgets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from vibe.mux.desk import Desk
from vibe.mux.snapshot import MuxSnapshot
from vibe.mux.step import Send
from vibe.mux.trace import AttemptTrace, Trace


class Memory(Protocol):
    """All but `leased` and `aclose` are quick: they run at every request, on the loop."""

    def attach(self, desk: Desk, snapshot: Callable[[], MuxSnapshot]) -> None: ...
    def refresh(self) -> None:
        """Take over what other processes have seen since."""
        ...

    def reload(self, set_pool: Callable[[], None]) -> None:
        """Have another pool set: what was counted for the old one is settled before."""
        ...

    def touched(self) -> None: ...
    def used(self, attempt: AttemptTrace) -> None: ...
    def traced(self, trace: Trace) -> None: ...
    async def leased(self, send: Send, seconds: float) -> float | None: ...
    async def aclose(self) -> None: ...


class Forgetful:
    """Of a pool that no other process shares."""

    def attach(self, desk: Desk, snapshot: Callable[[], MuxSnapshot]) -> None:
        pass

    def refresh(self) -> None:
        pass

    def reload(self, set_pool: Callable[[], None]) -> None:
        set_pool()

    def touched(self) -> None:
        pass

    def used(self, attempt: AttemptTrace) -> None:
        pass

    def traced(self, trace: Trace) -> None:
        pass

    async def leased(self, send: Send, seconds: float) -> float | None:
        return None

    async def aclose(self) -> None:
        pass
