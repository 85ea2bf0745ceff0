"""The provider behind the gateways that are measured: canned answers, as quickly as can be.

    python benchmarks/gateway_upstream.py PORT

Asks nothing of a request but whether it wants a stream: a whole answer, or one of 100 chunks that
come in one go. A raw protocol, so that little of the machine is spent here.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from typing import cast

import uvloop

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
CHUNKS = 100
TEXT = "One of a hundred words. "


def _chunk(delta: dict[str, str], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    head = {"id": "c-1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return f"data: {json.dumps({**head, 'choices': [choice]})}\n\n".encode()


def _whole() -> bytes:
    message = {"role": "assistant", "content": TEXT * 10}
    usage = {"prompt_tokens": 10, "completion_tokens": 50, "total_tokens": 60}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    head = {"id": "c-1", "object": "chat.completion", "created": 1, "model": "m"}
    body = json.dumps({**head, "choices": [choice], "usage": usage}).encode()
    kind = b"content-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body)
    return b"HTTP/1.1 200 OK\r\n" + kind + body


def _stream() -> bytes:
    parts = [_chunk({"role": "assistant", "content": ""})]
    parts += [_chunk({"content": TEXT}) for _ in range(CHUNKS)]
    parts += [_chunk({}, "stop"), b"data: [DONE]\n\n"]
    framed = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts)
    kind = b"content-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    return b"HTTP/1.1 200 OK\r\n" + kind + framed + b"0\r\n\r\n"


WHOLE, STREAM = _whole(), _stream()


class Provider(asyncio.Protocol):
    def __init__(self) -> None:
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._read += data
        while b"\r\n\r\n" in self._read:
            head, _, rest = self._read.partition(b"\r\n\r\n")
            found = _LENGTH.search(head)
            length = int(found[1]) if found else 0
            if len(rest) < length:
                return
            body, self._read = rest[:length], rest[length:]
            is_stream = re.search(rb'"stream": *true', body) is not None
            self._transport.write(STREAM if is_stream else WHOLE)


async def main(port: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Provider, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
