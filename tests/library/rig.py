"""A `Multiplexer` before servers on real sockets: one server for each endpoint, by its name."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from msgspec import Struct

from vibe import Multiplexer
from vibe.library.results import ChatCompletion, ChatCompletionChunk
from vibe.library.stream import ChatStream
from vibe.testing.exchange import Behaviour
from vibe.testing.fault_server import FaultServer
from vibe.testing.faults import Play, Schedule
from vibe.testing.script import says

HELLO = "Hello to you."
MESSAGES = [{"role": "user", "content": "Hello"}]


class Line(Struct, frozen=True, kw_only=True):
    """One endpoint to be: who answers there, and how it fails."""

    name: str
    behaviour: Behaviour = says(HELLO)
    faults: Play | Schedule | None = None
    model: str = "smol"
    key: str = ""
    weight: int = 1
    max_concurrent: int | None = None
    is_fallback: bool = False


class Rig(Struct, kw_only=True):
    m: Multiplexer
    servers: dict[str, FaultServer]

    def reached(self) -> dict[str, int]:
        """How many requests each server got."""
        return {name: len(server.requests) for name, server in self.servers.items()}

    async def ask(self, messages: Sequence[Any] = MESSAGES, **parameters: Any) -> ChatCompletion:
        return await self.m.chat.completions.create(messages=messages, stream=False, **parameters)

    async def open(self, messages: Sequence[Any] = MESSAGES, **parameters: Any) -> ChatStream:
        return await self.m.chat.completions.create(messages=messages, stream=True, **parameters)

    async def stream(self, **parameters: Any) -> list[ChatCompletionChunk]:
        """The chunks of one answer, to its end."""
        return [chunk async for chunk in await self.open(**parameters)]


@asynccontextmanager
async def pool(*lines: Line, **options: Any) -> AsyncGenerator[Rig, None]:
    async with AsyncExitStack() as stack:
        servers: dict[str, FaultServer] = {}
        for line in lines:
            server = FaultServer(line.behaviour, faults=line.faults, key=line.key)
            servers[line.name] = await stack.enter_async_context(server)
        rig = Rig(m=await stack.enter_async_context(Multiplexer(**options)), servers=servers)
        for line in lines:
            add(rig.m, line, servers[line.name])
        yield rig


def add(m: Multiplexer, line: Line, server: FaultServer) -> None:
    (m.add_fallback_model if line.is_fallback else m.add_model)(
        base_url=server.api_base,
        model=line.model,
        api_key=line.key,
        name=line.name,
        weight=line.weight,
        max_concurrent=line.max_concurrent,
    )


def text_of(chunks: Iterable[ChatCompletionChunk]) -> str:
    return "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
