"""The provider that assistants are measured against: one process, which answers by a script.

It speaks chat completions and Responses, and notes when each request had come and when its answer
had left. What it does next follows from the conversation that it is sent; it uses whatever shell
it is offered. Nothing here judges who asks.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from itertools import chain
from typing import IO, Final

import msgspec
from msgspec import Struct

from vibe.clock import SystemClock
from vibe.domain.model import Backend
from vibe.testing.exchange import Answer, Asked, call, text_of
from vibe.testing.fault_server import FaultServer

DIALECTS: Final[tuple[Backend, ...]] = ("generic", "responses")
GREETING: Final = "hi"
TASK: Final = "add.sh prints a wrong sum. Mend it."
FILE: Final = "add.sh"
BROKEN: Final = 'echo "sum: $(($1 - $2))"\n'
MENDED: Final = BROKEN.replace("-", "+")
LOOK: Final = "cat add.sh"
MEND: Final = "sed -i 's/-/+/' add.sh && echo mended"
CHECK: Final = "sh add.sh 2 2"
COMMANDS: Final = (LOOK, MEND, CHECK)
SHELLS: Final[dict[str, Callable[[str], dict[str, object]]]] = {
    "bash": lambda line: {"command": line},
    "exec_command": lambda line: {"cmd": line},
    "shell": lambda line: {"command": ["bash", "-c", line]},
}


class Noted(Struct, frozen=True, kw_only=True):
    """A request that was answered. The times are those of `SystemClock`, the same for all."""

    came_s: float
    left_s: float
    body: str


class Provider:
    """The process, seen from outside. `bases` are its API bases by dialect."""

    def __init__(self, orders: IO[bytes], told: IO[bytes]) -> None:
        self._orders = orders
        self._told = told
        self.bases = msgspec.json.decode(told.readline(), type=dict[str, str])

    def take(self) -> tuple[Noted, ...]:
        """All that were answered since the last time, in order."""
        self._orders.write(b"take\n")
        self._orders.flush()
        return msgspec.json.decode(self._told.readline(), type=tuple[Noted, ...])


@contextmanager
def providing() -> Generator[Provider]:
    with subprocess.Popen(
        [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        if process.stdin and process.stdout:
            yield Provider(process.stdin, process.stdout)
            process.stdin.close()


def mend(asked: Asked) -> Answer:
    """The behaviour: look, mend, check, tell; and to all but the task only a word."""
    if TASK not in asked.last_user_text:
        return Answer(text="Hello.")
    brought = text_of(asked.results[-1].parts) if asked.results else None
    if brought is None:
        return _runs(asked, LOOK)
    if "sum: 4" in brought:
        return Answer(text="The sum is right now.")
    if "mended" in brought:
        return _runs(asked, CHECK)
    if "$1 - $2" in brought:
        return _runs(asked, MEND)
    return Answer(text=f"It could not be done: {brought}")


def _runs(asked: Asked, line: str) -> Answer:
    name = next((tool.name for tool in asked.tools if tool.name in SHELLS), None)
    if name is None:
        return Answer(text="It could not be done: no shell is offered.")
    return Answer(calls=(call(name, **SHELLS[name](line)),))


class Book:
    """The requests of one server."""

    def __init__(self, server: FaultServer) -> None:
        self._server = server
        self._left_s: list[float] = []
        self._taken = 0
        self._one_more = asyncio.Event()

    async def keep(self) -> None:
        """One after another, as they come from a client that asks nothing before it is answered."""
        while True:
            await self._server.settled(requests=len(self._left_s) + 1)
            self._left_s.append(SystemClock().monotonic())
            self._one_more.set()

    async def take(self) -> list[Noted]:
        while len(self._left_s) < len(self._server.requests):
            self._one_more.clear()
            await self._one_more.wait()
        first, self._taken = self._taken, len(self._left_s)
        both = zip(self._server.requests[first:], self._left_s[first:], strict=True)
        return [
            Noted(came_s=request.at_s, left_s=left_s, body=request.body.decode())
            for request, left_s in both
            if request.method == "POST"
        ]


async def serve() -> None:
    """A line is printed for each line on stdin, until that is closed."""
    first, second = (FaultServer(mend, dialect=dialect) for dialect in DIALECTS)
    async with first, second:
        tell({DIALECTS[0]: first.api_base, DIALECTS[1]: second.api_base})
        books = (Book(first), Book(second))
        keeping = [asyncio.ensure_future(book.keep()) for book in books]
        while await asyncio.to_thread(sys.stdin.readline):
            tell(list(chain.from_iterable([await book.take() for book in books])))
        for each in keeping:
            each.cancel()
        await asyncio.gather(*keeping, return_exceptions=True)


def tell(told: Mapping[str, str] | list[Noted]) -> None:
    print(msgspec.json.encode(told).decode(), flush=True)


if __name__ == "__main__":
    asyncio.run(serve())
