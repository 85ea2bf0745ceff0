"""One connection: uvicorn's over httptools, with bounds on what it takes and how long it waits.

A head is gathered and judged whole before the parser sees any of it. One request at a time: what
comes before the answer to the last one has ended is dropped, and the connection with it. A refusal
ends it as well, so that a connection is refused once. Who may ask, and for what, is not decided
here.
"""

from __future__ import annotations

import asyncio
import select
from http import HTTPStatus
from typing import ClassVar, Final, cast

import httptools
from msgspec import Struct
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from vibe.gateway import head
from vibe.gateway.asgi import ANSWERED, REQUEST_ID, Scope
from vibe.gateway.guard import Bounds
from vibe.gateway.lingering import Lingering
from vibe.gateway.refusal import Refusal, new_request_id, plain

_MALFORMED: Final = Refusal(
    status=400, code="malformed", sentence="the request is not sound HTTP/1.1"
)
_SLOW: Final = Refusal(
    status=408, code="too_slow", sentence="the head of the request did not come in time"
)
_FULL: Final = Refusal(
    status=503,
    code="too_many_connections",
    sentence="too many connections are open",
    headers=((b"retry-after", b"1"),),
)
_CHUNK_COST: Final = 16  # bytes of framing that each chunk may have without being asked why
_MOST_FRAMING: Final = 64 * 1024


class Timeouts(Struct, frozen=True, kw_only=True):
    """How long a connection waits: for a head, for the next request, for a client that does not
    take its answer, for one that still talks although it was refused; and for all, at the end."""

    head_s: float = 10.0
    keep_alive_s: int = 5
    write_s: float = 120.0
    linger_s: float = 2.0
    drain_s: int = 30


class TooEarly(Exception):
    """Raised through the parser, to stop it: another request, before the last was answered."""


