"""A client of the OpenAI SDK's kind that the caller has set up, in the place of an endpoint.

Where its address and its key say all, vibe asks there by its own way. Any other is asked itself;
what it raises becomes a `Failure` here and nowhere else.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import suppress
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from vibe.clean import clean_line
from vibe.clock import Clock
from vibe.domain.failure import Failure, FailureKind
from vibe.domain.provider import Patience
from vibe.domain.request import ModelRequest
from vibe.domain.stream import Began, Broken, Ended, StreamEvent, UsageSeen
from vibe.domain.target import Target
from vibe.errors import UsageError
from vibe.library.endpoints import PATIENT, Endpoint, member_of
from vibe.library.foreign import json_of
from vibe.mux.entry import ScopeId, Scopes
from vibe.mux.member import Member
from vibe.secret import Redactor, Secret
from vibe.wire.chat import Chat
from vibe.wire.codec import Reply

_OF_THE_SDK: Final = re.compile(
    r"(?:accept|content-type|user-agent|authorization|x-stainless-.*)$", re.IGNORECASE
)
_MAX_DETAIL: Final = 300


def addressed(endpoint: Endpoint) -> Endpoint:
    """Without its client, unless there is more to that than an address, a key and headers."""
    client = endpoint.client
    if client is None:
        return endpoint
    if endpoint.base_url or endpoint.key:
        raise UsageError("base_url, api_key: a client has its own", hint="leave them out, or it")
    base_url, key = str(getattr(client, "base_url", "")), getattr(client, "api_key", None)
    endpoint = replace(endpoint, base_url=base_url)
    if not base_url or not isinstance(key, str) or not key:
        return endpoint
    if getattr(client, "default_query", None):  # Azure's
        return endpoint
    headers: Mapping[str, object] = getattr(client, "default_headers", {})
    kept = [
        (name, Secret(value))
        for name, value in headers.items()
        if isinstance(value, str) and not _OF_THE_SDK.match(name)
    ]
    return replace(endpoint, client=None, key=Secret(key), headers=tuple(kept))


def reached_through_client(endpoint: Endpoint, *, clock: Clock) -> Member:
    scopes = Scopes(
        own=ScopeId(f"model of {endpoint.name}"),
        key=ScopeId(f"key of {endpoint.name}"),
        origin=ScopeId(f"origin of {endpoint.name}"),
        network=ScopeId(""),
    )
    return member_of(endpoint, ClientUpstream(endpoint.client, clock=clock), scopes)


class ClientUpstream:
    """Asks through `client.chat.completions.create`, which the caller himself closes."""

    def __init__(self, client: Any, *, clock: Clock, patience: Patience = PATIENT) -> None:
        if hasattr(client, "with_options"):
            client = client.with_options(max_retries=0)  # who is asked again is the pool's matter
        try:
            self._create = client.chat.completions.create
        except AttributeError:
            raise UsageError(
                f"{type(client).__name__} is no client: it has no chat.completions.create",
                hint="add_model(client, weight, model_name), or add_model(base_url=…, model=…)",
            ) from None
        key = getattr(client, "api_key", None)
        self._redactor = Redactor([key] if isinstance(key, str) else [])
        self._clock = clock
        self._patience = patience
        self._codec = Chat()

    async def aclose(self) -> None:
        pass

    async def ask(self, request: ModelRequest, target: Target) -> AsyncGenerator[StreamEvent, None]:
        call = self._codec.encode(request, target)
        answer = await self._opened(msgspec.json.decode(call.body, type=dict[str, Any]))
        if isinstance(answer, Failure):
            yield Broken(answer)
            return
        chunks = _chunks(answer)
        decoder = self._codec.decoder(target, stream=True)
        patience_s = self._patience.first_token_s
        try:
            while True:
                data = await self._next(chunks, patience_s)
                if isinstance(data, Failure):
                    yield Broken(data)
                    return
                for event in decoder.feed(data) if data else decoder.finish():
                    yield event
                    if isinstance(event, Ended | Broken):
                        return
                    if not isinstance(event, Began | UsageSeen):
                        patience_s = self._patience.idle_s
        finally:
            await chunks.aclose()

    async def _opened(self, parameters: dict[str, Any]) -> object:
        """What the client returns, or a `Failure`."""
        try:
            async with asyncio.timeout(self._patience.first_token_s):
                return await self._create(**parameters)
        except Exception as error:  # whatever it raises: it is the caller's own
            return self._failure(error, FailureKind.UNREACHABLE)

    async def _next(self, chunks: AsyncGenerator[bytes, None], seconds: float) -> bytes | Failure:
        """The next bytes, none at the end."""
        try:
            async with asyncio.timeout(seconds):
                return await anext(chunks, b"")
        except Exception as error:  # as above
            return self._failure(error, FailureKind.BROKEN_STREAM)

    def _failure(self, error: Any, otherwise: FailureKind) -> Failure:
        status = getattr(error, "status_code", None)
        if isinstance(status, int):
            return self._refusal(error, status)
        if isinstance(error, TimeoutError) or "Timeout" in type(error).__name__:
            return Failure(kind=FailureKind.STALLED, detail="the client got no answer in time")
        told = self._redactor.redact(f"{type(error).__name__}: {error}")
        return Failure(kind=otherwise, detail=clean_line(told)[:_MAX_DETAIL])

    def _refusal(self, error: Any, status: int) -> Failure:
        body = json_of({"error": getattr(error, "body", None) or str(error)})
        headers = getattr(getattr(error, "response", None), "headers", {})
        reply = Reply(status=status, headers=tuple(headers.items()), body=body)
        failure = self._codec.failure(reply, now=self._clock.wall())
        return replace(failure, detail=self._redactor.redact(failure.detail))


async def _chunks(answer: Any) -> AsyncGenerator[bytes, None]:
    """An answer as it came over the wire; one that is not streamed, as a whole."""
    if not hasattr(answer, "__aiter__"):
        yield json_of(answer)
        return
    chunks: AsyncIterator[object] = answer
    try:
        async for chunk in chunks:
            yield b"data: %b\n\n" % json_of(chunk)
    finally:
        close = getattr(chunks, "close", None) or getattr(chunks, "aclose", None)
        if close is not None:
            with suppress(Exception):
                await close()
