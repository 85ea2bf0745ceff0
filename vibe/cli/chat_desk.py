"""What a chat needs besides its screen: the pool, opened once, and a desk for each conversation."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from vibe.agent.permissions.configured import rules_of
from vibe.assemble import mux_of, mux_of_one
from vibe.cli.working import Choices, working
from vibe.clock import SystemClock
from vibe.domain.model import Alias
from vibe.mux.mux import Mux
from vibe.tui.desk import Desk

if TYPE_CHECKING:
    from vibe.cli.session import Cli
    from vibe.config.load import Loaded

DEMO: Final = (
    "no model is configured, so the demo model answers; vibe config init begins with a real one"
)


class Opened(Struct, frozen=True, kw_only=True):
    mux: Mux
    choices: Choices


async def opened(
    cli: Cli, loaded: Loaded, stack: AsyncExitStack, *, told: Callable[[str], object]
) -> Opened:
    """The pool, which `stack` closes, and what the person chose for every conversation."""
    settings = loaded.settings
    names = frozenset(provider.api_key_env_var for provider in settings.providers)
    if settings.models:
        mux = mux_of(loaded, clock=SystemClock(), memory=cli.memory())
    else:
        mux = await _demo(stack)
        told(DEMO)
    stack.push_async_callback(mux.aclose)
    choices = Choices(
        mode=settings.permissions.mode,
        rules=rules_of(loaded),
        is_attended=True,
        key_names=names - {""},
        confinement=settings.sandbox.mode,
        network=settings.sandbox.network,
    )
    return Opened(mux=mux, choices=choices)


async def _demo(stack: AsyncExitStack) -> Mux:
    from vibe.testing.demo import demo
    from vibe.testing.fault_server import FaultServer

    server = await stack.enter_async_context(FaultServer(demo))
    return mux_of_one(Alias("demo"), api_base=server.api_base, clock=SystemClock())


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
        mux=opened.mux,
        close=stack.aclose,
    )
