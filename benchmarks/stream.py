"""What it costs to read a streamed answer, in CPU time: bare httpx, vibe, and the openai SDK.

    python benchmarks/stream.py [RUNS]

The server is another process and not counted. The clients take turns, and the median run counts.
A chunk costs what an answer of 1,000 costs beyond one of 1; a call is the rest. The chunks come in
one go, so that many are read at once, or each on its own. The SDK is measured where it is
installed. Prints a Markdown table; judges nothing.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.metadata
import importlib.util
import json
import os
import platform
import re
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Any, TypeAlias

import httpx
from msgspec import Struct

from vibe.clock import SystemClock
from vibe.domain.message import Text, User
from vibe.domain.model import ProviderName
from vibe.domain.provider import Provider
from vibe.domain.request import ModelRequest
from vibe.domain.stream import Ended, TextDelta
from vibe.domain.target import Target
from vibe.secret import Secret
from vibe.transport.upstream import Upstream

Ask: TypeAlias = Callable[[str], Awaitable[str]]  # the name of a model in, its answer out

DEFAULT_RUNS = 21
CHUNKS = 1_000
SHORT_CALLS = 10  # in a row, for one is too short to measure
GAP_S = 0.0003
PACES = ("in one go", "one by one")
BARE = "bare httpx and json"
KEY = "key-of-no-account"
PROMPT = "How many roads?"
WORDS = ("The ", "answer ", "is ", "forty", "-two", ", ", "naturally", ".\n", "Grüße", "! ")
HAS_SDK = importlib.util.find_spec("openai") is not None
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


class Cost(Struct, frozen=True, kw_only=True):
    """In seconds of CPU."""

    call_s: float
    chunk_s: float


def main() -> None:
    if sys.argv[1:2] == ["serve"]:
        asyncio.run(serve(int(sys.argv[2])))
        return
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_RUNS
    with socket.create_server(("127.0.0.1", 0)) as listening:
        number = listening.fileno()
        command = [sys.executable, __file__, "serve", str(number)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=(number,)):
            base = f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
            show(asyncio.run(measure(base, runs)), runs)


async def measure(base: str, runs: int) -> dict[tuple[str, str], Cost]:
    """What each client costs at each pace; the first round is not counted."""
    async with AsyncExitStack() as stack:
        clients = {
            BARE: await stack.enter_async_context(bare(base)),
            "vibe": await stack.enter_async_context(vibe(base)),
        }
        if HAS_SDK:
            clients["openai SDK"] = await stack.enter_async_context(openai_sdk(base))
        rounds = [
            {
                (label, pace): await cost(ask, pace)
                for pace in PACES
                for label, ask in clients.items()
            }
            for _ in range(runs + 1)
        ]
    return {
        key: Cost(
            call_s=statistics.median(each[key].call_s for each in rounds[1:]),
            chunk_s=statistics.median(each[key].chunk_s for each in rounds[1:]),
        )
        for key in rounds[0]
    }


async def cost(ask: Ask, pace: str) -> Cost:
    short_s = await cpu_s(ask, pace, chunks=1, times=SHORT_CALLS) / SHORT_CALLS
    chunk_s = (await cpu_s(ask, pace, chunks=CHUNKS, times=1) - short_s) / (CHUNKS - 1)
    return Cost(call_s=short_s - chunk_s, chunk_s=chunk_s)


async def cpu_s(ask: Ask, pace: str, *, chunks: int, times: int) -> float:
    model, due = f"{PACES.index(pace)}/{chunks}", "".join(words(chunks))
    before = time.process_time()
    for _ in range(times):
        if await ask(model) != due:
            sys.exit("an answer is not what was sent")
    return time.process_time() - before


@asynccontextmanager
async def bare(base: str) -> AsyncGenerator[Ask, None]:
    async with httpx.AsyncClient(headers={"authorization": f"Bearer {KEY}"}) as client:

        async def ask(model: str) -> str:
            said = [{"role": "user", "content": PROMPT}]
            body = {"model": model, "messages": said, "stream": True}
            text = ""
            async with client.stream("POST", f"{base}/chat/completions", json=body) as response:
                async for line in response.aiter_lines():
                    if line.startswith("data: ") and line != "data: [DONE]":
                        for choice in json.loads(line[6:])["choices"]:
                            text += choice["delta"].get("content") or ""
            return text

        yield ask


@asynccontextmanager
async def vibe(base: str) -> AsyncGenerator[Ask, None]:
    name = ProviderName("p")
    provider = Provider(name=name, api_base=base, backend="generic", key=Secret(KEY))
    upstream = Upstream(provider, clock=SystemClock())

    async def ask(model: str) -> str:
        request = ModelRequest(messages=(User((Text(PROMPT),)),))
        target = Target(provider=name, model=model, backend="generic")
        text, whole = "", False
        async for event in upstream.ask(request, target):
            match event:
                case TextDelta(delta):
                    text += delta
                case Ended():
                    whole = True
                case _:
                    pass
        return text if whole else ""

    try:
        yield ask
    finally:
        await upstream.aclose()


@asynccontextmanager
async def openai_sdk(base: str) -> AsyncGenerator[Ask, None]:
    sdk: Any = importlib.import_module("openai")  # of whoever measures; vibe never needs it
    async with sdk.AsyncOpenAI(base_url=base, api_key=KEY, max_retries=0) as client:

        async def ask(model: str) -> str:
            said = [{"role": "user", "content": PROMPT}]
            text = ""
            async for chunk in await client.chat.completions.create(
                model=model, messages=said, stream=True
            ):
                for choice in chunk.choices:
                    text += choice.delta.content or ""
            return text

        yield ask


async def serve(listening: int) -> None:
    """Until stdin is closed, on the socket of that number."""
    server = await asyncio.start_server(answer_all, sock=socket.socket(fileno=listening))
    async with server:
        await asyncio.to_thread(sys.stdin.read)


async def answer_all(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while found := re.search(
            rb"(?i)content-length: *(\d+)", await reader.readuntil(b"\r\n\r\n")
        ):
            await answer(json.loads(await reader.readexactly(int(found[1])))["model"], writer)
    except (asyncio.IncompleteReadError, ConnectionError):  # the client has gone
        writer.close()


async def answer(model: str, writer: asyncio.StreamWriter) -> None:
    pace, _, chunks = model.partition("/")
    framed = [b"%x\r\n%b\r\n" % (len(event), event) for event in events(int(chunks))]
    writer.write(HEAD)
    if PACES[int(pace)] == "in one go":
        writer.write(b"".join(framed))
    else:
        for event in framed:
            writer.write(event)
            await asyncio.sleep(GAP_S)
    writer.write(b"0\r\n\r\n")
    await writer.drain()


def words(chunks: int) -> list[str]:
    return [WORDS[number % len(WORDS)] for number in range(chunks)]


def events(chunks: int) -> list[bytes]:
    """The events of an answer, as OpenAI sends them."""
    said = ({"delta": {"content": word}, "finish_reason": None} for word in words(chunks))
    last: dict[str, object] = {"delta": {}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 12, "completion_tokens": chunks, "total_tokens": 12 + chunks}
    return [
        *(event([{"index": 0, **choice}]) for choice in (*said, last)),
        event([], usage=usage),
        b"data: [DONE]\n\n",
    ]


def event(choices: list[dict[str, object]], **more: object) -> bytes:
    chunk = {
        "id": "chatcmpl-BkSiEHzrmGOWUTLfjKtGuQMwbMkEr",
        "object": "chat.completion.chunk",
        "created": 1_750_000_000,
        "model": "gpt-4.1-mini-2025-04-14",
        "service_tier": "default",
        "system_fingerprint": "fp_38647f5e19",
        "choices": choices,
        **more,
    }
    return b"data: %b\n\n" % json.dumps(chunk, ensure_ascii=False, separators=(",", ":")).encode()


def show(costs: dict[tuple[str, str], Cost], runs: int) -> None:
    sdk = f"openai {importlib.metadata.version('openai')}" if HAS_SDK else "no openai SDK"
    print(
        f"{datetime.now(tz=UTC):%Y-%m-%d}, {platform.platform()}, {os.cpu_count()} cores, "
        f"{platform.python_implementation()} {platform.python_version()}, "
        f"httpx {httpx.__version__}, {sdk}, median of {runs} runs\n"
    )
    print("| chunks come | client | µs a chunk | over bare | µs a call | over bare |")
    print("|---|---|---:|---:|---:|---:|")
    for (label, pace), each in costs.items():
        least = costs[BARE, pace]
        print(
            f"| {pace} | {label} | {each.chunk_s * 1e6:.1f} | {each.chunk_s / least.chunk_s:.2f}x"
            f" | {each.call_s * 1e6:.0f} | {each.call_s / least.call_s:.2f}x |"
        )


if __name__ == "__main__":
    main()
