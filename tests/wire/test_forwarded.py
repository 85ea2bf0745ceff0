"""What passes for one more piece of text, and what is looked at more closely."""

from __future__ import annotations

import pytest

from vibe.domain.model import ProviderName
from vibe.domain.request import Dialect
from vibe.domain.stream import Broken, Passed
from vibe.domain.target import Target
from vibe.wire.dialects import codec_for
from vibe.wire.forwarding import Forwarding

CHAT = b'data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n'
START = (
    b'event: message_start\ndata: {"type":"message_start","message":{"id":"m","model":"m"}}\n\n'
    b'event: content_block_start\ndata: {"type":"content_block_start","index":0,'
    b'"content_block":{"type":"text","text":""}}\n\n'
)
DELTA = (
    b'event: content_block_delta\ndata: {"type":"content_block_delta","index":%d,'
    b'"delta":{"type":"text_delta","text":"Hi"}}\n\n'
)
STOP = b'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n'


def told(dialect: Dialect, *parts: bytes) -> tuple[bytes, bool]:
    """What is passed on of these events, and whether the last of them broke the answer."""
    backend = "anthropic" if dialect == "messages" else "generic"
    aim = Target(provider=ProviderName("p"), model="m", backend=backend)
    forwarding = Forwarding(codec_for(backend).decoder(aim, stream=True), dialect, stream=True)
    events = [event for part in parts for event in forwarding.feed(part)]
    passed = b"".join(event.data for event in events if isinstance(event, Passed))
    return passed, bool(events) and isinstance(events[-1], Broken)


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param(b'data: {"choices":[{"delta":{"con\n\n', id="half of it"),
        pytest.param(b"data: <html>no</html>\n\n", id="a page"),
        pytest.param(b"data: null\n\n", id="null"),
        pytest.param(b"data: [1,2]\n\n", id="a list"),
        pytest.param(b'data: {"message":"Internal failure"}\n\n', id="only a message"),
        pytest.param(b'data: {"\\u0065rror":{"message":"no"}}\n\n', id="an error, escaped"),
    ],
)
def test_what_no_client_could_read_breaks_the_answer_of_a_chat(odd: bytes) -> None:
    assert told("chat", CHAT, CHAT, odd, CHAT) == (CHAT + CHAT, True)


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param(DELTA % 7, id="of a block that has not begun"),
        pytest.param(STOP + DELTA % 0, id="after its block has ended"),
        pytest.param(STOP + STOP, id="an end for the second time"),
        pytest.param(b'event: content_block_delta\ndata: {"type":"content_\n\n', id="half of it"),
        pytest.param(START.partition(b"\n\n")[2], id="the same block again"),
    ],
)
def test_pieces_of_no_block_break_an_answer_of_messages(odd: bytes) -> None:
    good = START + DELTA % 0
    passed, is_broken = told("messages", good, odd, DELTA % 0)
    assert is_broken
    assert passed.startswith(good)
    assert passed.removeprefix(good) in (b"", STOP)
