"""A transport for httpx over aiohttp, through which a gateway asks many requests at once.

httpx's own pool looks at all of its connections for each request. Everything else is as there:
errors, headers, bytes as they come; nothing is sent a second time, no redirect is followed, no
cookie kept. Meant for what `Upstream` sends: bodies of bytes, without a proxy.
"""

from __future__ import annotations

import io
import re
import ssl
from collections.abc import AsyncGenerator, Iterable
from functools import lru_cache
from typing import Final

import aiohttp
import httpx
from yarl import URL

from vibe.transport.aio_connection import Connector, Response
from vibe.transport.aio_errors import RAISED, as_httpx, cause_of

_MAX_LINE_BYTES: Final = 100 * 1024  # of a head, of all of which h11 takes as much
_MAX_HEADERS: Final = 1_000
_WHOLE_BYTES: Final = 1024 * 1024  # of what is longer aiohttp wants a file
_NAME: Final = re.compile(rb"[-!#$%&'*+.^_`|~0-9a-zA-Z]+")
_VALUE: Final = re.compile(rb"(?:[!-~]+(?:[ \t]+[!-~]+)*)?")


class AioTransport(httpx.AsyncBaseTransport):
    """Belongs to the event loop of its first request."""

    _session: aiohttp.ClientSession | None

    def __init__(self, *, trusted: ssl.SSLContext | None, kept_s: float) -> None:
        self._trusted = trusted
        self._kept_s = kept_s
        self._session = None
        if trusted:
            trusted.set_alpn_protocols(["http/1.1"])

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        bounds: dict[str, float | None] = request.extensions.get("timeout", {})
        return await self.fetch(
            request.method,
            _address(request.url),
            headers=_headers(request.headers.raw),
            content=await request.aread(),
            patience=aiohttp.ClientTimeout(
                connect=bounds.get("connect"), sock_read=bounds.get("read")
            ),
        )

    async def fetch(
        self,
        method: str,
        address: URL,
        *,
        headers: list[tuple[str, str]],
        content: bytes,
        patience: aiohttp.ClientTimeout,
    ) -> httpx.Response:
        """The answer with its body unread. aiohttp adds the headers `Host` and `Content-Length`."""
        session = self._session = self._session or self._opened()
        response = await session.request(
            method,
            address,
            headers=headers,
            data=io.BytesIO(content) if len(content) > _WHOLE_BYTES else content or None,
            allow_redirects=False,
            timeout=patience,
        )
        assert isinstance(response, Response)  # noqa: S101 - the session makes no other
        return httpx.Response(
            response.status,
            headers=response.raw_headers,
            stream=_Body(response),
            extensions={"network_stream": _Network(response)},
        )

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()

    def _opened(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=Connector(trusted=self._trusted, kept_s=self._kept_s),
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            max_field_size=_MAX_LINE_BYTES,
            max_headers=_MAX_HEADERS,
            max_line_size=_MAX_LINE_BYTES,
            middlewares=(_once,),
            response_class=Response,
            skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
        )


async def _once(
    request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Inside the session, which after some of aiohttp's errors would send a GET again."""
    try:
        return await send(request)
    except RAISED as error:
        raise as_httpx(error) from cause_of(error)


class LoadClient:
    """For the same request again and again: its address is read once, and nothing of httpx is made
    but the answer."""

    def __init__(
        self, transport: AioTransport, *, headers: dict[str, str], connect_s: float
    ) -> None:
        self._transport = transport
        self._own = headers
        self._patience = aiohttp.ClientTimeout(connect=connect_s)
        self._addresses: dict[tuple[str, tuple[tuple[str, str], ...]], URL] = {}

    async def ask(
        self,
        method: str,
        url: str,
        *,
        params: dict[str, str] | None,
        headers: dict[str, str],
        content: bytes | None,
    ) -> httpx.Response:
        key = url, tuple((params or {}).items())
        address = self._addresses.get(key)
        if address is None:
            address = self._addresses[key] = _address(httpx.URL(url, params=params))
        sent = ((name.encode(), value.encode()) for name, value in (self._own | headers).items())
        return await self._transport.fetch(
            method,
            address,
            headers=_headers(sent),
            content=content or b"",
            patience=self._patience,
        )

    async def aclose(self) -> None:
        await self._transport.aclose()


class _Body(httpx.AsyncByteStream):
    """As it came, packed or not."""

    def __init__(self, response: Response) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncGenerator[bytes, None]:
        content = self._response.content
        try:
            while data := await content.readany():
                yield data
        except RAISED as error:
            raise as_httpx(error) from error
        if error := self._response.cut:
            raise as_httpx(error) from error

    async def aclose(self) -> None:
        self._response.close()


class _Network:
    """What httpx's own transport gives by this name, as far as it is used."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    def get_extra_info(self, info: str) -> object:
        """None once the answer is whole: its connection may be another's then."""
        connection = self._response.connection
        if connection is None or connection.transport is None:
            return None
        return connection.transport.get_extra_info(info)


@lru_cache(maxsize=256)
def _address(url: httpx.URL) -> URL:
    """The very target that httpx has made; a name or password is a header by now."""
    host, target = url.netloc.decode("ascii"), url.raw_path.decode("ascii")
    return URL(f"{url.scheme}://{host}{target}", encoded=True)


def _headers(sent: Iterable[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    headers: list[tuple[str, str]] = []
    for name, value in sent:
        if not (_NAME.fullmatch(name) and _VALUE.fullmatch(value)):
            raise httpx.LocalProtocolError("a header is not a valid one")
        headers.append((name.decode("ascii"), value.decode("ascii")))
    return headers
