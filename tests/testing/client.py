"""A client of a few lines over plain sockets, so that nothing of what it finds is smoothed over."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import takewhile
from typing import Any, Literal, TypeAlias

import msgspec
from msgspec import Struct

from vibe.domain.model import Backend
from vibe.testing.dialects import api_base

End: TypeAlias = Literal["whole", "closed", "reset"]
Pipe: TypeAlias = tuple[asyncio.StreamReader, asyncio.StreamWriter]

PATHS: dict[Backend, str] = {
    "generic": "/v1/chat/completions",
    "mistral": "/v1/chat/completions",
    "anthropic": "/v1/messages",
    "responses": "/v1/responses",
    "azure": "/openai/deployments/m/chat/completions?api-version=2024-10-21",
}


class Got(Struct, frozen=True, kw_only=True):
    """What came of one request: `chunks` as they were framed, and how it ended."""

    status: int = 0
    headers: dict[str, str] = {}
    chunks: tuple[bytes, ...] = ()
    end: End = "whole"
    interim: tuple[int, ...] = ()

    @property
    def body(self) -> bytes:
        return b"".join(self.chunks)


@asynccontextmanager
async def connected(port: int) -> AsyncGenerator[Pipe]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=32 * 1024 * 1024)
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def ask(
    origin: str, path: str, body: object = None, *, method: str = "POST", **headers: str
) -> Got:
    """One request on a connection of its own."""
    async with connected(port_of(origin)) as pipe:
        return await say(pipe, path, body, method=method, **headers)


async def say(
    pipe: Pipe, path: str, body: object = None, *, method: str = "POST", **headers: str
) -> Got:
    """One request on a connection that others may have been sent on."""
    data = b"" if body is None else body if isinstance(body, bytes) else msgspec.json.encode(body)
    lines = [f"{method} {path} HTTP/1.1", "host: localhost", f"content-length: {len(data)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    pipe[1].write("\r\n".join((*lines, "", "")).encode() + data)
    return await received(pipe[0])


async def received(reader: asyncio.StreamReader) -> Got:
    """The next reply on a connection."""
    interim: list[int] = []
    chunks: list[bytes] = []
    status, headers = 0, dict[str, str]()
    end: End = "whole"
    try:
        while status < 200:
            status, headers = _head(await reader.readuntil(b"\r\n\r\n"))
            interim.append(status)
        async for chunk in _chunks(reader, headers):
            chunks.append(chunk)
    except asyncio.IncompleteReadError as cut:
        chunks += [cut.partial] if cut.partial else []
        end = "closed"
    except ConnectionResetError:
        end = "reset"
    return Got(
        status=status,
        headers=headers,
        chunks=tuple(chunks),
        end=end,
        interim=tuple(interim[:-1]),
    )


def _head(head: bytes) -> tuple[int, dict[str, str]]:
    first, *lines = head.decode("latin-1").strip().split("\r\n")
    version, status, _ = first.split(" ", 2)
    assert version == "HTTP/1.1"
    pairs = (line.split(": ", 1) for line in lines)
    return int(status), {name.lower(): value for name, value in pairs}


async def _chunks(reader: asyncio.StreamReader, headers: dict[str, str]) -> AsyncIterator[bytes]:
    if "content-length" in headers:
        data = bytearray()
        try:
            while len(data) < int(headers["content-length"]):
                data += await reader.readexactly(1)
        except (asyncio.IncompleteReadError, ConnectionResetError):
            if data:
                yield bytes(data)
            raise
        if data:
            yield bytes(data)
    elif headers.get("transfer-encoding") == "chunked":
        while size := int(await reader.readuntil(b"\r\n"), 16):
            yield (await reader.readexactly(size + 2))[:-2]
        assert await reader.readexactly(2) == b"\r\n"
    else:
        assert headers["connection"] == "close"
        yield await reader.read()


def port_of(origin: str) -> int:
    found = re.search(r":(\d+)", origin.removeprefix("http:"))
    assert found
    return int(found[1])


def prompt(dialect: Backend, text: str = "Hello", *, stream: bool = True) -> dict[str, object]:
    """The smallest request of a dialect."""
    said = {"role": "user", "content": text}
    match dialect:
        case "anthropic":
            return {"model": "m", "max_tokens": 100, "messages": [said], "stream": stream}
        case "responses":
            return {"model": "m", "input": text, "stream": stream}
        case "mistral":
            return {"model": "m", "messages": [said], "stream": stream}
        case "generic" | "azure":
            options = {"stream_options": {"include_usage": True}} if stream else {}
            return {"model": "m", "messages": [said], "stream": stream, **options}


async def ask_model(
    base: str, dialect: Backend, text: str = "Hello", *, stream: bool = True
) -> Got:
    origin = base.removesuffix(api_base(dialect, ""))
    body = prompt(dialect, text, stream=stream)
    return await ask(origin, PATHS[dialect], body, anthropic_version="2023-06-01")


class Event(Struct, frozen=True):
    name: str
    data: str


def events(body: bytes) -> list[Event]:
    """Server-sent events by the letter of the standard, from bytes that are all there."""
    text = body.decode().removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    found: list[Event] = []
    for block in text.split("\n\n"):
        fields = [line.partition(":") for line in block.split("\n")]
        data = [value.removeprefix(" ") for name, _, value in fields if name == "data"]
        names = [value.removeprefix(" ") for name, _, value in fields if name == "event"]
        if data:
            found.append(Event("".join(names), "\n".join(data)))
    return found


def chunks_of(body: bytes) -> list[dict[str, Any]]:
    """The data of the events, which are JSON up to [DONE]."""
    before_done = takewhile(lambda event: event.data != "[DONE]", events(body))
    return [json.loads(event.data) for event in before_done]