class Connection(HttpToolsProtocol):
    """A subclass says its bounds, and who is told of refusals: uvicorn makes the instances."""

    bounds: ClassVar[Bounds] = Bounds()
    timeouts: ClassVar[Timeouts] = Timeouts()
    most: ClassVar[int] = 4096
    told: ClassVar[staticmethod[[str, Refusal, str], bytes]] = staticmethod(plain)

    # Where the peer stands: in a head, of which `_head` has come; in the body of the request that
    # `cycle` answers; else between two requests. With `_is_last` nothing more is heard.
    _head: bytearray
    _is_in_body: bool
    _is_last: bool
    _is_past_head: bool  # what the parser calls a header from there on is a trailer
    _keeps: bool  # whether the request, once it has come whole, lets the connection go on
    _framing: int  # bytes of chunks that were no data, less what is due
    _head_timer: asyncio.TimerHandle | None
    _write_timer: asyncio.TimerHandle | None

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] - as uvicorn narrows it
        self._head = bytearray()
        self._is_in_body = self._is_last = self._is_past_head = self._keeps = False
        self._framing = 0
        self._head_timer = self._write_timer = None
        self._lingering = Lingering(
            transport, linger_s=self.timeouts.linger_s, is_at_rest=self._is_at_rest
        )
        super().connection_made(self._lingering)
        if len(self.connections) > self.most:
            self._refuse(_FULL)
        else:
            self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._lingering.lost()
        self._head_came()
        self._taken()
        self._unset_keepalive_if_required()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        self._unset_keepalive_if_required()
        if self._is_in_body:
            self._feed(data)
        elif self._is_last or self._asked():
            self._let_be_last()
        else:
            self._gather(data)

    def shutdown(self) -> None:
        self._keeps = False
        super().shutdown()

    def timeout_keep_alive_handler(self) -> None:
        """Not where the next request has come while this process stood still: it would be lost."""
        unread = select.poll()
        unread.register(self.transport.get_extra_info("socket"), select.POLLIN)
        if not unread.poll(0):
            super().timeout_keep_alive_handler()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._write_timer = self.loop.call_later(self.timeouts.write_s, self.transport.abort)

    def resume_writing(self) -> None:
        self._taken()
        super().resume_writing()

    def _gather(self, data: bytes) -> None:
        since = len(self._head)
        self._head += data
        end = self._head.find(head.END, max(0, since - len(head.END)))
        if end < 0:
            if refusal := head.hopeless(self._head, self.bounds, since=since):
                self._refuse(refusal, self._head)
            else:
                self._await_head()
            return
        end += len(head.END)
        whole, rest = bytes(self._head[:end]), bytes(self._head[end:])
        self._head.clear()
        self._head_came()
        if refusal := head.unsound(whole, self.bounds):
            self._refuse(refusal, whole)
            return
        self._feed(head.without_upgrade(whole))
        if rest:
            self.data_received(rest)

    def _feed(self, data: bytes) -> None:
        part = b"" if self._is_in_body else data
        self._framing += len(data) - len(part)
        try:
            cast(httptools.HttpRequestParser, self.parser).feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            if isinstance(error.__context__, TooEarly):
                self._let_be_last()
            else:
                self._refuse(_MALFORMED, part)
            return
        self._framing = max(0, self._framing)
        if self._framing > _MOST_FRAMING:
            self._refuse(_MALFORMED)

    # What the parser calls

    def on_message_begin(self) -> None:
        if self._asked():
            raise TooEarly
        self._is_past_head = False
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._is_past_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._is_past_head = self._is_in_body = True
        super().on_headers_complete()
        # An answer that is out before its whole question has come is the last one here.
        self._keeps = self.cycle.keep_alive
        self.cycle.keep_alive = False

    def on_chunk_header(self) -> None:
        self._framing -= _CHUNK_COST

    def on_body(self, body: bytes) -> None:
        self._framing -= len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._is_in_body = False
        self._framing = 0
        self.cycle.keep_alive = self._keeps
        super().on_message_complete()

    # Ends

    def _asked(self) -> RequestResponseCycle | None:
        """The request whose answer has not ended."""
        cycle = cast(RequestResponseCycle | None, self.cycle)
        return None if cycle is None or cycle.response_complete else cycle

    def _is_at_rest(self) -> bool:
        return not (self._head or self._is_in_body or self._is_last)

    def _let_be_last(self) -> None:
        self._is_last = True
        self._keeps = self.cycle.keep_alive = False

    def _refuse(self, refusal: Refusal, part: bytes | bytearray = b"") -> None:
        """Answers, unless an answer has begun, and ends the connection. `part` is what has come of
        the head, if nobody was asked yet."""
        self._is_last = True
        self._head_came()
        asked = self._asked()
        if asked is None:
            self._say(refusal, head.path_of(part), new_request_id())
        else:
            scope = cast(Scope, asked.scope)
            if not asked.response_started:
                scope[ANSWERED] = True
                self._say(refusal, scope["path"], scope.get(REQUEST_ID) or new_request_id())
            asked.disconnected = True
            asked.message_event.set()
        self.transport.close()

    def _say(self, refusal: Refusal, path: str, request_id: str) -> None:
        if not self.transport.is_closing():
            body = self.told(path, refusal, request_id)
            self.transport.write(_response(refusal, body, request_id))

    def _await_head(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(self.timeouts.head_s, self._head_is_late)

    def _head_is_late(self) -> None:
        if self._head:
            self._refuse(_SLOW, self._head)
        else:
            self.transport.close()

    def _head_came(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _taken(self) -> None:
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None


def _response(refusal: Refusal, body: bytes, request_id: str) -> bytes:
    lines = (
        b"HTTP/1.1 %d %b" % (refusal.status, HTTPStatus(refusal.status).phrase.encode()),
        b"content-type: application/json",
        b"content-length: %d" % len(body),
        b"x-request-id: " + request_id.encode(),
        *(b"%b: %b" % header for header in refusal.headers),
        b"connection: close",
    )
    return b"\r\n".join(lines) + b"\r\n\r\n" + body
