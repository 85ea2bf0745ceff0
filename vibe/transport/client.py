"""The httpx client of one provider: how it connects, by which proxy, and whom it trusts.

Proxies and certificates are those of the environment, as everywhere: HTTPS_PROXY, NO_PROXY,
SSL_CERT_FILE. No redirect is followed and nothing is sent a second time. How long an answer may
take is the matter of watch.py.
"""

from __future__ import annotations

import ssl
from typing import Final, Protocol
from urllib.request import getproxies

import httpx

from vibe import __version__
from vibe.clean import quote
from vibe.domain.provider import Provider
from vibe.errors import UsageError
from vibe.transport.connection import closing_what_opens

_MAX_KEPT_CONNECTIONS: Final = 20
_KEPT_S: Final = 30.0
_HEADERS: Final = {"user-agent": f"vibe/{__version__}"}
_THIS_MACHINE: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class Client(Protocol):
    async def ask(
        self,
        method: str,
        url: str,
        *,
        params: dict[str, str] | None,
        headers: dict[str, str],
        content: bytes | None,
    ) -> httpx.Response:
        """The answer with its body unread; raises what httpx raises."""
        ...

    async def aclose(self) -> None: ...


def client_of(provider: Provider, *, for_load: bool = False) -> Client:
    """A client without a connection yet; `UsageError` where there can be none.

    `for_load` makes many requests at once cost less, where aiohttp is installed.
    """
    url = _address(provider)
    is_near = url.host in _THIS_MACHINE  # no proxy has a way to a server on this machine
    try:
        # To load the certificates takes longer than all else; without TLS none is looked at.
        trusted = httpx.create_ssl_context() if url.scheme == "https" else False
    except OSError as error:
        raise UsageError(
            "the certificates that SSL_CERT_FILE or SSL_CERT_DIR names cannot be loaded",
            hint="correct the path, or unset the variable",
        ) from error
    try:
        if for_load and (is_near or not _has_proxy(url)):
            client = _for_load(trusted or None, connect_s=provider.patience.connect_s)
            if client is not None:
                return client
        return _Client(
            httpx.AsyncClient(
                http2=False,
                follow_redirects=False,
                verify=trusted,
                trust_env=not is_near,
                timeout=httpx.Timeout(None, connect=provider.patience.connect_s),
                limits=httpx.Limits(
                    max_connections=None,
                    max_keepalive_connections=_MAX_KEPT_CONNECTIONS,
                    keepalive_expiry=_KEPT_S,
                ),
                headers=_HEADERS,
            )
        )
    except (ImportError, ValueError, httpx.InvalidURL):
        raise UsageError(
            "the proxy that the environment names cannot be used",
            hint="HTTP_PROXY, HTTPS_PROXY and ALL_PROXY take http:// and https://, not socks5://",
        ) from None  # what it is from may hold the proxy's password


class _Client:
    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def ask(
        self,
        method: str,
        url: str,
        *,
        params: dict[str, str] | None,
        headers: dict[str, str],
        content: bytes | None,
    ) -> httpx.Response:
        request = self._client.build_request(
            method, url, params=params, headers=headers, content=content
        )
        async with closing_what_opens(request):
            return await self._client.send(request, stream=True)

    async def aclose(self) -> None:
        await self._client.aclose()


def _for_load(trusted: ssl.SSLContext | None, *, connect_s: float) -> Client | None:
    try:
        from vibe.transport.aio import AioTransport, LoadClient
    except ImportError:
        return None
    transport = AioTransport(trusted=trusted, kept_s=_KEPT_S)
    return LoadClient(transport, headers=_HEADERS, connect_s=connect_s)


def _has_proxy(url: httpx.URL) -> bool:
    """Whether the environment names one that may have to be asked; httpx knows if it has to be."""
    proxies = getproxies()
    return bool(proxies.get(url.scheme) or proxies.get("all"))


def _address(provider: Provider) -> httpx.URL:
    try:
        url = httpx.URL(provider.api_base)
    except (httpx.InvalidURL, UnicodeError):
        url = httpx.URL()
    if url.scheme not in {"http", "https"} or not url.host:
        raise UsageError(
            f"the api_base of provider {quote(provider.name)} is not a valid address",
            hint="vibe config validate",
        )
    return url
