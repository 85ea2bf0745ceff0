"""The pool at one moment, as a frozen value: behind `/mux`, `vibe mux status`, metrics and tests.

Made from the board and the counts alone, so that the same number is the same everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf

from msgspec import Struct

from vibe.domain.model import Alias, Mode, ProviderName
from vibe.mux.board import Board
from vibe.mux.health import State
from vibe.mux.resort import failure_of
from vibe.mux.standing import PROBED, Standing
from vibe.mux.stats import Counts, LastError, Switch


class EntrySnapshot(Struct, frozen=True, kw_only=True):
    """`share` is a part of 1: of all attempts of the pool, whatever came of them; `want` is one of
    its tier, by weight. None: there were none, and the mode knows no weights.

    `back_in_s` counts down to the end of a rest; None where that is not known. `spent_for_s`: its
    limit is used up for so long, and it is passed over while another can answer. `trouble` is why
    the entry cannot be used at all; `taken_out`: it is not asked for now, by hand. `by_name`: it is
    none of the pool, and counted in none of its sums. Costs are of those attempts whose price is
    known; `unpriced` counts the others.
    """

    alias: Alias
    provider: ProviderName
    model: str
    is_fallback: bool
    state: State
    can_answer: bool
    busy: int
    weight: int
    limit: int | None = None
    probing: bool = False
    back_in_s: float | None = None
    spent_for_s: float | None = None
    resting_from: str | None = None
    trouble: str | None = None
    taken_out: bool = False
    by_name: bool = False
    share: float | None = None
    want: float | None = None
    requests: int = 0
    ok: int = 0
    limited: int = 0
    failed: int = 0
    cancelled: int = 0
    per_minute: int = 0
    first_token_p50_s: float | None = None
    first_token_p95_s: float | None = None
    tokens_a_second: float | None = None
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cost_uusd: int = 0
    last_hour_uusd: int = 0
    unpriced: int = 0
    estimated: int = 0
    last_error: LastError | None = None
    last_ok_at: float | None = None
    failed_in_a_row: int = 0
    last_minute: tuple[int, ...] = ()


class MuxSnapshot(Struct, frozen=True, kw_only=True):
    """`at` is wall time. `failovers` were unseen but for one line, `seams` were not, and `anew`
    are answers that were begun anew although something was seen of them. While one is `pinned`,
    nobody else is asked."""

    at: float
    mode: Mode
    available: int
    total: int
    requests: int
    under_way: int
    waiting: int
    failovers: int
    seams: int
    anew: int = 0
    offline: bool = False
    pinned: Alias | None = None
    entries: tuple[EntrySnapshot, ...] = ()
    recent: tuple[Switch, ...] = ()

    @property
    def last_hour_uusd(self) -> int | None:
        """None where nothing at all is known of the cost: that is not free."""
        known = sum(entry.last_hour_uusd for entry in self.entries)
        return known if known or not any(entry.unpriced for entry in self.entries) else None


class About(Struct, frozen=True, kw_only=True):
    """Of the process, not of an entry."""

    requests: int = 0
    under_way: int = 0
    waiting: int = 0
    failovers: int = 0
    seams: int = 0
    anew: int = 0
    recent: tuple[Switch, ...] = ()


def snapshot(
    board: Board,
    counts: Mapping[Alias, Counts],
    names: Mapping[Alias, tuple[ProviderName, str]],
    about: About,
    *,
    asked: Mapping[Alias, int] | None = None,
    pinned: Alias | None = None,
    now: float,
    wall: float,
) -> MuxSnapshot:
    """The parts are of the attempts in `asked`, by alias; None: of those in `counts`."""
    if asked is None:
        asked = {alias: counts[alias].requests for alias in board.standings}
    entries = tuple(
        _entry(board, standing, counts[alias], names[alias], asked, now)
        for alias, standing in board.standings.items()
    )
    return MuxSnapshot(
        at=wall,
        mode=board.pool.rules.mode,
        available=sum(entry.can_answer and not entry.by_name for entry in entries),
        total=sum(not entry.by_name for entry in entries),
        requests=about.requests,
        under_way=about.under_way,
        waiting=about.waiting,
        failovers=about.failovers,
        seams=about.seams,
        anew=about.anew,
        offline=board.is_offline,
        pinned=pinned,
        entries=entries,
        recent=about.recent,
    )


def _entry(
    board: Board,
    standing: Standing,
    counts: Counts,
    name: tuple[ProviderName, str],
    asked: Mapping[Alias, int],
    now: float,
) -> EntrySnapshot:
    entry = standing.entry
    provider, model = name
    last_minute = counts.last_minute(now)
    failure = failure_of(standing, standing.circuits[:PROBED])  # the network is no fault of its own
    spent_until = standing.spent_until(now, 0)
    return EntrySnapshot(
        alias=entry.alias,
        provider=provider,
        model=model,
        is_fallback=entry.is_fallback,
        state=_state(standing, now),
        can_answer=standing.is_usable_at_all and standing.may_be_probed(now),
        busy=standing.in_flight,
        limit=entry.max_concurrent,
        weight=entry.weight,
        probing=standing.is_probed(now),
        back_in_s=_back_in_s(standing, now),
        spent_for_s=None if spent_until is None else spent_until - now,
        resting_from=failure.kind.value if failure else None,
        trouble=entry.trouble,
        taken_out=entry.is_out,
        by_name=entry.by_name,
        **_shares(board, standing, asked),
        requests=counts.requests,
        ok=counts.ok,
        limited=counts.limited,
        failed=counts.failed,
        cancelled=counts.cancelled,
        per_minute=sum(last_minute),
        first_token_p50_s=counts.first_token_s(0.5),
        first_token_p95_s=counts.first_token_s(0.95),
        tokens_a_second=counts.tokens_a_second,
        input_tokens=counts.input_tokens,
        output_tokens=counts.output_tokens,
        cached_tokens=counts.cached_tokens,
        cost_uusd=counts.cost_uusd,
        last_hour_uusd=counts.last_hour_uusd(now),
        unpriced=counts.unpriced,
        estimated=counts.estimated,
        last_error=counts.last_error,
        last_ok_at=counts.last_ok_at,
        failed_in_a_row=counts.failed_in_a_row,
        last_minute=last_minute,
    )


def _state(standing: Standing, now: float) -> State:
    states = {circuit.health.state(now) for circuit in standing.circuits[:PROBED]}
    return "open" if "open" in states else "half_open" if "half_open" in states else "closed"


def _back_in_s(standing: Standing, now: float) -> float | None:
    until = max(circuit.health.until or -inf for circuit in standing.circuits[:PROBED])
    return until - now if now < until < inf else None


def _shares(
    board: Board, standing: Standing, asked: Mapping[Alias, int]
) -> dict[str, float | None]:
    pooled = [s for s in board.standings.values() if not s.entry.by_name]
    attempts = sum(asked.get(each.entry.alias, 0) for each in pooled)
    weights = sum(each.weight for each in board.standings.values() if each.tier == standing.tier)
    is_shared = board.pool.rules.mode == "load_balance"
    own = None if standing.entry.by_name else asked.get(standing.entry.alias, 0)
    return {
        "share": own / attempts if attempts and own is not None else None,
        "want": standing.weight / weights if is_shared and weights else None,
    }
