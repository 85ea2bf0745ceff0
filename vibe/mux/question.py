"""One question on the pool with one whole answer, such as an embedding: no events, and no parts.

The core decides as it does for a chat, and all is counted and remembered in the same places. That
an entry cannot answer such a question is not held against it, since it may well chat.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Generic, TypeAlias, TypeVar

from msgspec.structs import replace

from vibe.clock import Clock
from vibe.domain.event import FailedOver, Outcome, Tried
from vibe.domain.failure import Failure, FailureKind
from vibe.domain.model import Alias
from vibe.domain.usage import Usage, cost_uusd
from vibe.mux.attempt import NEVER_SENT
from vibe.mux.desk import Desk
from vibe.mux.ledger import Ledger
from vibe.mux.member import Member
from vibe.mux.step import Call, Done, Send, Step, Wait
from vibe.mux.trace import AttemptOutcome, AttemptTrace, Trace
from vibe.mux.upstreams import Upstreams

T = TypeVar("T")
Found: TypeAlias = tuple[T, Usage] | Failure
_BEFALLS_A_CHAT: Final = frozenset(
    {
        FailureKind.AUTH,
        FailureKind.NO_CREDIT,
        FailureKind.OVERLOADED,
        FailureKind.RATE_LIMITED,
        FailureKind.UNREACHABLE,
    }
)


class Question(Generic[T]):
    """To be asked once. `alias` is who was asked last, at `asked_at` by the clock; `tried` are
    those who failed, `told` hears of each failover. `again_at` is when to come back, if somebody
    said so. `_under_way` is the attempt that runs."""

    def __init__(
        self,
        desk: Desk,
        members: Mapping[Alias, Member],
        upstreams: Upstreams,
        ledger: Ledger,
        clock: Clock,
        *,
        call: Call,
        ask: Callable[[Member], Awaitable[Found[T]]],
        told: Callable[[FailedOver], None],
    ) -> None:
        self._desk = desk
        self._members = members
        self._upstreams = upstreams
        self._ledger = ledger
        self._clock = clock
        self._call = call
        self._ask = ask
        self._told = told
        self._began = self.asked_at = clock.monotonic()
        self._began_wall = clock.wall()
        self._waited_s = 0.0
        self._under_way: Send | None = None
        self._is_over = False
        self.alias: Alias | None = None
        self.attempts: list[AttemptTrace] = []
        self.tried: list[Tried] = []
        self.again_at: float | None = None

    async def answered(self) -> T | Outcome:
        """The answer, or how it ended without one. To cancel it ends it wherever it is."""
        self._ledger.opened()
        self._id = self._desk.begin(self._call)
        use = self._upstreams.begin()
        answer: T | None = None
        try:
            while True:
                match await self._next_step():
                    case Send() as send:
                        answer = await self._carry_out(send)
                    case Wait():
                        pass
                    case Done() as done:
                        self.again_at = done.again_at
                        self._close(done, done.outcome)
                        return done.outcome if answer is None else answer
        finally:
            if not self._is_over:
                self._abandon()
            self._upstreams.end(use)

    async def _next_step(self) -> Step:
        waits_since = self._clock.monotonic()
        step = await self._desk.next(self._id)
        self._waited_s += self._clock.monotonic() - waits_since
        return step

    async def _carry_out(self, send: Send) -> T | None:
        member = self._members[send.alias]
        if send.is_probe:
            until = await self._ledger.leased(send, member.first_token_s)
            if until is not None:
                self._desk.denied(send.attempt, until)
                return None
        self._begin(send)
        found = await self._ask(member)
        self._under_way = None
        if isinstance(found, Failure):
            self.tried.append(Tried(send.alias, found))
            was_sent = found.cause not in NEVER_SENT
            outcome = "limited" if found.kind is FailureKind.RATE_LIMITED else "failed"
            is_free = found.status is not None or not was_sent
            self._record(send, outcome, Usage(input=0) if is_free else Usage(), failure=found)
            self._fail(send, found, was_sent=was_sent)
            return None
        answer, usage = found
        self._record(send, "ok", usage)
        self._desk.succeeded(send.attempt)
        return answer

    def _begin(self, send: Send) -> None:
        now = self._clock.monotonic()
        if self.tried:
            before = self.tried[-1]
            switch = FailedOver(
                from_alias=before.alias,
                to_alias=send.alias,
                failure=before.failure,
                delay_s=now - self._began,
            )
            self._ledger.switched(switch, is_anew=False)
            self._told(switch)
        self.alias, self.asked_at = send.alias, now
        self._under_way = send
        self._ledger.began(send.alias, now)

    def _fail(self, send: Send, failure: Failure, *, was_sent: bool) -> None:
        if failure.kind not in _BEFALLS_A_CHAT:
            failure = replace(failure, kind=FailureKind.BAD_REQUEST, lacks=True)
        self._desk.failed(send.attempt, failure, was_sent=was_sent, then="go_on")

    def _abandon(self) -> None:
        """Whoever asked does not wait for it any more."""
        done = self._desk.cancel(self._id, was_sent=True)
        if self._under_way:
            self._record(self._under_way, "cancelled", Usage())
        self._close(done, Outcome.CANCELLED)

    def _record(
        self, send: Send, outcome: AttemptOutcome, usage: Usage, *, failure: Failure | None = None
    ) -> None:
        """Nothing is written in an answer; what nobody has counted is estimated."""
        now = self._clock.monotonic()
        whole = Usage(input=self._call.tokens, output=0).merged(usage)
        attempt = AttemptTrace(
            alias=send.alias,
            why=send.why,
            at_s=self.asked_at - self._began,
            took_s=now - self.asked_at,
            outcome=outcome,
            asides=send.asides,
            is_probe=send.is_probe,
            failure=failure,
            input_tokens=whole.input,
            output_tokens=whole.output,
            is_estimated=usage.input is None,
            cost_uusd=cost_uusd(whole, self._members[send.alias].entry.price),
        )
        self.attempts.append(attempt)
        self._ledger.ended(attempt, now)

    def _close(self, done: Done | None, outcome: Outcome) -> None:
        self._is_over = True
        self._ledger.closed(
            Trace(
                id=str(self._id),
                began=self._began_wall,
                outcome=outcome,
                total_s=self._clock.monotonic() - self._began,
                waited_s=self._waited_s,
                alias=self.alias if outcome is Outcome.OK else None,
                attempts=tuple(self.attempts),
                failure=done.failure if done else None,
                asides=done.asides if done else (),
            )
        )
