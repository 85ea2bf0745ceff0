"""What aiohttp raises, as what httpx raises by itself where the same has happened.

So errors.py need not know of aiohttp. It looks for the cause in what an error was raised from; no
text is passed on.
"""

from __future__ import annotations

import ssl
from typing import Final

import aiohttp
import httpx

RAISED: Final = (aiohttp.ClientError, OSError)  # all that may come of a connection


def as_httpx(error: Exception) -> httpx.TransportError:
    name = type(error).__name__
    match error:
        case aiohttp.ConnectionTimeoutError():
            return httpx.ConnectTimeout(name)
        case aiohttp.ServerTimeoutError():
            return httpx.ReadTimeout(name)
        case aiohttp.ClientConnectorError() | aiohttp.InvalidURL():
            return httpx.ConnectError(name)
        case (
            aiohttp.ServerDisconnectedError()
            | aiohttp.ClientPayloadError()
            | aiohttp.ClientResponseError()
        ):
            return httpx.RemoteProtocolError(name)
        case _:
            return httpx.ReadError(name)


def cause_of(error: Exception) -> Exception:
    """What to raise it from: a connection that was made and then lost was lost over TLS."""
    lost = (ConnectionResetError, ConnectionAbortedError)
    if isinstance(error, aiohttp.ClientConnectorError) and isinstance(error.os_error, lost):
        return ssl.SSLError(type(error).__name__)
    return error
