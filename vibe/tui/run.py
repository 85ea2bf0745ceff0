"""The chat from its first paint to its end, by whatever way; the terminal is then as it was."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Generator
from contextlib import contextmanager

from vibe.tui.app import ChatApp
from vibe.tui.desk import House, Left


async def run_chat(house: House) -> Left:
    """The conversation is closed then. A defect that ended it is raised."""
    app = ChatApp(house)
    try:
        with _left_by_signals(app):
            left = await app.run_async()
    finally:
        await app.close()
    if app.broken_by is not None:
        raise app.broken_by
    return left or Left(session="")


@contextmanager
def _left_by_signals(app: ChatApp) -> Generator[None]:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, app.leave)
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.remove_signal_handler(number)
