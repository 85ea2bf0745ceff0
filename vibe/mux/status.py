"""The pool as it stands now, for whoever asks from outside of the processes that use it.

What the configuration and the store say, and what each running process has told of itself, as one
snapshot: the numbers are the processes' own, but the shares those of today. Reads, and changes
nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from vibe.clock import Clock
from vibe.domain.model import Alias, ProviderName
from vibe.mux.board import Board
from vibe.mux.entry import Pool
from vibe.mux.snapshot import About, EntrySnapshot, MuxSnapshot, snapshot
from vibe.mux.stats import GRAIN_S, GRAINS, Counts
from vibe.mux.store import Store
from vibe.mux.store_queue import Use

SUMMED = (
    "requests", "ok", "limited", "failed", "cancelled", "busy", "input_tokens", "output_tokens",
    "cached_tokens", "cost_uusd", "last_hour_uusd", "unpriced", "estimated",
)  # fmt: skip
LATEST = ("first_token_p50_s", "first_token_p95_s", "tokens_a_second", "last_error")
OF_PROCESS = ("requests", "under_way", "waiting", "failovers", "seams", "anew")


class Running(Struct, frozen=True, kw_only=True):
    """A process that uses the pool. `started` is wall time."""

    pid: int
    started: float
    snapshot: MuxSnapshot


class Status(Struct, frozen=True, kw_only=True):
    """`today` is what all processes together have asked since midnight, UTC, those that have ended
    as well. The shares in `pool` are of these attempts."""

    pool: MuxSnapshot
    today: dict[Alias, Use]
    processes: tuple[Running, ...]


def status(
    pool: Pool,
    names: Mapping[Alias, tuple[ProviderName, str]],
    store: Store,
    *,
    clock: Clock,
) -> Status:
    board = Board(pool)
    loaded = store.load(with_chances=False)
    now, wall = clock.monotonic(), clock.wall()  # not before: a rest that is over ended by then
    for scope, health in loaded.healths.items():
        if circuit := board.circuits.get(scope):
            circuit.health = health
    for scope, until in loaded.leases.items():
        if circuit := board.circuits.get(scope):
            circuit.leased_until = until
    for scope, limit in loaded.limits.items():
        board.learn(scope, limit)
    board.refresh()
    today = {row.alias: row.use for row in store.usage(since=store.today)}
    asked = {alias: use.requests for alias, use in today.items()}
    counts = {alias: Counts() for alias in board.standings}
    stored = snapshot(board, counts, names, About(), asked=asked, now=now, wall=wall)
    running = tuple(_running(store, wall))
    shown = together(stored, [each.snapshot for each in running])
    return Status(pool=shown, today=today, processes=running)


def together(stored: MuxSnapshot, told: Iterable[MuxSnapshot]) -> MuxSnapshot:
    """The states of the one, and the sums of what the others have counted."""
    ordered = sorted(told, key=lambda each: each.at)
    entries = [
        _sum(entry, [e for each in ordered for e in each.entries if e.alias == entry.alias])
        for entry in stored.entries
    ]
    sums = {name: sum(getattr(each, name) for each in ordered) for name in OF_PROCESS}
    recent = sorted((switch for each in ordered for switch in each.recent), key=lambda s: s.at)
    return replace(
        stored,
        entries=tuple(entries),
        recent=tuple(recent[-20:]),
        offline=any(each.offline for each in ordered),
        **sums,
    )


def _sum(stored: EntrySnapshot, told: list[EntrySnapshot]) -> EntrySnapshot:
    known = {name: [v for e in told if (v := getattr(e, name)) is not None] for name in LATEST}
    minutes = zip(*(entry.last_minute for entry in told), strict=False)
    last_minute = tuple(sum(counts) for counts in minutes) or stored.last_minute
    return replace(
        stored,
        **{name: sum(getattr(entry, name) for entry in told) for name in SUMMED},
        **{name: values[-1] for name, values in known.items() if values},
        last_minute=last_minute,
        per_minute=sum(last_minute),
    )


def _running(store: Store, wall: float) -> Iterable[Running]:
    for row in store.processes():
        try:
            told = msgspec.json.decode(row.snapshot, type=MuxSnapshot)
        except msgspec.MsgspecError:  # of another version, or not yet told
            continue
        yield Running(pid=row.pid, started=row.started, snapshot=_aged(told, wall))


def _aged(told: MuxSnapshot, wall: float) -> MuxSnapshot:
    """What was the last minute when it was told has moved on since."""
    steps = min(GRAINS, max(0, int((wall - told.at) // GRAIN_S)))
    entries: list[EntrySnapshot] = []
    for entry in told.entries:
        moved = (*entry.last_minute[steps:], *(0 for _ in range(steps)))
        entries.append(replace(entry, last_minute=moved))
    return replace(told, entries=tuple(entries))
