"""The tool `bash`: one command, waited for or left to go on as a job. When it is over nothing that
it started is left. Who may run what is decided elsewhere, before."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack, nullcontext
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from vibe.domain.message import Text
from vibe.errors import ToolError
from vibe.tools.base import Act, Done, Kind, Room, RunsCommand, Say
from vibe.tools.live import Live
from vibe.tools.process import Command, Finished, NotStarted, run
from vibe.tools.strays import NAME, end_strays, new_mark
from vibe.tools.told import ending, told, told_of
from vibe.tools.unbroken import unbroken

SHELL = ("bash", "--noprofile", "--norc", "-c", "--")
TIMEOUT_S = 120
MOST_TIMEOUT_S = 3_600


class Arguments(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    command: str
    timeout: Annotated[float, Meta(description="seconds, else 120")] | None = None
    background: bool = False
    outside: Annotated[
        str | None, Meta(description="why it must run outside the sandbox: asks the person")
    ] = None


class Details(Struct, frozen=True, kw_only=True):
    """For the screen. `code` is None for what still runs, as job `job`; `file` holds the whole of
    an output that was too long. `denied` if it failed on the sandbox, `outside` if none held it."""

    command: str
    code: int | None
    took_s: float | None = None
    timed_out: bool = False
    job: int | None = None
    file: str = ""
    denied: bool = False
    outside: bool = False


def touches(arguments: Arguments) -> RunsCommand:
    return RunsCommand(arguments.command, arguments.outside or "")


async def prepare(arguments: Arguments, room: Room) -> Act:
    if not arguments.command.strip():
        raise ToolError("command is empty; give a command line for bash")
    wanted_s = TIMEOUT_S if arguments.timeout is None else arguments.timeout
    if not wanted_s > 0:
        raise ToolError("timeout has to be more than 0 seconds")
    if arguments.background and arguments.outside:  # what a job is sent later is judged as inside
        raise ToolError("nothing goes on in the background outside of the sandbox")
    mark = new_mark()
    command = Command(
        argv=(*SHELL, arguments.command),
        cwd=room.root,
        env={**room.env, NAME: mark},
        timeout_s=min(wanted_s, MOST_TIMEOUT_S),
        spool=room.spool,
    )

    async def wait(say: Say) -> Done:
        return await _waited_for(command, arguments, room=room, mark=mark, say=say)

    async def leave(_: Say) -> Done:
        return await _left_running(command, arguments.command, room=room)

    return Act(run=leave if arguments.background else wait, shown=arguments.command)


KIND = Kind(
    name="bash",
    text=Path(__file__).with_suffix(".md"),
    arguments=Arguments,
    touches=touches,
    prepare=prepare,
    has_effects=True,
)


async def _waited_for(
    command: Command, arguments: Arguments, *, room: Room, mark: str, say: Say
) -> Done:
    is_outside = bool(arguments.outside)
    with nullcontext(command.argv) if is_outside else room.confined(command.argv) as argv:
        try:
            finished = await run(replace(command, argv=argv), on_output=Live(say).feed)
        finally:
            strays = await unbroken(asyncio.to_thread(end_strays, mark))
    if isinstance(finished, NotStarted):
        raise ToolError(f"the command was not started: {finished.why}")
    denial = None if is_outside else room.denied(finished.printed.text, finished.code)
    details = Details(
        command=arguments.command,
        code=finished.code,
        took_s=round(finished.took_s, 3),
        timed_out=finished.timed_out,
        file=str(finished.printed.path or ""),
        denied=denial is not None,
        outside=is_outside,
    )
    remarks = _remarks(finished, command, strays=strays)
    if denial:
        remarks.append(denial)
    return Done(
        content=(Text(told(finished.printed, *remarks)),),
        details=msgspec.json.encode(details).decode(),
        is_error=finished.code != 0,
    )


def _remarks(finished: Finished, command: Command, *, strays: bool) -> list[str]:
    if finished.timed_out:
        return [
            f"it was not done after {command.timeout_s:g} s and was ended, with all that it "
            "started; give a longer timeout, or run it with background"
        ]
    nothing = "" if finished.printed.total_bytes else "no output; "
    remarks = [f"{nothing}{ending(finished.code)}, after {finished.took_s:.1f} s"]
    if finished.leftovers or strays:
        remarks.append("what it had left running was ended; run such things with background")
    return remarks


async def _left_running(command: Command, line: str, *, room: Room) -> Done:
    with ExitStack() as stack:
        argv = stack.enter_context(room.confined(command.argv))
        job = await room.jobs.start(replace(command, argv=argv), held=stack)
    try:
        await job.settle(within_s=room.jobs.first_look_s)
    except asyncio.CancelledError:
        await room.jobs.discard(job.number)
        raise
    printed = await job.news(within_s=0)
    details = Details(command=line, code=job.code, job=job.number, file=str(job.file or ""))
    return Done(
        content=(Text(told_of(job, printed)),),
        details=msgspec.json.encode(details).decode(),
        is_error=job.code not in (None, 0),
    )
