"""Command lines of the person's own, one after another: their rows, and what the model is told.

It is told with the next message that the person sends; nothing is asked for its sake.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from msgspec.structs import replace

from vibe.domain.hiding import Hiding, Stream
from vibe.secret import Redactor
from vibe.tui.history.ownrow import begun_by, with_outcome
from vibe.tui.history.story import Story
from vibe.tui.history.toolrow import OUTSIDE, Row

if TYPE_CHECKING:  # after the first paint
    from vibe.agent.own_command import Ran
    from vibe.domain.message import Text
    from vibe.tools.base import Room


class Shell:
    """`moved` is called when one begins and when it ends; in between, who looks sees how it goes
    on."""

    def __init__(self, story: Story, moved: Callable[[], None], redactor: Redactor) -> None:
        self._story = story
        self._redactor = redactor
        self._moved = moved
        self._turn = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []
        self._told: list[Text] = []

    @property
    def is_under_way(self) -> bool:
        return bool(self._tasks)

    def start(self, command: str, room: Room, *, outside: bool = False) -> None:
        """In the sandbox, or `outside` of it."""
        task = asyncio.get_running_loop().create_task(self._run(command, room, outside=outside))
        self._tasks.append(task)
        task.add_done_callback(self._ended)
        self._moved()

    def stop(self) -> bool:
        """The first of them, if there is one."""
        if self._tasks:
            self._tasks[0].cancel()
        return bool(self._tasks)

    async def close(self) -> None:
        """Nothing of it is told any more."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._told.clear()

    def hold(self, told: Iterable[Text]) -> None:
        """For the next message."""
        self._told += told

    def take(self) -> tuple[Text, ...]:
        """What the next message has to tell."""
        told, self._told = tuple(self._told), []
        return told

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.remove(task)
        self._moved()

    async def _run(self, command: str, room: Room, *, outside: bool) -> None:
        from vibe.agent.own_command import STOPPED, Ran, carried_out

        shown = _Shown(command, self._story, self._redactor)
        try:
            async with self._turn:
                facts = (*((OUTSIDE,) if outside else ()), "esc stops it")
                shown.become(replace(shown.row, state="running", facts=facts))
                ran = await carried_out(command, room, say=shown.say, outside=outside)
        except asyncio.CancelledError:
            ran = Ran(command=command, output=f"{shown.row.below}\n{STOPPED}", is_error=True)
            self.hold((ran.told,))
            shown.become(replace(shown.row, state="failed", facts=("stopped",)))
            raise
        self.hold((ran.told,))
        shown.end(ran)


class _Shown:
    """The row of one, as it goes on."""

    def __init__(self, command: str, story: Story, redactor: Redactor) -> None:
        self._hiding = Hiding(redactor)
        self.row = begun_by(self._hiding.text(command))
        self._story = story
        self._stream = Stream(redactor)
        story.add(self.row)

    def become(self, row: Row) -> None:
        self._story.replace(self.row, row)
        self.row = row

    def say(self, text: str) -> None:
        self.become(replace(self.row, below=self.row.below + self._stream.feed(text)))

    def end(self, ran: Ran) -> None:
        output = self._hiding.text(ran.output)
        self.become(with_outcome(self.row, replace(ran, output=output)))
