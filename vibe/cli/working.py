"""Everything that a turn needs, put together for one session in one folder."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from vibe.agent.asking import Asking
from vibe.agent.bounds import Bounds
from vibe.agent.calls import Calls, Rights
from vibe.agent.instructions import NAME, Instructions
from vibe.agent.loop import Agent, Manner
from vibe.agent.outlet import Outlet
from vibe.agent.permissions.rules import Rules
from vibe.agent.permissions.shell.bash import cleaned
from vibe.agent.permissions.trust import project_in
from vibe.agent.permissions.values import EVERY_HAZARD, Mode
from vibe.agent.policy import Ground, Policy
from vibe.agent.prompt import context, system
from vibe.agent.questions import Questions
from vibe.clock import SystemClock
from vibe.session.index import find, latest
from vibe.session.session import Session
from vibe.tools.base import Room
from vibe.tools.kinds import KINDS

if TYPE_CHECKING:
    from vibe.cli.session import Cli
    from vibe.mux.mux import Mux
    from vibe.mux.step import OnLimit


class Choices(Struct, frozen=True, kw_only=True):
    """What a person chose for a run. `resume`: an id, or "" for the last session of the folder.

    `key_names` are the variables that hold keys, which no command gets to see.
    """

    mode: Mode = "ask"
    bounds: Bounds = Bounds()
    on_limit: OnLimit = "wait"
    resume: str | None = None
    is_attended: bool = False
    key_names: frozenset[str] = frozenset()


class Work(Struct, frozen=True, kw_only=True):
    """`questions` takes the person's answers; `policy` holds the mode."""

    agent: Agent
    questions: Questions
    policy: Policy
    room: Room


@asynccontextmanager
async def working(cli: Cli, mux: Mux, choices: Choices) -> AsyncGenerator[Work]:
    work = assembled(cli, mux, choices)
    try:
        yield work
    finally:
        await work.room.jobs.close()
        await asyncio.to_thread(work.agent.session.close)


def assembled(cli: Cli, mux: Mux, choices: Choices) -> Work:
    """To be closed by its owner: the jobs first, then the session."""
    clock, folders = SystemClock(), cli.folders()
    root = Path(cli.world.cwd).resolve()
    session = _session(cli, root, choices.resume)
    questions = Questions()
    outlet = Outlet()
    ask = Asking(questions, outlet, is_attended=choices.is_attended)

    async def keep(path: Path, *, before: bytes | None, after: bytes | None, mode: int) -> None:
        turn = session.transcript.last_turn
        await session.keep(path, turn=turn, before=before, after=after, mode=mode)

    env = cleaned(cli.world.env, secrets=choices.key_names)
    spool = folders.state / "outputs" / session.session
    room = Room(root=root, env=env, keep=keep, ask=ask, spool=spool)
    policy = Policy(
        Ground(
            root=root,
            home=cli.world.home,
            own=(folders.config.parent, folders.state),
            search_path=env.get("PATH", ""),
            unheld=EVERY_HAZARD,
        ),
        Rules(),
        mode=choices.mode,
        grants=folders.grants,
        clock=clock,
        tell=cli.warn,
    )
    instructions = Instructions(root, trusted=partial(_trusted, cli))
    rights = Rights(
        judge=policy.judge,
        grant=policy.grant,
        guide=instructions.of,
        is_attended=choices.is_attended,
    )
    calls = Calls(
        session,
        room,
        {kind.name: kind for kind in KINDS},
        rights,
        outlet=outlet,
        questions=questions,
        clock=clock,
    )
    manner = Manner(
        system=system(),
        tools=tuple(kind.tool for kind in KINDS),
        context=context(
            root,
            date=datetime.fromtimestamp(clock.wall()).astimezone().strftime("%Y-%m-%d"),
            platform=cli.world.platform,
            instructions=instructions.at_first(),
        ),
        bounds=choices.bounds,
        on_limit=choices.on_limit,
        is_attended=choices.is_attended,
    )
    agent = Agent(mux, session, calls, manner, outlet=outlet, questions=questions, clock=clock)
    return Work(agent=agent, questions=questions, policy=policy, room=room)


def _trusted(cli: Cli, folder: Path) -> bytes | None:
    project = project_in(folder, store=cli.folders().trust, home=cli.world.home)
    if project.state != "trusted":
        return None
    return next((file.content for file in project.files if file.name == NAME), None)


def _session(cli: Cli, root: Path, resume: str | None) -> Session:
    redactor = cli.terminal.redactor
    folder = cli.folders().state / "sessions"
    if resume is None:
        at = SystemClock().wall()
        return Session.begin(folder, folder=str(root), at=at, redactor=redactor, tell=cli.warn)
    place = find(folder, resume) if resume else latest(folder, folder=str(root), redactor=redactor)
    session = Session.resume(place, redactor=redactor, tell=cli.warn)
    for problem in session.problems:
        cli.warn(problem)
    return session
