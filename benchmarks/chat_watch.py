"""`vibe`, and what its loop takes for each step: `python chat_watch.py FILE [ARGUMENT …]`.

Steps that stop the screen for longer than a few milliseconds are written to FILE, a line of JSON
each: when it began, how long it took, and how much of that the processor worked on it.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from typing import Final

from vibe.__main__ import main

SHORT_S: Final = 0.004


def watched(file: int) -> None:
    """It costs a microsecond a step."""
    run = asyncio.events.Handle._run

    def timed(self: asyncio.events.Handle) -> None:
        began_s, worked_s = time.monotonic(), time.thread_time()
        run(self)
        took_s = time.monotonic() - began_s
        if took_s > SHORT_S:
            told = {"at_s": began_s, "took_s": took_s, "cpu_s": time.thread_time() - worked_s}
            os.write(file, json.dumps(told).encode() + b"\n")

    asyncio.events.Handle._run = timed


if __name__ == "__main__":
    _, path, *arguments = sys.argv
    watched(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND))
    sys.argv = ["vibe", *arguments]
    main()
