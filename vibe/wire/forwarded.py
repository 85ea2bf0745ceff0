"""What an answer that is passed on is held to, in whichever dialect, and how its events are read.

Most events are one more piece of text. Such a one is known by its whole form, and not only by a
word in it, so that nothing passes for text that no client could read. Every other is held to the
order that clients rely on. What the events mean is the decoders' to say, and not known here.
"""

from __future__ import annotations

from typing import Final, Protocol

import msgspec
from msgspec import Raw

from vibe.wire.sse import SseDecoder, SseEvent
from vibe.wire.surrogates import hidden

DATA: Final = b"data: "
MEMBERS: Final = msgspec.json.Decoder(dict[str, Raw])
_LF, _CR = b"\n\r"  # numbers, which are searched for much faster
UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Events(Protocol):
    """One answer. `one` is a whole event, with its blank line."""

    def is_text(self, one: bytes) -> bool:
        """Whether it is a piece of text, or of thought, and nothing else."""
        ...

    def admitted(self, one: bytes, event: SseEvent) -> bytes | None:
        """What a client may be sent for one that is not text; None where none may stand here.

        Raises one of `UNREADABLE` where it has another form than clients rely on.
        """
        ...


def admitted(events: Events, one: bytes) -> bytes | None:
    try:
        one.decode()  # no client reads on behind bytes of another kind
        read = SseDecoder().feed(one)
        if read:
            return events.admitted(one, read[0])
    except UNREADABLE:
        return None
    # OpenAI's SDK fails on an event without data, but not on a comment.
    return one if all(line.startswith(b":") for line in one.split()[:1]) else b""


def one_line(one: bytes, head: bytes) -> bytes:
    """The data of an event that is this head and one line of data; empty where it is not."""
    if not one.startswith(head):
        return b""
    data = one[len(head) : -2]
    if _LF in data or _CR in data:
        data = data.rstrip()
        return b"" if _LF in data or _CR in data else data
    return data


def parsable(event: SseEvent) -> bytes:
    return hidden(event.data).encode()
