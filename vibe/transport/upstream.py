"""One provider over HTTP: a request in, the events of its answer out.

One httpx client a provider: its connections are reused, no redirect is followed, and nothing is
sent a second time. The key is opened where the header is written and nowhere else.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from functools import partial
from typing import ClassVar

import httpx
from msgspec.structs import replace

from vibe.clock import Clock
from vibe.domain.failure import Failure, FailureKind
from vibe.domain.provider import Provider
from vibe.domain.request import EmbeddingRequest, ModelRequest
from vibe.domain.stream import Began, Broken, Ended, LimitsSeen, StreamEvent, UsageSeen
from vibe.domain.target import Target
from vibe.secret import Redactor
from vibe.transport.client import client_of
from vibe.transport.connection import body_of, close, cut, read_out
from vibe.transport.errors import before_answer, within_answer
from vibe.transport.watch import Watch
from vibe.wire.codec import Auth, Decoder, Headers, HttpCall, Reply
from vibe.wire.dialects import codec_for
from vibe.wire.embeddings import Embeddings, decode_embeddings, encode_embeddings
from vibe.wire.failures import broken
from vibe.wire.forwarding import Forwarding, forwarding_call, is_forwarded
from vibe.wire.limits import limits_of
from vibe.wire.listing import ListedModel, listing_call, read_listing

_MAX_ERROR_BYTES = 256 * 1024
_MAX_LISTING_BYTES = 16 * 1024 * 1024
_MAX_EMBEDDINGS_BYTES = 256 * 1024 * 1024  # 2,048 vectors of 4,096 numbers
_NO_NEWS = (Began, UsageSeen)
_LAST = (Ended, Broken)
_PAGE = Failure(
    kind=FailureKind.SERVER, detail="a web page came in the place of an answer", status=200
)
_KEY_HEADERS: dict[Auth, tuple[str, str]] = {
    "bearer": ("authorization", "Bearer {}"),
    "x-api-key": ("x-api-key", "{}"),
    "api-key": ("api-key", "{}"),
}


class Upstream:
    """`ask` may run any number of times at once; `aclose` ends the connections of all.

    With `for_load` that is cheaper; it then belongs to the event loop of its first request.
    """

    max_answer_bytes: ClassVar[int] = 128 * 1024 * 1024

    def __init__(self, provider: Provider, *, clock: Clock, for_load: bool = False) -> None:
        self._provider = provider
        self._clock = clock
        self._codec = codec_for(provider.backend)
        self._client = client_of(provider, for_load=for_load)
        own = [value.reveal() for _, value in provider.headers]
        self._redactor = Redactor([*own, provider.key.reveal()] if provider.key else own)

    @property
    def provider(self) -> Provider:
        return self._provider

    async def aclose(self) -> None:
        await self._client.aclose()

    async def ask(self, request: ModelRequest, target: Target) -> AsyncGenerator[StreamEvent, None]:
        """The events of the answer, of which the last is `Ended` or `Broken`.

        Raises nothing of its own: what fails is `Broken`. Closing the generator, or cancelling who
        reads it, closes the connection at once.
        """
        began_s = asyncio.get_running_loop().time()
        call, decoder = self._asked(request, target)
        response = await self._send(call)
        if isinstance(response, Failure):
            yield Broken(response)
            return
        async with aclosing(response):
            if limits := limits_of(_headers_of(response), now=self._clock.wall()):
                yield LimitsSeen(limits)
            if not response.is_success:
                yield Broken(await self._refusal(response))
                return
            watch = Watch(self._provider.patience, began_s=began_s, cut=partial(cut, response))
            is_silent = True
            reading = _events(response, decoder, watch, max_bytes=self.max_answer_bytes)
            async with aclosing(reading) as events:
                async for event in events:
                    if isinstance(event, Broken):
                        is_page = is_silent and _is_page(response)
                        yield Broken(_PAGE if is_page else self._safe(event.failure))
                    else:
                        is_silent = False
                        yield event

    def _asked(self, request: ModelRequest, target: Target) -> tuple[HttpCall, Decoder]:
        codec = self._codec
        if request.original is not None and is_forwarded(request, target):
            call = forwarding_call(request, target, codec)
            decoder = codec.decoder(target, stream=call.stream)
            if request.original.is_answered_so:
                decoder = Forwarding(decoder, request.original, stream=call.stream)
            return call, decoder
        call = codec.encode(request, target)
        return call, codec.decoder(target, stream=call.stream)

    async def embed(self, request: EmbeddingRequest, target: Target) -> Embeddings | Failure:
        """A vector for each of the inputs."""
        call = encode_embeddings(request, target)
        body = await self._whole(call, max_bytes=_MAX_EMBEDDINGS_BYTES)
        if isinstance(body, Failure):
            return body
        found = decode_embeddings(body, inputs=len(request.inputs))
        return self._safe(found) if isinstance(found, Failure) else found

    async def models(self) -> tuple[ListedModel, ...] | Failure:
        """The models that the provider offers; spends no tokens."""
        provider = self._provider
        call = listing_call(provider.backend, api_version=provider.api_version)
        body = await self._whole(call, max_bytes=_MAX_LISTING_BYTES)
        if isinstance(body, Failure):
            return body
        listed = read_listing(body)
        if listed is None:
            detail = "the list of models is not what its API promises"
            return Failure(kind=FailureKind.SERVER, detail=detail)
        return listed

    async def _whole(self, call: HttpCall, *, max_bytes: int) -> bytes | Failure:
        """The body of an answer that is no stream, or so much of it."""
        response = await self._send(call)
        if isinstance(response, Failure):
            return response
        if not response.is_success:
            return await self._refusal(response)
        try:
            return await self._body(response, max_bytes=max_bytes)
        except (httpx.HTTPError, TimeoutError) as error:
            return within_answer(error)

    async def _send(self, call: HttpCall) -> httpx.Response | Failure:
        """The answer with its body unread, or why there is none."""
        patience = self._provider.patience
        try:
            async with asyncio.timeout(patience.headers_s):
                return await self._client.ask(
                    call.method,
                    self._provider.api_base.rstrip("/") + call.path,
                    params=dict(call.query) or None,
                    headers=self._headers(call),
                    content=call.body or None,
                )
        except (httpx.HTTPError, UnicodeError, TimeoutError) as error:
            return before_answer(error)

    def _headers(self, call: HttpCall) -> dict[str, str]:
        """Those of the call, then the person's own, then the key."""
        headers = {
            "content-type": "application/json",
            "accept": "text/event-stream" if call.stream else "application/json",
            "accept-encoding": "identity" if call.stream else "gzip",
            **dict(call.headers),
            **{name.lower(): value.reveal() for name, value in self._provider.headers},
        }
        key = self._provider.key
        if key:
            name, form = _KEY_HEADERS[call.auth]
            headers[name] = form.format(key.reveal())
        return headers

    async def _refusal(self, response: httpx.Response) -> Failure:
        body = b""
        with suppress(httpx.HTTPError, TimeoutError):  # the status says enough without a body
            body = await self._body(response, max_bytes=_MAX_ERROR_BYTES)
        reply = Reply(status=response.status_code, headers=_headers_of(response), body=body)
        return self._safe(self._codec.failure(reply, now=self._clock.wall()))

    def _safe(self, failure: Failure) -> Failure:
        """Some providers tell the key that they refuse."""
        return replace(failure, detail=self._redactor.redact(failure.detail))

    async def _body(self, response: httpx.Response, *, max_bytes: int) -> bytes:
        """The body, or so much of it."""
        body = body_of(response)
        read = bytearray()
        try:
            async with asyncio.timeout(self._provider.patience.idle_s):
                async for data in body:
                    read += data
                    if len(read) > max_bytes:
                        break
        finally:
            await close(response, body)
        return bytes(read[:max_bytes])


