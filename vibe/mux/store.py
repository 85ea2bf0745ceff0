"""What all running vibe processes remember together: one small SQLite file in the state folder.

Health and limits of scopes, shares, who probes what, usage by day, the last traces, and how each
process stands. No key and no text of a conversation. Nothing here ever raises: whatever is wrong
with the file, everything goes on from memory, and `notice` says so once.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from datetime import date
from itertools import starmap
from pathlib import Path
from sqlite3 import Connection
from threading import Lock
from types import MappingProxyType
from typing import TypeVar

from msgspec import Struct

from vibe.clock import Clock
from vibe.domain.model import Alias
from vibe.mux import store_tables as tables
from vibe.mux.entry import ScopeId
from vibe.mux.health import Health
from vibe.mux.limits import Learned
from vibe.mux.store_process import birth_of, is_running
from vibe.mux.store_queue import KEPT_TRACES, Batch, Noted, Shift, Use
from vibe.mux.store_rows import (
    HealthRow,
    LimitRow,
    Now,
    at,
    health_of,
    health_row,
    json_of,
    limit_of,
    limit_row,
    merged,
    now_of,
)
from vibe.mux.store_tables import ProcessRow, SentRow, Stored, TraceRow, UsageRow
from vibe.mux.store_trouble import TROUBLE, Keeper

MAX_BYTES = 64_000_000
DAY_S = 86_400
FIRST_DAY = date(1970, 1, 1).toordinal()

T = TypeVar("T")


class Loaded(Struct, frozen=True, kw_only=True):
    """What others have told, in the monotonic time of this process.

    `healths` and `limits` hold what is news here; `sent`, by the signature of the pool, and
    `leases`, the scopes that other processes probe and until when at the latest, always all that
    there is. Who has died probes nothing.
    """

    healths: Mapping[ScopeId, Health] = MappingProxyType({})
    limits: Mapping[ScopeId, Learned] = MappingProxyType({})
    sent: Mapping[str, Mapping[Alias, int]] = MappingProxyType({})
    leases: Mapping[ScopeId, float] = MappingProxyType({})


class Store:
    """What only queues, and `changed` and `load`, may be called in the event loop; the rest waits
    for the disk, and may be called in any thread.

    Invariant: what was queued is in the file, in `_taken`, which is being written, or in `_queue`.
    `_queueing` guards these and what is known, and is held for some µs at most. `_writing` is held
    by whoever uses the writing connection; of both, it is taken first.
    """

    def __init__(self, path: Path, clock: Clock, *, max_bytes: int = MAX_BYTES) -> None:
        self._clock = clock
        self._keeper = Keeper(Path(os.path.realpath(path)), max_bytes=max_bytes)
        pid, started = os.getpid(), clock.wall()
        self._own = ProcessRow(pid, birth_of(pid), started, started, "")
        self._process: int | None = None
        self._writing = Lock()
        self._queueing = Lock()
        self._taken: Batch | None = None
        self._queue = Batch(number=1)
        self._healths: dict[ScopeId, HealthRow] = {}
        self._limits: dict[ScopeId, LimitRow] = {}
        self._probing: frozenset[tuple[int, str]] = frozenset()  # other processes, at `load`
        self._has_loaded = False

    @classmethod
    def open(cls, path: Path, clock: Clock, *, max_bytes: int = MAX_BYTES) -> Store:
        """Makes the file if there is none. It does not grow over `max_bytes`."""
        store = cls(path, clock, max_bytes=max_bytes)
        with store._writing:
            store._keeper.opened()
        return store

    @property
    def today(self) -> str:
        """The day by UTC: "2026-03-01"."""
        return date.fromordinal(FIRST_DAY + int(self._clock.wall() // DAY_S)).isoformat()

    @property
    def notice(self) -> str | None:
        """What a person should know of the file. It may come at any time, and then stays."""
        return self._keeper.notice

    # What is queued.

    def put_health(self, scope: ScopeId, health: Health) -> None:
        row = health_row(scope, health, now_of(self._clock))
        with self._queueing:
            if self._adds(row):
                self._queue.healths[scope] = self._healths[scope]

    def put_limit(self, scope: ScopeId, limit: Learned) -> None:
        row = limit_row(scope, limit, now_of(self._clock))
        with self._queueing:
            self._queue.limits[scope] = self._limits[scope] = row

    def add_sent(self, signature: str, alias: Alias, n: int = 1) -> None:
        with self._queueing:
            self._queue.shift(signature, alias, Shift(more=n))

    def raise_sent(self, signature: str, alias: Alias, *, to: int) -> None:
        """At least so many: the entry has rejoined its pool."""
        with self._queueing:
            self._queue.shift(signature, alias, Shift(at_least=to))

    def count(self, alias: Alias, use: Use) -> None:
        """Add to what was asked of the entry today."""
        with self._queueing:
            self._queue.count(self.today, alias, use)

    def put_trace(self, trace: Struct) -> None:
        noted = Noted(self._clock.wall(), trace)
        with self._queueing:
            self._queue.traces.append(noted)

    def put_snapshot(self, snapshot: Struct) -> None:
        """How this process stands, in place of what it told before."""
        with self._queueing:
            self._queue.snapshot = snapshot

    def release(self, scopes: Iterable[ScopeId]) -> None:
        """The probe is over; what was not leased by this process stays as it is."""
        with self._queueing:
            self._queue.releases.update(scopes)

    @property
    def has_queued(self) -> bool:
        return not self._queue.is_empty

    # What others have told.

    def changed(self) -> bool:
        """Whether anybody, this process included, has written since `load`, or one has died that
        probed then: it told nobody."""
        file = self._keeper.file
        try:
            is_as_before = all(starmap(is_running, self._probing))
            return file is not None and (file.changed() or not is_as_before)
        except TROUBLE:
            return False  # the next to write meets it as well

    def load(self, *, with_chances: bool = True) -> Loaded:
        """The first time everything is news, and what only people mend is half-open: they may have
        done so since. Without chances for whoever only looks."""
        with self._queueing:
            queued = [batch for batch in (self._taken, self._queue) if batch]
        # Read after that: what is written meanwhile counts once, as the file tells the last batch.
        stored = self._stored()
        if stored is None:
            return Loaded()
        now = now_of(self._clock)
        has_chance = with_chances and not self._has_loaded
        self._has_loaded = True
        with self._queueing:
            sent = _totals(stored.sent, [each for each in queued if each.number > stored.batch])
            healths = [self._healths[row.scope] for row in stored.healths if self._adds(row)]
            limits = [row for row in stored.limits if self._is_later(row)]
        leases = [
            row
            for row in stored.leases
            if row.process != self._process and is_running(row.pid, row.birth)
        ]
        self._probing = frozenset((row.pid, row.birth) for row in leases)
        return Loaded(
            healths={row.scope: health_of(row, now, has_chance=has_chance) for row in healths},
            limits={row.scope: limit_of(row, now) for row in limits},
            sent=sent,
            leases={
                row.scope: until
                for row in leases
                if (until := at(row.until, row.until_s, now)) > now.monotonic
            },
        )

    # What waits for the disk.

    def flush(self) -> None:
        """Write what is queued, in one transaction. What cannot be written stays queued."""
        with self._writing:
            self._flush()

    def lease(self, scopes: Collection[ScopeId], seconds: float) -> float | None:
        """None where this process may probe all of these, for so long and nobody else meanwhile;
        else until when, at the longest, another process probes one of them."""
        with self._writing:
            file = self._keeper.opened()
            if file is None:
                return None
            now = now_of(self._clock)
            try:
                with file.writing() as connection:
                    process = self._enter(connection, now)
                    for row in tables.read_leases(connection):
                        if not is_running(row.pid, row.birth):
                            tables.leave(connection, row.process)  # it died without doing so
                    until = tables.lease(connection, scopes, seconds, process=process, now=now)
            except TROUBLE as error:
                self._met(error)
                return None
            if until is None:
                with self._queueing:  # a release that was queued is of a lease before
                    self._queue.releases.difference_update(scopes)
            return until

    def usage(self, *, since: str = "") -> tuple[UsageRow, ...]:
        """By day and entry, from the day `since` on."""
        with self._writing:
            rows = self._asked(lambda connection: tables.read_usage(connection, since))
            found = {(row.day, row.alias): row.use for row in rows}
            with self._queueing:
                for (day, alias), use in self._queue.usage.items():
                    if day >= since:
                        found[day, alias] = found.get((day, alias), Use()) + use
        return tuple(UsageRow(*key, found[key]) for key in sorted(found))

    def traces(self, *, last: int = KEPT_TRACES) -> tuple[TraceRow, ...]:
        """Of all processes, the latest last."""
        with self._writing:
            rows = self._asked(lambda connection: tables.read_traces(connection, last))
            with self._queueing:
                queued = tuple(self._queue.traces)
        rows += [TraceRow(noted.wall, self._own.pid, json_of(noted.value)) for noted in queued]
        return tuple(rows[-last:])

    def processes(self) -> tuple[ProcessRow, ...]:
        """Those that run and have told how they stand."""
        now = now_of(self._clock)
        with self._writing:
            rows = self._asked(lambda connection: tables.read_processes(connection, now))
        return tuple(row for row in rows if is_running(row.pid, row.birth))

    def close(self) -> None:
        """Write the rest and take leave: of the snapshot, too, and of all leases."""
        with self._writing:
            file = self._keeper.file
            if file is not None:
                with suppress(*TROUBLE):
                    file.wait_longer()
            self._flush()
            if self.has_queued:
                self._keeper.give_up()
            file = self._keeper.file
            if file is not None and self._process is not None:
                with suppress(*TROUBLE), file.writing() as connection:
                    tables.leave(connection, self._process)
            self._keeper.close()

    # How it is done.

    def _flush(self) -> None:
        file = self._keeper.opened() if self.has_queued else None
        if file is None:
            return
        with self._queueing:
            batch = self._taken = self._queue
            self._queue = Batch(number=batch.number + 1)
        now = now_of(self._clock)
        try:
            with file.writing() as connection:
                process = self._enter(connection, now)
                tables.write(connection, batch, process=process, pid=self._own.pid, now=now)
        except TROUBLE as error:
            with self._queueing:
                self._queue = batch.before(self._queue)
                self._taken = None
            if self._met(error):
                self._flush()
        else:
            self._taken = None

    def _enter(self, connection: Connection, now: Now) -> int:
        # Known before the transaction ends: whoever loads after that must find which batch it was.
        self._process = tables.enter(connection, self._process, self._own, now)
        return self._process

    def _met(self, error: Exception) -> bool:
        """Whether there is a fresh file now. What is known here is not lost with the old one."""
        is_fresh = self._keeper.met(error)
        if is_fresh:
            with self._queueing:
                self._queue.healths = self._healths.copy()
                self._queue.limits = self._limits.copy()
        return is_fresh

    def _asked(self, read: Callable[[Connection], list[T]]) -> list[T]:
        """What the file tells, once all that was queued is in it."""
        self._flush()
        file = self._keeper.opened()
        if file is None:
            return []
        try:
            return read(file.writer)
        except TROUBLE as error:
            self._met(error)
            return []

    def _stored(self) -> Stored | None:
        file = self._keeper.file
        if file is None:
            return None
        try:
            with file.reading() as connection:
                return tables.read(connection, self._process, self._own.pid)
        except TROUBLE as error:
            if self._writing.acquire(blocking=False):  # whoever has it now meets the same
                try:
                    self._met(error)
                finally:
                    self._writing.release()
            return None

    def _adds(self, row: HealthRow) -> bool:
        """Take it over, where it tells more than is known."""
        known = self._healths.get(row.scope)
        self._healths[row.scope] = row if known is None else merged(known, row)
        return self._healths[row.scope] != known

    def _is_later(self, row: LimitRow) -> bool:
        known = self._limits.get(row.scope)
        if known is not None and known.seen >= row.seen:
            return False
        self._limits[row.scope] = row
        return True


def _totals(rows: Iterable[SentRow], unwritten: Iterable[Batch]) -> dict[str, dict[Alias, int]]:
    sent: dict[str, dict[Alias, int]] = {}
    for row in rows:
        sent.setdefault(row.signature, {})[row.alias] = row.n
    for batch in unwritten:
        for (signature, alias), shift in batch.sent.items():
            pool = sent.setdefault(signature, {})
            pool[alias] = shift.of(pool.get(alias, 0))
    return sent
