"""The configuration's models for the chat: each to be asked, tried out, or made the active one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, Final

from vibe.assemble import lines_of, member_of, mux_by_itself, refit
from vibe.cli.serve_pool import gateway_pool
from vibe.cli.status import pool_now
from vibe.cli.terminal import json_text
from vibe.clock import SystemClock
from vibe.config.edit import set_in_file
from vibe.config.keypath import parse_key
from vibe.domain.message import Text, User
from vibe.domain.model import Alias
from vibe.domain.request import ModelRequest
from vibe.mux.asking import Asking
from vibe.mux.entry import Rules
from vibe.mux.mux import Mux
from vibe.tui.catalogue import Catalogue, Offered, Setting, Trial

if TYPE_CHECKING:
    from vibe.cli.context import Cli
    from vibe.config.load import Loaded

PATIENCE_S: Final = 30.0  # somebody is watching
HELLO: Final = ModelRequest(
    messages=(User((Text("Say hello, in one word."),)),), max_output_tokens=64
)


def catalogue_of(cli: Cli, loaded: Loaded, mux: Mux, reload: Callable[[], Loaded]) -> Catalogue:
    """`reload` reads the configuration anew, with what the person has chosen for this run."""

    async def save(settings: Mapping[str, Setting]) -> str:
        file = await asyncio.to_thread(_written, cli, settings)
        refit(mux, await asyncio.to_thread(reload), clock=SystemClock())
        return file

    member = partial(member_of, loaded, clock=SystemClock())
    models = tuple(
        Offered(
            alias=line.alias,
            provider=line.provider.name,
            window=line.target.context_window,
            price=member(line.alias).entry.price,
            trouble=member(line.alias).entry.trouble,
        )
        for line in lines_of(loaded)
    )
    return Catalogue(
        models=models,
        member=member,
        try_out=partial(_tried_out, loaded),
        save=save,
        status=lambda: json_text(pool_now(cli)),
        gateway=lambda: gateway_pool(cli),
    )


def _written(cli: Cli, settings: Mapping[str, Setting]) -> str:
    file = cli.folders().config
    for key, value in settings.items():
        set_in_file(file, parse_key(key), value)
        cli.logger().info("set %s in %s", key, file)
    return str(file)


async def _tried_out(loaded: Loaded, alias: Alias) -> Trial:
    """By a pool of its own, so that a failure is held against nobody."""
    clock = SystemClock()
    member = member_of(loaded, alias, clock=clock)
    mux = mux_by_itself([member], Rules(mode="single", max_wait_s=0.0), clock=clock)
    try:
        async with aclosing(mux.stream(HELLO, Asking(within_s=PATIENCE_S))) as events:
            async for _ in events:
                pass
        trace = mux.traces[-1]
    finally:
        await mux.aclose()
    first_s = next((each.first_token_s for each in trace.attempts if each.outcome == "ok"), None)
    return Trial(first_s=first_s, cost_uusd=trace.cost_uusd, failure=trace.failure)
