"""The one place where what httpx raises becomes a `Failure`.

No text of theirs is passed on: it may hold the address, and what a person needs to know is which
of a few things happened.
"""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator
from typing import cast

import httpx

from vibe.domain.failure import Cause, Failure, FailureKind

_NO_ROUTE = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL})
_WORDS: dict[Cause, str] = {
    "dns": "the name of the host could not be looked up",
    "route": "no way leads to the host: is the network down?",
    "refused": "nothing listens at the address",
    "tls": "the encrypted connection could not be made",
    "reset": "the connection was closed before an answer came",
    "timeout": "no connection was made in time",
    "proxy": "the proxy did not let the request through",
}


def before_answer(error: Exception) -> Failure:
    """The failure of a request to which no answer had begun."""
    if isinstance(error, TimeoutError):
        return stalled("no answer began in time")
    if isinstance(error, httpx.LocalProtocolError | UnicodeError):
        return Failure(kind=FailureKind.BAD_REQUEST, detail="a header is not a valid one")
    cause = _cause(error)
    return Failure(kind=FailureKind.UNREACHABLE, detail=_WORDS[cause], cause=cause)


def within_answer(error: Exception) -> Failure:
    """The failure of an answer that had begun."""
    if isinstance(error, TimeoutError):
        return stalled("the answer stopped coming")
    detail = "the connection was closed in the middle of the answer"
    if isinstance(error, httpx.DecodingError):
        detail = "the answer's compression is damaged"
    return Failure(kind=FailureKind.BROKEN_STREAM, detail=detail)


def stalled(detail: str) -> Failure:
    return Failure(kind=FailureKind.STALLED, detail=detail)


def _cause(error: Exception) -> Cause:
    if isinstance(error, httpx.ConnectTimeout):
        return "timeout"
    if isinstance(error, httpx.ProxyError):
        return "proxy"
    for deeper in _chain(error):
        match deeper:
            case socket.gaierror():
                return "dns"
            case ssl.SSLWantReadError() if not isinstance(error, httpx.ConnectError):
                continue  # reading over TLS goes by these
            case ssl.SSLError():
                return "tls"
            case ConnectionRefusedError():
                return "refused"
            case OSError() if deeper.errno in _NO_ROUTE:
                return "route"
            case _:
                continue
    return "reset"


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error, what it was raised from, and so on; attempts at several addresses as well."""
    waiting = [error]
    seen: set[int] = set()
    while waiting:
        each = waiting.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        if isinstance(each, BaseExceptionGroup):
            waiting += cast("BaseExceptionGroup[BaseException]", each).exceptions
        waiting += [below for below in (each.__cause__, each.__context__) if below is not None]
