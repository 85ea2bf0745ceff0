"""Between the core and the requests that run: hands each its steps, and wakes it when one comes.

Runs in one event loop. Decides nothing; every wait in it can be cancelled.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from math import inf

from vibe.clock import Clock
from vibe.domain.failure import Failure
from vibe.domain.limits import Limits
from vibe.domain.model import Alias
from vibe.mux.core import Core
from vibe.mux.entry import Pool, ScopeId
from vibe.mux.health import Health
from vibe.mux.step import AttemptId, Call, Done, RequestId, Send, Step, Then

LONGEST_SLEEP_S = 1.0  # the clock counts a suspension of the machine, and the loop does not


class _Inbox:
    __slots__ = ("steps", "wake")

    def __init__(self) -> None:
        self.steps: deque[Step] = deque()
        self.wake: asyncio.Future[None] | None = None


class Desk:
    """`look` takes over what other processes have told; who waits has it done now and then."""

    def __init__(self, core: Core, clock: Clock) -> None:
        self.core = core
        self.look: Callable[[], None] = lambda: None
        self._clock = clock
        self._inboxes: dict[RequestId, _Inbox] = {}
        self._last_request = 0

    def begin(self, call: Call) -> RequestId:
        self._last_request += 1
        request = RequestId(self._last_request)
        self._inboxes[request] = _Inbox()
        self.deliver(self.core.decide(self._clock.monotonic(), request, call))
        return request

    async def next(self, request: RequestId) -> Step:
        """The next step of the request, when it is time for it. After `Done` there is none."""
        inbox = self._inboxes[request]
        while not inbox.steps:
            now = self._clock.monotonic()
            due = self.core.due_of(request)
            if due <= now:
                self.deliver(self.core.tick(now))
            else:
                await self._pause(inbox, due - now)
                if not inbox.steps:
                    self.look()
        step = inbox.steps.popleft()
        if isinstance(step, Done):
            del self._inboxes[request]
        return step

    def committed(self, attempt: AttemptId, *, after_s: float) -> None:
        now = self._clock.monotonic()
        self.deliver(self.core.committed(now, attempt, after_s=after_s))

    def dropped(self, attempt: AttemptId) -> None:
        self.deliver(self.core.dropped(self._clock.monotonic(), attempt))

    def limits_seen(self, attempt: AttemptId, limits: Limits) -> None:
        self.core.limits_seen(self._clock.monotonic(), attempt, limits)

    def succeeded(self, attempt: AttemptId) -> None:
        self.deliver(self.core.succeeded(self._clock.monotonic(), attempt))

    def failed(self, attempt: AttemptId, failure: Failure, *, was_sent: bool, then: Then) -> None:
        now = self._clock.monotonic()
        self.deliver(self.core.failed(now, attempt, failure, was_sent=was_sent, then=then))

    def denied(self, attempt: AttemptId, until: float) -> None:
        self.deliver(self.core.denied(self._clock.monotonic(), attempt, until))

    def hedge(self, request: RequestId) -> Send | None:
        return self.core.hedge(self._clock.monotonic(), request)

    def out_of_time(self, request: RequestId) -> None:
        self.deliver(self.core.out_of_time(self._clock.monotonic(), request))

    def absorb(
        self,
        healths: Mapping[ScopeId, Health],
        leases: Mapping[ScopeId, float],
        sent: Mapping[Alias, int],
    ) -> None:
        self.deliver(self.core.absorb(self._clock.monotonic(), healths, leases, sent))

    def cancel(self, request: RequestId, *, was_sent: bool) -> Done | None:
        """Whatever it was doing. Those who wait for its slot go on at once."""
        steps = self.core.cancel(self._clock.monotonic(), request, was_sent=was_sent)
        self.deliver(steps)
        self._inboxes.pop(request, None)
        ends = (step for step in steps if isinstance(step, Done) and step.request == request)
        return next(ends, None)

    def set_pool(self, pool: Pool) -> None:
        self.deliver(self.core.set_pool(self._clock.monotonic(), pool))

    def close(self, alias: Alias) -> None:
        self.deliver(self.core.close(self._clock.monotonic(), alias))

    def reached(self, alias: Alias) -> None:
        self.deliver(self.core.reached(self._clock.monotonic(), alias))

    def hurry(self) -> None:
        self.deliver(self.core.hurry(self._clock.monotonic()))

    def deliver(self, steps: Iterable[Step]) -> None:
        for step in steps:
            inbox = self._inboxes.get(step.request)
            if inbox is None:
                continue
            inbox.steps.append(step)
            if inbox.wake is not None and not inbox.wake.done():
                inbox.wake.set_result(None)

    async def _pause(self, inbox: _Inbox, seconds: float) -> None:
        """Until a step comes, or so long, or a little less."""
        inbox.wake = asyncio.get_running_loop().create_future()
        try:
            if seconds == inf:
                await inbox.wake
                return
            sleep = asyncio.ensure_future(self._clock.sleep(min(seconds, LONGEST_SLEEP_S)))
            try:
                await asyncio.wait((inbox.wake, sleep), return_when=asyncio.FIRST_COMPLETED)
            finally:
                sleep.cancel()
        finally:
            inbox.wake = None
