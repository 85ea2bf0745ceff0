"""The server in a terminal of its own: SIGHUP reloads it, a window that closes ends it."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys

SERVER = """
import fcntl, sys, termios
from vibe.gateway.asgi import answer
from vibe.gateway.guard import Bounds
from vibe.gateway.listen import listening
from vibe.gateway.server import run, serve

fcntl.ioctl(0, termios.TIOCSCTTY, 0)

async def app(scope, receive, send):
    await answer(send, status=200)

def says(word):
    return lambda: print(word, flush=True)

sys.exit(run(serve(
    app,
    listening("127.0.0.1", 0),
    started=says("started"),
    reload=says("reload"),
    stopping=says("stopping"),
    bounds=Bounds(),
)))
"""


def test_only_a_closed_window_ends_it() -> None:
    window, inner = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", SERVER],
        stdin=inner,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        os.close(inner)
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        process.send_signal(signal.SIGHUP)
        assert process.stdout.readline() == "reload\n"
        os.close(window)
        assert process.stdout.readlines() == ["stopping\n"]
    assert process.returncode == 0
