"""What `vibe serve` offers, made of a configuration: all its models, by all their names; else the
demo model. Who is offered what from when on is decided by `serve_run.py`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from msgspec.structs import replace

from vibe.assemble import mux_for_all, refit_for_all
from vibe.cli.chat_desk import DEMO
from vibe.cli.context import Cli
from vibe.clock import Clock
from vibe.domain.model import Alias, ProviderName, Size
from vibe.gateway.naming import Names, Offered
from vibe.gateway.offer import Offer

if TYPE_CHECKING:
    from vibe.config.load import Loaded
    from vibe.mux.mux import Mux


class Offers:
    """`_mux` and `_demo` are there once they were needed, and then until the end: what is under way
    in one ends there, whoever is offered by then. `tell` hears of what is not as it should be."""

    def __init__(
        self, cli: Cli, stack: AsyncExitStack, *, clock: Clock, tell: Callable[[str], None]
    ) -> None:
        self._cli = cli
        self._stack = stack
        self._clock = clock
        self._tell = tell
        self._began = clock.wall()
        self._mux: Mux | None = None
        self._demo: Offer | None = None

    async def of(self, loaded: Loaded) -> Offer:
        if loaded.settings.models:
            mux = await self._with_models(loaded)
            return replace(offer_of(loaded, mux, clock=self._clock), began=self._began)
        self._tell(DEMO)
        if self._demo is None:
            self._demo = await demo_offer(self._stack, clock=self._clock)
        return replace(self._demo, began=self._began)

    async def _with_models(self, loaded: Loaded) -> Mux:
        if self._mux is None:
            memory = self._cli.memory(tell=self._tell)
            self._mux = await asyncio.to_thread(
                mux_for_all, loaded, clock=self._clock, memory=memory
            )
            self._stack.push_async_callback(self._mux.aclose)
        else:
            refit_for_all(self._mux, loaded, clock=self._clock)
        return self._mux


def offer_of(loaded: Loaded, mux: Mux, *, clock: Clock) -> Offer:
    gateway = loaded.settings.gateway
    return Offer(
        mux=mux,
        names=names_of(loaded, mux),
        clock=clock,
        on_broken=gateway.on_broken_stream,
        affinity=loaded.settings.multiplexer.affinity,
        max_body_bytes=gateway.max_body_mb * 1024 * 1024,
        priorities={
            provider.name: place if provider.priority is None else provider.priority
            for place, provider in enumerate(loaded.settings.providers, start=1)
        },
    )


async def demo_offer(stack: AsyncExitStack, *, clock: Clock) -> Offer:
    """Where nothing is configured, so that anybody can try it."""
    from vibe.assemble import mux_of_one
    from vibe.testing.demo import demo
    from vibe.testing.fault_server import FaultServer

    server = await stack.enter_async_context(FaultServer(demo))
    alias = Alias("demo")
    mux = await asyncio.to_thread(mux_of_one, alias, api_base=server.api_base, clock=clock)
    stack.push_async_callback(mux.aclose)
    only = Offered(alias=alias, provider=ProviderName(alias), model=alias)
    names = Names(models=(only,), pool=(alias,), sizes={"big": (), "middle": (), "small": ()})
    return Offer(mux=mux, names=names, clock=clock)


def names_of(loaded: Loaded, mux: Mux) -> Names:
    models = tuple(
        Offered(
            alias=member.entry.alias, provider=member.target.provider, model=member.target.model
        )
        for member in mux.members
    )
    configured = loaded.settings.gateway.models
    known = {each.alias for each in models} | {Alias("auto")}
    sizes: dict[Size, tuple[Alias, ...]] = {
        "big": configured.big,
        "middle": configured.middle,
        "small": configured.small,
    }
    return Names(
        models=models,
        pool=tuple(member.entry.alias for member in mux.members if not member.entry.by_name),
        sizes={size: tuple(a for a in wanted if a in known) for size, wanted in sizes.items()},
    )
