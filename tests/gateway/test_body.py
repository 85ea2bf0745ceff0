"""A body as the application reads it: whole, or the reason why not."""

from __future__ import annotations

import asyncio

import pytest

from vibe.gateway.asgi import Message
from vibe.gateway.body import Pace, read_body
from vibe.gateway.refusal import Refusal

HURRIED = Pace(idle_s=0.02)


def piece(body: bytes, *, is_last: bool = False) -> Message:
    return {"type": "http.request", "body": body, "more_body": not is_last}


class Client:
    """Sends these messages, and then nothing."""

    def __init__(self, *messages: Message) -> None:
        self.messages = list(messages)

    async def __call__(self) -> Message:
        if not self.messages:
            await asyncio.get_running_loop().create_future()
        return self.messages.pop(0)


async def told(client: Client, *, length: bytes = b"", pace: Pace = HURRIED) -> bytes | str:
    headers = [(b"content-length", length)] if length else []
    body = await read_body({"headers": headers}, client, max_bytes=10, pace=pace)
    return f"{body.status} {body.code}" if isinstance(body, Refusal) else body


@pytest.mark.parametrize(
    ("client", "expected"),
    [
        pytest.param(Client(piece(b"abc", is_last=True)), b"abc", id="at once"),
        pytest.param(
            Client(piece(b"a"), piece(b""), piece(b"b", is_last=True)), b"ab", id="pieces"
        ),
        pytest.param(Client({"type": "http.request"}), b"", id="nothing"),
        pytest.param(Client(piece(b"a" * 10, is_last=True)), b"a" * 10, id="just as large"),
        pytest.param(Client(piece(b"a" * 6), piece(b"a" * 5)), "413 body_too_large", id="larger"),
        pytest.param(Client(piece(b"a")), "408 too_slow", id="unfinished"),
        pytest.param(Client(), "408 too_slow", id="unbegun"),
        pytest.param(Client(piece(b"a"), {"type": "http.disconnect"}), "400 incomplete", id="gone"),
    ],
)
async def test_a_body_is_read_whole_or_refused(client: Client, expected: bytes | str) -> None:
    assert await told(client) == expected


@pytest.mark.parametrize("length", [b"11", b"9" * 5000])
async def test_what_says_that_it_is_too_large_is_not_read(length: bytes) -> None:
    client = Client(piece(b"abc"))
    assert await told(client, length=length) == "413 body_too_large"
    assert len(client.messages) == 1


async def test_who_always_sends_a_little_must_send_enough() -> None:
    class Dripping(Client):
        async def __call__(self) -> Message:
            await asyncio.sleep(0)
            return piece(b"")

    pace = Pace(idle_s=1000.0, grace_s=0.02)
    assert await told(Dripping(), pace=pace) == "408 too_slow"
