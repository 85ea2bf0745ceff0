"""One request on the pool, from its first step to its one answer: a generator of events.

It carries out what the core decides, and knows the commit point: before a text or a call was seen,
another entry takes over unseen; after it, by a seam, from the start, or not at all. Whatever ends
it, the slot is free and the connection closed when it is over.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from math import inf
from typing import assert_never

from msgspec.structs import replace

from vibe.clock import Clock
from vibe.domain.answer import Answer
from vibe.domain.event import (
    FailedOver,
    Outcome,
    PoolEvent,
    Retracted,
    Routed,
    Sealed,
    Seam,
    Slow,
    Tried,
    Unanswered,
    Waiting,
)
from vibe.domain.failure import Failure, FailureKind
from vibe.domain.model import Alias, BrokenStream
from vibe.domain.request import ModelRequest
from vibe.domain.stream import (
    Began,
    Broken,
    Ended,
    LimitsSeen,
    Passed,
    StopReason,
    StreamEvent,
    TextDelta,
    UsageSeen,
)
from vibe.domain.target import Target
from vibe.mux.attempt import OVERDUE, STOPPED, Attempt, in_time, is_seen
from vibe.mux.desk import Desk
from vibe.mux.joint import is_short
from vibe.mux.ledger import Ledger
from vibe.mux.member import Member
from vibe.mux.part import Part
from vibe.mux.step import NOT_ASKED_FOR, Aside, Call, Done, Send, Step, Then, Wait
from vibe.mux.trace import AttemptTrace, Trace
from vibe.mux.upstreams import Upstreams
from vibe.wire.capability import BYTES_A_TOKEN
from vibe.wire.forwarding import is_forwarded
from vibe.wire.portability import continued, fitted, goes_on
from vibe.wire.repair import learned, repaired

SLOW_S = 15.0
LONGEST_S = 3600.0


class Answering:
    """One request. `_racers` are the attempts under way: one, or two where it was hedged."""

    def __init__(
        self,
        desk: Desk,
        members: Mapping[Alias, Member],
        upstreams: Upstreams,
        ledger: Ledger,
        clock: Clock,
        *,
        request: ModelRequest,
        call: Call,
        on_broken: BrokenStream,
        hedge_after_s: float | None,
        on_left: Callable[[Answer], None] | None = None,
        on_spent: Callable[[Answer], None] | None = None,
    ) -> None:
        self._desk = desk
        self._members = members
        self._upstreams = upstreams
        self._ledger = ledger
        self._clock = clock
        self._request = request
        self._call = call
        self._on_broken = on_broken
        self._hedge_after_s = hedge_after_s
        self._on_left = on_left
        self._on_spent = on_spent
        self._deadline = inf if call.deadline is None else call.deadline
        self._began = clock.monotonic()
        self._began_wall = clock.wall()
        self._part = Part()
        self._racers: list[Attempt] = []
        self._heard = asyncio.Event()
        self._traces: list[AttemptTrace] = []
        self._tried: list[Tried] = []
        self._seams = 0
        self._waited_s = 0.0
        self._answer: Answer | None = None
        self._learned: Target | None = None  # by the last repair
        self._is_over = False

    async def events(self) -> AsyncGenerator[PoolEvent, None]:
        self._ledger.opened()
        self._id = self._desk.begin(self._call)
        use = self._upstreams.begin()
        try:
            while not self._is_over:
                for event in await self._carry_out(await self._next_step()):
                    yield event
                while slow := await self._race():
                    yield slow
                for attempt in self._racers[:1]:
                    for event in await self._take_head(attempt):
                        yield event
                    is_plain = self._is_plain(attempt)
                    async for event in attempt.stream:  # closed with the attempt
                        if is_plain and isinstance(event, TextDelta | Passed):
                            attempt.gathered.say(event)
                            yield event
                            continue
                        for told in await self._take(attempt, event):
                            yield told
                        is_plain = self._is_plain(attempt)
        finally:
            try:
                if not self._is_over:
                    await self._abandon()
            finally:
                self._upstreams.end(use)

    async def _next_step(self) -> Step:
        waits_since = self._clock.monotonic()
        step = await self._desk.next(self._id)
        self._waited_s += self._clock.monotonic() - waits_since
        return step

    async def _carry_out(self, step: Step) -> list[PoolEvent]:
        match step:
            case Send():
                return await self._begin(step)
            case Wait():
                return [self._waiting(step)]
            case Done():
                return [self._end(step)]
        assert_never(step)

    # Before it is sent.

    async def _begin(self, send: Send) -> list[PoolEvent]:
        """Start an attempt, if it is to be. What a person is told of that."""
        if send.is_probe:
            seconds = self._members[send.alias].first_token_s
            until = await self._ledger.leased(send, seconds)
            if until is not None:
                self._desk.denied(send.attempt, until)
                return []
        introduction = self._introduction(send)
        prepared = self._prepared(send)
        if prepared is None:  # it would be refused once more
            self._desk.failed(send.attempt, self._tried[-1].failure, was_sent=False, then="go_on")
            return []
        now = self._clock.monotonic()
        self._slow_at = now + SLOW_S
        self._hedge_at = inf
        if self._hedge_after_s is not None and not self._part.text:
            self._hedge_at = now + self._hedge_after_s
        self._start(send, *prepared)
        return self._noted(introduction)

    def _introduction(self, send: Send) -> list[PoolEvent]:
        if not self._tried:
            return [Routed(alias=send.alias, why=send.why)]
        before = self._tried[-1]
        told: list[PoolEvent] = []
        if self._on_broken == "restart" or is_short(self._part.text):
            told = self._part.retract()
        if self._part.text:
            switch = Seam(
                from_alias=before.alias,
                to_alias=send.alias,
                failure=before.failure,
                tokens=len(self._part.text) // BYTES_A_TOKEN,
            )
        else:
            switch = FailedOver(
                from_alias=before.alias,
                to_alias=send.alias,
                failure=before.failure,
                delay_s=self._clock.monotonic() - self._began,
            )
        return [*told, switch]

    def _noted(self, told: list[PoolEvent]) -> list[PoolEvent]:
        is_anew = any(isinstance(event, Retracted) for event in told)
        if is_anew:
            self._ledger.begun_anew()
        for event in told:
            if isinstance(event, Seam | FailedOver):
                self._seams += isinstance(event, Seam)
                self._ledger.switched(event, is_anew=is_anew)
        return told

    def _prepared(self, send: Send) -> tuple[ModelRequest, Target] | None:
        """The request in the form for this entry; None if there is no other form than before."""
        target, said = self._target(send.alias), self._part.text
        request = continued(self._request, said, target) if said else fitted(self._request, target)
        if send.why == "repair":
            failure = self._tried[-1].failure
            if request.original and request.original.is_all:
                return None
            was_forwarded = is_forwarded(request, target)
            request = fitted(replace(request, original=None), target)
            mended = repaired(request, target, failure)
            self._learned = learned(request, target, failure)
            if was_forwarded:  # that it is in other words may help
                mended = mended or (request, target)
                self._learned = _of_all(self._learned, target)
            if mended is None:
                return None
            was_prefilled, (request, target) = goes_on(target), mended
            if said and goes_on(target) != was_prefilled:
                request = continued(self._request, said, target)
        if said:
            self._part.go_on(prefilled=goes_on(target), trimmed=target.backend == "anthropic")
        return request, target

    def _target(self, alias: Alias) -> Target:
        return self._ledger.targets.get(alias) or self._members[alias].target

    def _start(self, send: Send, request: ModelRequest, target: Target) -> None:
        member = self._members[send.alias]
        stream = member.upstream.ask(request, target)
        if self._deadline < inf:
            stream = in_time(stream, self._deadline, self._clock)
        now = self._clock.monotonic()
        self._racers.append(
            Attempt(send, member, stream, at=now, tokens=self._call.tokens, heard=self._heard)
        )
        self._ledger.began(send.alias, now)

    # While it is silent.

    async def _race(self) -> Slow | None:
        """Until one has brought a piece, and is the only one then, or until all have failed; or
        until it has to be told that none has yet."""
        while not await self._is_decided():
            await self._listen()
            now = self._clock.monotonic()
            if now >= self._hedge_at:
                self._hedge_at = inf
                self._hedge()
            if now >= self._slow_at:
                self._slow_at = inf
                return Slow(alias=self._racers[0].send.alias, after_s=SLOW_S)
        return None

    async def _is_decided(self) -> bool:
        for racer in [racer for racer in self._racers if racer.head.done()]:
            failure = racer.broken_at_once
            if failure is None or failure is OVERDUE or self._part.text:
                for loser in [other for other in self._racers if other is not racer]:
                    self._desk.dropped(loser.send.attempt)
                    await self._record(loser, is_cancelled=True)
                return True
            for event in racer.head.result()[:-1]:
                await self._take(racer, event)
            await self._fail(racer, failure, then="go_on")
        return not self._racers

    async def _listen(self) -> None:
        """Until somebody is heard of, or a time has come."""
        next_s = min(self._slow_at, self._hedge_at) - self._clock.monotonic()
        timer = asyncio.get_running_loop().call_later(min(next_s, LONGEST_S), self._heard.set)
        try:
            await self._heard.wait()
        finally:
            timer.cancel()
        self._heard.clear()

    def _hedge(self) -> None:
        send = self._desk.hedge(self._id)
        if send is not None:
            target = self._target(send.alias)
            self._start(send, fitted(self._request, target), target)

    # While it speaks.

    def _is_plain(self, attempt: Attempt) -> bool:
        """Whether text is told as it comes, which is the way of nearly every piece."""
        return attempt.gathered.is_committed and not self._part.joins

    async def _take_head(self, attempt: Attempt) -> list[PoolEvent]:
        told: list[PoolEvent] = []
        if attempt.broken_at_once is None:
            attempt.first_at = self._clock.monotonic()
            if attempt.send.why == "hedge":  # who was told to be asked is not who speaks
                told.append(Routed(alias=attempt.send.alias, why="hedge"))
        for event in attempt.head.result():
            told += await self._take(attempt, event)
        return told

    async def _take(self, attempt: Attempt, event: StreamEvent) -> list[PoolEvent]:
        """What one event of the stream tells the reader, and the core."""
        match event:
            case LimitsSeen(limits):
                self._desk.limits_seen(attempt.send.attempt, limits)
                return []
            case Ended(reason):
                told = self._noted(self._part.say_rest(attempt))
                await self._succeed(attempt, reason)
                return told
            case Broken(failure):
                told = self._noted(self._part.say_rest(attempt))
                if failure is OVERDUE:
                    await self._run_out()
                elif failure.kind is FailureKind.EMPTY and self._part.text:
                    await self._succeed(attempt, "end")  # nothing was left to say: it was whole
                else:
                    await self._break(attempt, failure)
                return told
            case _:
                pass
        if not attempt.gathered.is_committed and is_seen(event):
            after_s = self._clock.monotonic() - attempt.at
            self._desk.committed(attempt.send.attempt, after_s=after_s)
        if isinstance(event, TextDelta):
            return self._noted(self._part.say(attempt, event.text))
        attempt.gathered.add(event, attempt.producer)
        if isinstance(event, Began | UsageSeen):
            return []
        return [*self._noted(self._part.say_rest(attempt)), event]

    # How it ends.

    async def _succeed(self, attempt: Attempt, reason: StopReason) -> None:
        self._answer = self._part.whole(attempt, reason)
        if attempt.send.why == "repair" and self._learned is not None:
            self._ledger.targets[attempt.send.alias] = self._learned
        await self._record(attempt)
        self._desk.succeeded(attempt.send.attempt)

    async def _break(self, attempt: Attempt, failure: Failure) -> None:
        """Its stream was cut. A whole call is answer enough, and nothing is asked again."""
        then: Then = "go_on"
        if attempt.gathered.has_whole_call:
            attempt.failure = failure
            self._answer = self._part.whole(attempt, "calls")
            then = "seal"
        elif attempt.gathered.is_committed:
            self._part.keep(attempt, failure)
            then = "stop" if self._on_broken == "stop" else "go_on"
        await self._fail(attempt, failure, then=then)

    async def _fail(self, attempt: Attempt, failure: Failure, *, then: Then) -> None:
        attempt.failure = failure
        self._tried.append(Tried(attempt.send.alias, failure))
        if failure.kind is FailureKind.CONTEXT_TOO_LONG:
            self._ledger.outgrown(attempt.send.alias, failure, self._call.tokens)
        if self._on_spent and then != "seal" and attempt.has_used:
            self._on_spent(self._part.spent(attempt))
        await self._record(attempt)
        self._desk.failed(attempt.send.attempt, failure, was_sent=attempt.was_sent, then=then)

    async def _run_out(self) -> None:
        """The deadline of the whole request has come."""
        for attempt in tuple(self._racers):
            if attempt.gathered.is_committed:
                self._part.keep(attempt, OVERDUE)
            await self._record(attempt, is_cancelled=True)
        self._desk.out_of_time(self._id)

    async def _record(self, attempt: Attempt, *, is_cancelled: bool = False) -> None:
        self._write_down(attempt, is_cancelled=is_cancelled)
        self._racers.remove(attempt)
        await attempt.close()

    def _write_down(self, attempt: Attempt, *, is_cancelled: bool) -> None:
        now = self._clock.monotonic()
        trace = attempt.trace(began=self._began, now=now, is_cancelled=is_cancelled)
        self._traces.append(trace)
        self._ledger.ended(trace, now)

    async def _abandon(self) -> None:
        """Whoever read the events went away or was cancelled, at any place above."""
        done = self._desk.cancel(self._id, was_sent=True)
        racers, self._racers = self._racers, []
        for racer in racers:
            self._write_down(racer, is_cancelled=True)
            if self._on_left:
                self._on_left(self._part.left(racer, STOPPED))
        self._close(Outcome.CANCELLED, None, done.asides if done else ())
        for racer in racers:
            await racer.close()

    # What is told of it.

    def _waiting(self, wait: Wait) -> Waiting:
        return Waiting(
            for_s=self._from_now(wait.until),
            tries=wait.tries,
            full=wait.full,
            offline=wait.offline,
            alias=wait.alias,
            failure=wait.failure,
        )

    def _end(self, done: Done) -> Sealed | Unanswered:
        self._close(done.outcome, done.failure, done.asides)
        if self._answer is not None:
            return Sealed(self._answer)
        return Unanswered(
            outcome=done.outcome,
            failure=done.failure or self._in_vain(),
            by=done.by,
            again_in_s=self._from_now(done.again_at),
            tried=tuple(self._tried),
            part=self._part.as_it_stands(),
        )

    def _in_vain(self) -> Failure | None:
        """Why nobody of those who were meant could be asked."""
        unable = self._call.unable
        meant = {a: m for a, m in self._members.items() if unable.get(a) != NOT_ASKED_FOR}
        reasons = [
            f"{alias}: {why_not}" if why_not else f"{alias} {unable[alias]}"
            for alias, member in meant.items()
            if (why_not := member.entry.why_not) or alias in unable
        ]
        if not reasons or self._tried:
            return None
        is_set_up = any(member.entry.why_not is None for member in meant.values())
        kind = FailureKind.BAD_REQUEST if is_set_up else FailureKind.AUTH  # no key, most likely
        return Failure(kind=kind, detail="; ".join(reasons), lacks=is_set_up)

    def _close(self, outcome: Outcome, failure: Failure | None, asides: tuple[Aside, ...]) -> None:
        self._is_over = True
        self._ledger.closed(
            Trace(
                id=str(self._id),
                began=self._began_wall,
                outcome=outcome,
                total_s=self._clock.monotonic() - self._began,
                waited_s=self._waited_s,
                alias=self._answer.alias if self._answer else None,
                seams=self._seams,
                attempts=tuple(self._traces),
                failure=failure,
                asides=asides,
            )
        )

    def _from_now(self, at: float | None) -> float | None:
        return None if at is None else max(0.0, at - self._clock.monotonic())


def _of_all(learned: Target | None, target: Target) -> Target | None:
    """What was wrong with one client's own words says nothing of the next, but for the one option
    that vibe itself puts in."""
    without = replace(target, quirks=replace(target.quirks, stream_options=False))
    return learned if learned == without else None
