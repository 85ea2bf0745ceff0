"""A client's own request and the provider's own bytes, between two that speak the same dialect.

Only the name of the model is exchanged in what goes in, and nothing in what comes out. The answer
is watched all the same: until something of it is there it can still be another's, and how it ends
is known. Most of it is text, which is passed on without being read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import msgspec
from msgspec.structs import replace

from vibe.domain.model import Backend
from vibe.domain.request import Dialect, ModelRequest
from vibe.domain.stream import (
    Began,
    Broken,
    CallBegan,
    Ended,
    LimitsSeen,
    Passed,
    StreamEvent,
    TextDelta,
    UsageSeen,
)
from vibe.domain.target import Target
from vibe.wire.codec import Codec, Decoder, HttpCall
from vibe.wire.failures import broken
from vibe.wire.forwarded import events_of
from vibe.wire.sse import MAX_EVENT_BYTES

_SPEAKS: Final[dict[Backend, Dialect]] = {
    "generic": "chat",
    "azure": "chat",
    "mistral": "mistral",
    "anthropic": "messages",
    "responses": "responses",
}
_MEMBERS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_BREAK: Final = re.compile(rb"\r\n\r\n|\n\n|\r\r")
_DONE: Final = b"data: [DONE]\n\n"
_PLACE: Final = b'"output_index"'
_CHATS: Final[frozenset[Dialect]] = frozenset({"chat", "mistral"})
_TOLD = (Began, LimitsSeen, UsageSeen, Ended, Broken)


def is_forwarded(request: ModelRequest, target: Target) -> bool:
    """Whether this target takes the client's request as it is."""
    original = request.original
    return original is not None and _SPEAKS.get(target.backend) == original.dialect


def forwarding_call(request: ModelRequest, target: Target, codec: Codec) -> HttpCall:
    """The client's request, at the place where the target takes such."""
    original = request.original
    assert original is not None  # noqa: S101 - is_forwarded() was asked before
    call = codec.encode(ModelRequest(messages=(), stream=request.stream), target)
    members = _MEMBERS.decode(original.body)
    members["model"] = msgspec.Raw(msgspec.json.encode(target.model))
    return replace(
        call,
        body=msgspec.json.encode(members),
        headers=(*call.headers, *original.headers),
        stream=request.stream,
    )


class Forwarding:
    """A decoder around another: what it would tell as deltas is told as `Passed`.

    `_held` is what has come before there was something of an answer, `_rest` the beginning of an
    event. Once it `_has_said` a word, the decoder need not read the others. `_is_plain`: the answer
    has another form than was asked for, and is read as any other.
    """

    def __init__(self, decoder: Decoder, dialect: Dialect, *, stream: bool) -> None:
        self._decoder = decoder
        self._dialect: Dialect = dialect
        self._events = events_of(dialect)
        self._stream = stream
        self._is_plain: bool | None = None
        self._has_begun = self._has_said = False
        self._is_done = self._is_over = False
        self._held = b""
        self._rest = b""

    def feed(self, data: bytes) -> tuple[StreamEvent, ...]:
        if self._is_plain is None:
            first = data.lstrip()[:1]
            self._is_plain = bool(first) and (first in b"{[") == self._stream
        if self._is_plain:
            rest, self._rest = self._rest, b""
            return self._decoder.feed(rest + data)
        if not self._stream:
            self._held += data
            return self._kept(self._decoder.feed(data))
        block = self._complete(data)
        if self._lacks_places(block):
            self._is_plain = True
            return self._decoder.feed(block)
        events = tuple(self._streamed(block))
        if len(self._rest) > MAX_EVENT_BYTES and not self._is_over:
            self._is_over = True
            return (*events, *_told(self._decoder.feed(self._rest)))  # which it refuses
        return events

    def finish(self) -> tuple[StreamEvent, ...]:
        if self._is_plain:
            return (*self.feed(b""), *self._decoder.finish())
        if not self._stream:
            return self._kept(self._decoder.finish())
        if self._is_over:
            return ()
        rest, self._rest = self._rest, b""
        events = [*self._streamed(rest + b"\n\n" if rest else b"")]
        last = self._decoder.finish()
        is_cut_short = self._dialect in _CHATS and not self._is_done
        if last and isinstance(last[-1], Ended) and is_cut_short:
            events.append(Passed(_DONE))
        return (*events, *_told(last))

    def _lacks_places(self, block: bytes) -> bool:
        """llama.cpp (November 2026) does not say of which item a piece is, so that OpenAI's SDK
        fails on it; that is known before anything has been passed on."""
        is_of_responses = self._dialect == "responses" and not self._has_begun
        return is_of_responses and b'"response.output_item.' in block and _PLACE not in block

    def _complete(self, data: bytes) -> bytes:
        """The events that are whole by now."""
        data = self._rest + data
        end = data.rfind(b"\n\n") + 2
        if b"\r" in data:
            end = max((found.end() for found in _BREAK.finditer(data)), default=1)
        end = 0 if end == 1 else end
        self._rest = data[end:]
        return data[:end]

    def _streamed(self, block: bytes) -> Iterator[StreamEvent]:
        """What whole events tell: their bytes in one piece, before the end if there is one."""
        if self._is_over:
            return
        pieces = 0
        last: StreamEvent | None = None
        for one in _events_in(block):
            pieces += 1
            if self._has_said and self._events.is_text(one):
                self._held += one
                continue
            for event in self._read(one):
                if isinstance(event, Ended | Broken):
                    last = event
                else:
                    yield event
            if last is not None:
                break
        self._is_over = last is not None
        if self._held and (self._has_begun or isinstance(last, Ended)):
            held, self._held = self._held, b""
            yield Passed(held, pieces=pieces)
        if last is not None:
            yield last

    def _read(self, one: bytes) -> tuple[StreamEvent, ...]:
        """What one event tells beside its bytes, which are held but for one that breaks all."""
        if not self._events.is_in_order(one):
            return (Broken(broken("an event stands where its API allows none")),)
        read = self._decoder.feed(one)
        if not read or not isinstance(read[-1], Broken):
            self._held += one
        self._is_done = self._is_done or b"[DONE]" in one
        self._has_said = self._has_said or any(isinstance(e, TextDelta | CallBegan) for e in read)
        self._has_begun = self._has_begun or len(read) > len(_told(read))
        return _told(read)

    def _kept(self, events: tuple[StreamEvent, ...]) -> tuple[StreamEvent, ...]:
        """Of an answer in one body: all of it, once it is known to be one."""
        told = _told(events)
        if told and isinstance(told[-1], Ended):
            return (*told[:-1], Passed(self._held), told[-1])
        return told


def _told(events: tuple[StreamEvent, ...]) -> tuple[StreamEvent, ...]:
    """What is told beside the bytes."""
    return tuple(event for event in events if isinstance(event, _TOLD))


def _events_in(block: bytes) -> Iterator[bytes]:
    if b"\r" not in block:
        yield from (part + b"\n\n" for part in block.split(b"\n\n")[:-1])
        return
    begin = 0
    for found in _BREAK.finditer(block):
        yield block[begin : found.end()]
        begin = found.end()
