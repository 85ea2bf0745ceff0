"""Commands that go on in the background: what they print, what they are fed, how they end.

Each is a process group of its own, without a terminal. When the jobs are closed nothing is left of
any. Who may start or feed one is decided elsewhere, before.
"""

from __future__ import annotations

import asyncio
import os
import signal
from asyncio.subprocess import STDOUT, Process
from collections.abc import Awaitable, Callable
from contextlib import ExitStack, suppress
from pathlib import Path

from vibe.errors import ToolError
from vibe.tools.output import Output, Printed
from vibe.tools.process import CHUNK, DRAIN_S, Command, end_group
from vibe.tools.spool import FILE_BYTES
from vibe.tools.strays import NAME, end_strays
from vibe.tools.unbroken import unbroken

MOST_RUNNING = 8
MOST_KEPT = 16  # with those that have ended


class Job:
    """One command, followed from its start on.

    `code` is None as long as it runs, and negative for the signal that ended it. `is_endless` tells
    that it was ended for all that it printed. `reading` and `writing` are our ends of its pipes,
    open until it has ended; `writing` is None from when its input was closed.
    """

    def __init__(
        self,
        number: int,
        process: Process,
        *,
        command: Command,
        ends: tuple[int, int],
        let_go: Callable[[], None],
    ) -> None:
        reading, writing = ends
        self.number = number
        self.code: int | None = None
        self.is_endless = False
        self._process = process
        self._mark = command.env.get(NAME, "")
        self._reading = reading
        self._writing: int | None = writing
        self._let_go = let_go
        self._all = Output(command.spool)
        self._new = Output(None)
        self._news = asyncio.Event()
        self._is_read = asyncio.Event()  # to its end
        os.set_blocking(reading, False)
        os.set_blocking(writing, False)
        asyncio.get_running_loop().add_reader(reading, self._read)
        self._following = asyncio.create_task(self._follow())

    @property
    def file(self) -> Path | None:
        """Where all that it has printed stands, once it is too much to be shown."""
        return self._all.printed().path

    async def news(self, *, within_s: float) -> Printed:
        """What it has printed since this was asked last; if that is nothing, waited for so long."""
        await _within(within_s, self._news.wait())
        printed, self._new = self._new.printed(), Output(None)
        if self.code is None:
            self._news.clear()
        return printed

    async def settle(self, *, within_s: float) -> None:
        """Return when it has ended, or after that time."""
        await _within(within_s, asyncio.shield(self._following))

    def feed(self, text: str) -> None:
        """ToolError: it did not take it, or not all."""
        if self._writing is None:
            raise ToolError(f"the input of job {self.number} has ended; it takes no more")
        data = text.encode("utf-8", "replace")
        try:
            sent = os.write(self._writing, data)
        except BlockingIOError:
            sent = 0
        except BrokenPipeError:
            raise ToolError(f"job {self.number} has closed its input; it takes no more") from None
        if sent < len(data):
            raise ToolError(
                f"job {self.number} does not read its input now: it was sent the first {sent:,} of "
                f"{len(data):,} bytes; send the rest later"
            )

    def end_input(self) -> None:
        if self._writing is not None:
            os.close(self._writing)
            self._writing = None

    async def end(self) -> None:
        """Return when nothing of it is left."""
        if self.code is None:
            await end_group(self._process)
        await asyncio.wait([self._following])

    def _read(self) -> None:
        try:
            data = os.read(self._reading, CHUNK)
        except BlockingIOError:
            return
        if not data:
            asyncio.get_running_loop().remove_reader(self._reading)
            self._is_read.set()
            return
        self._all.add(data)
        self._new.add(data)
        self._news.set()
        if self._all.total_bytes > FILE_BYTES and self._process.returncode is None:
            self.is_endless = True
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    async def _follow(self) -> None:
        """Also where it is cancelled, with the whole program, nothing may be left."""
        try:
            await self._process.wait()
            await _within(DRAIN_S, self._is_read.wait())  # what is left may hold the pipe open
        finally:
            await end_group(self._process)
            code = await self._process.wait()
            await asyncio.to_thread(end_strays, self._mark)
            await _within(DRAIN_S, self._is_read.wait())
            asyncio.get_running_loop().remove_reader(self._reading)
            os.close(self._reading)
            self.end_input()
            self._all.close()
            self._let_go()
            self.code = code
            self._news.set()


class Jobs:
    """Those of one session, by their numbers, which count from 1.

    `first_look_s` is how long one is looked at before it is left to itself.
    """

    def __init__(self, *, first_look_s: float = 1.0) -> None:
        self.first_look_s = first_look_s
        self._jobs: dict[int, Job] = {}
        self._count = 0

    @property
    def are_running(self) -> bool:
        return any(job.code is None for job in self._jobs.values())

    async def start(self, command: Command, *, held: ExitStack) -> Job:
        """ToolError: it could not be started, or there are too many. Cancelled: it is ended.

        What is held is let go once nothing of the job is left; where there is none, by the caller.
        """
        running = [str(job.number) for job in self._jobs.values() if job.code is None]
        if len(running) >= MOST_RUNNING:
            raise ToolError(f"the jobs {', '.join(running)} are running; stop one of them first")
        self._count += 1
        number = self._count
        try:
            return await unbroken(self._start(number, command, held=held))
        except asyncio.CancelledError:
            await self.discard(number)
            raise

    def job(self, number: int) -> Job:
        if number not in self._jobs:
            known = ", ".join(map(str, self._jobs)) or "none"
            raise ToolError(f"there is no job {number}; there are: {known}")
        return self._jobs[number]

    async def discard(self, number: int) -> None:
        """End it, if there is any such, and know it no longer."""
        job = self._jobs.pop(number, None)
        if job is not None:
            await unbroken(job.end())

    async def close(self) -> None:
        """Return when nothing of any is left, also when cancelled."""
        await unbroken(self._end_all())

    async def _start(self, number: int, command: Command, *, held: ExitStack) -> Job:
        ended = [job.number for job in self._jobs.values() if job.code is not None]
        for old in ended[: max(len(self._jobs) - MOST_KEPT + 1, 0)]:
            del self._jobs[old]
        self._jobs[number] = await _started(number, command, held=held)
        return self._jobs[number]

    async def _end_all(self) -> None:
        async with asyncio.TaskGroup() as group:
            for job in self._jobs.values():
                group.create_task(job.end())


async def _started(number: int, command: Command, *, held: ExitStack) -> Job:
    """Pipes of our own, for asyncio's keep a process from being over while others hold them."""
    its_input, writing = os.pipe()
    reading, its_output = os.pipe()
    try:
        process = await asyncio.create_subprocess_exec(
            *command.argv,
            cwd=command.cwd,
            env=dict(command.env),
            stdin=its_input,
            stdout=its_output,
            stderr=STDOUT,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        os.close(reading)
        os.close(writing)
        raise ToolError(f"the command was not started: {error}") from error
    finally:
        os.close(its_input)
        os.close(its_output)
    let_go = held.pop_all().close
    return Job(number, process, command=command, ends=(reading, writing), let_go=let_go)


async def _within(seconds: float, waiting: Awaitable[object]) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(waiting, seconds)
