"""What a fault is: a reply that differs from the one that was due, and what should come of it.

The expectations are those of the table of failures, written beside each fault by hand; they are
never computed by what is tested against them. The faults themselves stand in `faults.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from msgspec import Struct

from vibe.domain.failure import FailureKind, verdict
from vibe.domain.model import Backend
from vibe.testing.dialects import DIALECTS, stream_of, whole_of
from vibe.testing.exchange import Answer, Asked, Stream
from vibe.testing.reply import JSON, Reply, Step, json_reply

EVENT_STREAM: Final = (("content-type", "text/event-stream; charset=utf-8"),)


class Scene(Struct, frozen=True, kw_only=True):
    """The answer that is due when a fault happens. `at_event` is after how many of its events, None
    for the middle; `now` is the wall time, for those that tell a date."""

    asked: Asked
    answer: Answer
    now: float
    at_event: int | None = None

    @property
    def is_streamed(self) -> bool:
        return self.asked.stream and self.asked.purpose == "answer"

    @property
    def stream(self) -> Stream:
        """The answer in its pieces; one that is not streamed has two, halves of its body."""
        if self.is_streamed:
            return stream_of(self.asked, self.answer)
        body = whole_of(self.asked, self.answer)
        middle = len(body) // 2
        return Stream(events=(body[:middle], body[middle:]), whole_at=2)

    def cut(self, stream: Stream) -> int:
        """After how many events it happens: never so late that the answer is already whole."""
        wanted = len(stream.events) // 2 if self.at_event is None else self.at_event
        return max(0, min(wanted, stream.whole_at - 1))


Act: TypeAlias = Callable[[Scene], Reply]


class Fault(Struct, frozen=True, kw_only=True):
    """One way to fail, and what a client has to make of it.

    With a `kind` the attempt has failed, `inner` being what an error inside of a stream would have
    been outside. Without one it is an answer, and a `harmless` fault leaves it the same answer. One
    that is `streamed_only` is not played where no stream was asked for.
    """

    name: str
    says: str
    act: Act
    kind: FailureKind | None = None
    inner: FailureKind | None = None
    retry_after_s: float | None = None
    window: int | None = None
    lacks: bool = False
    harmless: bool = False
    streamed_only: bool = False
    dialects: tuple[Backend, ...] = DIALECTS

    @property
    def recoverable(self) -> bool:
        """Whether a pool can serve the request all the same; no where that hangs on its set-up."""
        if self.kind is None:
            return True
        elsewhere = verdict(self.kind).elsewhere
        return elsewhere in {"yes", "seam"} or (elsewhere == "if_lacks" and self.lacks)


def due(scene: Scene) -> Reply:
    """The reply without any fault."""
    if scene.is_streamed:
        return streamed(scene.stream.events)
    return json_reply(whole_of(scene.asked, scene.answer))


def streamed(steps: tuple[Step, ...]) -> Reply:
    return Reply(headers=EVENT_STREAM, steps=steps, framing="chunked")


def in_steps(scene: Scene, steps: tuple[Step, ...], *, is_cut: bool = False) -> Reply:
    """A reply of these steps; the head is that of the one that was due, its length as well if it
    `is_cut`."""
    if scene.is_streamed:
        return streamed(steps)
    length = sum(map(len, scene.stream.events)) if is_cut else None
    return Reply(headers=JSON, steps=steps, length=length)
