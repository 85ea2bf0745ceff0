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
# What an event of a chat has in it that is more than another piece of text or thought. Inside of a
# text such a word has a backslash before its quotes.
_MARKS: Final = (
    b'"finish_reason":"', b'"finish_reason": "', b"[DONE]", b'"error"', b'"tool_calls":[',
    b'"tool_calls": [', b'"function_call":{', b'"function_call": {', b'"usage":{', b'"usage": {',
    b'"code"', b'"detail"', b'"type":', b"event:",
)  # fmt: skip
# The others name each event; what else a delta may be than text is told apart by its type.
_PIECES: Final[dict[Dialect, bytes]] = {
    "messages": b"event: content_block_delta\n",
    "responses": b"event: response.output_text.delta\n",
}
_OTHERS: Final[dict[Dialect, re.Pattern[bytes]]] = {
    dialect: re.compile(rb"\n\n(?!%b)." % re.escape(named), re.DOTALL)
    for dialect, named in _PIECES.items()
}
_OTHER_DELTAS: Final = (b'"input_json_delta"', b'"signature_delta"')
_TOLD = (Began, LimitsSeen, UsageSeen, Ended, Broken)


def is_forwarded(request: ModelRequest, target: Target) -> bool:
    """Whether this target takes the client's request as it is."""
    original = request.original
    is_same = original is not None and _SPEAKS.get(target.backend) == original.dialect
    return is_same and target.takes_originals


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
            return self._decoder.feed(data)
        if not self._stream:
            self._held += data
            return self._kept(self._decoder.feed(data))
        events = tuple(self._streamed(self._complete(data)))
        if len(self._rest) > MAX_EVENT_BYTES and not self._is_over:
            self._is_over = True
            return (*events, *_told(self._decoder.feed(self._rest)))  # which it refuses
        return events

    def finish(self) -> tuple[StreamEvent, ...]:
        if self._is_plain or not self._stream:
            events = self._decoder.finish()
            return events if self._is_plain else self._kept(events)
        rest, self._rest = self._rest, b""
        events = [*self._streamed(rest + b"\n\n" if rest else b"")]
        last = self._decoder.finish()
        is_chat = self._dialect in {"chat", "mistral"}
        if last and isinstance(last[-1], Ended) and is_chat and not self._is_done:
            events.append(Passed(_DONE))
        return (*events, *_told(last))

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
        at = pieces = 0
        last: StreamEvent | None = None
        while at < len(block) and last is None:
            end = self._plain_until(block, at)
            if end > at:
                self._held += block[at:end]
                pieces += block.count(b"data:", at, end)
            elif found := _BREAK.search(block, at):
                end = found.end()
                read = self._decoder.feed(block[at:end])
                self._look(block[at:end], read)
                for event in _told(read):
                    if isinstance(event, Ended | Broken):
                        last = event
                    else:
                        yield event
                pieces += 1
            at = end
        self._is_over = last is not None
        if self._held and (self._has_begun or isinstance(last, Ended)):
            held, self._held = self._held, b""
            yield Passed(held, pieces=pieces)
        if last is not None:
            yield last

    def _plain_until(self, block: bytes, at: int) -> int:
        """Where the events end that are nothing but more text: they need not be read."""
        if not self._has_said or b"\r" in block:
            return at
        telling = self._telling(block, at)
        if telling == len(block):
            return telling
        before = block.rfind(b"\n\n", at, telling + 2)
        return at if before < at else before + 2

    def _telling(self, block: bytes, at: int) -> int:
        """Where something stands that has to be read; the end, if nothing does."""
        if self._dialect == "chat":
            return _first(block, at, _MARKS)
        if at == 0 and not block.startswith(_PIECES[self._dialect]):
            return 0
        other = _OTHERS[self._dialect].search(block, max(at - 2, 0))
        return min(_first(block, at, _OTHER_DELTAS), other.start() if other else len(block))

    def _look(self, one: bytes, read: tuple[StreamEvent, ...]) -> None:
        """At one event: whether the answer has begun with it. One that breaks it is not passed."""
        if read and isinstance(read[-1], Broken):
            return
        self._held += one
        self._is_done = self._is_done or b"[DONE]" in one
        self._has_said = self._has_said or any(isinstance(e, TextDelta | CallBegan) for e in read)
        self._has_begun = self._has_begun or len(read) > len(_told(read))

    def _kept(self, events: tuple[StreamEvent, ...]) -> tuple[StreamEvent, ...]:
        """Of an answer in one body: all of it, once it is known to be one."""
        told = _told(events)
        if told and isinstance(told[-1], Ended):
            return (*told[:-1], Passed(self._held), told[-1])
        return told


def _told(events: tuple[StreamEvent, ...]) -> tuple[StreamEvent, ...]:
    """What is told beside the bytes."""
    return tuple(event for event in events if isinstance(event, _TOLD))


def _first(block: bytes, at: int, marks: tuple[bytes, ...]) -> int:
    places = (block.find(mark, at) for mark in marks)
    return min((place for place in places if place >= 0), default=len(block))
