"""The clients before a gateway: so many connections, each with one request after another.

    python benchmarks/gateway_load.py PORT TOKEN IN_FLIGHT SECONDS [stream]

Prints a JSON object: requests a second, and the times that one took, in milliseconds. A raw
protocol; an answer ends with its length or its last chunk, and has to be 200.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
import time
from typing import cast

import uvloop

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


def request(port: int, token: str, *, stream: bool) -> bytes:
    asked = {"model": "m", "stream": stream, "messages": [{"role": "user", "content": "Hello"}]}
    body = json.dumps(asked).encode()
    head = (
        f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        f"Authorization: Bearer {token}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n{os.environ.get('FURTHER_HEADERS', '')}\r\n"
    )
    return head.encode() + body


class Client(asyncio.Protocol):
    def __init__(self, asked: bytes, until_s: float, took_s: list[float]) -> None:
        self._asked = asked
        self._until_s = until_s
        self._took_s = took_s
        self._read = bytearray()
        self.over = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._read += data
        if not self._is_whole():
            return
        if not self._read.startswith(b"HTTP/1.1 200"):
            self.over.set_exception(RuntimeError(bytes(self._read[:300])))
            return
        now_s = time.perf_counter()
        self._took_s.append(now_s - self._began_s)
        self._read.clear()
        if now_s < self._until_s:
            self._ask()
        elif not self.over.done():
            self._transport.close()
            self.over.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.over.done():
            self.over.set_exception(exc or RuntimeError("the gateway closed the connection"))

    def _ask(self) -> None:
        self._began_s = time.perf_counter()
        self._transport.write(self._asked)

    def _is_whole(self) -> bool:
        end = self._read.find(b"\r\n\r\n")
        if end < 0:
            return False
        found = _LENGTH.search(self._read, 0, end)
        if found is None:
            return self._read.endswith(b"\r\n0\r\n\r\n")
        return len(self._read) >= end + 4 + int(found[1])


async def main(port: int, token: str, in_flight: int, seconds: float, *, stream: bool) -> None:
    loop = asyncio.get_running_loop()
    took_s: list[float] = []
    began_s = time.perf_counter()
    asked = request(port, token, stream=stream)
    clients: list[Client] = []
    for _ in range(in_flight):
        _, client = await loop.create_connection(
            lambda: Client(asked, began_s + seconds, took_s), "127.0.0.1", port
        )
        clients.append(client)
    await asyncio.gather(*(client.over for client in clients))
    whole_s = time.perf_counter() - began_s
    ranked = sorted(took_s)
    print(
        json.dumps(
            {
                "requests": len(took_s),
                "a_second": len(took_s) / whole_s,
                "p50_ms": ranked[len(ranked) // 2] * 1000,
                "p99_ms": ranked[int(len(ranked) * 0.99)] * 1000,
            }
        )
    )


if __name__ == "__main__":
    _, port, token, in_flight, seconds, *rest = sys.argv
    uvloop.run(main(int(port), token, int(in_flight), float(seconds), stream="stream" in rest))
