"""A process in which contestants are measured, by orders on stdin: `python mux_host.py`.

It runs in the virtualenv of whoever is measured, so it needs nothing but Python. Pools are kept
from one order to the next, so that contestants can take turns with their connections open.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any, NamedTuple, TypeAlias

KEY = "key-of-no-account"
PROMPT = "How many roads?"
SAID = [{"role": "user", "content": PROMPT}]

Ask: TypeAlias = Callable[[bool], Awaitable[str]]  # streamed or not; the text of the answer


class Endpoint(NamedTuple):
    """`most` is how many requests it gets at once, where that is bounded.

    Every model of a pool has a name of its own, for the sake of those who tell them apart by it.
    """

    base: str
    model: str
    weight: int = 1
    most: int | None = None


class Pool(NamedTuple):
    """`mode` is "failover" or "load_balance". `store` is a file that processes share, or "".

    `turns` is how long the conversation is that goes before what is asked.
    """

    endpoints: tuple[Endpoint, ...]
    mode: str = "failover"
    store: str = ""
    turns: int = 0


Opening: TypeAlias = Callable[[Pool], AbstractAsyncContextManager[Ask]]


class Took(NamedTuple):
    """One call: how long it took, until when, and the answer, or "!" and the error's name."""

    seconds: float
    until: float
    said: str


class Orders:
    def __init__(self, open_pools: AsyncExitStack) -> None:
        self._open = open_pools
        self._asks: dict[str, Ask] = {}

    async def calls(
        self, who: str, pool: Any, *, times: int, streamed: bool, at_once: int = 1
    ) -> dict[str, Any]:
        """So many calls, one after another or several at once, and what all of them cost."""
        ask = await self._ask(who, pool)
        left = iter(range(times))
        before = time.process_time()
        if at_once == 1:
            took = await one_by_one(ask, streamed, left)
        else:
            workers = [one_by_one(ask, streamed, left) for _ in range(at_once)]
            took = [each for worker in await asyncio.gather(*workers) for each in worker]
        return {"cpu_s": time.process_time() - before, "took": took}

    async def idle(self, seconds: float) -> dict[str, Any]:
        before = time.process_time()
        await asyncio.sleep(seconds)
        return {"cpu_s": time.process_time() - before}

    async def forget(self) -> dict[str, Any]:
        """Close all pools: whoever is asked next knows of nothing."""
        self._asks.clear()
        await self._open.aclose()
        return {}

    async def _ask(self, who: str, pool: Any) -> Ask:
        key = json.dumps([who, pool])
        if key not in self._asks:
            module, _, name = who.partition(":")
            opening: Opening = getattr(importlib.import_module(module), name)
            endpoints, *rest = pool
            given = Pool(tuple(Endpoint(*each) for each in endpoints), *rest)
            self._asks[key] = await self._open.enter_async_context(opening(given))
        return self._asks[key]


async def one_by_one(ask: Ask, streamed: bool, left: Iterable[int]) -> list[Took]:
    return [await timed(ask, streamed) for _ in left]


async def timed(ask: Ask, streamed: bool) -> Took:
    began = time.perf_counter()
    try:
        said = await ask(streamed)
    except Exception as error:
        said = f"!{type(error).__name__}"
    return Took(time.perf_counter() - began, time.time(), said)


async def main() -> None:
    sys.stdout, out = sys.stderr, sys.stdout  # some contestants print
    async with AsyncExitStack() as open_pools:
        orders = Orders(open_pools)
        while line := await asyncio.to_thread(sys.stdin.readline):
            name, arguments = json.loads(line)
            print(json.dumps(await getattr(orders, name)(**arguments)), file=out, flush=True)


if __name__ == "__main__":
    asyncio.run(main())
