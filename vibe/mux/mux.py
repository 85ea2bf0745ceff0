"""The multiplexer: one place to ask, any number of models behind it.

It brings the core, the connections and the memory together, and decides nothing itself. Every
number that is told of the pool comes from its snapshot. To be closed by its owner.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TypeVar

from msgspec.structs import replace

from vibe.clock import Clock
from vibe.domain.event import FailedOver, PoolEvent
from vibe.domain.model import Alias, BrokenStream, ProviderName
from vibe.domain.request import ModelRequest
from vibe.mux.answering import Answering
from vibe.mux.asking import Asking
from vibe.mux.core import Core
from vibe.mux.desk import Desk
from vibe.mux.entry import Pool, Rules
from vibe.mux.ledger import Ledger
from vibe.mux.member import Member
from vibe.mux.memory import Memory
from vibe.mux.policy import Rng
from vibe.mux.question import Found, Question
from vibe.mux.snapshot import MuxSnapshot, snapshot
from vibe.mux.step import NOT_ASKED_FOR, Call
from vibe.mux.trace import AttemptTrace, Trace
from vibe.mux.upstreams import Upstreams
from vibe.mux.wishes import AS_CONFIGURED, Wishes
from vibe.wire.capability import estimated_tokens, misses, unable

T = TypeVar("T")
AS_USUAL = Asking()
WINDOW_OF_SILENCE = 4_096  # Ollama's own default, beyond which it cuts without a word
ESTIMATE_IS_OFF_BY = 1.35  # tokenizers differ by a third


class Mux:
    """`stream` may run any number of times at once, all in one event loop."""

    def __init__(
        self,
        members: Sequence[Member],
        rules: Rules,
        *,
        clock: Clock,
        rng: Rng,
        memory: Memory,
        on_broken: BrokenStream = "continue",
        core: type[Core] = Core,
    ) -> None:
        self._configured = tuple(members)
        self._guests: dict[Alias, Member] = {}
        self._wishes = AS_CONFIGURED
        # Whoever was in the pool stays in these: a request may just be asking there.
        self._members: dict[Alias, Member] = {}
        self._names: dict[Alias, tuple[ProviderName, str]] = {}
        self._upstreams = Upstreams()
        self._rules = rules
        self._clock = clock
        self._memory = memory
        self._on_broken: BrokenStream = on_broken
        self._ledger = Ledger(clock=clock, memory=memory)
        self._desk = Desk(core(self._pool(), rng=rng, explains=True), clock)
        memory.attach(self._desk, self.snapshot)

    async def aclose(self) -> None:
        """Ends the connections; requests that still run are ended by their own owners before."""
        await self._upstreams.aclose()
        await self._memory.aclose()

    @property
    def members(self) -> tuple[Member, ...]:
        """As they are configured, whatever is wished."""
        return self._configured

    def set_members(
        self,
        members: Sequence[Member],
        rules: Rules | None = None,
        *,
        on_broken: BrokenStream | None = None,
    ) -> None:
        """Who is in the pool from now on, and by which rules, where they are others. What is under
        way ends where it is."""
        self._rules = rules or self._rules
        self._on_broken = on_broken or self._on_broken
        self._configured = tuple(members)
        self._ledger.targets.clear()  # as they are configured now
        self._set_pool()

    @property
    def wishes(self) -> Wishes:
        return self._wishes

    def wish(self, wishes: Wishes, *, guest: Member | None = None) -> None:
        """Of this process alone, until another is wished. What is under way ends where it is. A
        guest is none of the pool, and asked only while it is pinned."""
        if guest is not None:
            self._guests[guest.entry.alias] = guest
        self._wishes = wishes
        self._set_pool()

    def reset(self) -> None:
        """Every entry counts as well again, and nothing has been counted."""
        self._ledger.reset()
        for member in self._present:
            self._desk.close(member.entry.alias)

    def close(self, alias: Alias) -> None:
        """By hand: this entry counts as well again, in all processes."""
        self._desk.close(alias)
        self._ledger.is_well(alias)
        self._memory.touched()

    def reached(self, alias: Alias) -> None:
        """Its server has answered something that asks no model: it is up again, if it was down."""
        if any(member.entry.alias == alias for member in self._present):
            self._desk.reached(alias)
            if self._desk.core.board.standings[alias].is_closed:
                self._ledger.is_well(alias)
            self._memory.touched()

    def in_use(self) -> AbstractContextManager[None]:
        """For who asks an upstream by himself: whatever the pool has now stays open meanwhile."""
        return self._upstreams.in_use()

    def hurry(self) -> None:
        """By hand: who waits for somebody to come back asks now, whatever rest is left."""
        self._desk.hurry()

    def stream(
        self, request: ModelRequest, asking: Asking = AS_USUAL
    ) -> AsyncGenerator[PoolEvent, None]:
        """The events of one answer, of which the last is `Sealed` or `Unanswered`.

        Closing it, or cancelling who reads it, ends the request wherever it is.
        """
        self._memory.refresh()
        tokens = estimated_tokens(request)
        call = Call(
            unable=dict(self._unable(request, tokens, asking)),
            affinity=asking.affinity,
            deadline=None if asking.within_s is None else self._clock.monotonic() + asking.within_s,
            on_limit=asking.on_limit,
            tokens=tokens,
            by_person=asking.by_person,
            order=asking.order,
        )
        return Answering(
            self._desk,
            self._members,
            self._upstreams,
            self._ledger,
            self._clock,
            request=request,
            call=call,
            on_broken=asking.on_broken or self._on_broken,
            hedge_after_s=self._rules.hedge_after_s,
            on_left=asking.on_left,
            on_spent=asking.on_spent,
        ).events()

    def question(
        self,
        ask: Callable[[Member], Awaitable[Found[T]]],
        *,
        order: tuple[Alias, ...] = (),
        unable: Mapping[Alias, str],
        tokens: int,
        told: Callable[[FailedOver], None],
    ) -> Question[T]:
        """For what has one whole answer, and which those who are `unable` need not be asked. It is
        refused rather than kept waiting."""
        self._memory.refresh()
        call = Call(order=order, unable=unable, tokens=tokens, on_limit="exit")
        return Question(
            self._desk,
            self._members,
            self._upstreams,
            self._ledger,
            self._clock,
            call=call,
            ask=ask,
            told=told,
        )

    def snapshot(self) -> MuxSnapshot:
        core = self._desk.core
        return snapshot(
            core.board,
            self._ledger.counts,
            self._names,
            self._ledger.about(waiting=core.waiting),
            pinned=self._wishes.pinned,
            now=self._clock.monotonic(),
            wall=self._clock.wall(),
        )

    @property
    def traces(self) -> tuple[Trace, ...]:
        """The last requests, the oldest first."""
        return tuple(self._ledger.traces)

    @property
    def attempts(self) -> tuple[tuple[float, AttemptTrace], ...]:
        """The last ones, also of requests that are under way, the oldest first; and when each
        began, by the wall."""
        return tuple(self._ledger.attempts)

    @property
    def at_rest(self) -> bool:
        """Nothing is under way and nobody waits."""
        return self._desk.core.at_rest

    def window_of(self, alias: Alias | None) -> int | None:
        """How many tokens it holds, as far as that is known; None: of whoever is asked first."""
        pinned = self._wishes.pinned
        members = [m for m in self._present if (alias or pinned) in (None, m.entry.alias)]
        return members[0].entry.window if members else None

    def _set_pool(self) -> None:
        pool = self._pool()
        self._memory.reload(lambda: self._desk.set_pool(pool))

    def _pool(self) -> Pool:
        wishes = self._wishes
        guests = (each for alias, each in self._guests.items() if alias == wishes.pinned)
        self._present = tuple(
            replace(each, entry=wishes.of(each.entry)) for each in (*self._configured, *guests)
        )
        for member in self._present:
            alias, target = member.entry.alias, member.target
            self._members[alias] = member
            self._names[alias] = target.provider, target.model
        self._upstreams.keep(m.upstream for m in (*self._configured, *self._guests.values()))
        return Pool(entries=tuple(each.entry for each in self._present), rules=self._rules)

    def _unable(
        self, request: ModelRequest, tokens: int, asking: Asking
    ) -> Iterator[tuple[Alias, str]]:
        """Who would be asked in vain, and why. That a request is too long is only an estimate; that
        and that not all of it can be shown count for nothing where they would leave nobody."""
        rather_not: list[tuple[Alias, str]] = []
        left = 0
        for member in self._present:
            alias = member.entry.alias
            why = unable(request, member.target)
            window = self._window(alias, member)
            if not _is_asked_for(member, asking):
                yield alias, NOT_ASKED_FOR
            elif why is not None:
                yield alias, why
            elif doubt := misses(request, member.target):
                rather_not.append((alias, doubt))
            elif window is not None and tokens > window:
                rather_not.append((alias, "has too small a window"))
            else:
                left += member.entry.why_not is None
        if left:
            yield from rather_not

    def _window(self, alias: Alias, member: Member) -> float | None:
        """The size from which on a request is not tried there."""
        learned = self._ledger.windows.get(alias)
        if learned is not None:
            return learned - 1
        configured = member.target.context_window
        if configured is None:
            return WINDOW_OF_SILENCE if member.target.quirks.truncates_silently else None
        return configured * ESTIMATE_IS_OFF_BY


def _is_asked_for(member: Member, asking: Asking) -> bool:
    alias = member.entry.alias
    if asking.order:
        return alias in asking.order
    if asking.among is not None:
        return alias in asking.among
    return not member.entry.by_name
