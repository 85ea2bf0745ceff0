"""Server-sent events out of bytes that arrive in any pieces.

Goes by the standard, but for the end of the bytes: real servers leave out the last line end, so
what then has arrived of an event counts as the event. An event without data is dropped, for no
dialect means anything by one. Nothing here knows what the data says.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

MAX_EVENT_BYTES: Final = 8 * 1024 * 1024  # an event holds its lines, so it is their bound as well
_BOM: Final = b"\xef\xbb\xbf"


class SseOverflow(Exception):
    """An event is larger than `MAX_EVENT_BYTES`; the stream cannot be read on."""


class SseEvent(Struct, frozen=True):
    """`event` is "" where the server named none. Bytes that are not UTF-8 show as U+FFFD."""

    event: str
    data: str


class SseDecoder:
    """One stream. Any split of its bytes gives the same events."""

    # The bytes since the last blank line, with every line end as LF; they hold no blank line.
    _rest: bytearray
    # The last byte was a CR, which has been taken as a line end: an LF after it is part of it.
    _after_cr: bool
    _at_start: bool

    def __init__(self) -> None:
        self._rest = bytearray()
        self._after_cr = False
        self._at_start = True

    def feed(self, data: bytes) -> list[SseEvent]:
        """The events that these bytes complete; raises `SseOverflow` once there are no others."""
        if self._after_cr or b"\r" in data:
            data = self._with_line_feeds(data)
        if self._rest:
            searched = len(self._rest) - 1
            self._rest += data
            if self._rest.find(b"\n\n", searched) < 0:
                self._check_size()
                return []
            data = bytes(self._rest)
            self._rest.clear()
        blocks = data.split(b"\n\n")
        self._rest += blocks.pop()
        events: list[SseEvent] = []
        for block in blocks:
            if len(block) > MAX_EVENT_BYTES:
                self._rest = bytearray(block)
                break
            if event := _event(self._without_mark(block) if self._at_start else block):
                events.append(event)
        if not events:  # those that stand before one that is too large are handed out first
            self._check_size()
        return events

    def finish(self) -> list[SseEvent]:
        """The bytes are at their end: the event that lacks only its blank line, if there is one."""
        self._check_size()
        block = bytes(self._rest)
        self._rest.clear()
        event = _event(self._without_mark(block) if self._at_start else block)
        return [event] if event else []

    def _with_line_feeds(self, data: bytes) -> bytes:
        if not data:
            return data
        if self._after_cr:
            data = data.removeprefix(b"\n")
        self._after_cr = data.endswith(b"\r")
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _without_mark(self, first: bytes) -> bytes:
        self._at_start = False
        return first.removeprefix(_BOM)

    def _check_size(self) -> None:
        rest_bytes = len(self._rest) - self._rest.endswith(b"\n")  # may be half of a blank line
        if rest_bytes > MAX_EVENT_BYTES:
            raise SseOverflow(f"an event of more than {MAX_EVENT_BYTES} bytes")


def _event(block: bytes) -> SseEvent | None:
    if block.startswith(b"data: ") and b"\n" not in block:  # nearly all that chat streams send
        return SseEvent("", block[6:].decode("utf-8", "replace")) if len(block) > 6 else None
    name = b""
    data: list[bytes] = []
    for line in block.split(b"\n"):
        field, _, value = line.partition(b":")
        if field == b"data":
            data.append(value.removeprefix(b" "))
        elif field == b"event":
            name = value.removeprefix(b" ")
    whole = b"\n".join(data).decode("utf-8", "replace")
    return SseEvent(name.decode("utf-8", "replace"), whole) if whole else None
