"""One turn with nobody there to ask: the pool, the session and the agent around it, to its end."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from vibe.agent.attach import attached, without_escapes
from vibe.cli.prompt_denied import denials_of
from vibe.cli.working import Choices, Work, working
from vibe.clock import SystemClock
from vibe.domain.event import Sealed, Unanswered
from vibe.domain.message import Text, User
from vibe.domain.telling import duration
from vibe.domain.turn import ContextCompacted, TurnEnd, TurnFinished
from vibe.errors import ExitCode
from vibe.headless.ending import Ending, ending_of
from vibe.headless.envelope import Envelope, Error, Opening, attempts_of, usage_since
from vibe.headless.readers import followed

if TYPE_CHECKING:
    from vibe.cli.context import Cli
    from vibe.cli.prompt_input import Said
    from vibe.cli.prompt_report import Report
    from vibe.domain.event import Event
    from vibe.headless.readers import Reader
    from vibe.mux.mux import Mux
    from vibe.mux.trace import Trace
    from vibe.session.session import Session

GRACE_S: Final = 0.5  # a request ends itself at the limit, and tells more of it


class Asked(Struct, frozen=True, kw_only=True):
    """Where nothing is said, the open turn of the session is gone on with."""

    said: Said
    choices: Choices
    began_s: float


async def run(cli: Cli, mux: Mux, asked: Asked, report: Report) -> ExitCode:
    try:
        async with working(cli, mux, asked.choices) as work:
            return await _turn(cli, mux, work, asked, report)
    finally:
        await mux.aclose()


async def _turn(cli: Cli, mux: Mux, work: Work, asked: Asked, report: Report) -> ExitCode:
    session = work.agent.session
    if work.warning and work.policy.mode == "auto":
        cli.warn(work.warning)
    spent = session.transcript.spent
    message = None if asked.said.is_empty else await _message(work, asked.said, report)
    report.opened(Opening(session=session.session, folder=str(cli.world.cwd)))
    events = work.agent.turn(message) if message else work.agent.go_on()
    requests = _Requests(mux)
    readers = (*report.readers(), requests)
    within_s = asked.choices.bounds.within_s
    finished = await _followed(events, readers, within_s=within_s) or report.account.finished
    denials = await asyncio.to_thread(denials_of, work) if finished and finished.denied else ()
    ending = ending_of(finished, denials)
    usage = usage_since(spent, session.transcript.spent)
    return report.done(
        Envelope(
            status="error" if ending.exit_code else "ok",
            termination_reason=ending.reason,
            exit_code=ending.exit_code,
            answer=report.account.answer,
            model=report.account.model,
            error=_with_way_on(ending, session),
            denials=denials,
            attempts=attempts_of(requests.traces),
            usage=usage,
            cost=usage.total.cost,
            duration_s=round(SystemClock().monotonic() - asked.began_s, 3),
            session=session.session,
        )
    )


async def _message(work: Work, said: Said, report: Report) -> User:
    files = await attached(said.words, room=work.room, judge=work.policy.judge, tell=report.tell)
    texts = (without_escapes(said.words), said.piped)
    text = "\n\n".join(text for text in texts if text)
    return User((Text(text), *files))


async def _followed(
    events: AsyncGenerator[Event], readers: tuple[Reader, ...], *, within_s: float | None
) -> TurnFinished | None:
    """How it ended, where not by itself: a limit that the turn could not hold. An interrupt ends
    the reading alone, so that what follows is told and closed in peace."""
    latest_s = None if within_s is None else within_s + GRACE_S
    try:
        async with asyncio.timeout(latest_s), aclosing(events):
            await followed(events, readers)
    except TimeoutError:
        detail = f"the limit of {duration(within_s or 0)} was reached"
        return TurnFinished(turn=0, end=TurnEnd.LIMITED, detail=detail)
    except asyncio.CancelledError:
        if task := asyncio.current_task():
            task.uncancel()
    return None


class _Requests:
    """What came of each request on the pool, which keeps only the last ones."""

    def __init__(self, mux: Mux) -> None:
        self._mux = mux
        self._found: dict[str, Trace] = {}

    @property
    def traces(self) -> tuple[Trace, ...]:
        return tuple(self._found.values())

    def note(self, event: Event) -> None:
        if isinstance(event, Sealed | Unanswered | ContextCompacted):
            self.end()

    def end(self) -> None:
        self._found |= {trace.id: trace for trace in self._mux.traces}


def _with_way_on(ending: Ending, session: Session) -> Error | None:
    error, place = ending.error, session.place
    if error is None or ending.reason != "interrupted":
        return error
    if place is None or not os.access(place.journal, os.R_OK):  # it was only in memory
        return error
    return Error(message=error.message, hint=f'to go on: vibe -p --resume {place.session} "go on"')
