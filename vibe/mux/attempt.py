"""One attempt while it runs: its stream, what has come of it, and the record that it leaves.

`head` reads up to the first piece that counts, so that several can be waited for at once; after it
the stream is read by whoever owns the attempt. `close` ends the connection, wherever it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from math import inf

from vibe.clock import Clock
from vibe.domain.failure import Failure, FailureKind
from vibe.domain.stream import (
    Began,
    Broken,
    LimitsSeen,
    StreamEvent,
    TextDelta,
    ThinkingDelta,
    ThinkingSealed,
    UsageSeen,
)
from vibe.domain.usage import Usage, cost_uusd
from vibe.mux.gathering import Gathered
from vibe.mux.member import Member
from vibe.mux.step import Send
from vibe.mux.trace import AttemptOutcome, AttemptTrace
from vibe.wire.capability import BYTES_A_TOKEN

_NO_PIECE = (LimitsSeen, Began, UsageSeen)
_UNSEEN = (*_NO_PIECE, ThinkingDelta, ThinkingSealed)
NEVER_SENT = frozenset({"dns", "route", "refused", "tls", "timeout", "proxy"})
STOPPED = Failure(kind=FailureKind.CANCELLED, detail="stopped by you")
OVERDUE = Failure(kind=FailureKind.CANCELLED, detail="the time for the request was over")


class Attempt:
    """`at` is when it began, by the clock. `failure` is set once it has failed.

    `heard` is set when the head is there. `tokens` is about what is sent.
    """

    def __init__(
        self,
        send: Send,
        member: Member,
        stream: AsyncGenerator[StreamEvent, None],
        *,
        at: float,
        tokens: int,
        heard: asyncio.Event,
    ) -> None:
        self.send = send
        self.member = member
        self.producer = member.target.producer
        self.at = at
        self.gathered = Gathered()
        self.first_at = inf
        self.failure: Failure | None = None
        self.stream = stream
        self._tokens = tokens
        self._heard = heard
        self.head = asyncio.create_task(self._read_head())

    @property
    def broken_at_once(self) -> Failure | None:
        """The failure, if its head is all that there is of it."""
        last = self.head.result()[-1]
        return last.failure if isinstance(last, Broken) else None

    async def close(self) -> None:
        if not self.head.done():
            self.head.cancel()
            await asyncio.wait([self.head])  # not itself awaited: a cancel of ours must not be lost
        await self.stream.aclose()

    async def _read_head(self) -> list[StreamEvent]:
        """Up to the first piece of the answer, thinking included, or to its end."""
        head: list[StreamEvent] = []
        try:
            async for event in self.stream:
                head.append(event)
                if not isinstance(event, _NO_PIECE):
                    break
        finally:
            self._heard.set()
        return head

    @property
    def was_sent(self) -> bool:
        """Whether the provider can have seen the request: what it has not seen, it bills not."""
        failure = self.failure
        if failure is None or failure.kind is not FailureKind.UNREACHABLE:
            return True
        return failure.cause not in NEVER_SENT

    def trace(self, *, began: float, now: float, is_cancelled: bool = False) -> AttemptTrace:
        usage, is_estimated = self.usage()
        return AttemptTrace(
            alias=self.send.alias,
            why=self.send.why,
            at_s=self.at - began,
            took_s=now - self.at,
            outcome=self._outcome(is_cancelled=is_cancelled),
            asides=self.send.asides,
            is_probe=self.send.is_probe,
            first_token_s=self.first_at - self.at if self.first_at < inf else None,
            failure=self.failure,
            characters=self.gathered.characters,
            input_tokens=usage.input,
            output_tokens=usage.output,
            cached_tokens=usage.cached_read,
            is_estimated=is_estimated,
            cost_uusd=self.cost_uusd(usage),
        )

    def cost_uusd(self, usage: Usage) -> int | None:
        return cost_uusd(usage, self.member.entry.price)

    def usage(self) -> tuple[Usage, bool]:
        """What was used, and whether that is an estimate. A refusal uses nothing."""
        usage = self.gathered.usage
        if usage.input is not None and usage.output is not None:
            return usage, False
        if self._was_refused:
            return Usage(input=0, output=0), False
        written = self.gathered.characters // BYTES_A_TOKEN
        sent = self._tokens if usage.input is None else usage.input
        return Usage(input=sent, output=written).merged(usage), True

    @property
    def has_used(self) -> bool:
        """Anything that may be billed."""
        usage, _ = self.usage()
        return bool(usage.input or usage.output)

    @property
    def _was_refused(self) -> bool:
        failure = self.failure
        if failure is None or self.gathered.has_begun:
            return False
        return not self.was_sent or (failure.status is not None and failure.status >= 400)

    def _outcome(self, *, is_cancelled: bool) -> AttemptOutcome:
        if is_cancelled or (self.failure and self.failure.kind is FailureKind.CANCELLED):
            return "cancelled"
        if self.failure is None:
            return "ok"
        kind = self.failure.inner or self.failure.kind
        return "limited" if kind is FailureKind.RATE_LIMITED else "failed"


def is_seen(event: StreamEvent) -> bool:
    """Whether a person has now read something of the answer itself."""
    return not isinstance(event, _UNSEEN) and (not isinstance(event, TextDelta) or bool(event.text))


async def in_time(
    stream: AsyncGenerator[StreamEvent, None], deadline: float, clock: Clock
) -> AsyncGenerator[StreamEvent, None]:
    """The stream, which breaks off when the deadline comes."""
    async with aclosing(stream):
        while True:
            try:
                async with asyncio.timeout(max(0.0, deadline - clock.monotonic())):
                    event = await anext(stream, None)
            except TimeoutError:
                yield Broken(OVERDUE)
                return
            if event is None:
                return
            yield event
