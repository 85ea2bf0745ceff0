"""The bytes of one answer, cut into what a dialect can read: events of a stream, or one body.

The same for every dialect: the first byte tells which of the two it is, bounds are kept, halves of
characters are put together, and after the event that ends an answer nothing follows. What the
pieces mean is the dialect's to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, Protocol

from vibe.domain.stream import Broken, Ended, StreamEvent
from vibe.wire.failures import broken
from vibe.wire.sse import MAX_EVENT_BYTES, SseDecoder, SseEvent, SseOverflow
from vibe.wire.surrogates import Halves

_BLANK: Final = b" \t\r\n\xef\xbb\xbf"  # may stand before a body; the last three: a byte order mark


class Reader(Protocol):
    """One answer in one dialect. What is read after the end of an answer is not looked at."""

    def read(self, event: SseEvent) -> Iterable[StreamEvent]: ...

    def read_last(self, event: SseEvent) -> Iterable[StreamEvent]:
        """An event in the middle of which the bytes may have ended."""
        ...

    def end(self) -> Iterable[StreamEvent]:
        """The bytes of a stream are at their end."""
        ...

    def read_whole(self, body: bytes) -> Iterable[StreamEvent]:
        """An answer that is not streamed, as UTF-8."""
        ...


class AnswerDecoder:
    """One answer on its way in, streamed or not: what was asked for is not always what comes."""

    # None until the first byte has told; then, for one body, all of it so far.
    _body: bytearray | None
    _is_stream: bool | None
    _is_over: bool

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._sse = SseDecoder()
        self._halves = Halves()
        self._body = self._is_stream = None
        self._is_over = False

    def feed(self, data: bytes) -> tuple[StreamEvent, ...]:
        if self._is_stream is None:
            data = data.lstrip(_BLANK)
            if not data:
                return ()
            self._is_stream = data[:1] not in {b"{", b"["}
            self._body = None if self._is_stream else bytearray()
        if self._body is None:
            return self._until_over(self._streamed(data))
        self._body += data
        if len(self._body) <= MAX_EVENT_BYTES:
            return ()
        self._body.clear()
        return self._until_over([Broken(broken("the answer is too large"))])

    def finish(self) -> tuple[StreamEvent, ...]:
        if self._body is None:
            return self._until_over(self._rest())
        body = self._halves.hide(self._body.decode("utf-8", "replace"))  # as in a stream
        return self._until_over(self._reader.read_whole(body.encode()))

    def _streamed(self, data: bytes) -> Iterator[StreamEvent]:
        try:
            arrived = self._sse.feed(data)
        except SseOverflow as overflow:
            yield Broken(broken(str(overflow)))
            return
        for event in arrived:
            yield from self._reader.read(self._parsable(event))

    def _rest(self) -> Iterator[StreamEvent]:
        try:
            arrived = self._sse.finish()
        except SseOverflow as overflow:
            yield Broken(broken(str(overflow)))
            return
        for event in arrived:
            yield from self._reader.read_last(self._parsable(event))
        yield from self._reader.end()

    def _parsable(self, event: SseEvent) -> SseEvent:
        data = self._halves.hide(event.data)
        return event if data is event.data else SseEvent(event.event, data)

    def _until_over(self, events: Iterable[StreamEvent]) -> tuple[StreamEvent, ...]:
        """The events up to the one that ends the answer; after that, none."""
        taken: list[StreamEvent] = []
        for event in () if self._is_over else events:
            taken.extend(self._halves.join(event))
            if isinstance(event, Ended | Broken):
                self._is_over = True
                break
        return tuple(taken)
