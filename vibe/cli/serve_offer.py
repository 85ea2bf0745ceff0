"""What `vibe serve` offers, made of a configuration: all its models, by all their names."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from vibe.clock import Clock
from vibe.domain.model import Alias, ProviderName, Size
from vibe.gateway.naming import Names, Offered
from vibe.gateway.offer import Offer

if TYPE_CHECKING:
    from vibe.config.load import Loaded
    from vibe.mux.mux import Mux


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
        began=clock.wall(),
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
    return Offer(mux=mux, names=names, clock=clock, began=clock.wall())


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
