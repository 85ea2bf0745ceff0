"""The memory that all vibe processes of a person share: between the core and the store.

What changes in this process is gathered and written a moment later, in a thread; what others have
written is taken over at the start of a request. Decides nothing, and never holds a request up but
for the lease of a probe.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from vibe.domain.model import Alias
from vibe.mux.core import Core
from vibe.mux.desk import Desk
from vibe.mux.entry import NETWORK, ScopeId
from vibe.mux.snapshot import MuxSnapshot
from vibe.mux.standing import PROBED
from vibe.mux.step import Send
from vibe.mux.store import Store
from vibe.mux.store_queue import Use
from vibe.mux.trace import AttemptTrace, Trace

DELAY_S = 0.25


class SharedMemory:
    """Invariant: `_written` is, for each entry, how much of its count the store knows of."""

    def __init__(self, store: Store, *, tell: Callable[[str], None]) -> None:
        self._store = store
        self._tell = tell
        self._has_told = False
        self._signature = ""
        self._written: dict[Alias, int] = {}
        self._leased: dict[Alias, tuple[ScopeId, ...]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._flush: asyncio.Task[None] | None = None

    def attach(self, desk: Desk, snapshot: Callable[[], MuxSnapshot]) -> None:
        self._desk = desk
        self._snapshot = snapshot
        desk.look = self.refresh
        self._take_over()

    @property
    def _core(self) -> Core:
        return self._desk.core

    def refresh(self) -> None:
        if self._store.changed():
            self._take_over()

    def reload(self, set_pool: Callable[[], None]) -> None:
        """Others may have counted for the new pool already."""
        self._gather()
        set_pool()
        self._take_over()

    def touched(self) -> None:
        """Something has changed that others should know; it is written soon."""
        if self._timer is None and self._flush is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(DELAY_S, self._begin_flush)

    def used(self, attempt: AttemptTrace) -> None:
        self._store.count(attempt.alias, _use(attempt))
        if attempt.is_probe:
            self._store.release(self._leased.pop(attempt.alias, ()))
        self.touched()

    def traced(self, trace: Trace) -> None:
        self._store.put_trace(trace)
        self.touched()

    async def leased(self, send: Send, seconds: float) -> float | None:
        """None if this process may probe; else until when, at the longest, another one does."""
        scopes = self._leased[send.alias] = self._scopes(send.alias)
        return await asyncio.to_thread(self._store.lease, scopes, seconds)

    async def aclose(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._flush is not None:
            await self._flush
        self._gather()
        await asyncio.to_thread(self._store.close)
        self._tell_trouble()

    def _begin_flush(self) -> None:
        self._timer = None
        self._flush = asyncio.get_running_loop().create_task(self._write())

    async def _write(self) -> None:
        self._gather()
        self._store.put_snapshot(self._snapshot())
        await asyncio.to_thread(self._store.flush)
        self._flush = None
        self._tell_trouble()
        if self._store.has_queued and not self._store.notice:
            self.touched()

    def _gather(self) -> None:
        """What the core has changed since."""
        board = self._core.board
        for circuit in self._core.breaker.take_changed():
            if circuit.id == NETWORK:
                continue  # each finds out for itself, which costs nobody anything
            self._store.put_health(circuit.id, circuit.health)
        for circuit in board.take_limits():
            if circuit.limit is not None:
                self._store.put_limit(circuit.id, circuit.limit)
        if self._signature != board.pool.signature:  # their counts have begun anew
            self._signature, self._written = board.pool.signature, {}
        board.keep_up()
        for alias, standing in board.standings.items():
            known = self._written.get(alias, 0)
            if standing.raised_to > known:
                known = standing.raised_to
                self._store.raise_sent(self._signature, alias, to=known)
            if standing.sent != known:
                self._store.add_sent(self._signature, alias, standing.sent - known)
            self._written[alias] = standing.sent

    def _take_over(self) -> None:
        self._gather()
        loaded = self._store.load()
        board = self._core.board
        for scope, limit in loaded.limits.items():
            board.learn(scope, limit)
        board.take_limits()
        sent = loaded.sent.get(board.pool.signature, {})
        self._written = {alias: sent.get(alias, s.sent) for alias, s in board.standings.items()}
        self._desk.absorb(loaded.healths, loaded.leases, sent)  # at last: who waits goes on then
        self._core.breaker.take_changed()  # the store has told these itself

    def _scopes(self, alias: Alias) -> tuple[ScopeId, ...]:
        return tuple(
            circuit.id
            for circuit in self._core.board.standings[alias].circuits[:PROBED]
            if not circuit.is_closed
        )

    def _tell_trouble(self) -> None:
        notice = self._store.notice
        if notice and not self._has_told:
            self._has_told = True
            self._tell(notice)


def _use(attempt: AttemptTrace) -> Use:
    return Use(
        requests=1,
        **{attempt.outcome: 1},
        input_tokens=attempt.input_tokens or 0,
        output_tokens=attempt.output_tokens or 0,
        cached_tokens=attempt.cached_tokens or 0,
        cost_uusd=attempt.cost_uusd or 0,
        unpriced=int(attempt.cost_uusd is None),
        estimated=int(attempt.is_estimated),
    )
