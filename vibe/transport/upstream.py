"""One provider over HTTP: a request in, the events of its answer out.

One httpx client a provider: its connections are reused, no redirect is followed, and nothing is
sent a second time. The key is opened where the header is written and nowhere else.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress

import httpx

from vibe import __version__
from vibe.clock import Clock
from vibe.domain.failure import Failure, FailureKind
from vibe.domain.provider import Provider
from vibe.domain.request import ModelRequest
from vibe.domain.stream import Broken, Ended, LimitsSeen, StreamEvent
from vibe.domain.target import Target
from vibe.transport.errors import before_answer, stalled, within_answer
from vibe.wire.codec import Auth, Headers, HttpCall, Reply
from vibe.wire.dialects import codec_for
from vibe.wire.limits import limits_of
from vibe.wire.listing import ListedModel, listing_call, read_listing

_MAX_ERROR_BYTES = 256 * 1024
_MAX_KEPT_CONNECTIONS = 20
_KEPT_S = 30.0
_KEY_HEADERS: dict[Auth, tuple[str, str]] = {
    "bearer": ("authorization", "Bearer {}"),
    "x-api-key": ("x-api-key", "{}"),
    "api-key": ("api-key", "{}"),
}


class Upstream:
    """`ask` may run any number of times at once; `aclose` ends the connections of all."""

    def __init__(self, provider: Provider, *, clock: Clock) -> None:
        self._provider = provider
        self._clock = clock
        self._codec = codec_for(provider.backend)
        patience = provider.patience
        self._client = httpx.AsyncClient(
            http2=False,
            follow_redirects=False,
            # To load the certificates takes longer than all else; without TLS none is looked at.
            verify=not provider.api_base.startswith("http:"),
            timeout=httpx.Timeout(patience.idle_s, connect=patience.connect_s, pool=None),
            limits=httpx.Limits(
                max_connections=None,
                max_keepalive_connections=_MAX_KEPT_CONNECTIONS,
                keepalive_expiry=_KEPT_S,
            ),
            headers={"user-agent": f"vibe/{__version__}"},
        )

    async def aclose(self) -> None:
        await self._client.aclose()

    async def ask(self, request: ModelRequest, target: Target) -> AsyncGenerator[StreamEvent, None]:
        """The events of the answer, of which the last is `Ended` or `Broken`.

        Raises nothing of its own: what fails is `Broken`. Closing the generator, or cancelling who
        reads it, closes the connection at once.
        """
        started = self._clock.monotonic()
        call = self._codec.encode(request, target)
        response = await self._send(call)
        if isinstance(response, Failure):
            yield Broken(response)
            return
        try:
            if limits := limits_of(_headers_of(response), now=self._clock.wall()):
                yield LimitsSeen(limits)
            if not response.is_success:
                yield Broken(await self._refusal(response))
                return
            decoder = self._codec.decoder(target, stream=call.stream)
            try:
                async for chunk in response.aiter_bytes():
                    for event in decoder.feed(chunk):
                        yield event
                        if isinstance(event, Ended | Broken):
                            return
                    if self._is_over(started):
                        yield Broken(stalled("the answer took longer than timeout_s allows"))
                        return
            except httpx.HTTPError as error:
                yield Broken(within_answer(error))
                return
            for event in decoder.finish():
                yield event
        finally:
            await response.aclose()

    async def models(self) -> tuple[ListedModel, ...] | Failure:
        """The models that the provider offers; spends no tokens."""
        provider = self._provider
        response = await self._send(
            listing_call(provider.backend, api_version=provider.api_version)
        )
        if isinstance(response, Failure):
            return response
        try:
            if not response.is_success:
                return await self._refusal(response)
            listed = read_listing(await response.aread())
        except httpx.HTTPError as error:
            return within_answer(error)
        finally:
            await response.aclose()
        if listed is None:
            detail = "the list of models is not what its API promises"
            return Failure(kind=FailureKind.SERVER, detail=detail)
        return listed

    async def _send(self, call: HttpCall) -> httpx.Response | Failure:
        """The answer with its body unread, or why there is none."""
        patience = self._provider.patience
        try:
            request = self._client.build_request(
                call.method,
                self._provider.api_base.rstrip("/") + call.path,
                params=dict(call.query) or None,
                headers=self._headers(call),
                content=call.body or None,
                timeout=httpx.Timeout(None, connect=patience.connect_s),
            )
            async with asyncio.timeout(patience.first_byte_s):
                response = await self._client.send(request, stream=True)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            return before_answer(error)
        # httpcore looks at this again where the body begins: from there on silence is bounded.
        request.extensions["timeout"]["read"] = patience.idle_s
        return response

    def _headers(self, call: HttpCall) -> dict[str, str]:
        """Those of the call, then the person's own, then the key."""
        headers = {
            "content-type": "application/json",
            "accept": "text/event-stream" if call.stream else "application/json",
            **({"accept-encoding": "identity"} if call.stream else {}),
            **dict(call.headers),
            **{name.lower(): value for name, value in self._provider.headers},
        }
        key = self._provider.key
        if key:
            name, form = _KEY_HEADERS[call.auth]
            headers[name] = form.format(key.reveal())
        return headers

    async def _refusal(self, response: httpx.Response) -> Failure:
        body = bytearray()
        with suppress(httpx.HTTPError):  # the status says enough where the body is lost
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > _MAX_ERROR_BYTES:
                    break
        reply = Reply(
            status=response.status_code,
            headers=_headers_of(response),
            body=bytes(body[:_MAX_ERROR_BYTES]),
        )
        return self._codec.failure(reply, now=self._clock.wall())

    def _is_over(self, started: float) -> bool:
        total_s = self._provider.patience.total_s
        return total_s is not None and self._clock.monotonic() - started > total_s


def _headers_of(response: httpx.Response) -> Headers:
    return tuple(response.headers.multi_items())
