"""Endpoints to measure against: in one process of their own they answer, fail, or take their time.

`http://127.0.0.1:PORT/KIND/WORD/v1` is an endpoint of that kind; "slow-50" takes 50 ms, "flaky-20"
fails 20 times in a hundred, "cut-5" ends after five events. An answer is WORD, which tells who gave
it, and more words where it is streamed: how many chunks and how fast, the name of the model says as
in stream.py, and then "#" and anything. Nothing here judges what it is asked.
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from random import Random
from typing import Final

import stream
from msgspec import Struct

BOUND: Final = re.compile(rb"(?i)content-length: *(\d+)")
REFUSALS: Final = {"limited": (429, "rate_limit_exceeded"), "failing": (500, "server_error")}


class Served(Struct, frozen=True):
    """Where the endpoints are. Nothing listens at `closed`."""

    root: str
    closed: str

    def at(self, kind: str, word: str = "-") -> str:
        return f"{self.closed if kind == 'refused' else self.root}/{kind}/{word}/v1"


@contextmanager
def serving() -> Generator[Served]:
    with socket.create_server(("127.0.0.1", 0)) as listening, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        number = listening.fileno()
        command = [sys.executable, __file__, str(number)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=(number,)):
            yield Served(*(f"http://127.0.0.1:{s.getsockname()[1]}" for s in (listening, closed)))


async def serve(listening: int) -> None:
    """Until stdin is closed, on the socket of that number."""
    endpoints = Endpoints()
    server = await asyncio.start_server(endpoints.answer, sock=socket.socket(fileno=listening))
    async with server:
        await asyncio.to_thread(sys.stdin.read)


class Endpoints:
    def __init__(self) -> None:
        self._chance = Random(7).random  # noqa: S311 - the same faults in every run

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                found = BOUND.search(head)
                body = await reader.readexactly(int(found[1]) if found else 0)
                _, kind, word, *_ = head.split(b" ", 2)[1].decode().split("/")
                await self._answer(kind, word, json.loads(body), writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):  # the client has gone
            writer.close()

    async def _answer(
        self, kind: str, word: str, asked: dict[str, object], writer: asyncio.StreamWriter
    ) -> None:
        kind, _, degree = kind.partition("-")
        if kind == "slow":
            await asyncio.sleep(int(degree) / 1000)
        elif kind == "flaky" and self._chance() * 100 < int(degree):
            kind = "failing"
        if kind in REFUSALS:
            status, code = REFUSALS[kind]
            error = {"error": {"message": "This is a test.", "type": code, "code": code}}
            writer.write(whole(error, status=status))
        elif asked.get("stream"):
            pace, _, chunks = str(asked["model"]).partition("#")[0].partition("/")
            events = streamed(word, int(chunks))
            await write(events[: int(degree)] if kind == "cut" else events, pace, writer)
            if kind == "cut":
                writer.close()
        else:
            writer.write(whole(completion(word)))


async def write(events: list[bytes], pace: str, writer: asyncio.StreamWriter) -> None:
    framed = [b"%x\r\n%b\r\n" % (len(event), event) for event in events]
    writer.write(stream.HEAD)
    if stream.PACES[int(pace)] == "in one go":
        writer.write(b"".join(framed))
    else:
        for event in framed:
            writer.write(event)
            await asyncio.sleep(stream.GAP_S)
    writer.write(b"0\r\n\r\n")


def streamed(word: str, chunks: int) -> list[bytes]:
    """The events of an answer of so many chunks, of which `word` is the first."""
    first = stream.event([{"index": 0, "delta": {"content": word}, "finish_reason": None}])
    return [first, *stream.events(chunks)[1:]]


def whole(answer: Mapping[str, object], *, status: int = 200) -> bytes:
    body = json.dumps(answer).encode()
    head = f"HTTP/1.1 {status} -\r\ncontent-type: application/json\r\ncontent-length: {len(body)}"
    return head.encode() + b"\r\n\r\n" + body


def completion(text: str) -> dict[str, object]:
    message = {"role": "assistant", "content": text, "refusal": None}
    return {
        "id": "chatcmpl-BkSiEHzrmGOWUTLfjKtGuQMwbMkEr",
        "object": "chat.completion",
        "created": 1_750_000_000,
        "model": "gpt-4.1-mini-2025-04-14",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 12, "completion_tokens": 1, "total_tokens": 13},
    }


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
