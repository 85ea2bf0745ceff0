"""The figures of a simulated run: who was asked how often, what came of it, how long it took.

Counts and sorts, and decides nothing. `Result` is what `vibe mux simulate` shows and prints; its
names are a promise to programs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Literal, TypeAlias

from msgspec import Struct

from vibe.domain.model import Alias
from vibe.domain.usage import Usage, cost_uusd
from vibe.mux.entry import Entry, Pool
from vibe.mux.step import Done, Outcome, RequestId, Send, Wait
from vibe.mux.world import Nature, World

End: TypeAlias = Literal["ok", "limited", "failed", "cancelled"]
STEPS = 60  # of time, at most, for which the shares are told
FINE = 20  # of the steps that are counted make one of those, or more if it takes longer


class Spread(Struct, frozen=True, kw_only=True):
    """Half were at most `p50`, 95 of 100 at most `p95`. None of nothing."""

    count: int
    p50: float | None = None
    p95: float | None = None
    longest: float | None = None


class Part(Struct, frozen=True, kw_only=True):
    """What one entry did. `attempts` = ok + limited + failed + cancelled; shares are parts of 1.

    `want` is its share by weight in its tier, None where the mode knows no shares. `cost_uusd` is
    None where a price is not known. `over_time` counts its attempts in each step.
    """

    alias: Alias
    is_fallback: bool
    attempts: int
    ok: int
    limited: int
    failed: int
    cancelled: int
    share: float
    want: float | None
    first_token_s: Spread
    cost_uusd: int | None
    over_time: tuple[int, ...]


class Result(Struct, frozen=True, kw_only=True):
    """Of a whole run. `switched` are the requests for which more than one entry was asked, and
    `waited_s` is of those that had to wait. A step of `over_time` is `step_s` long."""

    seed: int
    requests: int
    seconds: float
    outcomes: dict[Outcome, int]
    switched: int
    first_token_s: Spread
    waited_s: Spread
    total_s: Spread
    cost_uusd: int | None
    step_s: float
    entries: tuple[Part, ...]


class _Request:
    __slots__ = ("aliases", "began", "has_begun", "waited_s", "waits_since")

    def __init__(self, began: float) -> None:
        self.began = began
        self.aliases: set[Alias] = set()
        self.has_begun = False
        self.waited_s = 0.0
        self.waits_since: float | None = None


class _Counts:
    __slots__ = ("ends", "entry", "first_s", "input", "nature", "output", "over_time")

    def __init__(self, entry: Entry, nature: Nature) -> None:
        self.entry = entry
        self.nature = nature
        self.ends: dict[End, int] = {"ok": 0, "limited": 0, "failed": 0, "cancelled": 0}
        self.first_s: list[float] = []
        self.over_time: Counter[int] = Counter()
        self.input = 0
        self.output = 0

    @property
    def cost_uusd(self) -> int | None:
        return cost_uusd(Usage(input=self.input, output=self.output), self.entry.price)


class Tally:
    def __init__(self, pool: Pool, world: World) -> None:
        self._world = world
        self._step_s = world.seconds / (STEPS * FINE)
        self._live: dict[RequestId, _Request] = {}
        self._outcomes: dict[Outcome, int] = dict.fromkeys(Outcome, 0)
        self._switched = 0
        self._first_s: list[float] = []
        self._waited_s: list[float] = []
        self._total_s: list[float] = []
        self._natures = {nature.alias: nature for nature in world.entries}
        self._counts: dict[Alias, _Counts] = {}
        self.set_pool(pool)

    def set_pool(self, pool: Pool) -> None:
        self._pool = pool
        for entry in pool.entries:
            alias = entry.alias
            if alias in self._counts:
                self._counts[alias].entry = entry
            else:
                nature = self._natures.get(alias) or Nature(alias=alias)
                self._counts[alias] = _Counts(entry, nature)

    def begun(self, now: float, request: RequestId) -> None:
        self._live[request] = _Request(now)

    def sent(self, now: float, send: Send) -> None:
        request = self._live[send.request]
        request.aliases.add(send.alias)
        self._wait_ends(now, request)
        self._counts[send.alias].over_time[int(now / self._step_s)] += 1

    def waits(self, now: float, wait: Wait) -> None:
        request = self._live[wait.request]
        if request.waits_since is None:
            request.waits_since = now

    def first_piece(self, now: float, id_: RequestId, alias: Alias, *, after_s: float) -> None:
        self._counts[alias].first_s.append(after_s)
        request = self._live[id_]
        if not request.has_begun:
            request.has_begun = True
            self._first_s.append(now - request.began)

    def taken_back(self, now: float, alias: Alias) -> None:
        """It was not sent after all."""
        self._counts[alias].over_time[int(now / self._step_s)] -= 1

    def ended(self, alias: Alias, end: End, *, written: float | None) -> None:
        """`written` is the part of the answer that came; None: nothing that anybody bills."""
        counts = self._counts[alias]
        counts.ends[end] += 1
        if written is not None:
            counts.input += counts.nature.input_tokens
            counts.output += int(written * counts.nature.output_tokens)

    def done(self, now: float, done: Done) -> None:
        request = self._live.pop(done.request)
        self._wait_ends(now, request)
        self._outcomes[done.outcome] += 1
        self._switched += len(request.aliases) > 1
        self._total_s.append(now - request.began)
        if request.waited_s:
            self._waited_s.append(request.waited_s)

    def result(self, *, seconds: float) -> Result:
        all_counts = self._counts.values()
        attempts = sum(sum(counts.ends.values()) for counts in all_counts)
        costs = [counts.cost_uusd for counts in all_counts if counts.input]
        return Result(
            seed=self._world.seed,
            requests=sum(self._outcomes.values()),
            seconds=seconds,
            outcomes=self._outcomes,
            switched=self._switched,
            first_token_s=spread(self._first_s),
            waited_s=spread(self._waited_s),
            total_s=spread(self._total_s),
            cost_uusd=None if None in costs else sum(cost or 0 for cost in costs),
            step_s=self._step_s * self._width,
            entries=tuple(self._part(counts, attempts) for counts in all_counts),
        )

    @property
    def _width(self) -> int:
        """How many of the fine steps are told as one."""
        last = max(max(counts.over_time, default=0) for counts in self._counts.values())
        return last // STEPS + 1

    def _part(self, counts: _Counts, attempts: int) -> Part:
        entry = counts.entry
        own = sum(counts.ends.values())
        over_time, width = [0] * STEPS, self._width
        for step, count in counts.over_time.items():
            over_time[step // width] += count
        return Part(
            alias=entry.alias,
            is_fallback=entry.is_fallback,
            attempts=own,
            **counts.ends,
            share=own / attempts if attempts else 0.0,
            want=self._want(entry),
            first_token_s=spread(counts.first_s),
            cost_uusd=counts.cost_uusd,
            over_time=tuple(over_time),
        )

    def _want(self, entry: Entry) -> float | None:
        rules = self._pool.rules
        if rules.mode != "load_balance" or rules.strategy == "least_busy":
            return None
        peers = [peer for peer in self._pool.entries if peer.is_fallback == entry.is_fallback]
        if entry not in peers:  # a reload has left it out
            return None
        if rules.strategy == "round_robin":
            return 1 / len(peers)
        weights = sum(peer.weight for peer in peers)
        return entry.weight / weights if weights else None

    @staticmethod
    def _wait_ends(now: float, request: _Request) -> None:
        if request.waits_since is not None:
            request.waited_s += now - request.waits_since
            request.waits_since = None


def spread(values: Iterable[float]) -> Spread:
    ranked = sorted(values)
    if not ranked:
        return Spread(count=0)
    return Spread(
        count=len(ranked),
        p50=ranked[len(ranked) // 2],
        p95=ranked[len(ranked) * 95 // 100],
        longest=ranked[-1],
    )
