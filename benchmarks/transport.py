"""What a request costs through each transport: httpx's own, and the one for load over aiohttp.

    python benchmarks/transport.py [RUNS]

CPU time of the process that asks, and how long it takes, a request alone and with 16 and 64 in
flight: an answer in one piece, and a stream of 100 chunks, each sent on its own. Asked is through
the httpx client of `client_of`, without codec or pool. The server is another process; the two take
turns, and the median run counts. Prints a Markdown table; judges nothing.
"""

from __future__ import annotations

import asyncio
import gc
import importlib.metadata
import os
import platform
import socket
import statistics
import subprocess
import sys
import time
from contextlib import AsyncExitStack, aclosing
from datetime import UTC, datetime

from msgspec import Struct

from vibe.domain.model import ProviderName
from vibe.domain.provider import Provider
from vibe.transport.client import Client, client_of

DEFAULT_RUNS = 11
IN_FLIGHT = (1, 16, 64)
REQUESTS = {"whole": 512, "100 chunks": 128}  # in a run
PATHS = {"whole": "whole", "100 chunks": "stream"}
CHUNKS = 100
TRANSPORTS = ("httpx", "aiohttp")
BODY = b'{"model":"m","messages":[{"role":"user","content":"How many roads?"}],"stream":true}'
EVENT = b'data: {"id":"x","model":"m","choices":[{"index":0,"delta":{"content":"forty"}}]}\n\n'
WHOLE = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (
    len(EVENT) * 4,
    EVENT * 4,
)
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
CHUNK = b"%x\r\n%b\r\n" % (len(EVENT), EVENT)
END = b"0\r\n\r\n"


class Spent(Struct, frozen=True, kw_only=True):
    """A request, in seconds."""

    cpu_s: float
    wall_s: float


Round = dict[tuple[str, int, str], Spent]


def main() -> None:
    if sys.argv[1:2] == ["serve"]:
        asyncio.run(serve(int(sys.argv[2])))
        return
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_RUNS
    with socket.create_server(("127.0.0.1", 0), backlog=256) as listening:
        command = [sys.executable, __file__, "serve", str(listening.fileno())]
        with subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=(listening.fileno(),)):
            base = f"http://127.0.0.1:{listening.getsockname()[1]}"
            show(asyncio.run(measure(base, runs)), runs)


async def measure(base: str, runs: int) -> list[Round]:
    """The first round is not counted."""
    async with AsyncExitStack() as stack:
        provider = Provider(name=ProviderName("p"), api_base=base, backend="generic")
        clients = {name: client_of(provider, for_load=name == "aiohttp") for name in TRANSPORTS}
        for client in clients.values():
            stack.push_async_callback(client.aclose)
        rounds = [
            {
                (kind, together, name): await spent(client, base, kind, together)
                for kind in REQUESTS
                for together in IN_FLIGHT
                for name, client in clients.items()
            }
            for _ in range(runs + 1)
        ]
    return rounds[1:]


async def spent(client: Client, base: str, kind: str, together: int) -> Spent:
    requests = REQUESTS[kind]

    async def ask_in_turn() -> None:
        for _ in range(requests // together):
            await ask(client, base, kind)

    gc.collect()
    cpu_s, wall_s = time.process_time(), time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(together):
            group.create_task(ask_in_turn())
    return Spent(
        cpu_s=(time.process_time() - cpu_s) / requests,
        wall_s=(time.perf_counter() - wall_s) / requests,
    )


async def ask(client: Client, base: str, kind: str) -> None:
    size = 0
    url = f"{base}/{PATHS[kind]}"
    answer = await client.ask("POST", url, params=None, headers={}, content=BODY)
    async with aclosing(answer) as response:
        async for data in response.aiter_raw():
            size += len(data)
    if size != len(EVENT) * (4 if kind == "whole" else CHUNKS):
        sys.exit("an answer is not what was sent")


async def serve(listening: int) -> None:
    """Until stdin is closed, on the socket of that number."""
    server = await asyncio.start_server(answer_all, sock=socket.socket(fileno=listening))
    async with server:
        await asyncio.to_thread(sys.stdin.read)


async def answer_all(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            await reader.readexactly(len(BODY))
            if head.startswith(b"POST /whole "):
                writer.write(WHOLE)
                continue
            writer.write(HEAD)
            for _ in range(CHUNKS):
                writer.write(CHUNK)
                await asyncio.sleep(0)
            writer.write(END)
    except (asyncio.IncompleteReadError, ConnectionError):  # the client has gone
        writer.close()


def show(rounds: list[Round], runs: int) -> None:
    versions = [f"{name} {importlib.metadata.version(name)}" for name in ("httpx", "aiohttp")]
    print(
        f"{datetime.now(tz=UTC):%Y-%m-%d}, {platform.platform()}, {os.cpu_count()} cores, "
        f"{platform.python_implementation()} {platform.python_version()}, {', '.join(versions)}, "
        f"median of {runs} runs\n"
    )
    print("| answer | in flight | httpx, µs of CPU | aiohttp | | httpx, µs of time | aiohttp | |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    for kind in REQUESTS:
        for together in IN_FLIGHT:
            cells = [
                cell
                for unit in ("cpu_s", "wall_s")
                for cell in compared(
                    [getattr(each[kind, together, "httpx"], unit) for each in rounds],
                    [getattr(each[kind, together, "aiohttp"], unit) for each in rounds],
                )
            ]
            print(f"| {kind} | {together} | {' | '.join(cells)} |")


def compared(httpx_s: list[float], aiohttp_s: list[float]) -> list[str]:
    ratios = [one / other for one, other in zip(httpx_s, aiohttp_s, strict=True)]
    one, other = (statistics.median(each) * 1e6 for each in (httpx_s, aiohttp_s))
    return [f"{one:.0f}", f"{other:.0f}", f"{statistics.median(ratios):.2f}x"]


if __name__ == "__main__":
    main()
