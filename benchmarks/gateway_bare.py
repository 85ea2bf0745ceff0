"""The least that a gateway can be: uvicorn takes a request, aiohttp sends it on, and back.

    python benchmarks/gateway_bare.py PORT UPSTREAM_PORT

No protection, no choice, nothing looked at: what the others are measured against.
"""

from __future__ import annotations

import sys
from typing import Any

import aiohttp
import uvicorn


class Bare:
    def __init__(self, upstream: str) -> None:
        self._upstream = upstream
        self._session: aiohttp.ClientSession | None = None

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        self._session = self._session or aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), auto_decompress=False
        )
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        headers = {"content-type": "application/json"}
        url = self._upstream + scope["path"]
        async with self._session.post(url, data=body, headers=headers) as response:
            kind = response.headers["content-type"].encode()
            head = [(b"content-type", kind)]
            if length := response.headers.get("content-length"):
                head.append((b"content-length", length.encode()))
            await send({"type": "http.response.start", "status": response.status, "headers": head})
            while data := await response.content.readany():
                await send({"type": "http.response.body", "body": data, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


if __name__ == "__main__":
    uvicorn.run(
        Bare(f"http://127.0.0.1:{sys.argv[2]}"),  # pyright: ignore[reportArgumentType] - an app
        port=int(sys.argv[1]),
        log_level="error",
        access_log=False,
        lifespan="off",
        loop="uvloop",
        http="httptools",
    )
