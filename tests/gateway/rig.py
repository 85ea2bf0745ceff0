"""A gateway over real sockets: a fault server for each entry, the pool, and a client before it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
from msgspec import Struct
from msgspec.structs import replace

from tests.gateway.raw import TOKEN, Place, up
from tests.mux.pools import Line, Rig, pool
from vibe.clock import SystemClock
from vibe.config.schema import Gateway
from vibe.domain.model import Alias, BrokenStream, ProviderName, Size
from vibe.gateway.app import POSTS, Application
from vibe.gateway.checks import Checks, Listing
from vibe.gateway.connection import Timeouts
from vibe.gateway.guard import rules_of
from vibe.gateway.listen import listening, port_of
from vibe.gateway.metrics import Metrics
from vibe.gateway.naming import Names, Offered
from vibe.gateway.offer import Offer
from vibe.gateway.pages import PATHS, Pages
from vibe.gateway.protected import Protected
from vibe.gateway.record import Record, Switched
from vibe.mux.entry import Rules
from vibe.secret import Secret

KEPT = Timeouts()  # as in use: connections are kept
NO_SIZES: Mapping[Size, tuple[str, ...]] = {}


class Gate(Struct, kw_only=True):
    """`told` is what was told of requests; `ended`: one is over. `client` has the token."""

    rig: Rig
    client: httpx.AsyncClient
    url: str
    place: Place
    told: list[Record | Switched]
    checks: Checks
    application: Application
    ended: asyncio.Event

    @property
    def records(self) -> list[Record]:
        return [each for each in self.told if isinstance(each, Record)]

    async def chat(self, model: str = "auto", **more: Any) -> httpx.Response:
        return await self.client.post("/v1/chat/completions", json=chat_body(model, **more))


def chat_body(model: str = "auto", **more: Any) -> dict[str, Any]:
    return {"model": model, "messages": [{"role": "user", "content": "Hello"}], **more}


@asynccontextmanager
async def gateway(
    *lines: Line,
    rules: Rules = Rules(error_s=60.0, rate_limit_s=60.0),  # noqa: B008 - frozen
    sizes: Mapping[Size, tuple[str, ...]] = NO_SIZES,
    beside: tuple[str, ...] = (),
    on_broken: BrokenStream = "stop",
    timeouts: Timeouts = KEPT,
) -> AsyncGenerator[Gate, None]:
    """The entries `beside` the pool can be asked by their names alone."""
    told: list[Record | Switched] = []
    ended = asyncio.Event()
    clock = SystemClock()
    async with pool(*lines, rules=rules) as rig:
        members = [
            replace(m, entry=replace(m.entry, by_name=m.entry.alias in beside))
            for m in rig.mux.members
        ]
        rig.mux.set_members(members)
        names = Names(
            models=tuple(
                Offered(alias=m.entry.alias, provider=m.target.provider, model=m.target.model)
                for m in members
            ),
            pool=tuple(m.entry.alias for m in members if not m.entry.by_name),
            sizes={
                size: tuple(map(Alias, sizes.get(size, ()))) for size in ("big", "middle", "small")
            },
        )
        offer = Offer(mux=rig.mux, names=names, clock=clock, on_broken=on_broken)
        listings: dict[ProviderName, Listing] = {
            ProviderName(m.entry.alias): m.upstream
            for m in members
            if isinstance(m.upstream, Listing)
        }
        checks = Checks(rig.mux, listings, clock)
        metrics = Metrics((*POSTS, *PATHS))

        def note(each: Record | Switched) -> None:
            told.append(each)
            metrics.note(each)
            if isinstance(each, Record):
                ended.set()

        pages = Pages(
            metrics,
            unreachable=lambda: checks.unreachable,
            under_way=lambda: protected.under_way,
        )
        application = Application(offer, pages, note)
        sockets = listening("127.0.0.1", 0)
        protected = Protected(
            application,
            rules=rules_of(Gateway(), port=port_of(sockets)),
            token=Secret(TOKEN),
            max_requests=512,
            told=application.refuse,
        )
        async with up(protected, sockets, timeouts=timeouts, told=protected.told) as place:
            url = f"http://127.0.0.1:{place.port}"
            headers = {"authorization": f"Bearer {TOKEN}"}
            async with httpx.AsyncClient(base_url=url, headers=headers, timeout=30) as client:
                yield Gate(
                    rig=rig,
                    client=client,
                    url=url,
                    place=place,
                    told=told,
                    checks=checks,
                    application=application,
                    ended=ended,
                )
