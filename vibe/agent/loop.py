"""One turn: what the person said, the answers of the pool, the calls of the tools, up to an end.

All that happens is an event, and is in the session before it is told. A turn always ends, with
exactly one `TurnFinished`; cancelling its reader ends it too.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import aclosing

from msgspec import Struct

from vibe.agent.bounds import Bounds
from vibe.agent.calls import Calls
from vibe.agent.compaction import is_nearly_full, summed_up
from vibe.agent.ends import End, after, overflowed, without
from vibe.agent.outlet import Outlet
from vibe.agent.questions import Questions, Said
from vibe.agent.repeats import STOP_AT, Repeats
from vibe.agent.summing import Pool, summed
from vibe.clock import Clock
from vibe.domain.answer import Answer
from vibe.domain.event import Event, Sealed, Unanswered
from vibe.domain.failure import Failure, FailureKind
from vibe.domain.message import Text, User
from vibe.domain.model import Alias
from vibe.domain.request import ModelRequest, Tool
from vibe.domain.turn import (
    ContextCompacted,
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
from vibe.session.events import record_of
from vibe.session.live import Live
from vibe.session.record import Added, Answered, Compacted, TurnBegan, TurnEnded, Used
from vibe.session.session import Session
from vibe.session.spent import in_all
from vibe.session.turn import Call
from vibe.wire.capability import estimated_tokens

log = logging.getLogger(__name__)

STOPPED = Failure(kind=FailureKind.CANCELLED, detail="stopped by the person")
IN_CIRCLES = f"the same call has brought the same result {STOP_AT} times"
GO_ON = "go on"
CUT_CALL = User(
    (
        Text(
            "[Your last answer was cut at its length limit in the middle of a call, and the call "
            "was not run. Make it again in smaller pieces.]"
        ),
    )
)


class Manner(Struct, frozen=True, kw_only=True):
    """How the models are asked, the same in every request: a prefix that changes costs anew.

    `context` is told with the first message of a session, and again after each compaction.
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
        self._answers = 0
        self._was_cut = False

    def say(self, message: User) -> None:
        """Told to the models as soon as the calls under way are done."""
        self._said.append(message)

    def turn(self, message: User) -> AsyncGenerator[Event]:
        """To be read to its end, or closed: then it is stopped, and what came is kept."""
        transcript = self.session.transcript
        number = transcript.last_turn + 1
        context = "" if transcript.turns else self._manner.context
        at = self._clock.wall()
        self.session.put(TurnBegan(turn=number, message=message, at=at, context=context))
        return self._outlet.of(self._to_its_end(number, TurnStarted(turn=number, message=message)))

    def go_on(self) -> AsyncGenerator[Event]:
        """With the turn that was under way when its process ended: no answer is asked for anew."""
        under_way = self.session.transcript.open_turn
        if under_way is None:
            raise UsageError("no turn is under way in this session", hint="say what to do")
        started = TurnStarted(turn=under_way.number, message=under_way.message)
        return self._outlet.of(self._to_its_end(under_way.number, started))

    async def _to_its_end(self, turn: int, started: TurnStarted) -> None:
        self._outlet.tell(started)
        self._answers = self._calls.denied = 0
        self._was_cut = False
        end = End(end=TurnEnd.INTERRUPTED, detail=STOPPED.detail)
        try:
            end = await self._worked(turn)
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
            if repeats.goes_in_circles and not await self._may_go_on(repeats):
                return End(end=TurnEnd.FAILED, detail=IN_CIRCLES, hint="say what to do instead")
            self._hear(turn)
            if met := self._bound_met():
                return End(
                    end=TurnEnd.LIMITED, detail=met, hint='raise it, or: vibe -p --continue "go on"'
                )
            if is_nearly_full(self._tokens, self._window):
                await self._compact(turn)
            ended = await self._asked(turn)
            if isinstance(ended, Unanswered) and overflowed(ended):
                await self._compact(turn)
                ended = await self._asked(turn)
            if isinstance(ended, Unanswered):
                return without(ended)
            if not ended.answer.calls and not self._said:
                return after(ended.answer)

    def _due_calls(self) -> tuple[Call, ...]:
        """Those of the last answer that have not started."""
        steps = self.session.transcript.turns[-1].steps
        return tuple(call for call in steps[-1].calls if call.may_start) if steps else ()

    async def _asked(self, turn: int) -> Sealed | Unanswered:
        self._live = Live()
        async with aclosing(self._pool.stream(self._request(), self._asking(turn))) as events:
            async for event in events:
                if isinstance(event, Sealed):
                    self._mind_cut_call(event)
                self._live = self._live.apply(event)
                if record := record_of(event, self.session.transcript):
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

    async def _may_go_on(self, repeats: Repeats) -> bool:
        if not self._manner.is_attended:
            return False
        question = self._questions.new()
        asked = f"{IN_CIRCLES}. Go on?"
        self._outlet.tell(QuestionAsked(id=question, question=asked, choices=(GO_ON, "stop")))
        if await self._questions.answered(question) != Said(GO_ON):
            return False
        repeats.forgive()
        return True

    def _hear(self, turn: int) -> None:
        while self._said:
            message = self._said.popleft()
            self.session.put(Added(turn=turn, message=message))
            self._outlet.tell(MessageAdded(turn=turn, message=message))

    async def _compact(self, turn: int) -> None:
        """Where no summary is to be had, the conversation stays, and the next answer tells why."""
        transcript, before = self.session.transcript, self._tokens
        summary = await summed(
            self._pool,
            messages(transcript),
            window=self._window,
            asking=self._asking(turn),
            tell=self._outlet.tell,
        )
        self.session.put(*(_used(turn, answer) for answer in summary.answers))
        if summary.text is not None:
            last = transcript.turns[-1].message
            message = summed_up(summary.text, context=self._manner.context, last=last)
            self.session.put(Compacted(turn=turn, message=message))
            told = ContextCompacted(turn=turn, tokens_before=before, tokens_after=self._tokens)
            self._outlet.tell(told)

    async def _close(self, turn: int, end: End) -> None:
        """What came of an answer that was stopped is kept, and the disk has all of the turn."""
        if part := self._live.stopped(STOPPED):
            number = self.session.transcript.next_answer
            self.session.put(Answered(turn=turn, number=number, answer=part))
        await self._calls.end_turn()
        at = self._clock.wall()
        await self.session.end(TurnEnded(turn=turn, end=end.end, at=at, detail=end.detail))

    # How things stand.

    def _request(self) -> ModelRequest:
        return ModelRequest(
            messages=messages(self.session.transcript),
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
        )

    def _bound_met(self) -> str | None:
        cost_uusd = in_all(self.session.transcript.spent).cost_uusd - self._spent_before
        return self._manner.bounds.met(
            answers=self._answers, cost_uusd=cost_uusd, took_s=self._took_s
        )

    @property
    def _took_s(self) -> float:
        return self._clock.monotonic() - self._began_s

    @property
    def _tokens(self) -> int:
        return estimated_tokens(self._request())

    @property
    def _window(self) -> int | None:
        """That of whoever answered last."""
        turns = self.session.transcript.turns
        steps = (step for turn in reversed(turns) for step in reversed(turn.steps))
        return self._pool.window_of(next((step.answer.alias for step in steps), None))


def _used(turn: int, answer: Answer) -> Used:
    return Used(
        turn=turn,
        alias=answer.alias or Alias("unknown"),
        usage=answer.usage,
        cost_uusd=answer.cost_uusd,
        is_estimated=answer.is_estimated,
    )
