"""The calls of one answer: judged, asked about, written down, run, and what came of them told.

Calls that only look run side by side, others one after another, in the order of the answer. A call
runs at most once: it is on disk before it starts. Its trouble is a result for the model and never
ends the turn.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import nullcontext
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from vibe.agent.outlet import Outlet
from vibe.agent.policy import Judged
from vibe.agent.questions import Allowed, Denied, Questions
from vibe.agent.repeats import Repeats, gist
from vibe.agent.traces import Traces
from vibe.clock import Clock
from vibe.domain.message import Text, ToolResult
from vibe.domain.turn import ApprovalAsked, Denial, ToolFinished, ToolOutput, ToolStarted
from vibe.errors import ToolError
from vibe.session.record import Approved, Finished, Unknown
from vibe.session.session import Session
from vibe.session.turn import Call
from vibe.tools.base import Act, Done, Kind, Room, RunsCommand, Touch, TouchesFile, TouchesNothing

log = logging.getLogger(__name__)

NOBODY = (
    "nobody is here who could allow it ({reason}). Go on without it, or say in your answer what is "
    "to be done by hand"
)
WAS_INTERRUPTED = "this very call was interrupted before, and nobody knows what it did"
CHECK_FIRST = f"{WAS_INTERRUPTED}: check first, and repeat it only if it is still needed"
NO_REASON = "they gave no reason"

Judge: TypeAlias = Callable[[Touch], Judged]


class Rights(Struct, frozen=True, kw_only=True):
    """Who decides what may be done. `grant` keeps rules that the person wants from now on,
    `let_edits` has every change inside the folder done unasked, in this session.

    `guide` tells the instructions that hold for a file and were not told yet, or nothing.
    """

    judge: Judge
    grant: Callable[[tuple[str, ...]], None]
    let_edits: Callable[[], None]
    guide: Callable[[str], str]
    guide_anew: Callable[[], None]
    is_attended: bool


class _Refused(ToolError):
    """It may not run; `by` tells who says so."""

    def __init__(self, message: str, *, by: Denial) -> None:
        super().__init__(message)
        self.by = by


class Cleared(Struct, frozen=True, kw_only=True):
    kind: Kind
    act: Act
    touch: Touch
    by: str
    leaves_traces: bool = False


Like: TypeAlias = tuple[str, str]  # the name and the arguments of a call


class Calls:
    """Those of one turn at a time."""

    def __init__(
        self,
        session: Session,
        room: Room,
        kinds: Mapping[str, Kind],
        rights: Rights,
        *,
        traces: Traces,
        outlet: Outlet,
        questions: Questions,
        clock: Clock,
    ) -> None:
        self._denied = 0
        self._put_off: set[Like] = set()
        self._traces = traces
        self._session = session
        self._room = room
        self._kinds = kinds
        self._rights = rights
        self._questions = questions
        self._clock = clock
        self._warned: set[Like] = set()
        self._tell = outlet.tell

    @property
    def denied(self) -> int:
        """How many of the turn nobody was there to allow, or to say what had become of the like of
        them: unless that was run after all."""
        return self._denied + len(self._put_off)

    def summed_up(self) -> None:
        """What was told of the project along with results is told again."""
        self._rights.guide_anew()

    def begin_turn(self) -> None:
        self._denied = 0
        self._put_off.clear()

    async def run(self, calls: Iterable[Call], repeats: Repeats) -> None:
        for group in self._grouped(tuple(calls)):
            async with asyncio.TaskGroup() as tasks:
                for call in group:
                    tasks.create_task(self._run(call, repeats))

    def _grouped(self, calls: tuple[Call, ...]) -> Iterator[tuple[Call, ...]]:
        """Whoever may change something is alone."""
        together: list[Call] = []
        for call in calls:
            kind = self._kinds.get(call.asked.name)
            if kind is None or not kind.has_effects:
                together.append(call)
                continue
            if together:
                yield tuple(together)
                together = []
            yield (call,)
        if together:
            yield tuple(together)

    async def _run(self, call: Call, repeats: Repeats) -> None:
        try:
            cleared = await self._cleared(call)
        except ToolError as error:
            denied = error.by if isinstance(error, _Refused) else None
            self._finish(call, _told(error), repeats, denied=denied)
            return
        except Exception:  # one of the named edges: a tool's own defect is not the turn's end
            log.exception("%s failed before it was run", call.asked.name)
            told = ToolError(f"{call.asked.name} failed within vibe itself, and was not run")
            self._finish(call, _told(told), repeats)
            return
        self._session.put(Approved(call=call.key, by=cleared.by))
        async with self._traces.recorded() if cleared.leaves_traces else nullcontext():
            done, took_s = await self._done(call, cleared)
        self._finish(call, self._guided(done, cleared.touch), repeats, took_s=took_s)

    async def end_turn(self) -> None:
        await self._traces.end_turn()

    async def _done(self, call: Call, cleared: Cleared) -> tuple[Done, float]:
        await self._session.start(call.key, has_effects=cleared.kind.has_effects)
        self._put_off.discard(like(call))
        self._tell(ToolStarted(key=call.key, call=call.asked, allowed_by=cleared.by))
        began = self._clock.monotonic()
        try:
            done = await cleared.act.run(
                lambda text: self._tell(ToolOutput(key=call.key, text=text))
            )
        except ToolError as error:
            done = _told(error)
        except asyncio.CancelledError:
            self._session.put(Unknown(call=call.key, is_traced=True))
            raise
        except Exception:  # as above
            log.exception("%s failed", call.asked.name)
            told = f"{call.asked.name} failed within vibe itself, and may have done a part of it"
            done = _told(ToolError(told))
        return done, self._clock.monotonic() - began

    async def _cleared(self, call: Call) -> Cleared:
        """The call with leave to run. ToolError: why it may not."""
        asked = call.asked
        kind = self._kinds.get(asked.name)
        if kind is None:
            raise ToolError(f"there is no tool {asked.name}; there are: {', '.join(self._kinds)}")
        arguments = kind.read(asked.arguments)
        touch = kind.touches(arguments)
        if isinstance(touch, TouchesNothing):
            act = await kind.prepare(arguments, self._room)
            return Cleared(kind=kind, act=act, touch=touch, by="it touches nothing")
        judged = await asyncio.to_thread(self._rights.judge, touch)
        verdict = judged.verdict
        if isinstance(touch, TouchesFile) and judged.path:
            touch = replace(touch, path=judged.path)
            arguments = replace(arguments, path=judged.path)  # what was judged is what is opened
        if verdict.decision == "deny":
            raise _Refused(f"it is not allowed: {verdict.reason}", by=Denial.RULES)
        traces = not judged.only_reads and isinstance(touch, RunsCommand)
        is_open = kind.has_effects and self._has_open_end(call)
        if is_open and not self._rights.is_attended:
            self._put_off.add(like(call))
            raise _Refused(CHECK_FIRST, by=Denial.NOBODY)
        if verdict.decision == "allow" and not is_open:
            act = await kind.prepare(arguments, self._room)
            by = verdict.reason
            return Cleared(kind=kind, act=act, touch=touch, by=by, leaves_traces=traces)
        if not self._rights.is_attended:
            self._denied += 1
            raise _Refused(NOBODY.format(reason=verdict.reason), by=Denial.NOBODY)
        act = await self._shown(kind, arguments, touch)
        act = await self._asked(call, judged, touch, act, is_open=is_open)
        act = act or await kind.prepare(arguments, self._room)
        by = "the person"
        return Cleared(kind=kind, act=act, touch=touch, by=by, leaves_traces=traces)

    def _has_open_end(self, call: Call) -> bool:
        """Whether the like of it was interrupted, which is told once."""
        name = like(call)
        unknown = self._session.transcript.unknown
        if name in self._warned or name not in map(like, unknown):
            return False
        self._warned.add(name)
        return True

    async def _shown(self, kind: Kind, arguments: object, touch: Touch) -> Act | None:
        """What would be done, for the person to see: if that may be looked at without asking."""
        if isinstance(touch, TouchesFile) and touch.use != "read":
            reading = TouchesFile(use="read", path=touch.path)
            judged = await asyncio.to_thread(self._rights.judge, reading)
            if judged.verdict.decision != "allow":
                return None
        elif not isinstance(touch, RunsCommand):
            return None
        return await kind.prepare(arguments, self._room)

    async def _asked(
        self, call: Call, judged: Judged, touch: Touch, act: Act | None, *, is_open: bool
    ) -> Act | None:
        """The act as the person allows it. ToolError: what else the person says."""
        verdict, proposed = judged.verdict, act and act.proposed
        doubtful = [part for part in verdict.parts if part.decision == "ask"]
        always = tuple(part.always for part in doubtful if part.always)
        question = self._questions.new()
        self._tell(
            ApprovalAsked(
                id=question,
                key=call.key,
                call=call.asked,
                shown=act.shown if act else _plainly(touch),
                reason=CHECK_FIRST if is_open else verdict.reason,
                always=always if len(always) == len(doubtful) else (),
                edits=judged.edits and not is_open,
                proposed=proposed and proposed.text,
            )
        )
        reply = await self._questions.answered(question)
        if not isinstance(reply, Allowed):
            why = reply.why if isinstance(reply, Denied) else reply.text
            told = f"the person does not want this: {why or NO_REASON}"
            raise _Refused(told, by=Denial.PERSON)
        if reply.always:
            await asyncio.to_thread(self._rights.grant, always)
        if reply.edits and judged.edits:
            self._rights.let_edits()
        if reply.instead is None or proposed is None:
            return act
        return await proposed.revised(reply.instead)

    def _guided(self, done: Done, touch: Touch) -> Done:
        if done.is_error or not isinstance(touch, TouchesFile):
            return done
        guide = self._rights.guide(touch.path)
        if not guide:
            return done
        return Done(content=(*done.content, Text(guide)), details=done.details)

    def _finish(
        self,
        call: Call,
        done: Done,
        repeats: Repeats,
        *,
        took_s: float | None = None,
        denied: Denial | None = None,
    ) -> None:
        asked = call.asked
        result = ToolResult(
            call=asked.id, name=asked.name, parts=done.content, is_error=done.is_error
        )
        if hint := repeats.note(asked, result):
            parts = (*result.parts, Text(hint))
            result = ToolResult(call=asked.id, name=asked.name, parts=parts, is_error=done.is_error)
        self._session.put(
            Finished(
                call=call.key, result=result, details=done.details, took_s=took_s, denied=denied
            )
        )
        self._tell(
            ToolFinished(
                key=call.key,
                call=asked,
                result=result,
                details=done.details,
                took_s=took_s,
                denied=denied,
            )
        )


def like(call: Call) -> Like:
    return call.asked.name, gist(call.asked.arguments)


def was_put_off(call: Call) -> bool:
    """Whether it was refused since the like of it had been interrupted."""
    return call.result is not None and Text(CHECK_FIRST) in call.result.parts


def _told(error: ToolError) -> Done:
    return Done(content=(Text(error.message),), is_error=True)


def _plainly(touch: Touch) -> str:
    match touch:
        case TouchesFile():
            return touch.path
        case RunsCommand():
            return touch.command
        case TouchesNothing():
            return ""
