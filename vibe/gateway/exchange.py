"""One request for an answer of a model: read, asked of the pool, and told in the client's protocol.

Before the first piece a failure is an answer with its own status; after it, an error of the
protocol. Whatever happens, there is one outcome and one record of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing, suppress
from typing import TypeAlias

from msgspec.structs import replace

from vibe.domain.answer import Answer
from vibe.domain.event import FailedOver, PoolEvent, Routed, Sealed, Seam, Unanswered
from vibe.domain.message import Producer
from vibe.domain.model import Alias
from vibe.domain.request import ModelRequest, Original
from vibe.domain.stream import Passed
from vibe.errors import UsageError, VibeError
from vibe.gateway.asgi import Headers, Scope, Send, answer, header, request_id
from vibe.gateway.faults import MALFORMED, failed, fault_of, malformed
from vibe.gateway.offer import Offer
from vibe.gateway.outlet import Outlet
from vibe.gateway.record import Record, Switched, as_asked, stopped, with_use
from vibe.gateway.reply import refuse, told_by
from vibe.mux.asking import Asking
from vibe.mux.steady import Steady
from vibe.wire import seals
from vibe.wire.as_it_is import as_it_is
from vibe.wire.complaint import Untold
from vibe.wire.forwarding import is_forwarded
from vibe.wire.serving import Fault, Heading, Served, Wanted, Writer

Tell: TypeAlias = Callable[[Record | Switched], None]

OWN_SEAL = seals.MARK.encode()
_PASSED_HEADERS = (b"anthropic-beta", b"anthropic-version")
_STOPPING = Fault(
    status=503, trouble="overloaded", message="the gateway stops before the answer ended; ask again"
)
_SESSION_HEADERS = (b"x-session-id", b"session_id", b"x-claude-code-session-id")


class Exchange:
    """`_alias` is who was asked last, since `_asked_s`; `_writer` is there once pieces are told.
    `_spent` is what attempts have used that brought no answer. `is_over` as soon as nothing is left
    but to send the end, `is_left` once the client does not want it."""

    def __init__(self, served: Served, offer: Offer, scope: Scope, send: Send, tell: Tell) -> None:
        self._served = served
        self._offer = offer
        self._send = send
        self._scope = scope
        self._tell = tell
        self._id = request_id(scope)
        self._began_s = self._asked_s = offer.clock.monotonic()
        self._alias: Alias | None = None
        self._attempts = 0
        self._writer: Writer | None = None
        self._is_forwarded = False
        self._outlet = Outlet(send, self._headers)
        self._spent: list[Answer] = []
        self._wanted: Wanted | None = None
        self.is_over = self.is_left = False
        self._record = Record(id=self._id, path=scope["path"])

    async def run(self, body: bytes) -> None:
        try:
            wanted = self._read(body)
            if isinstance(wanted, Fault):
                await self._refuse(wanted)
            else:
                await self._ask(wanted, body)
        except asyncio.CancelledError:
            if not self.is_over:
                self._record = stopped(self._record, by_client=self.is_left)
                if not self.is_left:
                    await self._break_off()
            raise
        finally:
            self.is_over = True
            self._outlet.stop()
            self._tell(self._told())

    def _told(self) -> Record:
        record = replace(
            with_use(self._record, self._spent),
            alias=self._alias,
            attempts=self._attempts,
            took_s=self._offer.clock.monotonic() - self._began_s,
        )
        if not self._outlet.has_begun:
            return record
        return replace(record, status=200, end="cut" if record.end == "failed" else record.end)

    def _read(self, body: bytes) -> Wanted | Fault:
        try:
            return self._served.read(body)
        except Untold as error:
            return self._as_it_is(body) or malformed(error)
        except UsageError as error:
            return malformed(error)

    def _as_it_is(self, body: bytes) -> Wanted | None:
        """For an entry that speaks as the client does, if one is meant."""
        wanted = as_it_is(body, self._served.dialect, self._passed_headers())
        if wanted is None or OWN_SEAL in body:
            return None
        meant = self._offer.meant(self._offer.names.order(wanted.model))
        return wanted if any(is_forwarded(wanted.request, m.target) for m in meant) else None

    async def _ask(self, wanted: Wanted, body: bytes) -> None:
        offer = self._offer
        self._wanted = wanted
        self._record = replace(
            self._record, asked=as_asked(wanted.model), is_streamed=wanted.is_streamed
        )
        order = offer.names.order(wanted.model)
        request = self._with_original(wanted, body)
        on_broken = offer.on_broken if wanted.is_streamed else "restart"  # nobody has read of it
        if request.original and request.original.is_all:
            on_broken = "stop"  # nobody could go on with it
        asking = Asking(
            order=order,
            affinity=offer.affinity_of(wanted, self._session()),
            on_limit="exit",
            on_broken=on_broken,
            on_left=self._spent.append,
            on_spent=self._spent.append,
        )
        steady = Steady(begins_anew=on_broken != "stop", holds_first=True)
        if wanted.is_streamed:
            self._outlet.beat_with(lambda: self._new_writer(wanted).beat())
        async with aclosing(offer.mux.stream(request, asking)) as events:
            async for event in events:
                match event:
                    case Passed(data):
                        await self._forward(data, wanted)
                    case Sealed(whole):
                        await self._finish(wanted, steady, event, whole)
                    case Unanswered():
                        fault = fault_of(event, offer.resting(order), is_cut=self._is_forwarded)
                        await self._fail(fault, wanted)
                    case _:
                        if wanted.is_streamed and not await self._pass_on(wanted, steady, event):
                            return
                        await self._note(event)

    def _with_original(self, wanted: Wanted, body: bytes) -> ModelRequest:
        """What vibe sealed, only vibe can open. Of an answer with which another may have to go on,
        what it means has to be known."""
        if wanted.request.original or OWN_SEAL in body:
            return wanted.request
        original = Original(
            dialect=self._served.dialect,
            body=body,
            headers=self._passed_headers(),
            is_answered_so=not wanted.is_streamed or self._offer.on_broken == "stop",
        )
        return replace(wanted.request, original=original, stream=wanted.is_streamed)

    def _session(self) -> str:
        found = (header(self._scope, name) for name in _SESSION_HEADERS)
        return next((value.decode("latin-1") for value in found if value), "")

    def _passed_headers(self) -> tuple[tuple[str, str], ...]:
        if self._served.dialect != "messages":
            return ()
        found = ((name, header(self._scope, name)) for name in _PASSED_HEADERS)
        return tuple((name.decode(), value.decode("latin-1")) for name, value in found if value)

    async def _note(self, event: PoolEvent) -> None:
        match event:
            case Routed(alias=alias) | FailedOver(to_alias=alias) | Seam(to_alias=alias):
                self._alias = alias
                self._attempts += 1
                if not (isinstance(event, Routed) and event.why == "hedge"):  # asked long before
                    self._asked_s = self._offer.clock.monotonic()
                if not isinstance(event, Routed):
                    self._tell(Switched(id=self._id, event=event))
                if self._writer and (producer := self._producer()):
                    await self._outlet.write(self._writer.by(producer))
            case _:
                pass

    # To a client that gets the provider's own bytes.

    async def _forward(self, data: bytes, wanted: Wanted) -> None:
        self._is_forwarded = True
        if wanted.is_streamed:
            await self._outlet.write(data)
        else:
            self.is_over = True
            await answer(self._send, status=200, body=data, headers=self._headers())

    # To a client that reads along.

    async def _pass_on(self, wanted: Wanted, steady: Steady, event: PoolEvent) -> bool:
        """Whether the answer goes on."""
        try:
            pieces = steady.take(event)
        except VibeError as error:
            await self._fail(failed(error), wanted)
            return False
        if pieces:
            writer, begun = self._begun(wanted)
            await self._outlet.write(begun + b"".join(map(writer.piece, pieces)))
        return True

    def _begun(self, wanted: Wanted) -> tuple[Writer, bytes]:
        if self._writer is not None:
            return self._writer, b""
        self._writer = self._new_writer(wanted)
        return self._writer, self._writer.begin()

    def _new_writer(self, wanted: Wanted) -> Writer:
        return self._served.writer(wanted, self._heading(wanted))

    async def _finish(self, wanted: Wanted, steady: Steady, event: Sealed, whole: Answer) -> None:
        self.is_over = True
        self._alias = whole.alias or self._alias
        self._spent.append(whole)
        self._record = replace(self._record, status=200, end="ok", note="")
        if self._is_forwarded:
            if wanted.is_streamed:
                await self._outlet.end(b"")
        elif not wanted.is_streamed:
            body = self._served.whole(wanted, self._heading(wanted), whole)
            await answer(self._send, status=200, body=body, headers=self._headers())
        elif await self._pass_on(wanted, steady, event):
            writer, begun = self._begun(wanted)
            await self._outlet.end(begun + writer.end(whole))

    # Where there is no answer.

    async def _fail(self, fault: Fault, wanted: Wanted) -> None:
        self.is_over = True
        if not self._outlet.has_begun:
            await self._refuse(fault)
            return
        self._record = replace(self._record, end="cut", note=fault.message)
        if self._is_forwarded:
            writer, begun = self._new_writer(wanted), b""
        else:
            writer, begun = self._begun(wanted)
        await self._outlet.end(begun + writer.fail(fault))

    async def _break_off(self) -> None:
        """The gateway stops, and cannot wait for the end of an answer that has begun."""
        if self._outlet.has_begun and self._wanted is not None:
            with suppress(OSError):
                writer = self._writer or self._new_writer(self._wanted)
                await self._outlet.end(writer.fail(_STOPPING))

    async def _refuse(self, fault: Fault) -> None:
        self._outlet.stop()
        end = "refused" if fault.status == MALFORMED else "failed"
        self._record = replace(self._record, end=end, status=fault.status, note=fault.message)
        body = self._served.error(fault, request_id=self._id)
        await refuse(self._send, fault, body, self._headers())

    # What is told of it.

    def _heading(self, wanted: Wanted) -> Heading:
        producer = self._producer()
        return Heading(
            id=self._id,
            created=int(self._offer.clock.wall()),
            model=producer.model if producer else wanted.model,
            producer=producer,
        )

    def _producer(self) -> Producer | None:
        by = self._offer.model_of(self._alias) if self._alias else None
        return Producer(provider=by.provider, model=by.model) if by else None

    def _headers(self) -> Headers:
        lost_s = self._asked_s - self._began_s
        return told_by(self._alias, attempts=self._attempts, lost_s=lost_s)
