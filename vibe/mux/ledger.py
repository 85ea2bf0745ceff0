"""What the requests of this process have done: counted, traced, and handed to the memory.

The one place where attempts are counted, so that every number that is told agrees with every other.
Decides nothing.
"""

from __future__ import annotations

from collections import defaultdict, deque

from vibe.clock import Clock
from vibe.domain.event import FailedOver, Seam
from vibe.domain.failure import Failure
from vibe.domain.model import Alias
from vibe.domain.target import Target
from vibe.mux.memory import Memory
from vibe.mux.snapshot import About
from vibe.mux.stats import Counts, Switch
from vibe.mux.step import Send
from vibe.mux.trace import AttemptTrace, Trace

KEPT_TRACES = 200
KEPT_SWITCHES = 20


class Ledger:
    """`windows` are the largest requests that an entry has refused as too long, in tokens.

    `targets` are the entries as they have turned out to be, where one has told what it never takes.
    """

    def __init__(self, *, clock: Clock, memory: Memory) -> None:
        self.counts: defaultdict[Alias, Counts] = defaultdict(Counts)
        self.traces: deque[Trace] = deque(maxlen=KEPT_TRACES)
        self.attempts: deque[tuple[float, AttemptTrace]] = deque(maxlen=KEPT_TRACES)
        self.windows: dict[Alias, int] = {}
        self.targets: dict[Alias, Target] = {}
        self._clock = clock
        self._memory = memory
        self._requests = self._under_way = self._failovers = self._seams = self._anew = 0
        self._recent: deque[Switch] = deque(maxlen=KEPT_SWITCHES)

    def reset(self) -> None:
        """What is under way goes on being counted, as begun."""
        self._requests = self._under_way
        self._failovers = self._seams = self._anew = 0
        self._recent.clear()
        self.traces.clear()
        self.attempts.clear()
        for alias, counts in self.counts.items():
            self.counts[alias] = Counts(under_way=counts.under_way)

    def opened(self) -> None:
        self._requests += 1
        self._under_way += 1

    def closed(self, trace: Trace) -> None:
        self._under_way -= 1
        self.traces.append(trace)
        self._memory.traced(trace)

    def began(self, alias: Alias, now: float) -> None:
        self.counts[alias].began(now)
        self._memory.touched()

    def ended(self, attempt: AttemptTrace, now: float) -> None:
        wall = self._clock.wall()
        self.counts[attempt.alias].ended(attempt, now=now, wall=wall)
        self.attempts.append((wall - attempt.took_s, attempt))
        self._memory.used(attempt)

    def is_well(self, alias: Alias) -> None:
        """Its failures count no longer as being in a row."""
        self.counts[alias].failed_in_a_row = 0

    def begun_anew(self) -> None:
        """An answer, although something was seen of it."""
        self._anew += 1

    def switched(self, event: FailedOver | Seam, *, is_anew: bool) -> None:
        is_seam = isinstance(event, Seam)
        self._seams += is_seam
        self._failovers += not (is_seam or is_anew)
        self._recent.append(
            Switch(
                at=self._clock.wall(),
                from_alias=event.from_alias,
                to_alias=event.to_alias,
                kind=(event.failure.inner or event.failure.kind).value,
                status=event.failure.status,
                delay_s=0.0 if isinstance(event, Seam) else event.delay_s,
                is_seam=is_seam,
                is_anew=is_anew,
            )
        )

    def outgrown(self, alias: Alias, failure: Failure, tokens: int) -> None:
        """The entry has told that a request does not fit: it has taught its window."""
        window = min(failure.window or tokens, tokens)
        self.windows[alias] = min(window, self.windows.get(alias, window))

    async def leased(self, send: Send, seconds: float) -> float | None:
        return await self._memory.leased(send, seconds)

    def about(self, *, waiting: int) -> About:
        return About(
            requests=self._requests,
            under_way=self._under_way,
            waiting=waiting,
            failovers=self._failovers,
            seams=self._seams,
            anew=self._anew,
            recent=tuple(self._recent),
        )
