"""What stands before the application: a name for each request, the guard, the token, a place.

Here is the one edge at which an error of a request ends. What the application answers passes
through untouched but for the headers that every answer has.
"""

from __future__ import annotations

import asyncio
import logging
import re
from ipaddress import ip_address
from typing import Final

from vibe.gateway.asgi import (
    ANSWERED,
    REQUEST_ID,
    App,
    Header,
    Message,
    Receive,
    Scope,
    Send,
    answer,
)
from vibe.gateway.auth import unauthorized
from vibe.gateway.cors import is_preflight, permission, welcome
from vibe.gateway.guard import Head, Rules, allowed_origin, refused
from vibe.gateway.refusal import Refusal, Told, new_request_id, plain
from vibe.secret import Secret

_CLIENTS_ID: Final = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_ID: Final = b"x-request-id"
_OPEN: Final = frozenset({("GET", "/health"), ("HEAD", "/")})
_FORWARDED: Final = frozenset({b"forwarded", b"via", b"x-forwarded-for", b"x-real-ip"})

_BUSY: Final = Refusal(
    status=503,
    code="busy",
    sentence="as many requests are under way as [gateway] max_requests allows; try again",
    headers=((b"retry-after", b"1"),),
)
_STOPPING: Final = Refusal(
    status=503,
    code="stopping",
    sentence="the gateway stops, and could not finish this request",
    headers=((b"retry-after", b"5"),),
)
_BROKEN: Final = Refusal(
    status=500, code="internal", sentence="the gateway has failed; its log tells why"
)
BROKEN_OFF: Final = frozenset({_STOPPING.code, _BROKEN.code})  # of what the application began

_logger = logging.getLogger("vibe.gateway")


class Protected:
    """An ASGI application around another. `told` writes a refusal as the client's protocol does,
    from the path, the refusal and the id.

    `rules` and `max_requests` may be replaced at any moment, and count from the next request on.
    """

    under_way: int  # requests that have a place: each gives it back when its answer has ended

    def __init__(
        self, app: App, *, rules: Rules, token: Secret, max_requests: int, told: Told = plain
    ) -> None:
        self.rules = rules
        self.max_requests = max_requests
        self.under_way = 0
        self._app = app
        self._token = token
        self.told = told

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        match scope["type"]:
            case "http":
                await self._request(scope, receive, send)
            case "lifespan":
                await _live(receive, send)
            case _:
                await send({"type": "websocket.close", "code": 1008})

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers: list[Header] = scope["headers"]
        name = scope[REQUEST_ID] = _id_of(headers)
        origin = allowed_origin(headers, self.rules)
        reply = _Reply(send, ((_ID, name.encode()), *(welcome(origin) if origin else ())))
        refusal = refused(_head_of(scope), self.rules)
        if refusal is None and origin and is_preflight(scope["method"], headers):
            await answer(reply, status=200, headers=permission(headers))
            return
        refusal = refusal or self._key(scope) or self._place(scope)
        if refusal is None:
            await self._let_in(scope, receive, reply)
        else:
            _logger.info("%s: refused with %d %s", name, refusal.status, refusal.code)
            await self._refuse(scope, reply, refusal)

    def _key(self, scope: Scope) -> Refusal | None:
        if (scope["method"], scope["path"]) in _OPEN and _is_from_here(scope):
            return None
        return unauthorized(scope["headers"], self._token)

    def _place(self, scope: Scope) -> Refusal | None:
        """What only looks needs none: whoever watches over the gateway does so when it is full."""
        return _BUSY if _takes_place(scope) and self.under_way >= self.max_requests else None

    async def _let_in(self, scope: Scope, receive: Receive, reply: _Reply) -> None:
        places = int(_takes_place(scope))
        self.under_way += places
        try:
            await self._app(scope, receive, reply)
        except asyncio.CancelledError:
            await self._refuse(scope, reply, _STOPPING)
            raise
        except Exception:
            _logger.exception("%s: failed", scope[REQUEST_ID])
            await self._refuse(scope, reply, _BROKEN)
        finally:
            self.under_way -= places

    async def _refuse(self, scope: Scope, reply: _Reply, refusal: Refusal) -> None:
        """An answer that has begun is left unfinished instead, which the server ends by a cut."""
        if not reply.has_begun and ANSWERED not in scope:
            body = self.told(scope["path"], refusal, scope[REQUEST_ID])
            await answer(reply, status=refusal.status, body=body, headers=refusal.headers)


class _Reply:
    """`send`, with further headers on the response."""

    def __init__(self, send: Send, headers: tuple[Header, ...]) -> None:
        self.has_begun = False
        self._send = send
        self._headers = headers

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.has_begun = True
            message = {**message, "headers": [*message.get("headers", ()), *self._headers]}
        await self._send(message)


async def _live(receive: Receive, send: Send) -> None:
    """For servers that insist; what the application needs is opened around it."""
    while (await receive())["type"] != "lifespan.shutdown":
        await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})


def _id_of(headers: list[Header]) -> str:
    """The client's own, where it is harmless in a log and on a screen."""
    sent = [value for name, value in headers if name == _ID]
    if len(sent) == 1 and _CLIENTS_ID.fullmatch(sent[0]):
        return sent[0].decode()
    return new_request_id()


def _takes_place(scope: Scope) -> bool:
    return scope["method"] not in ("GET", "HEAD")


def _head_of(scope: Scope) -> Head:
    query: bytes = scope["query_string"]
    local: tuple[str, int | None] | None = scope.get("server")
    return Head(
        method=scope["method"],
        target=scope["raw_path"] + (b"?" + query if query else b""),
        headers=scope["headers"],
        local=local[0] if local else "",
    )


def _is_from_here(scope: Scope) -> bool:
    """From a program on this machine, and not through one for somebody elsewhere."""
    client: tuple[str, int] | None = scope.get("client")
    return (
        client is not None
        and ip_address(client[0]).is_loopback
        and not any(name in _FORWARDED for name, _ in scope["headers"])
    )
