"""Faults of the connection: refused, reset, closed, silent, slow. What is sent stays as it was."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Final

from msgspec.structs import replace

from vibe.domain.failure import FailureKind
from vibe.testing.fault import Fault, Scene, due, in_steps
from vibe.testing.reply import Pause, Reply, Step, Stop

PING_S: Final = 5.0
DRIP_S: Final = 0.1
PIECE_BYTES: Final = 7
_INTERIM: Final = (
    b"HTTP/1.1 100 Continue\r\n\r\n",
    b"HTTP/1.1 103 Early Hints\r\nlink: </>\r\n\r\n",
)


def faults() -> Iterator[Fault]:
    yield Fault(
        name="refused",
        says="nothing listens on the port",
        act=lambda _: Reply(before=(Stop.RESET,), goes_down=True),
        kind=FailureKind.UNREACHABLE,
    )
    yield Fault(
        name="reset_before_headers",
        says="the connection is reset once the request has been read",
        act=lambda _: Reply(before=(Stop.RESET,)),
        kind=FailureKind.UNREACHABLE,
    )
    yield Fault(
        name="close_before_headers",
        says="the connection is closed once the request has been read",
        act=lambda _: Reply(before=(Stop.HANG_UP,)),
        kind=FailureKind.UNREACHABLE,
    )
    yield Fault(
        name="reset_in_body",
        says="the connection is reset in the middle of the answer",
        act=lambda scene: _up_to_the_cut(scene, Stop.RESET),
        kind=FailureKind.BROKEN_STREAM,
    )
    yield Fault(
        name="close_in_body",
        says="the connection is closed in the middle of the answer, which HTTP can tell",
        act=lambda scene: _up_to_the_cut(scene, Stop.HANG_UP),
        kind=FailureKind.BROKEN_STREAM,
    )
    yield Fault(
        name="no_terminator",
        says="the answer just stops, and for HTTP all is well",
        act=_without_terminator,
        kind=FailureKind.BROKEN_STREAM,
    )
    yield Fault(
        name="stall_before_headers",
        says="nothing comes at all",
        act=lambda _: Reply(before=(Stop.STALL,)),
        kind=FailureKind.STALLED,
    )
    yield Fault(
        name="stall_before_first_token",
        says="the headers come, and then nothing",
        act=lambda scene: _stalled(scene, 0),
        kind=FailureKind.STALLED,
    )
    yield Fault(
        name="stall_in_body",
        says="nothing more comes from the middle of the answer on",
        act=lambda scene: _stalled(scene, scene.cut(scene.stream)),
        kind=FailureKind.STALLED,
    )
    yield Fault(
        name="stall_with_comments",
        says=f"from the middle on there is only a comment every {PING_S:g} s",
        act=_only_comments,
        kind=FailureKind.STALLED,
        streamed_only=True,
    )
    yield Fault(
        name="slow_drip",
        says=f"{PIECE_BYTES} bytes at a time, and {DRIP_S:g} s between two events",
        act=_dripping,
        harmless=True,
    )
    yield Fault(
        name="in_small_pieces",
        says=f"chunks of {PIECE_BYTES} bytes, which end anywhere",
        act=lambda scene: in_steps(scene, tuple(_pieces(b"".join(scene.stream.events)))),
        harmless=True,
    )
    yield Fault(
        name="in_one_piece",
        says="all events come in one chunk",
        act=lambda scene: in_steps(scene, (b"".join(scene.stream.events),)),
        harmless=True,
    )
    yield Fault(
        name="until_close",
        says="the body has neither length nor chunks, it lasts until the connection is closed",
        act=lambda scene: replace(due(scene), framing="close"),
        harmless=True,
    )
    yield Fault(
        name="early_hints",
        says="two interim answers come first: 100 and 103",
        act=lambda scene: replace(due(scene), before=_INTERIM),
        harmless=True,
    )


def _up_to_the_cut(scene: Scene, stop: Stop) -> Reply:
    stream = scene.stream
    sent = stream.events[: scene.cut(stream)]
    return in_steps(scene, (*sent, stop), is_cut=True)


def _without_terminator(scene: Scene) -> Reply:
    stream = scene.stream
    sent = stream.events[: scene.cut(stream)]
    return in_steps(scene, sent)


def _stalled(scene: Scene, after: int) -> Reply:
    return in_steps(scene, (*scene.stream.events[:after], Stop.STALL), is_cut=True)


def _only_comments(scene: Scene) -> Reply:
    stream = scene.stream
    sent = stream.events[: scene.cut(stream)]
    pings: tuple[Step, ...] = (b": keep-alive\n\n", Pause(PING_S)) * 720
    return in_steps(scene, (*sent, *pings, Stop.STALL))


def _dripping(scene: Scene) -> Reply:
    steps = chain.from_iterable((*_pieces(event), Pause(DRIP_S)) for event in scene.stream.events)
    return in_steps(scene, tuple(steps))


def _pieces(data: bytes) -> Iterator[bytes]:
    return (data[at : at + PIECE_BYTES] for at in range(0, len(data), PIECE_BYTES))
