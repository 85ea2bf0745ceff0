"""The gateway as an ASGI application: which path is answered by what.

Protection stands before it (protected.py); what a path means in full stands in files of its own.
"""

from __future__ import annotations

import asyncio
from typing import Final

from vibe.clean import clean_line
from vibe.errors import UsageError
from vibe.gateway.asgi import ANSWERED, Receive, Scope, Send, answer, header, request_id
from vibe.gateway.body import read_body
from vibe.gateway.embedding import EMBEDDINGS, Embedding
from vibe.gateway.exchange import Exchange, Tell
from vibe.gateway.offer import Offer
from vibe.gateway.pages import Pages
from vibe.gateway.protected import BROKEN_OFF
from vibe.gateway.record import Record
from vibe.gateway.refusal import Refusal, plain
from vibe.wire.serve_chat_answer import ServedChat
from vibe.wire.serve_messages_answer import ServedMessages
from vibe.wire.serve_mistral import USER_AGENT, ServedMistral
from vibe.wire.serve_responses_answer import ServedResponses
from vibe.wire.serving import Fault, Served, Trouble
from vibe.wire.surrogates import replaced

_MESSAGES: Final = ServedMessages()
_MISTRAL: Final = ServedMistral()
_CHAT: Final = "/v1/chat/completions"
_COUNT: Final = "/v1/messages/count_tokens"
SERVED: Final[dict[str, Served]] = {
    _CHAT: ServedChat(),
    "/v1/messages": _MESSAGES,
    "/v1/responses": ServedResponses(),
}
POSTS: Final = (*SERVED, EMBEDDINGS, _COUNT)
_TROUBLES: Final[dict[int, Trouble]] = {
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    408: "timeout",
    413: "too_large",
    429: "rate_limited",
    500: "failed",
    503: "overloaded",
}
_NOTHING: Final = Refusal(
    status=404,
    code="path",
    sentence="there is nothing at this path: docs/gateway.md lists those that there are",
)


class Application:
    """`offer` may be replaced at any moment: requests under way keep the one they began with."""

    def __init__(self, offer: Offer, pages: Pages, tell: Tell) -> None:
        self.offer = offer
        self._pages = pages
        self._tell = tell

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        offer = self.offer
        refusal = await self._answer(offer, scope, receive, send)
        if refusal is not None and ANSWERED not in scope:
            body = self.refuse(scope["path"], refusal, request_id(scope))
            await answer(send, status=refusal.status, body=body, headers=refusal.headers)

    def refuse(self, path: str, refusal: Refusal, request_id: str) -> bytes:
        """What is said of it, which is written down as well; of what broke off, that was done."""
        if refusal.code not in BROKEN_OFF:
            note = refusal.sentence
            record = Record(
                id=request_id, path=path, status=refusal.status, end="refused", note=note
            )
            self._tell(record)
        return refused(path, refusal, request_id)

    async def _answer(
        self, offer: Offer, scope: Scope, receive: Receive, send: Send
    ) -> Refusal | None:
        path, method = scope["path"], scope["method"]
        if path in POSTS:
            if method != "POST":
                return _wrong_method("POST")
            body = await read_body(scope, receive, max_bytes=offer.max_body_bytes)
            if isinstance(body, Refusal):
                return body
            body = replaced(body)
            if path == _COUNT:
                return await _count(body, send)
            if path == EMBEDDINGS:
                exchange = Embedding(offer, scope, send, self._tell)
            else:
                exchange = Exchange(_served(scope), offer, scope, send, self._tell)
            await _while_wanted(exchange, body, receive)
            return None
        if not self._pages.has(path):
            return _NOTHING
        if method not in ("GET", "HEAD"):
            return _wrong_method("GET")
        return await self._pages.show(offer, scope, send)


def _served(scope: Scope) -> Served:
    """Mistral's clients ask at the place of OpenAI's, and say who they are."""
    agent = header(scope, b"user-agent") or b""
    if scope["path"] == _CHAT and agent.startswith(USER_AGENT):
        return _MISTRAL
    return SERVED[scope["path"]]


async def _count(body: bytes, send: Send) -> Refusal | None:
    try:
        wanted = _MESSAGES.read_count(body)
    except UsageError as error:
        return Refusal(status=400, code="invalid", sentence=clean_line(error.message))
    await answer(send, status=200, body=_MESSAGES.count(wanted))
    return None


def _wrong_method(right: str) -> Refusal:
    allow = ((b"allow", right.encode()),)
    return Refusal(status=405, code="method", sentence=f"use {right} here", headers=allow)


def refused(path: str, refusal: Refusal, request_id: str) -> bytes:
    """A refusal in the protocol that the path speaks, where one has come."""
    if not path:
        return plain(path, refusal, request_id)
    served = _MESSAGES if path == _COUNT else SERVED.get(path, SERVED[_CHAT])
    trouble = _TROUBLES.get(refusal.status, "invalid")
    fault = Fault(status=refusal.status, trouble=trouble, message=refusal.sentence)
    return served.error(fault, request_id=request_id)


async def _while_wanted(exchange: Exchange | Embedding, body: bytes, receive: Receive) -> None:
    """Until it is answered, or until its client has gone away."""
    task = asyncio.current_task()

    async def watch() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        # The end of an answer ends the connection's messages just so, and so does a cut.
        if task and not exchange.is_over and not task.cancelling():
            exchange.is_left = True
            task.cancel()

    watching = asyncio.create_task(watch())
    try:
        await exchange.run(body)
    except asyncio.CancelledError:
        if not exchange.is_left or (task and task.uncancel() > 0):
            raise
    finally:
        watching.cancel()
