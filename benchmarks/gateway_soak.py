"""A long run of `vibe serve` under everything at once: faults, clients that go away, reloads.

    python benchmarks/gateway_soak.py [MINUTES] [A_SECOND]

Three providers of three dialects, of which two fail at random and one is well; clients of three
protocols, streamed and not, one in twenty of which goes away; a new configuration every 20 s.
Counts the outcome of each request, and what is left in the gateway at its end. Prints the figures;
judges nothing but that each request had one outcome.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

import aiohttp

from vibe.domain.model import Backend
from vibe.testing.exchange import Asked
from vibe.testing.fault_server import FaultServer
from vibe.testing.faults import Play, play
from vibe.testing.script import says

DIALECTS: Final[tuple[Backend, ...]] = ("anthropic", "responses", "generic")  # the last is well
FAULTS: Final = (
    "rate_limit_short", "server_error", "unavailable", "bad_gateway", "reset_before_headers",
    "close_before_headers", "reset_in_body", "no_terminator", "in_band_overloaded",
    "malformed_json", "crlf", "in_small_pieces", "gzip", "usage_missing",
)  # fmt: skip
HELLO: Final[dict[str, dict[str, Any]]] = {
    "/v1/chat/completions": {"messages": [{"role": "user", "content": "Hello"}]},
    "/v1/messages": {"max_tokens": 500, "messages": [{"role": "user", "content": "Hello"}]},
    "/v1/responses": {"input": "Hello"},
}
END: Final = {
    "/v1/chat/completions": b"[DONE]",
    "/v1/messages": b"message_stop",
    "/v1/responses": b"response.completed",
}
TEXT: Final = "One-of-many-words-and-then-some-more-of-them. " * 12  # as many events
RELOAD_S: Final = 20.0
LOOK_S: Final = 5.0


def configuration(bases: list[str], *, version: int) -> str:
    providers = "".join(
        f'[[providers]]\nname = "p{n}"\napi_base = "{base}"\nbackend = "{dialect}"\n'
        f'[[models]]\nname = "model-{n}"\nalias = "m{n}"\nprovider = "p{n}"\n'
        for n, (base, dialect) in enumerate(zip(bases, DIALECTS, strict=True))
    )
    pool = "".join(f'[[multiplexer.pool]]\nmodel = "m{n}"\n' for n in range(len(bases)))
    return (
        f'# version {version}\n{providers}[multiplexer]\nenabled = true\nmode = "load_balance"\n'
        f"rate_limit_disable_duration_ms = 200\npersistent_error_disable_duration_ms = 200\n{pool}"
        f'[gateway]\nport = 0\nmax_requests = 5000\non_broken_stream = "continue"\n'
    )


class Soak:
    def __init__(self, url: str, token: str, session: aiohttp.ClientSession) -> None:
        self._url = url
        self._headers = {"authorization": f"Bearer {token}"}
        self._session = session
        self.outcomes: Counter[str] = Counter()
        self.wrong: list[str] = []

    async def one(self, rng: random.Random) -> None:
        path = rng.choice(list(HELLO))
        stream = rng.random() < 0.7
        leaves = rng.random() < 0.05
        asked = {**HELLO[path], "model": "auto", "stream": stream}
        try:
            outcome = await self._ask(path, asked, stream=stream, leaves=leaves)
        except (aiohttp.ClientError, TimeoutError) as error:
            outcome = "lost"
            self.wrong.append(f"{path} {error!r}")
        self.outcomes[outcome] += 1

    async def _ask(self, path: str, asked: dict[str, Any], *, stream: bool, leaves: bool) -> str:
        url = self._url + path
        async with self._session.post(url, json=asked, headers=self._headers) as response:
            if leaves:
                await response.content.readany()
                response.close()
                return "left"
            body = await response.read()
            if response.status != 200:
                self.wrong.append(f"{path} {response.status} {body[:200]!r}")
                return f"status {response.status}"
            if stream and END[path] not in body[-3000:]:
                self.wrong.append(f"{path} {body[-300:]!r}")
                return "cut"
            return "answered"


async def state_of(soak_url: str, token: str, session: aiohttp.ClientSession) -> dict[str, Any]:
    headers = {"authorization": f"Bearer {token}"}
    async with session.get(f"{soak_url}/mux", headers=headers) as response:
        return await response.json()


def resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    found = re.search(r"VmRSS:\s+(\d+)", status)
    return int(found[1]) / 1024 if found else 0.0


def open_files(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


async def main(minutes: float, a_second: float) -> None:
    rng = random.Random(1)  # noqa: S311 - the same run each time

    def failing(_asked: Asked, _number: int) -> Play | None:
        return play(rng.choice(FAULTS)) if rng.random() < 0.4 else None

    async with AsyncExitStack() as stack:
        servers = [
            await stack.enter_async_context(
                FaultServer(says(TEXT), dialect=dialect, faults=failing if n < 2 else None)
            )
            for n, dialect in enumerate(DIALECTS)
        ]
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        config = home / "config.toml"
        bases = [server.api_base for server in servers]
        config.write_text(configuration(bases, version=0), encoding="utf-8")
        env = {"HOME": str(home), "PATH": os.environ["PATH"]}
        command = [sys.executable, "-m", "vibe", "serve", "--config", str(config), "--port", "0"]
        log = stack.enter_context((home / "log").open("wb"))
        gateway = await asyncio.create_subprocess_exec(*command, env=env, stderr=log)
        url, token = await started(home, gateway)
        session = await stack.enter_async_context(
            aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=120), connector=aiohttp.TCPConnector(limit=0)
            )
        )
        soak = Soak(url, token, session)
        began_s = time.monotonic()
        memory: list[float] = []
        async with asyncio.TaskGroup() as group:
            reloads = due = looks = 0
            while (now_s := time.monotonic() - began_s) < minutes * 60:
                for _ in range(max(0, int(now_s * a_second) - due)):
                    due += 1
                    group.create_task(soak.one(random.Random(due)))  # noqa: S311 - no secret
                if now_s > (reloads + 1) * RELOAD_S:
                    reloads += 1
                    beside = home / "config.new"
                    beside.write_text(configuration(bases, version=reloads), encoding="utf-8")
                    beside.replace(config)
                if now_s > looks * LOOK_S:
                    looks += 1
                    memory.append(resident_mb(gateway.pid))
                await asyncio.sleep(0.01)
        took_s = time.monotonic() - began_s
        state = await state_of(url, token, session)
        files = open_files(gateway.pid)
        gateway.send_signal(signal.SIGTERM)
        code = await gateway.wait()
    tell(soak, due, took_s, reloads, memory, state, files, code)


async def started(home: Path, gateway: asyncio.subprocess.Process) -> tuple[str, str]:
    while gateway.returncode is None:
        found = re.search(rb"http://\S+", (home / "log").read_bytes())
        token = home / ".local/state/vibe/gateway.token"
        if found and token.exists():
            return found[0].decode(), token.read_text(encoding="utf-8").strip()
        await asyncio.sleep(0.1)
    raise RuntimeError((home / "log").read_text(encoding="utf-8"))


def tell(
    soak: Soak,
    sent: int,
    took_s: float,
    reloads: int,
    memory: list[float],
    state: dict[str, Any],
    files: int,
    code: int,
) -> None:
    assert sum(soak.outcomes.values()) == sent  # noqa: S101 - of a benchmark
    quarter = max(1, len(memory) // 4)
    print(f"{sent} requests in {took_s:.0f} s, {reloads} reloads, exit {code}")
    print("outcomes:", json.dumps(dict(soak.outcomes.most_common())))
    print("failed over:", state["failovers"], "seams:", state["seams"])
    print("under way at the end:", state["under_way"], "waiting:", state["waiting"])
    print("busy at the end:", [entry["busy"] for entry in state["entries"]], "open files:", files)
    print(
        f"memory: {memory[0]:.0f} MB at first, {sum(memory[quarter : 2 * quarter]) / quarter:.0f} "
        f"in the second quarter, {sum(memory[-quarter:]) / quarter:.0f} in the last"
    )
    for each in soak.wrong[:10]:
        print("  wrong:", each[:400])


if __name__ == "__main__":
    words = sys.argv[1:]
    asyncio.run(main(float(words[0]) if words else 10.0, float(words[1]) if words[1:] else 200.0))
