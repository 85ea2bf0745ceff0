"""One turn: what the person said, the answers of the pool, the calls of the tools, up to an end.

All that happens is an event, and is in the session before it is told. A turn always ends, with
exactly one `TurnFinished`; cancelling its reader ends it too.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from vibe.agent.bounds import Bounds
from vibe.agent.calls import Calls
from vibe.agent.ends import End, after, at_limit, text_of
from vibe.agent.outlet import Outlet
from vibe.agent.pacing import Pacing
from vibe.agent.parts import Parts
from vibe.agent.prompt import folder_in
from vibe.agent.questions import Questions, Said
from vibe.agent.repeats import Repeats
from vibe.agent.shortening import Shortening
from vibe.agent.summing import Pool
from vibe.clock import Clock
from vibe.domain.answer import Answer
from vibe.domain.event import Event, Outcome, Sealed, Unanswered
from vibe.domain.message import Text, User
from vibe.domain.request import ModelRequest, Tool
from vibe.domain.turn import (
    MessageAdded,
    QuestionAsked,
    TurnEnd,
    TurnFinished,
    TurnStarted,
)
from vibe.errors import UsageError
from vibe.mux.asking import Asking
from vibe.mux.step import OnLimit
from vibe.session.conversation import messages
from vibe.session.events import record_of, used
from vibe.session.live import Live
from vibe.session.record import (
    Added,
    Answered,
    Compacted,
    Rewound,
    TurnBegan,
    TurnEnded,
)
from vibe.session.session import Session
from vibe.session.spent import in_all
from vibe.session.transcript import Transcript
from vibe.session.turn import Call, Item, Step, Turn
from vibe.wire.capability import estimated_tokens

log = logging.getLogger(__name__)

STOPPED = "stopped by you"
GO_ON = "go on"
NO_SUMMARY = "no model gave a summary, and the conversation stays as it was"
CUT_CALL = User(
    (
        Text(
            "[Your last answer was cut at its length limit in the middle of a call, and the call "
            "was not run. Make it again in smaller pieces.]"
        ),
    )
)
CUT_OFF = User((Text("[Your last answer was cut off here. Go on from where it ends.]"),))


class Manner(Struct, frozen=True, kw_only=True):
    """How the models are asked, the same in every request: a prefix that changes costs anew.

    `context` is told with the first message of a session, with the first in another folder, and
    again after each compaction.
    """

    system: str
    tools: tuple[Tool, ...]
    context: str = ""
    bounds: Bounds = Bounds()
    on_limit: OnLimit = "wait"
    is_attended: bool = True


class Agent:
    """One turn at a time. `say` adds to the one that is under way."""

    def __init__(
        self,
        pool: Pool,
        session: Session,
        calls: Calls,
        manner: Manner,
        *,
        outlet: Outlet,
        questions: Questions,
        clock: Clock,
    ) -> None:
        self.session = session
        self._pool = pool
        self._calls = calls
        self._manner = manner
        self._outlet = outlet
        self._questions = questions
        self._clock = clock
        self._began_s = clock.monotonic()
        self._spent_before = in_all(session.transcript.spent).cost_uusd
        self._said: deque[User] = deque()
        self._live = Live()
        self._left: tuple[Answer, ...] = ()
        self._answers = 0
        self._was_cut = False
        self._parts: Parts | None = None
        self._shortening = Shortening(
            pool,
            session,
            request=self._request,
            context=manner.context,
            tell=outlet.tell,
            done=calls.summed_up,
        )

    def say(self, message: User) -> None:
        """Told to the models as soon as the calls under way are done."""
        self._said.append(message)

    def unsay(self, message: User) -> bool:
        """Whether it was said and told to no model yet: then it will not be."""
        if message not in self._said:
            return False
        self._said.reverse()
        self._said.remove(message)  # of several that are alike, the last
        self._said.reverse()
        return True

    def take_back(self) -> tuple[User, ...]:
        """What was said and told to no model yet: none will be told."""
        said = tuple(each for each in self._said if each not in (CUT_CALL, CUT_OFF))
        self._said.clear()
        return said

    def turn(self, message: User) -> AsyncGenerator[Event]:
        """To be read to its end, or closed: then it is stopped, and what came is kept."""
        return self._outlet.of(self._to_its_end(self._begun(message), self._worked))

    def go_on(self) -> AsyncGenerator[Event]:
        """With the turn that was under way when its process ended: no answer is asked for anew."""
        under_way = self.session.transcript.open_turn
        if under_way is None:
            raise UsageError("no turn is under way in this session", hint="say what to do")
        if under_way.items and is_cut_off(under_way.items[-1]):
            self._said.append(CUT_OFF)
        started = TurnStarted(turn=under_way.number, message=under_way.message)
        return self._outlet.of(self._to_its_end(started, self._worked))

    def compact(self, message: User, *, keep: str = "") -> AsyncGenerator[Event]:
        """A turn that does nothing but to sum up all that was said before it: `message` is how the
        person asked for that, and `keep` what is not to be lost. If it fails, it never was."""
        if not self.session.transcript.turns:
            raise UsageError("nothing was said yet that could be summed up")
        return self._outlet.of(self._compacted(self._begun(message), keep))

    def _begun(self, message: User) -> TurnStarted:
        transcript = self.session.transcript
        number = transcript.last_turn + 1
        context = self._manner.context
        told = next((turn.context for turn in reversed(transcript.turns) if turn.context), "")
        if transcript.turns and folder_in(told) == folder_in(context):
            context = ""
        at = self._clock.wall()
        self.session.put(TurnBegan(turn=number, message=message, at=at, context=context))
        return TurnStarted(turn=number, message=message)

    async def _to_its_end(
        self, started: TurnStarted, worked: Callable[[int], Awaitable[End]]
    ) -> None:
        turn = started.turn
        self._outlet.tell(started)
        self._calls.begin_turn()
        self._answers = 0
        self._was_cut = False
        self._shortening.begin_turn()
        end = End(end=TurnEnd.INTERRUPTED, detail=STOPPED)
        try:
            end = await worked(turn)
        except Exception as error:  # one of the named edges: whatever breaks, the session stands
            log.exception("the turn failed")
            end = End(end=TurnEnd.FAILED, detail=f"vibe itself failed: {error!r}")
        finally:
            await self._close(turn, end)
        self._outlet.tell(
            TurnFinished(
                turn=turn,
                end=end.end,
                detail=end.detail,
                hint=end.hint,
                answers=self._answers,
                denied=self._calls.denied,
            )
        )

    async def _worked(self, turn: int) -> End:
        """Calls, then an answer, which may call again: until one calls nothing."""
        repeats = Repeats()
        while True:
            await self._calls.run(self._due_calls(), repeats)
            if (circle := repeats.circle) and not await self._may_go_on(circle):
                return End(end=TurnEnd.FAILED, detail=circle, hint="say what to do instead")
            if circle:
                repeats.forgive()
            self._hear(turn)
            if met := self._bound_met():
                return at_limit(met)
            if await self._shortening.before_asking(self._asking_for_summary(turn)):
                repeats.summed_up()
            ended = await self._asked(turn)
            if isinstance(ended, Unanswered):
                asking = self._asking_for_summary(turn)
                if await self._shortening.for_those_who_refused(ended, asking):
                    repeats.summed_up()
                    ended = await self._asked(turn)
            if isinstance(ended, Unanswered):
                met = self._bound_met() if ended.outcome is Outcome.DEADLINE else None
                return at_limit(met) if met else self._shortening.end_without(ended)
            if not ended.answer.calls and not self._said:
                return after(ended.answer)

    def _due_calls(self) -> tuple[Call, ...]:
        """Those of the last answer that have not started."""
        steps = self._last_turn.steps
        return tuple(call for call in steps[-1].calls if call.may_start) if steps else ()

    async def _asked(self, turn: int) -> Sealed | Unanswered:
        self._live, self._left = Live(), ()
        request = self.request
        sent = estimated_tokens(request)
        self._parts = parts = Parts(self.session, self._pool.members, sent=sent)
        answering = self._pool.stream(request, self._asking(turn))
        pacing = Pacing(self._clock.monotonic)
        async with aclosing(answering) as events, parts.kept(self._clock):
            async for event in events:
                parts.note(event)
                pacing.note(event)
                if isinstance(event, Sealed):
                    self._mind_cut_call(event)
                self._live = self._live.apply(event)
                if record := record_of(event, self.session.transcript, pace=pacing.pace):
                    self.session.put(record)
                self._outlet.tell(event)
                if isinstance(event, Sealed | Unanswered):
                    self._answers += 1
                    return event
        raise AssertionError("a request of the pool has no end")

    def _mind_cut_call(self, sealed: Sealed) -> None:
        """Once in a turn: a model that is told makes the call shorter."""
        if sealed.answer.reason == "length" and self._live.calls and not self._was_cut:
            self._was_cut = True
            self._said.append(CUT_CALL)

    async def _may_go_on(self, circle: str) -> bool:
        if not self._manner.is_attended:
            return False
        question = self._questions.new()
        asked = f"{circle}. Go on?"
        self._outlet.tell(QuestionAsked(id=question, question=asked, choices=(GO_ON, "stop")))
        return await self._questions.answered(question) == Said(GO_ON)

    def _hear(self, turn: int) -> None:
        while self._said:
            message = self._said.popleft()
            self.session.put(Added(turn=turn, message=message))
            self._outlet.tell(MessageAdded(turn=turn, message=message))

    async def _compacted(self, started: TurnStarted, keep: str) -> None:
        async def work(turn: int) -> End:
            if await self._shortening.as_wished(keep, self._asking_for_summary(turn)):
                return End(end=TurnEnd.FINISHED)
            return End(end=TurnEnd.FAILED, detail=NO_SUMMARY, hint="try again, or ask less of it")

        try:
            await self._to_its_end(started, work)
        finally:
            if not any(isinstance(each, Compacted) for each in self._last_turn.items):
                self.session.put(Rewound(turn=started.turn))

    def _leave(self, part: Answer) -> None:
        self._left = (*self._left, part)

    def _asking_for_summary(self, turn: int) -> Asking:
        return replace(self._asking(turn), on_left=self._leave_unsaid)

    def _leave_unsaid(self, part: Answer) -> None:
        """Of a summary that was stopped, what it used is all that counts."""
        self._leave(replace(part, parts=()))

    async def _close(self, turn: int, end: End) -> None:
        """What came of an answer that was stopped is kept, and the disk has all of the turn."""
        for part in self._left:
            number = self.session.transcript.next_answer
            said = Answered(turn=turn, number=number, answer=part)
            self.session.put(said if text_of(part).strip() else used(turn, part))
        await self._calls.end_turn()
        at = self._clock.wall()
        await self.session.end(
            TurnEnded(turn=turn, end=end.end, at=at, detail=end.detail, hint=end.hint)
        )

    # How things stand.

    @property
    def request(self) -> ModelRequest:
        """As it would be sent now."""
        return self._request(self.session.transcript)

    def _request(self, transcript: Transcript) -> ModelRequest:
        return ModelRequest(
            messages=messages(transcript),
            system=self._manner.system,
            tools=self._manner.tools,
            cache_key=self.session.session,
        )

    def _asking(self, turn: int) -> Asking:
        return Asking(
            affinity=f"{self.session.session}:{turn}",
            within_s=self._manner.bounds.left_s(self._took_s),
            on_limit=self._manner.on_limit,
            by_person=not self._answers,
            on_left=self._leave,
            on_spent=partial(self._note_spent, turn),
        )

    def _note_spent(self, turn: int, answer: Answer) -> None:
        self.session.put(used(turn, answer))
        if self._parts is not None:
            self._parts.paid()

    def _bound_met(self) -> str | None:
        cost_uusd = in_all(self.session.transcript.spent).cost_uusd - self._spent_before
        return self._manner.bounds.met(
            answers=self._answers, cost_uusd=cost_uusd, took_s=self._took_s
        )

    @property
    def _took_s(self) -> float:
        return self._clock.monotonic() - self._began_s

    @property
    def _last_turn(self) -> Turn:
        return self.session.transcript.turns[-1]

    @property
    def window(self) -> int | None:
        """That of whoever answered last."""
        return self._shortening.window


def is_cut_off(item: Item) -> bool:
    return isinstance(item, Step) and item.answer.cut is not None
