"""GET /health: each provider as the multi-provider guide shows it, from the pool's own snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from vibe.domain.model import ProviderName
from vibe.mux.snapshot import EntrySnapshot, MuxSnapshot

Status: TypeAlias = Literal["healthy", "half_open", "circuit_open", "unreachable", "unavailable"]
Overall: TypeAlias = Literal["healthy", "degraded", "unhealthy"]

_UP: Final[frozenset[Status]] = frozenset({"healthy", "half_open"})


class ProviderHealth(Struct, frozen=True, kw_only=True):
    """Times are of the wall. `failure_count` is of those in a row, of the model that has most."""

    status: Status
    priority: int
    failure_count: int
    last_success: float | None
    last_failure: float | None


class Health(Struct, frozen=True, kw_only=True):
    status: Overall
    providers: dict[ProviderName, ProviderHealth]


def health(
    snapshot: MuxSnapshot,
    priorities: Mapping[ProviderName, int],
    unreachable: frozenset[ProviderName] = frozenset(),
) -> Health:
    """`unreachable` are those that have not answered anything yet, not even a check."""
    found = by_provider(snapshot).items()
    providers = {
        name: _provider(entries, priorities.get(name, 1), is_reached=name not in unreachable)
        for name, entries in sorted(found, key=lambda each: priorities.get(each[0], 1))
    }
    return Health(status=_overall(providers.values()), providers=providers)


def by_provider(snapshot: MuxSnapshot) -> dict[ProviderName, list[EntrySnapshot]]:
    of: dict[ProviderName, list[EntrySnapshot]] = {}
    for entry in snapshot.entries:
        of.setdefault(entry.provider, []).append(entry)
    return of


def _overall(providers: Iterable[ProviderHealth]) -> Overall:
    """One that cannot be used as it is configured is no worse than it is meant to be."""
    states = {each.status for each in providers} - {"unavailable"}
    if not states & _UP:
        return "unhealthy"
    return "healthy" if states == {"healthy"} else "degraded"


def _provider(
    entries: Sequence[EntrySnapshot], priority: int, *, is_reached: bool
) -> ProviderHealth:
    failures = [entry.last_error.at for entry in entries if entry.last_error]
    successes = [entry.last_ok_at for entry in entries if entry.last_ok_at is not None]
    return ProviderHealth(
        status=_status(entries, is_reached=is_reached),
        priority=priority,
        failure_count=max(entry.failed_in_a_row for entry in entries),
        last_success=max(successes, default=None),
        last_failure=max(failures, default=None),
    )


def _status(entries: Sequence[EntrySnapshot], *, is_reached: bool) -> Status:
    """The best of its models counts: as long as one answers, the provider does."""
    usable = [entry for entry in entries if entry.trouble is None and not entry.taken_out]
    if not usable:
        return "unavailable"
    states = {entry.state for entry in usable}
    if "closed" in states:
        has_answered = any(entry.last_ok_at is not None for entry in entries)
        return "healthy" if is_reached or has_answered else "unreachable"
    return "half_open" if "half_open" in states else "circuit_open"
