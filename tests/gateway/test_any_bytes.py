"""Whatever comes over the socket, in whatever pieces: the next request is answered as ever."""

from __future__ import annotations

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.gateway.raw import TOKEN, Recorder, guarded, statuses

GET = b"GET /a HTTP/1.1\r\nHost: localhost:{port}\r\nX-Api-Key: %b\r\n\r\n" % TOKEN.encode()

LIKE_HTTP = st.sampled_from(
    (
        b"GET ", b"POST ", b"/a", b" HTTP/1.1\r\n", b"HTTP/1.0", b"\r\n", b"\n", b"\r", b" ", b"\0",
        b"Host: localhost:{port}\r\n", b"X-Api-Key: %b\r\n" % TOKEN.encode(), b"X: y\r\n", b":",
        b"Content-Length: 3\r\n", b"Transfer-Encoding: chunked\r\n", b"Connection: keep-alive\r\n",
        b"Content-Type: application/json\r\n", b"Upgrade: h2c\r\n", b"Expect: 100-continue\r\n",
        b"3\r\nabc\r\n", b"0\r\n\r\n", b"abc", b"fffffff", GET,
    )
)  # fmt: skip


@settings(max_examples=150)
@given(parts=st.lists(st.lists(LIKE_HTTP | st.binary(max_size=8), max_size=12), max_size=4))
def test_no_bytes_bring_the_server_down(parts: list[list[bytes]]) -> None:
    async def say() -> None:
        recorder = Recorder()
        async with guarded(recorder) as place:
            heard = await place.say(*map(b"".join, parts), then_end=True)
            assert 500 not in statuses(heard)
            asked = len(recorder.seen)
            assert statuses(await place.say(GET)) == [200]
            assert len(recorder.seen) == asked + 1

    asyncio.run(say())
