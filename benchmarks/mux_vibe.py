"""What is measured of vibe: a model alone, the pool before it, and the library around the pool."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import httpx
from mux_host import KEY, PROMPT, SAID, Ask, Endpoint, Pool

from vibe import Multiplexer
from vibe.assemble import scopes_of
from vibe.clock import SystemClock
from vibe.domain.event import PoolEvent, Retracted, Sealed
from vibe.domain.message import (
    Assistant,
    CallId,
    Message,
    Results,
    Text,
    ToolCall,
    ToolResult,
    User,
)
from vibe.domain.model import Alias, ProviderName
from vibe.domain.provider import Provider
from vibe.domain.request import ModelRequest, Tool
from vibe.domain.stream import Ended, StreamEvent, TextDelta
from vibe.domain.target import Target
from vibe.mux.entry import Entry, Rules
from vibe.mux.member import Member
from vibe.mux.memory import Forgetful, Memory
from vibe.mux.mux import Mux
from vibe.mux.shared import SharedMemory
from vibe.mux.store import Store
from vibe.secret import Secret
from vibe.transport.upstream import Upstream
from vibe.wire.portability import fitted

CLOCK = SystemClock()
READ = Tool(
    name="read",
    description="Read a file, or some lines of it.",
    parameters='{"type":"object","properties":{"path":{"type":"string"}},"required":["path"]}',
)


class NoAnswer(Exception):
    pass


@asynccontextmanager
async def bare(pool: Pool) -> AsyncGenerator[Ask]:
    """httpx and json, without any client."""
    endpoint = pool.endpoints[0]
    url = f"{endpoint.base}/chat/completions"
    headers = {"authorization": f"Bearer {KEY}"}
    async with httpx.AsyncClient(headers=headers) as client:

        async def ask(streamed: bool) -> str:
            body = {"model": endpoint.model, "messages": SAID, "stream": streamed}
            if not streamed:
                response = await client.post(url, json=body)
                return json.loads(response.content)["choices"][0]["message"]["content"]
            text = ""
            async with client.stream("POST", url, json=body) as response:
                async for line in response.aiter_lines():
                    if line.startswith("data: ") and line != "data: [DONE]":
                        for choice in json.loads(line[6:])["choices"]:
                            text += choice["delta"].get("content") or ""
            return text

        yield ask


@asynccontextmanager
async def alone(pool: Pool) -> AsyncGenerator[Ask]:
    """The client of the first endpoint, with no pool before it."""
    member = member_of(0, pool.endpoints[0])
    requests = requests_of(pool.turns)

    async def ask(streamed: bool) -> str:
        return await text_of(member.upstream.ask(requests[streamed], member.target))

    try:
        yield ask
    finally:
        await member.upstream.aclose()


@asynccontextmanager
async def fitting(pool: Pool) -> AsyncGenerator[Ask]:
    """The same, with what any history needs before it can be sent there."""
    member = member_of(0, pool.endpoints[0])
    requests = requests_of(pool.turns)

    async def ask(streamed: bool) -> str:
        request = fitted(requests[streamed], member.target)
        return await text_of(member.upstream.ask(request, member.target))

    try:
        yield ask
    finally:
        await member.upstream.aclose()


@asynccontextmanager
async def pooled(pool: Pool) -> AsyncGenerator[Ask]:
    """As `vibe -p` asks; with the store that all processes share, if there is one."""
    memory: Memory = Forgetful()
    if pool.store:
        memory = SharedMemory(Store.open(Path(pool.store), CLOCK), tell=print)
    mux = Mux(
        [member_of(index, endpoint) for index, endpoint in enumerate(pool.endpoints)],
        Rules(mode="failover" if pool.mode == "failover" else "load_balance"),
        clock=CLOCK,
        rng=Random(7),  # noqa: S311 - the same choices in every run
        memory=memory,
    )
    requests = requests_of(pool.turns)

    async def ask(streamed: bool) -> str:
        return await text_of(mux.stream(requests[streamed]))

    try:
        yield ask
    finally:
        await mux.aclose()


@asynccontextmanager
async def library(pool: Pool) -> AsyncGenerator[Ask]:
    """`from vibe import Multiplexer`, whose results read like the OpenAI SDK's."""
    mode = "failover" if pool.mode == "failover" else "load_balance"
    async with Multiplexer(mode=mode) as multiplexer:
        for index, each in enumerate(pool.endpoints):
            multiplexer.add_model(
                base_url=each.base,
                model=each.model,
                api_key=KEY,
                name=f"e{index}",
                weight=each.weight,
                max_concurrent=each.most,
            )
        create = multiplexer.chat.completions.create

        async def ask(streamed: bool) -> str:
            if not streamed:
                return (await create(messages=SAID)).choices[0].message.content or ""
            text = ""
            async for chunk in await create(messages=SAID, stream=True):
                for choice in chunk.choices:
                    text += choice.delta.content or ""
            return text

        yield ask


def requests_of(turns: int) -> dict[bool, ModelRequest]:
    """Streamed or not. A turn is a question, a call, what came of it, and an answer."""
    asked = User((Text(PROMPT),))
    said = tuple(message for number in range(turns) for message in turn(number))
    return {
        streamed: ModelRequest(
            messages=(*said, asked), tools=(READ,) if turns else (), stream=streamed
        )
        for streamed in (True, False)
    }


def turn(number: int) -> tuple[Message, ...]:
    call = CallId(f"call-{number}")
    lines = Text("    return find(path)\n" * 60)
    return (
        User((Text(f"Have a look at line {number} of the file, something is wrong there."),)),
        Assistant(parts=(ToolCall(id=call, name="read", arguments='{"path":"src/main.py"}'),)),
        Results((ToolResult(call=call, name="read", parts=(lines,)),)),
        Assistant(parts=(Text("It finds the path of another file, and returns it. " * 5),)),
    )


def member_of(index: int, endpoint: Endpoint) -> Member:
    name = ProviderName(f"e{index}")
    provider = Provider(name=name, api_base=endpoint.base, backend="generic", key=Secret(KEY))
    return Member(
        entry=Entry(
            alias=Alias(name),
            scopes=scopes_of(provider, endpoint.model, is_local=True),
            weight=endpoint.weight,
            max_concurrent=endpoint.most,
        ),
        target=Target(provider=name, model=endpoint.model, backend="generic"),
        upstream=Upstream(provider, clock=CLOCK),
    )


async def text_of(events: AsyncIterator[PoolEvent | StreamEvent]) -> str:
    """What stands there at the end, of an answer that is whole."""
    text, is_whole = "", False
    async for event in events:
        match event:
            case TextDelta(delta):
                text += delta
            case Retracted():
                text = ""
            case Sealed() | Ended():
                is_whole = True
            case _:
                pass
    if not is_whole:
        raise NoAnswer
    return text
