"""HTTP/1.1 as far as a server of tests needs it: one request in, the bytes of one reply out.

Bodies come by content-length or chunked, within bounds. Nothing here keeps a connection or knows
what a request asks for.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl, unquote

from msgspec import Struct
from msgspec.structs import replace

from vibe.testing.reply import Headers, Reply, Step, body_of

MAX_HEAD_BYTES: Final = 64 * 1024
MAX_BODY_BYTES: Final = 64 * 1024 * 1024
CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"

_REQUEST_LINE = re.compile(r"([A-Z]+) (\S+) HTTP/1\.([01])")
_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;.*)?\r\n")
_DIGITS = re.compile(r"[0-9]{1,15}")


class HttpError(Exception):
    """What arrived is no request that this server takes; the connection is over."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class HttpRequest(Struct, frozen=True, kw_only=True):
    """The names of `headers` are in lower case, `path` is decoded and without its query."""

    method: str
    path: str
    query: Headers = ()
    headers: Headers = ()
    body: bytes = b""
    keep_alive: bool = True

    def header(self, name: str) -> str:
        """The first header of that name; "" if there is none."""
        return next((value for key, value in self.headers if key == name), "")


async def read_request(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> HttpRequest | None:
    """The next request of a connection, None at its end. Only 100 Continue is ever written."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as end:
        if end.partial.strip():
            raise HttpError(400, "the connection ended inside a head") from end
        return None
    except asyncio.LimitOverrunError as overrun:
        raise HttpError(431, f"a head of more than {MAX_HEAD_BYTES} bytes") from overrun
    request = _parsed(head)
    if request.header("expect").lower() == "100-continue":
        writer.write(CONTINUE)
    try:
        body = await _read_body(reader, request)
    except asyncio.IncompleteReadError as end:
        raise HttpError(400, "the connection ended inside a body") from end
    return replace(request, body=body)


def on_the_wire(reply: Reply) -> Iterator[Step]:
    """All that is to be sent, in its order, with head and framing."""
    yield from reply.before
    yield _head(reply)
    for step in reply.steps:
        if isinstance(step, bytes) and reply.framing == "chunked":
            yield b"%x\r\n%b\r\n" % (len(step), step)
        else:
            yield step
    if reply.framing == "chunked":
        yield b"0\r\n\r\n"


def _head(reply: Reply) -> bytes:
    lines = [f"HTTP/1.1 {reply.status} {_phrase(reply.status)}"]
    lines += [f"{name}: {value}" for name, value in reply.headers]
    match reply.framing:
        case "length":
            length = len(body_of(reply)) if reply.length is None else reply.length
            lines.append(f"content-length: {length}")
        case "chunked":
            lines.append("transfer-encoding: chunked")
        case "close":
            lines.append("connection: close")
    return "\r\n".join((*lines, "", "")).encode("latin-1")


def _parsed(head: bytes) -> HttpRequest:
    first, *rest = head.decode("latin-1").removesuffix("\r\n\r\n").lstrip("\r\n").split("\r\n")
    line = _REQUEST_LINE.fullmatch(first)
    if line is None:
        raise HttpError(400, "no request line")
    headers: list[tuple[str, str]] = []
    for text in rest:
        header = _HEADER.fullmatch(text)
        if header is None:
            raise HttpError(400, "no header")
        headers.append((header[1].lower(), header[2]))
    path, _, query = line[2].partition("?")
    connection = next((value for name, value in headers if name == "connection"), "").lower()
    return HttpRequest(
        method=line[1],
        path=unquote(path),
        query=tuple(parse_qsl(query, keep_blank_values=True)),
        headers=tuple(headers),
        keep_alive=connection == "keep-alive" if line[3] == "0" else connection != "close",
    )


async def _read_body(reader: asyncio.StreamReader, request: HttpRequest) -> bytes:
    coding = request.header("transfer-encoding").lower()
    if coding == "chunked":
        return await _read_chunks(reader)
    if coding:
        raise HttpError(501, f"transfer-encoding {coding}")
    length = request.header("content-length") or "0"
    if not _DIGITS.fullmatch(length):
        raise HttpError(400, "content-length is no number")
    if int(length) > MAX_BODY_BYTES:
        raise HttpError(413, f"a body of more than {MAX_BODY_BYTES} bytes")
    return await reader.readexactly(int(length))


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    body = bytearray()
    while True:
        size = _CHUNK_SIZE.fullmatch(await _read_line(reader))
        if size is None:
            raise HttpError(400, "no size of a chunk")
        length = int(size[1], 16)
        if not length:
            break
        if len(body) + length > MAX_BODY_BYTES:
            raise HttpError(413, f"a body of more than {MAX_BODY_BYTES} bytes")
        body += await reader.readexactly(length)
        if await reader.readexactly(2) != b"\r\n":
            raise HttpError(400, "a chunk that is longer than it says")
    while await _read_line(reader) != b"\r\n":  # trailers, which mean nothing here
        pass
    return bytes(body)


async def _read_line(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n")
    except asyncio.LimitOverrunError as overrun:
        raise HttpError(431, f"a line of more than {MAX_HEAD_BYTES} bytes") from overrun


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:  # 498, 520, 529: in no standard
        return "Unknown"
