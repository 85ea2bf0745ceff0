"""What a chat needs besides its screen: the pool, opened once, and a desk for each conversation."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from vibe.assemble import mux_of, mux_of_one
from vibe.cli.chat_catalogue import catalogue_of
from vibe.cli.flags import choices_of
from vibe.cli.prompt_pool import loaded_for
from vibe.cli.working import Choices, working
from vibe.clock import SystemClock
from vibe.domain.model import Alias
from vibe.mux.mux import Mux
from vibe.tui.catalogue import Catalogue, Offered
from vibe.tui.desk import Desk

if TYPE_CHECKING:
    from vibe.cli.chat import Wish
    from vibe.cli.context import Cli
    from vibe.config.load import Loaded
    from vibe.mux.member import Member

DEMO: Final = (
    "no model is configured, so the demo model answers; vibe config init begins with a real one"
)


class Opened(Struct, frozen=True, kw_only=True):
    mux: Mux
    choices: Choices
    catalogue: Catalogue


async def opened(
    cli: Cli, wish: Wish, stack: AsyncExitStack, *, told: Callable[[str], object]
) -> Opened:
    """The pool, which `stack` closes, and what the person chose for every conversation."""
    if wish.loaded.settings.models:
        memory = cli.memory()
        mux = await asyncio.to_thread(mux_of, wish.loaded, clock=SystemClock(), memory=memory)
        catalogue = await asyncio.to_thread(_catalogue, cli, wish, mux)
    else:
        mux = await _demo(stack)
        catalogue = Catalogue(models=tuple(map(_offered, mux.members)))
        told(DEMO)
    stack.push_async_callback(mux.aclose)
    choices = choices_of(wish.flags, wish.loaded, is_attended=True)
    return Opened(mux=mux, choices=choices, catalogue=catalogue)


def _catalogue(cli: Cli, wish: Wish, mux: Mux) -> Catalogue:
    flags = wish.flags

    def reload() -> Loaded:
        return loaded_for(cli, flags.model, allow_missing_keys=flags.allow_missing_keys)

    return catalogue_of(cli, wish.loaded, mux, reload)


def _offered(member: Member) -> Offered:
    entry, target = member.entry, member.target
    return Offered(alias=entry.alias, provider=target.provider, price=entry.price)


async def _demo(stack: AsyncExitStack) -> Mux:
    from vibe.testing.demo import demo
    from vibe.testing.fault_server import FaultServer

    server = await stack.enter_async_context(FaultServer(demo))
    alias, clock = Alias("demo"), SystemClock()
    return await asyncio.to_thread(mux_of_one, alias, api_base=server.api_base, clock=clock)


async def desk_of(
    cli: Cli, opened: Opened, session: str | None, *, told: Callable[[str], object]
) -> Desk:
    """For a conversation: a new one, or that of a session."""
    stack = AsyncExitStack()
    choices = replace(opened.choices, resume=session)
    work = await stack.enter_async_context(working(cli, opened.mux, choices))
    if work.warning:
        told(work.warning)
    return Desk(
        agent=work.agent,
        questions=work.questions,
        policy=work.policy,
        room=work.room,
        mux=opened.mux,
        close=stack.aclose,
        catalogue=opened.catalogue,
    )
