"""The few words of ASGI that the gateway speaks: its types, a whole response, what a scope tells.

Nothing here decides whether a request is answered.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, Final, TypeAlias

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]
Header: TypeAlias = tuple[bytes, bytes]
Headers: TypeAlias = Iterable[Header]

REQUEST_ID: Final = "vibe.request_id"
ANSWERED: Final = "vibe.answered"  # there once the connection itself has refused, and told of it


def request_id(scope: Scope) -> str:
    """What this request is called in the log and in `x-request-id`."""
    return scope[REQUEST_ID]


def header(scope: Scope, name: bytes) -> bytes | None:
    """The first of that name, which is in lower case."""
    return next((value for known, value in scope["headers"] if known == name), None)


async def answer(
    send: Send,
    *,
    status: int,
    body: bytes = b"",
    content_type: bytes = b"application/json",
    headers: Headers = (),
) -> None:
    """A whole response. The answer to HEAD may be given its body, which stays behind."""
    told = [(b"content-type", content_type), (b"content-length", b"%d" % len(body)), *headers]
    await send({"type": "http.response.start", "status": status, "headers": told})
    await send({"type": "http.response.body", "body": body})
