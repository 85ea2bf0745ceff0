"""`vibe` on a terminal: pool, session and agent put together, and the chat over them."""

from __future__ import annotations

import asyncio
import io
from contextlib import AsyncExitStack
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec.structs import replace

from vibe.cli.prompt_pool import loaded_for
from vibe.cli.terminal import Terminal
from vibe.clock import SystemClock
from vibe.errors import ExitCode

if TYPE_CHECKING:
    from vibe.cli.session import Cli
    from vibe.config.load import Loaded
    from vibe.mux.mux import Mux
    from vibe.tui.desk import Desk

DEMO = "no model is configured, so the demo model answers; vibe config init begins with a real one"


def chat(cli: Cli, *, resume: str | None = None) -> ExitCode:
    """`resume` is an id, or "" for the last session of the folder."""
    loaded = loaded_for(cli, None, allow_missing_keys=False)
    session = asyncio.run(_held(cli, loaded, resume))
    if session:
        cli.terminal.talk(cli.terminal.talk_paint(f"to go on: vibe --resume {session}"))
    return ExitCode.FINISHED


async def _held(cli: Cli, loaded: Loaded, resume: str | None) -> str:
    from vibe.assemble import mux_of, mux_of_one

    aside = _Aside()
    terminal, cli.terminal = cli.terminal, _beside(cli, aside)
    try:
        async with AsyncExitStack() as stack:
            if loaded.settings.models:
                mux = mux_of(loaded, clock=SystemClock(), memory=cli.memory())
            else:
                from vibe.domain.model import Alias
                from vibe.testing.demo import demo
                from vibe.testing.fault_server import FaultServer

                server = await stack.enter_async_context(FaultServer(demo))
                mux = mux_of_one(Alias("demo"), api_base=server.api_base, clock=SystemClock())
                aside.write(DEMO)
            stack.push_async_callback(mux.aclose)
            return await _run(cli, loaded, mux, aside, resume)
    finally:
        cli.terminal = terminal


async def _run(cli: Cli, loaded: Loaded, mux: Mux, aside: _Aside, resume: str | None) -> str:
    from vibe.agent.permissions.configured import rules_of
    from vibe.cli.working import Choices, working
    from vibe.tui.desk import Desk, House
    from vibe.tui.run import run_chat

    names = frozenset(provider.api_key_env_var for provider in loaded.settings.providers)
    settings = loaded.settings
    choices = Choices(
        mode=settings.permissions.mode,
        rules=rules_of(loaded),
        resume=resume,
        is_attended=True,
        key_names=names - {""},
        confinement=settings.sandbox.mode,
        network=settings.sandbox.network,
    )

    async def begun(chosen: Choices) -> Desk:
        stack = AsyncExitStack()
        work = await stack.enter_async_context(working(cli, mux, chosen))
        if work.warning:
            aside.write(work.warning)
        return Desk(
            agent=work.agent, questions=work.questions, policy=work.policy, close=stack.aclose
        )

    house = House(
        begin=lambda: begun(replace(choices, resume=None)),
        snapshot=mux.snapshot,
        window_of=mux.window_of,
        folder=cli.world.cwd,
        home=cli.world.home,
        clock=SystemClock(),
        hour=lambda at: datetime.fromtimestamp(at).astimezone().strftime("%H:%M:%S"),
        news=aside.take,
        theme="ansi" if cli.world.env.get("NO_COLOR") else "dark",
    )
    return (await run_chat(house, await begun(choices))).session


class _Aside(io.StringIO):
    """What would go to stderr, which is the screen of the chat: told in it instead."""

    def take(self) -> tuple[str, ...]:
        told = tuple(row for row in self.getvalue().split("\n") if row.strip())
        self.seek(0)
        self.truncate()
        return told


def _beside(cli: Cli, aside: _Aside) -> Terminal:
    """A terminal that knows the same secrets."""
    beside = Terminal(replace(cli.world, stderr=aside))
    beside.redactor = cli.terminal.redactor
    return beside
