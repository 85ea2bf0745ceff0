"""The tables of the store: what they are, and each way of reading and writing them.

Every function runs in a transaction that its caller has begun, and raises what SQLite raises; rows
of another form than was written raise a ValidationError. Nothing here opens a file or waits.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from typing import NamedTuple

from msgspec import convert
from msgspec.structs import astuple

from vibe.domain.model import Alias
from vibe.mux.entry import ScopeId
from vibe.mux.store_queue import KEPT_TRACES, Batch, Noted, Shift, Use
from vibe.mux.store_rows import MOST, HealthRow, LimitRow, Now, at, json_of, merged

STALE_S = 86_400.0

HEALTH = """CREATE TABLE health (
    scope TEXT PRIMARY KEY, epoch INTEGER, is_closed INTEGER, until REAL, until_s REAL,
    openings INTEGER, in_a_row INTEGER, rest_s REAL, failure TEXT, stalled REAL,
    stated REAL, stated_s REAL, resort REAL, resort_s REAL
) WITHOUT ROWID"""
LIMITS = """CREATE TABLE limits (
    scope TEXT PRIMARY KEY, seen REAL, requests INTEGER, requests_reset REAL, requests_reset_s REAL,
    tokens INTEGER, tokens_reset REAL, tokens_reset_s REAL
) WITHOUT ROWID"""
SENT = """CREATE TABLE sent (
    signature TEXT, alias TEXT, n INTEGER, PRIMARY KEY (signature, alias)
) WITHOUT ROWID"""
LEASES = """CREATE TABLE leases (
    scope TEXT PRIMARY KEY, process INTEGER, until REAL, until_s REAL
) WITHOUT ROWID"""
USAGE = """CREATE TABLE usage (
    day TEXT, alias TEXT, requests INTEGER, ok INTEGER, limited INTEGER, failed INTEGER,
    cancelled INTEGER, input_tokens INTEGER, output_tokens INTEGER, cached_tokens INTEGER,
    cost_uusd INTEGER, unpriced INTEGER, estimated INTEGER, PRIMARY KEY (day, alias)
) WITHOUT ROWID"""
TRACES = "CREATE TABLE traces (id INTEGER PRIMARY KEY, wall REAL, pid INTEGER, json TEXT)"
# The id of a process that is gone is given to no other: leases would change hands.
PROCESSES = """CREATE TABLE processes (
    id INTEGER PRIMARY KEY AUTOINCREMENT, pid INTEGER, birth TEXT, started REAL, updated REAL,
    batch INTEGER, snapshot TEXT
)"""

# What brings a file from each schema to the next: their number is that of the schema.
MIGRATIONS = ((HEALTH, LIMITS, SENT, LEASES, USAGE, TRACES, PROCESSES),)


class SentRow(NamedTuple):
    signature: str
    alias: Alias
    n: int


class LeaseRow(NamedTuple):
    """`pid` and `birth` tell whether who holds it still runs."""

    scope: ScopeId
    process: int
    until: float
    until_s: float
    pid: int
    birth: str


class UsageRow(NamedTuple):
    day: str
    alias: Alias
    use: Use


class TraceRow(NamedTuple):
    wall: float
    pid: int
    json: str


class ProcessRow(NamedTuple):
    """`birth` tells two processes apart that had the same number one after the other."""

    pid: int
    birth: str
    started: float
    updated: float
    snapshot: str


class Stored(NamedTuple):
    """What every process wants to know, and the last of the reader's batches that is in it."""

    batch: int
    healths: list[HealthRow]
    limits: list[LimitRow]
    sent: list[SentRow]
    leases: list[LeaseRow]


def read(connection: sqlite3.Connection, process: int | None, pid: int) -> Stored:
    batch = "SELECT batch FROM processes WHERE id = ? AND pid = ?"
    own = connection.execute(batch, (process, pid)).fetchone()
    tables = (
        connection.execute("SELECT * FROM health").fetchall(),
        connection.execute("SELECT * FROM limits").fetchall(),
        connection.execute("SELECT * FROM sent").fetchall(),
        read_leases(connection),
    )
    return convert((own[0] if own else 0, *tables), Stored, strict=False)


def read_leases(connection: sqlite3.Connection) -> list[LeaseRow]:
    rows = connection.execute(
        "SELECT scope, process, until, until_s, pid, birth FROM leases"
        " JOIN processes ON processes.id = process"
    )
    return convert(rows.fetchall(), list[LeaseRow])


def read_usage(connection: sqlite3.Connection, since: str) -> list[UsageRow]:
    found = connection.execute("SELECT * FROM usage WHERE day >= ? ORDER BY day, alias", (since,))
    rows = [
        (day, alias, dict(zip(Use.__struct_fields__, counts, strict=False)))
        for day, alias, *counts in found
    ]
    return convert(rows, list[UsageRow])


def read_traces(connection: sqlite3.Connection, last: int) -> list[TraceRow]:
    """The oldest first."""
    latest = "SELECT wall, pid, json FROM traces ORDER BY id DESC LIMIT ?"
    return convert(connection.execute(latest, (last,)).fetchall()[::-1], list[TraceRow])


def read_processes(connection: sqlite3.Connection, now: Now) -> list[ProcessRow]:
    """Those that told of themselves and gave a sign of life not too long ago."""
    rows = connection.execute(
        "SELECT pid, birth, started, updated, snapshot FROM processes"
        " WHERE snapshot != '' AND updated >= ? ORDER BY id",
        (now.wall - STALE_S,),
    )
    return convert(rows.fetchall(), list[ProcessRow])