async def _events(
    response: httpx.Response, decoder: Decoder, watch: Watch, *, max_bytes: int
) -> AsyncGenerator[StreamEvent, None]:
    """What an answer that has begun says, to its end or to where it breaks."""
    body = body_of(response)
    has_news, so_far = False, 0
    try:
        while True:
            watch.wait(has_news=has_news)
            data = await anext(body, b"")
            watch.rest()
            if watch.overdue:  # the end of a body without length looks the same
                yield Broken(watch.overdue)
                return
            has_news = False
            so_far += len(data)
            if so_far > max_bytes:
                yield Broken(broken("the answer is too large"))
                return
            for event in decoder.feed(data) if data else decoder.finish():
                if isinstance(event, Ended):
                    await read_out(body)
                has_news = has_news or not isinstance(event, _NO_NEWS)
                yield event
                if isinstance(event, _LAST):
                    return
    except httpx.HTTPError as error:
        yield Broken(watch.overdue or within_answer(error))
    finally:
        watch.stop()
        await close(response, body)


def _is_page(response: httpx.Response) -> bool:
    """Says no more than that; small servers send their streams under this name, too."""
    return response.headers.get("content-type", "").startswith("text/html")


def _headers_of(response: httpx.Response) -> Headers:
    return tuple(response.headers.multi_items())
