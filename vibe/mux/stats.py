"""What each entry has done, counted attempt by attempt: the one source of every such number.

Attempts are ok, limited, failed or cancelled, and nothing else. Kept in memory; what outlives the
process is store.py's.
"""

from __future__ import annotations

from collections import deque

from msgspec import Struct

from vibe.domain.model import Alias
from vibe.mux.trace import AttemptTrace

RECENT = 256
GRAIN_S = 5.0
GRAINS = 12
HOUR_S = 3600.0


class LastError(Struct, frozen=True, kw_only=True):
    kind: str
    detail: str
    status: int | None
    at: float


class Switch(Struct, frozen=True, kw_only=True):
    """One failover: when (wall time), from whom to whom, why, and how much later. At `is_seam` the
    other goes on with the answer, at `is_anew` begins it anew; else nothing was seen of it."""

    at: float
    from_alias: Alias
    to_alias: Alias
    kind: str
    status: int | None
    delay_s: float
    is_seam: bool = False
    is_anew: bool = False


class Counts:
    """Of one entry. `requests` = ok + limited + failed + cancelled + those under way."""

    def __init__(self, *, under_way: int = 0) -> None:
        self.requests = under_way
        self.ok = self.limited = self.failed = self.cancelled = 0
        self.input_tokens = self.output_tokens = self.cached_tokens = 0
        self.cost_uusd = 0
        self.unpriced = 0
        self.estimated = 0
        self.last_error: LastError | None = None
        self.last_ok_at: float | None = None
        self.failed_in_a_row = 0
        self._first_token_s: deque[float] = deque(maxlen=RECENT)
        self._speeds: deque[float] = deque(maxlen=32)
        self._recent: deque[tuple[int, int]] = deque(maxlen=GRAINS)
        self._costs: deque[tuple[float, int]] = deque()

    @property
    def under_way(self) -> int:
        return self.requests - self.ok - self.limited - self.failed - self.cancelled

    def began(self, now: float) -> None:
        self.requests += 1
        grain = int(now // GRAIN_S)
        if self._recent and self._recent[-1][0] == grain:
            self._recent[-1] = (grain, self._recent[-1][1] + 1)
        else:
            self._recent.append((grain, 1))

    def ended(self, attempt: AttemptTrace, *, now: float, wall: float) -> None:
        match attempt.outcome:
            case "ok":
                self.ok += 1
                self.last_ok_at, self.failed_in_a_row = wall, 0
            case "limited":
                self.limited += 1
                self.failed_in_a_row += 1
            case "failed":
                self.failed += 1
                self.failed_in_a_row += 1
            case "cancelled":
                self.cancelled += 1
        self.input_tokens += attempt.input_tokens or 0
        self.output_tokens += attempt.output_tokens or 0
        self.cached_tokens += attempt.cached_tokens or 0
        self.estimated += attempt.is_estimated
        if attempt.cost_uusd is not None:
            self.cost_uusd += attempt.cost_uusd
            self._costs.append((now, attempt.cost_uusd))
        elif attempt.input_tokens is not None:
            self.unpriced += 1
        if attempt.first_token_s is not None:
            self._first_token_s.append(attempt.first_token_s)
            self._note_speed(attempt, attempt.first_token_s)
        if attempt.failure is not None and attempt.outcome != "cancelled":
            failure = attempt.failure
            self.last_error = LastError(
                kind=failure.kind.value, detail=failure.detail, status=failure.status, at=wall
            )

    def first_token_s(self, share: float) -> float | None:
        """The time to the first token that so many of the recent answers kept within."""
        if not self._first_token_s:
            return None
        ranked = sorted(self._first_token_s)
        return ranked[min(len(ranked) - 1, int(share * len(ranked)))]

    @property
    def tokens_a_second(self) -> float | None:
        return sum(self._speeds) / len(self._speeds) if self._speeds else None

    def last_minute(self, now: float) -> tuple[int, ...]:
        """Requests begun, in steps of five seconds, the present step last."""
        present = int(now // GRAIN_S)
        counts = dict(self._recent)
        return tuple(counts.get(present - back, 0) for back in reversed(range(GRAINS)))

    def last_hour_uusd(self, now: float) -> int:
        while self._costs and now - self._costs[0][0] > HOUR_S:
            self._costs.popleft()
        return sum(cost for _, cost in self._costs)

    def _note_speed(self, attempt: AttemptTrace, first_token_s: float) -> None:
        wrote_s = attempt.took_s - first_token_s
        if attempt.outcome == "ok" and attempt.output_tokens and wrote_s > 0:
            self._speeds.append(attempt.output_tokens / wrote_s)
