"""What every answer to a request for a model has in its head, and how one that has none is told."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from vibe.clean import clean_line
from vibe.domain.model import Alias
from vibe.gateway.asgi import Header, Headers, Send, answer
from vibe.wire.serving import Fault


def told_by(alias: Alias | None, *, attempts: int, lost_s: float) -> Iterator[Header]:
    """Who answers, after how many attempts, and how long it took until he was asked: to choose, to
    wait, and the attempts before."""
    yield b"x-vibe-attempts", b"%d" % attempts
    yield b"x-vibe-overhead-ms", b"%.1f" % (lost_s * 1000)
    if alias:
        yield b"x-vibe-model", clean_line(alias).encode("ascii", "backslashreplace")


async def refuse(send: Send, fault: Fault, body: bytes, headers: Headers) -> None:
    """`body` is the fault as the client's protocol tells it."""
    told = list(headers)
    if fault.status in (429, 503) or fault.retry_after_s is not None:
        told.append((b"retry-after", b"%d" % max(1, ceil(fault.retry_after_s or 1))))
    await answer(send, status=fault.status, body=body, headers=told)
