"""Everything that a turn needs, put together for one session in one folder."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from vibe.agent.asking import Asking
from vibe.agent.bounds import Bounds
from vibe.agent.calls import Calls, Rights
from vibe.agent.instructions import Instructions
from vibe.agent.loop import Agent, Manner
from vibe.agent.outlet import Outlet
from vibe.agent.permissions.shell.bash import cleaned
from vibe.agent.permissions.trust import project_in
from vibe.agent.permissions.values import Mode
from vibe.agent.policy import Ground, Policy
from vibe.agent.prompt import branch_of, context, system
from vibe.agent.questions import Questions
from vibe.agent.traces import Traces
from vibe.clean import quote
from vibe.clock import SystemClock
from vibe.domain.model import Confinement
from vibe.domain.rule import Rules
from vibe.sandbox.probe import opened
from vibe.sandbox.sandbox import Sandbox
from vibe.session.index import find, of_folder
from vibe.session.outputs import sweep
from vibe.session.place import Place
from vibe.session.session import Session
from vibe.session.shelf import Shelf
from vibe.tools.base import Room
from vibe.tools.kinds import KINDS
from vibe.tools.spool import Spool
from vibe.tools.unbroken import unbroken

if TYPE_CHECKING:
    from vibe.cli.context import Cli
    from vibe.mux.mux import Mux
    from vibe.mux.step import OnLimit


class Choices(Struct, frozen=True, kw_only=True):
    """What a person chose for a run. `resume`: an id, or "" for the last session of the folder.

    `key_names` are the variables that hold keys, which no command gets to see.
    """

    mode: Mode = "ask"
    rules: Rules = Rules()
    bounds: Bounds = Bounds()
    on_limit: OnLimit = "wait"
    resume: str | None = None
    is_attended: bool = False
    key_names: frozenset[str] = frozenset()
    confinement: Confinement = "auto"
    network: bool = False


class Work(Struct, frozen=True, kw_only=True):
    """`questions` takes the person's answers; `policy` holds the mode. `warning` is what the person
    has to know of the sandbox."""

    agent: Agent
    questions: Questions
    policy: Policy
    room: Room
    warning: str | None = None


@asynccontextmanager
async def working(cli: Cli, mux: Mux, choices: Choices) -> AsyncGenerator[Work]:
    with ExitStack() as stack:
        work = await unbroken(asyncio.to_thread(_put_together, cli, mux, choices, stack))
        try:
            yield work
        finally:
            await work.room.jobs.close()
            await asyncio.to_thread(work.agent.session.close)


def _put_together(cli: Cli, mux: Mux, choices: Choices, stack: ExitStack) -> Work:
    """Programs run for it and long sessions are read: no screen may wait for that."""
    return assembled(cli, mux, choices, stack.enter_context(_confinement(cli, choices)))


def assembled(cli: Cli, mux: Mux, choices: Choices, sandbox: Sandbox) -> Work:
    """To be closed by its owner: the jobs first, then the session, then the sandbox."""
    clock, folders = SystemClock(), cli.folders()
    root = Path(cli.world.cwd).resolve()
    session = _session(cli, root, choices.resume, is_attended=choices.is_attended)
    questions = Questions()
    outlet = Outlet()
    ask = Asking(questions, outlet, is_attended=choices.is_attended)

    async def keep(path: Path, *, before: bytes | None, after: bytes | None, mode: int) -> None:
        turn = session.transcript.last_turn
        await session.keep(path, turn=turn, before=before, after=after, mode=mode)

    env = cleaned(cli.world.env, secrets=choices.key_names)
    sweep(folders.state / "sessions", at=clock.wall())
    outputs = session.place.outputs if session.place else None
    room = Room(
        root=root,
        env=env,
        keep=keep,
        ask=ask,
        spool=Spool(folder=outputs, redactor=cli.terminal.redactor) if outputs else None,
        denied=lambda output, code: sandbox.denial(output, code=code, folder=root),
    )
    policy = Policy(
        Ground(
            root=root,
            home=cli.world.home,
            own=folders.private,
            search_path=env.get("PATH", ""),
            unheld=partial(sandbox.unheld, root),
            spool=outputs,
        ),
        choices.rules,
        mode=choices.mode,
        grants=folders.grants,
        clock=clock,
        tell=cli.warn,
    )
    room.searchable = policy.searchable
    room.confined = lambda argv: sandbox.wrapped(
        argv, folder=root, only_reads=policy.only_reads(argv[-1])
    )
    instructions = Instructions(
        root, trusted=partial(_trusted, cli, is_attended=choices.is_attended), tell=cli.warn
    )
    rights = Rights(
        judge=policy.judge,
        grant=policy.grant,
        let_edits=policy.let_edits,
        guide=instructions.of,
        guide_anew=instructions.anew,
        is_attended=choices.is_attended,
    )
    calls = Calls(
        session,
        room,
        {kind.name: kind for kind in KINDS},
        rights,
        traces=Traces(session, root, room.jobs, own=folders.state, clock=clock),
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
    return Work(agent=agent, questions=questions, policy=policy, room=room, warning=sandbox.warning)


def _confinement(cli: Cli, choices: Choices) -> AbstractContextManager[Sandbox]:
    folders = cli.folders()
    return opened(
        choices.confinement,
        network=choices.network,
        home=cli.world.home,
        own=folders.private,
    )


def _trusted(cli: Cli, folder: Path, *, is_attended: bool) -> Mapping[str, bytes]:
    """Whoever is there has been asked; who is not hears what is left out."""
    project = project_in(folder, store=cli.folders().trust, home=cli.world.home)
    if not is_attended and project.state in ("new", "changed"):
        names = [file.name for file in project.files]
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        cli.warn(
            f"{folder} is not trusted: {names[0]}{more} counts for nothing; "
            "read what is there, then: vibe config trust"
        )
    is_trusted = project.state == "trusted"
    return {file.name: file.content for file in project.files} if is_trusted else {}


def _session(cli: Cli, root: Path, resume: str | None, *, is_attended: bool) -> Session:
    redactor = cli.terminal.redactor
    folder = cli.folders().state / "sessions"
    at = SystemClock().wall()
    if resume is None:
        return Session.begin(
            folder,
            folder=str(root),
            branch=branch_of(root) or "",
            at=at,
            redactor=redactor,
            tell=cli.warn,
        )
    place = find(folder, resume) if resume else _last(cli, root, is_attended=is_attended)
    session = Session.resume(place, folder=str(root), at=at, redactor=redactor, tell=cli.warn)
    for problem in session.problems:
        cli.warn(problem)
    begun = session.transcript.opened
    if begun is not None and begun.folder != str(root):
        cli.warn(f"the session was begun in {begun.folder}; here it goes on in {root}")
    return session


def _last(cli: Cli, root: Path, *, is_attended: bool) -> Place:
    """Of the folder. Where another vibe writes that one, who is there gets the one before it, and
    is told so; a script would take it for the one that it meant, and is refused."""
    shelf = Shelf(root=cli.folders().state / "sessions", redactor=cli.terminal.redactor)
    found = of_folder(shelf.root, folder=str(root), redactor=shelf.redactor)
    free = (each for each in found if not (is_attended and shelf.is_in_use(each.session)))
    taken, last = next(free, found[0]), found[0]
    if taken != last:
        cli.warn(
            f"another vibe is writing the last conversation here, {quote(last.title)}; this is the "
            f"newest of the others, {quote(taken.title)}; a copy of that one: /sessions, ctrl+f"
        )
    return shelf.place(taken.session)
