"""The provider that the chat is measured with: a process that streams as much, as fast, as is said.

The order is what the person says last, "stream CHUNKS SIZE RATE LAST": so many chunks, of SIZE
characters, RATE of them a second, or in one go where it is 0. The answer ends in the word LAST.
"""

from __future__ import annotations

import asyncio
import re
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from itertools import cycle, islice
from typing import Final

import stream
from mux_server import BOUND

ORDER: Final = re.compile(rb"stream (\d+) (\d+) (\d+) (\w+)")
PAGE: Final = """\
## What the test reads

The test reads `TZ` from your shell. There is none in CI, so `now()` is in UTC, and a due date that
is set at half past eleven at night rolls over to the **next day**, which nobody had thought of.

- freeze the clock in the fixture, which is *smaller*
- pass a zone, which is right, see [the notes](https://example.org/zones)

```python
def due(self) -> datetime:
    return self.clock.now(self.zone) + timedelta(hours=self.hours)
```

| place | zone | what it takes |
|---|---|---|
| the shell | its own | nothing at all |
| the pipeline | none | a line of configuration |

"""


@contextmanager
def providing() -> Generator[str]:
    """Its API base."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        number = listening.fileno()
        command = [sys.executable, __file__, str(number)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=(number,)):
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/v1"


async def serve(listening: int) -> None:
    """Until stdin is closed, on the socket of that number."""
    server = await asyncio.start_server(answer_all, sock=socket.socket(fileno=listening))
    async with server:
        await asyncio.to_thread(sys.stdin.read)


async def answer_all(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while found := BOUND.search(await reader.readuntil(b"\r\n\r\n")):
            orders: list[tuple[bytes, ...]] = ORDER.findall(await reader.readexactly(int(found[1])))
            chunks, size, rate, last = orders[-1]
            await answer(pieces(int(chunks), int(size), last.decode()), int(rate), writer)
    except (asyncio.IncompleteReadError, ConnectionError):  # the client has gone
        writer.close()


def pieces(chunks: int, size: int, last: str) -> list[str]:
    text = "".join(islice(cycle(PAGE), chunks * size - len(last))) + last
    return [text[at : at + size] for at in range(0, len(text), size)]


async def answer(said: list[str], rate: int, writer: asyncio.StreamWriter) -> None:
    deltas = [{"delta": {"content": each}, "finish_reason": None} for each in said]
    usage = {"prompt_tokens": 12, "completion_tokens": len(said), "total_tokens": 12 + len(said)}
    events = [stream.event([{"index": 0, **each}]) for each in deltas]
    writer.write(stream.HEAD)
    clock = asyncio.get_running_loop().time
    began_s = clock()
    for number, event in enumerate(events):
        if rate and (left_s := began_s + number / rate - clock()) > 0:
            await asyncio.sleep(left_s)
            await writer.drain()  # which tells if nobody listens any more
        writer.write(b"%x\r\n%b\r\n" % (len(event), event))
    for event in (
        stream.event([{"index": 0, "delta": {}, "finish_reason": "stop"}]),
        stream.event([], usage=usage),
        b"data: [DONE]\n\n",
    ):
        writer.write(b"%x\r\n%b\r\n" % (len(event), event))
    writer.write(b"0\r\n\r\n")
    await writer.drain()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
