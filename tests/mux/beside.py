"""The servers of a pool in a process of their own: `python -m tests.mux.beside`.

So whoever measures what a pool holds, of memory, tasks and descriptors, measures the pool alone. It
says where it serves, and serves until the end of its input.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Generator
from contextlib import AsyncExitStack, contextmanager

from msgspec import Struct

from tests.law import ROOT
from tests.mux.pools import Line
from vibe.testing.fault_server import FaultServer
from vibe.testing.faults import at, play
from vibe.testing.script import says

TEXT = " ".join(f"word{number}" for number in range(40))


class Elsewhere(Struct, frozen=True):
    """A server, as far as a client has to know it."""

    api_base: str


def lines(*, slots: int = 20) -> tuple[Line, ...]:
    """Two that fail now and then, and a fallback."""
    flaky = {number: play("server_error") for number in range(1, 2000, 37)}
    cut = {number: play("close_in_body") for number in range(5, 2000, 41)}
    return (
        Line(alias="a", behaviour=says(TEXT), max_concurrent=slots, faults=at(flaky)),
        Line(alias="b", behaviour=says(TEXT), max_concurrent=slots, faults=at(cut)),
        Line(alias="c", behaviour=says(TEXT), max_concurrent=slots, is_fallback=True),
    )


@contextmanager
def served_beside() -> Generator[dict[str, Elsewhere]]:
    """By alias."""
    beside = subprocess.Popen(
        [sys.executable, "-m", "tests.mux.beside"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with beside:
        assert beside.stdout
        try:
            yield {line.alias: Elsewhere(beside.stdout.readline().strip()) for line in lines()}
        finally:
            beside.communicate(timeout=30)


async def _serve() -> None:
    async with AsyncExitStack() as stack:
        for line in lines():
            server = await stack.enter_async_context(
                FaultServer(line.behaviour, faults=line.faults)
            )
            sys.stdout.write(f"{server.api_base}\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve())
