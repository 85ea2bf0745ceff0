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
from msgspec import Raw, Struct
from msgspec.structs import replace

from vibe.domain.model import Backend
from vibe.domain.request import Dialect, ModelRequest, Original
from vibe.domain.stream import (
    Began,
    Broken,
    CallBegan,
    CallDelta,
    Ended,
    LimitsSeen,
    Passed,
    StreamEvent,
    TextDelta,
    ThinkingDelta,
    UsageSeen,
)
from vibe.domain.target import Target
from vibe.wire.codec import Codec, Decoder, HttpCall
from vibe.wire.failures import broken
from vibe.wire.forwarded import MEMBERS, Events, admitted
from vibe.wire.forwarded_chat import ChatEvents
from vibe.wire.forwarded_messages import MessagesEvents
from vibe.wire.forwarded_responses import ResponsesEvents
from vibe.wire.sse import MAX_EVENT_BYTES

_SPEAKS: Final[dict[Backend, Dialect]] = {
    "generic": "chat",
    "azure": "chat",
    "mistral": "mistral",
    "anthropic": "messages",
    "responses": "responses",
}
_BREAK: Final = re.compile(rb"\r\n\r\n|\n\n|\r\r")
_CR: Final = ord("\r")
_DONE: Final = b"data: [DONE]\n\n"
_MARK: Final = b"\xef"  # the first byte of a byte order mark
_CHATS: Final[frozenset[Dialect]] = frozenset({"chat", "mistral"})
_CHARACTERS_A_PIECE: Final = 4
_TOLD = (Began, LimitsSeen, UsageSeen, Ended, Broken)


class _Options(Struct):
    include_usage: bool | None = None


class _Wishes(Struct):
    stream_options: _Options | None = None


_WISHES: Final = msgspec.json.Decoder(_Wishes)
_OPTIONS: Final = msgspec.json.Decoder(dict[str, Raw] | None)
_NO_OPTIONS: Final[dict[str, Raw]] = {}
_INCLUDE_USAGE: Final = {"include_usage": Raw(b"true")}


def is_forwarded(request: ModelRequest, target: Target) -> bool:
    """Whether this target takes the client's request as it is."""
    original = request.original
    return original is not None and _SPEAKS.get(target.backend) == original.dialect


def forwarding_call(request: ModelRequest, target: Target, codec: Codec) -> HttpCall:
    """The client's request, at the place where the target takes such."""
    original = request.original
    assert original is not None  # noqa: S101 - is_forwarded() was asked before
    call = codec.encode(ModelRequest(messages=(), stream=request.stream), target)
    members = MEMBERS.decode(original.body)
    members["model"] = Raw(msgspec.json.encode(target.model))
    if request.stream and target.quirks.stream_options and _tells_no_usage(original):
        options = _OPTIONS.decode(members.get("stream_options", b"null")) or _NO_OPTIONS
        members["stream_options"] = Raw(msgspec.json.encode({**options, **_INCLUDE_USAGE}))
    return replace(
        call,
        body=msgspec.json.encode(members),
        headers=(*call.headers, *original.headers),
        stream=request.stream,
    )


def _tells_no_usage(original: Original) -> bool:
    """Whether a client of chat did not ask for usage, and in a form that lets it be asked for. What
    nobody else could say is sent as it is, since an option that is refused could not be left out.
    """
    if original.dialect != "chat" or original.is_all:
        return False
    try:
        wishes = _WISHES.decode(original.body)
    except msgspec.DecodeError:
        return False
    return not (wishes.stream_options and wishes.stream_options.include_usage)


def _events_of(original: Original) -> Events:
    match original.dialect:
        case "chat" | "mistral":
            return ChatEvents(
                is_of_mistral=original.dialect == "mistral",
                hides_usage=_tells_no_usage(original),
            )
        case "messages":
            return MessagesEvents()
        case "responses":
            return ResponsesEvents()


class Forwarding:
    """A decoder around another: what it would tell as deltas is told as `Passed`.

    `_held` is what has come before there was something of an answer, `_rest` the beginning of an
    event. Once it `_has_said` a word, the decoder need not read the others. `_is_plain`: the answer
    has another form than clients rely on, or was asked for, and is read as any other.
    """

    def __init__(self, decoder: Decoder, original: Original, *, stream: bool) -> None:
        self._decoder = decoder
        self._dialect: Dialect = original.dialect
        self._events = _events_of(original)
        self._stream = stream
        self._is_plain: bool | None = None
        self._has_begun = self._has_said = False
        self._is_over = False
        self._characters = 0
        self._held = b""
        self._rest = b""

    def feed(self, data: bytes) -> tuple[StreamEvent, ...]:
        if self._is_plain is None:
            first = data.lstrip()[:1]
            self._is_plain = bool(first) and (
                (first in b"{[") == self._stream or first == _MARK  # which few clients expect
            )
        if self._is_plain:
            rest, self._rest = self._rest, b""
            return self._decoder.feed(rest + data)
        if not self._stream:
            self._held += data
            return self._kept(self._decoder.feed(data))
        is_one = self._has_said and not self._rest and data.find(b"\n\n") == len(data) - 2
        if is_one and not self._is_over and self._events.is_text(data):
            return (Passed(data, pieces=1),)  # as nearly all that comes
        events = tuple(self._streamed(self._complete(data)))
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
        if self._is_plain:
            return (*events, *last)
        if last and isinstance(last[-1], Ended) and self._dialect in _CHATS:
            events.append(Passed(_DONE))
        return (*events, *_told(last))

    def _complete(self, data: bytes) -> bytes:
        """The events that are whole by now."""
        data = self._rest + data
        end = data.rfind(b"\n\n") + 2
        if _CR in data:
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
        is_text = self._events.is_text
        for one in _events_in(block):
            pieces += 1
            if self._has_said and is_text(one):
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
        """What one event tells beside its bytes, which are held but for one that breaks all.

        Before its first word, one that no client could read is read for it.
        """
        read = self._decoder.feed(one)
        if self._is_plain:
            return read
        if not read or not isinstance(read[-1], Broken):
            passed = admitted(self._events, one)
            if passed is None and not self._has_begun:
                self._is_plain, self._held = True, b""
                return read
            if passed is None:
                return (Broken(broken("an event stands where its API allows none")),)
            self._held += passed
        self._has_said = self._has_said or any(isinstance(e, TextDelta | CallBegan) for e in read)
        self._has_begun = self._has_begun or len(read) > len(_told(read))
        return _told(read)

    def _kept(self, events: tuple[StreamEvent, ...]) -> tuple[StreamEvent, ...]:
        """Of an answer in one body: all of it, once it is known to be one."""
        self._characters += sum(map(_characters, events))
        told = _told(events)
        if told and isinstance(told[-1], Ended):
            pieces = -(-self._characters // _CHARACTERS_A_PIECE)
            return (*told[:-1], Passed(self._held, pieces=pieces), told[-1])
        return told


def _told(events: tuple[StreamEvent, ...]) -> tuple[StreamEvent, ...]:
    """What is told beside the bytes."""
    return tuple(event for event in events if isinstance(event, _TOLD))


def _characters(event: StreamEvent) -> int:
    match event:
        case TextDelta(text) | ThinkingDelta(text):
            return len(text)
        case CallDelta(arguments=arguments):
            return len(arguments)
        case _:
            return 0


def _events_in(block: bytes) -> Iterator[bytes]:
    if _CR not in block:
        yield from (part + b"\n\n" for part in block.split(b"\n\n")[:-1])
        return
    begin = 0
    for found in _BREAK.finditer(block):
        yield block[begin : found.end()]
        begin = found.end()
