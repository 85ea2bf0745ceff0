"""A whole assistant over real sockets: a pool, a session on disk, a project in a folder."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

from msgspec import Struct

from tests.mux.pools import Line, Rig, pool
from vibe.agent.asking import Asking
from vibe.agent.bounds import Bounds
from vibe.agent.calls import Calls, Rights
from vibe.agent.instructions import Instructions
from vibe.agent.loop import Agent, Manner
from vibe.agent.outlet import Outlet
from vibe.agent.permissions.shell.bash import cleaned
from vibe.agent.permissions.values import Hazard, Mode
from vibe.agent.policy import Ground, Policy
from vibe.agent.prompt import context, system
from vibe.agent.questions import Allowed, Denied, Questions, Reply, Said
from vibe.agent.traces import Traces
from vibe.clock import Clock, SystemClock
from vibe.domain.event import Event
from vibe.domain.message import Text, User
from vibe.domain.rule import Rules
from vibe.domain.turn import ApprovalAsked, QuestionAsked, TurnFinished
from vibe.mux.entry import Rules as PoolRules
from vibe.secret import Redactor
from vibe.session.place import Place
from vibe.session.resume import load
from vibe.session.session import Session
from vibe.session.transcript import Transcript
from vibe.tools.base import Room
from vibe.tools.kinds import KINDS

QUICKLY = PoolRules(error_s=0.05, rate_limit_s=0.05, max_wait_s=20.0)
HELD: frozenset[Hazard] = frozenset()  # as if a sandbox held everything


class House(Struct, frozen=True, kw_only=True):
    """`home` is the person's, `root` the project in it. Sessions survive their assistants."""

    home: Path

    @property
    def root(self) -> Path:
        return self.home / "project"

    @property
    def state(self) -> Path:
        return self.home / "state"

    @property
    def sessions(self) -> Path:
        return self.state / "sessions"

    def transcript(self, session: str) -> Transcript:
        return load(Place(self.sessions / session)).transcript


class Desk:
    """One assistant with its pool; `turn` plays the person."""

    def __init__(self, agent: Agent, questions: Questions, room: Room, rig: Rig) -> None:
        self.agent = agent
        self.questions = questions
        self.room = room
        self.rig = rig

    async def turn(self, text: str, *replies: Reply) -> list[Event]:
        """All its events. Questions get these replies one after another, then what is refused."""
        return await self._heard(self.agent.turn(User((Text(text),))), replies)

    async def go_on(self, *replies: Reply) -> list[Event]:
        return await self._heard(self.agent.go_on(), replies)

    async def _heard(self, events: AsyncGenerator[Event], replies: Sequence[Reply]) -> list[Event]:
        told: list[Event] = []
        left = list(replies)
        async with aclosing(events):
            async for event in events:
                assert not any(isinstance(each, TurnFinished) for each in told)
                told.append(event)
                if isinstance(event, ApprovalAsked | QuestionAsked):
                    self.questions.answer(event.id, left.pop(0) if left else Denied("no"))
        assert isinstance(told[-1], TurnFinished)
        return told


def house(tmp_path: Path, **files: str) -> House:
    """`files` by name, with `__` for the dot."""
    made = House(home=tmp_path.resolve())
    made.root.mkdir()
    for name, content in files.items():
        (made.root / name.replace("__", ".")).write_text(content)
    return made


@asynccontextmanager
async def assistant(
    where: House,
    *lines: Line,
    mode: Mode = "auto",
    bounds: Bounds = Bounds(),  # noqa: B008 - frozen
    rules: PoolRules = QUICKLY,
    allowed: Rules = Rules(),  # noqa: B008 - frozen
    is_attended: bool = False,
    is_trusted: bool = True,
    resume: str | None = None,
    clock: Clock | None = None,
) -> AsyncGenerator[Desk]:
    clock = clock or SystemClock()
    async with (
        pool(*lines, rules=rules, clock=clock) as rig,
        seated(
            where,
            rig,
            session_in(where, resume, _fails),
            mode=mode,
            bounds=bounds,
            allowed=allowed,
            is_attended=is_attended,
            is_trusted=is_trusted,
            clock=clock,
        ) as desk,
    ):
        yield desk


@asynccontextmanager
async def seated(
    where: House,
    rig: Rig,
    session: Session,
    *,
    mode: Mode = "auto",
    bounds: Bounds = Bounds(),  # noqa: B008 - frozen
    allowed: Rules = Rules(),  # noqa: B008 - frozen
    is_attended: bool = False,
    is_trusted: bool = True,
    clock: Clock,
) -> AsyncGenerator[Desk]:
    desk = _desk(
        where,
        rig,
        session,
        Policy(
            _ground(where),
            allowed,
            mode=mode,
            grants=where.state / "grants.json",
            clock=clock,
            tell=_fails,
        ),
        bounds=bounds,
        is_attended=is_attended,
        is_trusted=is_trusted,
        clock=clock,
    )
    try:
        yield desk
    finally:
        await desk.room.jobs.close()
        desk.agent.session.close()


def _desk(
    where: House,
    rig: Rig,
    session: Session,
    policy: Policy,
    *,
    bounds: Bounds,
    is_attended: bool,
    is_trusted: bool,
    clock: Clock,
) -> Desk:
    questions = Questions()
    outlet = Outlet()
    ask = Asking(questions, outlet, is_attended=is_attended)

    async def keep(path: Path, *, before: bytes | None, after: bytes | None, mode: int) -> None:
        turn = session.transcript.last_turn
        await session.keep(path, turn=turn, before=before, after=after, mode=mode)

    room = Room(root=where.root, env=cleaned(dict(os.environ), secrets=()), keep=keep, ask=ask)
    instructions = Instructions(
        where.root, trusted=lambda folder: _brought(folder) if is_trusted else {}, tell=_fails
    )
    rights = Rights(
        judge=policy.judge,
        grant=policy.grant,
        let_edits=policy.let_edits,
        guide=instructions.of,
        guide_anew=instructions.anew,
        is_attended=is_attended,
    )
    calls = Calls(
        session,
        room,
        {kind.name: kind for kind in KINDS},
        rights,
        traces=Traces(session, where.root, room.jobs, own=where.state, clock=clock),
        outlet=outlet,
        questions=questions,
        clock=clock,
    )
    manner = Manner(
        system=system(),
        tools=tuple(kind.tool for kind in KINDS),
        context=context(
            where.root,
            date="2026-11-21",
            platform="linux",
            instructions=instructions.at_first(),
        ),
        bounds=bounds,
        is_attended=is_attended,
    )
    return Desk(
        Agent(rig.mux, session, calls, manner, outlet=outlet, questions=questions, clock=clock),
        questions,
        room,
        rig,
    )


def _brought(folder: Path) -> dict[str, bytes]:
    paths = folder.rglob("AGENTS.md")
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def _ground(where: House) -> Ground:
    path = os.environ.get("PATH", "")
    return Ground(root=where.root, home=where.home, own=(), search_path=path, unheld=lambda: HELD)


def session_in(where: House, resume: str | None, tell: Callable[[str], None]) -> Session:
    redactor = Redactor()
    if resume is not None:
        place = Place(where.sessions / resume)
        return Session.resume(place, folder=str(where.root), at=1.7e9, redactor=redactor, tell=tell)
    return Session.begin(
        where.sessions, folder=str(where.root), at=1.7e9, redactor=redactor, tell=tell
    )


def _fails(notice: str) -> None:
    raise AssertionError(notice)


ALLOW = Allowed()
ALWAYS = Allowed(always=True)


def says_go_on() -> Said:
    return Said("go on")