def enter(connection: sqlite3.Connection, process: int | None, own: ProcessRow, now: Now) -> int:
    """A sign of life of this process. Returns its id, which is a new one where it had none."""
    alive = "UPDATE processes SET updated = ? WHERE id = ? AND pid = ?"
    if process and connection.execute(alive, (now.wall, process, own.pid)).rowcount:
        return process
    connection.execute("DELETE FROM processes WHERE updated < ?", (now.wall - STALE_S,))
    entered = connection.execute(
        "INSERT INTO processes (pid, birth, started, updated, batch, snapshot)"
        " VALUES (?, ?, ?, ?, 0, '')",
        (own.pid, own.birth, own.started, now.wall),
    )
    return entered.lastrowid or 0


def leave(connection: sqlite3.Connection, process: int) -> None:
    connection.execute("DELETE FROM leases WHERE process = ?", (process,))
    connection.execute("DELETE FROM processes WHERE id = ?", (process,))


def lease(
    connection: sqlite3.Connection,
    scopes: Collection[ScopeId],
    seconds: float,
    *,
    process: int,
    now: Now,
) -> float | None:
    """Take all of the scopes or, where another has one of them, none: then until when he does."""
    connection.execute(
        "UPDATE leases SET until = :now + until_s WHERE until > :now + until_s", {"now": now.wall}
    )
    latest = max(
        (
            at(row.until, row.until_s, now)
            for row in read_leases(connection)
            if row.scope in scopes and row.process != process
        ),
        default=now.monotonic,
    )
    if latest > now.monotonic:
        return latest
    connection.executemany(
        "INSERT OR REPLACE INTO leases VALUES (?, ?, ?, ?)",
        [(scope, process, now.wall + seconds, seconds) for scope in scopes],
    )
    return None


def write(
    connection: sqlite3.Connection, batch: Batch, *, process: int, pid: int, now: Now
) -> None:
    _mend_times(connection, now)
    for health in batch.healths.values():
        _write_health(connection, health)
    for limit in batch.limits.values():
        _write_limit(connection, limit)
    for (signature, alias), shift in batch.sent.items():
        _write_sent(connection, signature, alias, shift)
    for (day, alias), use in batch.usage.items():
        _write_usage(connection, day, alias, use)
    _write_traces(connection, batch.traces, pid)
    connection.executemany(
        "DELETE FROM leases WHERE scope = ? AND process = ?",
        [(scope, process) for scope in batch.releases],
    )
    snapshot = json_of(batch.snapshot) if batch.snapshot else ""
    connection.execute(
        "UPDATE processes SET batch = ?, snapshot = coalesce(nullif(?, ''), snapshot) WHERE id = ?",
        (batch.number, snapshot, process),
    )


def _mend_times(connection: sqlite3.Connection, now: Now) -> None:
    """Date anew what was written before somebody set the clock back.

    Until the clock has caught up, such a deadline would begin again with every process.
    """
    connection.execute(
        "UPDATE health SET until = min(until, :now + until_s),"
        " stated = min(stated, :now + stated_s), resort = min(resort, :now + resort_s)"
        " WHERE until > :now + until_s OR stated > :now + stated_s OR resort > :now + resort_s",
        {"now": now.wall},
    )
    connection.execute("DELETE FROM limits WHERE seen > ?", (now.wall,))


def _write_health(connection: sqlite3.Connection, row: HealthRow) -> None:
    found = connection.execute("SELECT * FROM health WHERE scope = ?", (row.scope,)).fetchone()
    stored = convert(found, HealthRow | None, strict=False)
    if stored is not None:
        row = merged(stored, row)
    if row != stored:
        connection.execute(
            "INSERT OR REPLACE INTO health VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row
        )


def _write_limit(connection: sqlite3.Connection, row: LimitRow) -> None:
    found = connection.execute("SELECT * FROM limits WHERE scope = ?", (row.scope,)).fetchone()
    stored = convert(found, LimitRow | None)
    if stored is None or stored.seen < row.seen:
        connection.execute("INSERT OR REPLACE INTO limits VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)


def _write_sent(connection: sqlite3.Connection, signature: str, alias: Alias, shift: Shift) -> None:
    connection.execute(
        "INSERT INTO sent VALUES (?, ?, ?)"
        " ON CONFLICT (signature, alias) DO UPDATE SET n = max(n, ?) + ?",
        (signature, alias, shift.of(0), *shift),
    )


def _write_usage(connection: sqlite3.Connection, day: str, alias: Alias, use: Use) -> None:
    found = connection.execute(
        "SELECT requests, ok, limited, failed, cancelled, input_tokens, output_tokens,"
        " cached_tokens, cost_uusd, unpriced, estimated FROM usage WHERE day = ? AND alias = ?",
        (day, alias),
    ).fetchone()
    if found is not None:
        use += convert(dict(zip(Use.__struct_fields__, found, strict=True)), Use)
    connection.execute(
        "INSERT OR REPLACE INTO usage VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (day, alias, *(min(n, MOST) for n in astuple(use))),
    )


def _write_traces(connection: sqlite3.Connection, traces: Collection[Noted], pid: int) -> None:
    if not traces:
        return
    told = [(noted.wall, pid, json_of(noted.value)) for noted in traces]
    rows = [row for row in told if row[2]]
    if rows:
        # In one statement: after each, a thread waits for its turn to run Python, and holds up the
        # others to get it. There are never more rows than KEPT_TRACES.
        values = ", ".join(["(?, ?, ?)"] * len(rows))
        insert = f"INSERT INTO traces (wall, pid, json) VALUES {values}"  # noqa: S608 - marks
        connection.execute(insert, [value for row in rows for value in row])
    connection.execute(
        "DELETE FROM traces WHERE id <= (SELECT max(id) FROM traces) - ?", (KEPT_TRACES,)
    )
