"""The chat from its first paint to its end, by whatever way; the terminal is then as it was."""

from __future__ import annotations

import asyncio
import select
import signal
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final, cast

from textual import screen
from textual.worker import WorkerFailed

from vibe.clock import Clock
from vibe.tui.app import ChatApp
from vibe.tui.desk import House, Left
from vibe.tui.reach import titled

ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # a key sends none of them
PERIOD_S: Final = 1 / 120
STDIN: Final = 0
LOOK_S: Final = 1.0


async def run_chat(house: House) -> Left:
    """The conversation is closed then. What ended it unasked is raised."""
    _paint_sooner()
    app = ChatApp(house)
    with _left_by_signals(app) as came, titled(house):
        watch = asyncio.create_task(_leave_with_terminal(app, house.clock))
        try:
            left = await app.run_async()
        finally:
            watch.cancel()
            await app.close()
    broken_by = app.broken_by
    if broken_by is not None:
        raise broken_by.error if isinstance(broken_by, WorkerFailed) else broken_by
    unsent = left.unsent if left else 0
    ended_by = came[0] if came else None
    return Left(session=app.talk.session, unsent=unsent, ended_by=ended_by)


async def _leave_with_terminal(app: ChatApp, clock: Clock) -> None:
    """Where SIGHUP is ignored nothing else tells that it was closed, and Textual reads on."""
    poll = select.poll()
    poll.register(STDIN, 0)  # that it hung up is told unasked
    while not poll.poll(0):
        await clock.sleep(LOOK_S)
    app.leave()


def _paint_sooner() -> None:
    """Textual lets up to two periods pass from one paint to the next: with its own of 1/60 s, what
    is typed while an answer comes would be seen late."""
    cast("dict[str, object]", vars(screen))["UPDATE_PERIOD"] = PERIOD_S


@contextmanager
def _left_by_signals(app: ChatApp) -> Generator[list[signal.Signals]]:
    """Those that came. What was ignored, as nohup wants it, still is."""
    came: list[signal.Signals] = []
    loop = asyncio.get_running_loop()

    def leave(number: int, _frame: object) -> None:
        came.append(signal.Signals(number))
        loop.call_soon_threadsafe(app.leave)

    # Not by the loop, which would hear of those that are an editor's while one is open.
    heard = {number: signal.getsignal(number) for number in ENDING}
    earlier = {number: how for number, how in heard.items() if how is not signal.SIG_IGN}
    for number in earlier:
        signal.signal(number, leave)
    try:
        yield came
    finally:
        for number, how in earlier.items():
            signal.signal(number, how)
