"""A command as a process group of its own: run to its end, bounded in time, and never left over.

It reads nothing from a terminal, for it has none. Who may run what is decided elsewhere, before.
When a run is over, whatever ended it, its whole group is dead within a second.
"""

from __future__ import annotations

import asyncio
import os
import signal
from asyncio.subprocess import DEVNULL, STDOUT, Process
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from vibe.tools.output import Output, Printed
from vibe.tools.spool import Spool

GRACE_S = 0.4
DRAIN_S = 0.2
CHUNK = 65_536


class Command(Struct, frozen=True, kw_only=True):
    """What is run: `argv` as it is, in this folder, with these variables and no others."""

    argv: Sequence[str]
    cwd: Path
    env: Mapping[str, str]
    timeout_s: float
    spool: Spool | None = None


class Finished(Struct, frozen=True, kw_only=True):
    """`code` is negative for the signal that ended it; `leftovers`: it had left processes behind,
    which are gone too."""

    code: int
    printed: Printed
    took_s: float
    timed_out: bool = False
    leftovers: bool = False


class NotStarted(Struct, frozen=True):
    """Why there is no process."""

    why: str


async def run(
    command: Command, *, on_output: Callable[[bytes], None] | None = None
) -> Finished | NotStarted:
    """Cancelling ends the group as well, before it is passed on."""
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    reading, writing = os.pipe()
    try:
        process = await start(command, stdout=writing)
    except BaseException:
        os.close(reading)
        raise
    finally:
        os.close(writing)
    if isinstance(process, NotStarted):
        os.close(reading)
        return process
    output = Output(command.spool)
    reader = asyncio.create_task(_read(reading, output, on_output))
    timed_out = False
    try:
        async with asyncio.timeout(command.timeout_s):
            await process.wait()
    except TimeoutError:
        timed_out = True
    finally:
        leftovers = await _end(process, reader)
        output.close()
    return Finished(
        code=process.returncode if process.returncode is not None else -signal.SIGKILL,
        printed=output.printed(),
        took_s=loop.time() - began_s,
        timed_out=timed_out,
        leftovers=leftovers and not timed_out,
    )


async def start(command: Command, *, stdout: int) -> Process | NotStarted:
    """Its output goes to a pipe of our own: asyncio's process is only over when all who hold
    asyncio's pipe have gone, and what the command leaves behind holds it."""
    try:
        return await asyncio.create_subprocess_exec(
            *command.argv,
            cwd=command.cwd,
            env=dict(command.env),
            stdin=DEVNULL,
            stdout=stdout,
            stderr=STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        return NotStarted(f"{command.argv[0]}: {error.strerror or error}")
    except ValueError:
        return NotStarted(f"{command.argv[0]}: a NUL byte can be in no argument")


async def end_group(process: Process) -> bool:
    """Whether there was anything left to end."""
    if not _signal(process, signal.SIGTERM):
        return False
    for _ in range(8):
        await asyncio.sleep(GRACE_S / 8)
        if not _signal(process, 0):
            return True
    _signal(process, signal.SIGKILL)
    return True


async def _read(descriptor: int, output: Output, on_output: Callable[[bytes], None] | None) -> None:
    stream = asyncio.StreamReader(limit=CHUNK)
    loop = asyncio.get_running_loop()
    file = os.fdopen(descriptor, "rb", buffering=0)
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stream), file)
    try:
        while data := await stream.read(CHUNK):
            output.add(data)
            if on_output is not None:
                on_output(data)
    finally:
        transport.close()


async def _end(process: Process, reader: asyncio.Task[None]) -> bool:
    """The last output, and then nothing of the group."""
    if process.returncode is not None:
        await asyncio.wait([reader], timeout=DRAIN_S)  # what it left behind may hold the pipe open
    had_leftovers = await end_group(process)
    if process.returncode is None:
        await process.wait()
    await asyncio.wait([reader], timeout=DRAIN_S)
    if not reader.done():
        reader.cancel()
        with suppress(asyncio.CancelledError):
            await reader
    return had_leftovers


def _signal(process: Process, number: int) -> bool:
    """To the whole group; whether there is any of it."""
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return False
    except PermissionError:  # it has become somebody else's
        return False
    return True
