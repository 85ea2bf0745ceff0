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
    from vibe.cli.chat_desk import Opened
    from vibe.cli.session import Cli
    from vibe.config.load import Loaded
    from vibe.tui.desk import Desk


def chat(cli: Cli, *, resume: str | None = None) -> ExitCode:
    """`resume` is an id, or "" for the last session of the folder."""
    loaded = loaded_for(cli, None, allow_missing_keys=False)
    session = asyncio.run(_held(cli, loaded, resume))
    if session:
        cli.terminal.talk(cli.terminal.talk_paint(f"to go on: vibe --resume {session}"))
    return ExitCode.FINISHED


async def _held(cli: Cli, loaded: Loaded, resume: str | None) -> str:
    aside = _Aside()
    terminal, cli.terminal = cli.terminal, _beside(cli, aside)
    try:
        async with AsyncExitStack() as stack:
            return await _run(cli, loaded, stack, aside, resume)
    finally:
        cli.terminal = terminal


async def _run(
    cli: Cli, loaded: Loaded, stack: AsyncExitStack, aside: _Aside, resume: str | None
) -> str:
    """What is not needed for the first paint is imported and opened after it, on `stack`."""
    from vibe.domain.model import Alias
    from vibe.tui.desk import House, Outlook
    from vibe.tui.run import run_chat

    settings = loaded.settings
    opening: asyncio.Task[Opened] | None = None

    async def begin(session: str | None) -> Desk:
        nonlocal opening
        from vibe.cli.chat_desk import desk_of, opened

        if opening is None:
            opening = asyncio.create_task(opened(cli, loaded, stack, told=aside.write))
        return await desk_of(cli, await opening, session, told=aside.write)

    house = House(
        begin=begin,
        folder=cli.world.cwd,
        home=cli.world.home,
        clock=SystemClock(),
        hour=lambda at: datetime.fromtimestamp(at).astimezone().strftime("%H:%M:%S"),
        outlook=Outlook(
            mode=settings.multiplexer.mode if settings.multiplexer.enabled else "single",
            alias=Alias(settings.active_model or ""),
            approval=settings.permissions.mode,
        ),
        resume=resume,
        news=aside.take,
        theme="ansi" if cli.world.env.get("NO_COLOR") else "dark",
    )
    return (await run_chat(house)).session


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
