"""The tool `job`: what a command in the background prints, what it is fed, and its end."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from vibe.domain.message import Text
from vibe.tools.base import Act, Done, Kind, Room, RunsCommand, Say, Touch, TouchesNothing
from vibe.tools.jobs import Job
from vibe.tools.told import told_of

READ_S = 5.0
ANSWER_S = 1.0


class Arguments(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: int
    action: Literal["read", "write", "stop"]
    text: Annotated[str, Meta(description="for write; ends its input if missing")] | None = None


class Details(Struct, frozen=True, kw_only=True):
    """For the screen. `code` is None as long as it runs."""

    job: int
    code: int | None


def touches(arguments: Arguments) -> Touch:
    """What is fed to a job can be anything to it, a shell's commands as well: so it is judged as a
    here-string, of which no analysis can prove that it only reads."""
    if arguments.action != "write":
        return TouchesNothing()
    return RunsCommand(f"job {arguments.id} <<< {shlex.quote(arguments.text or '')}")


async def prepare(arguments: Arguments, room: Room) -> Act:
    job = room.jobs.job(arguments.id)

    async def run(_: Say) -> Done:
        match arguments.action:
            case "read":
                return await _news(job, within_s=READ_S)
            case "write":
                if arguments.text is None:
                    job.end_input()
                else:
                    job.feed(arguments.text)
                return await _news(job, within_s=ANSWER_S)
            case "stop":
                await job.end()
                return await _news(job, within_s=0)

    shown = f"job {arguments.id}: {arguments.action} {arguments.text or ''}".rstrip()
    return Act(run=run, shown=shown)


KIND = Kind(
    name="job",
    text=Path(__file__).with_suffix(".md"),
    arguments=Arguments,
    touches=touches,
    prepare=prepare,
    has_effects=True,
)


async def _news(job: Job, *, within_s: float) -> Done:
    printed = await job.news(within_s=within_s)
    details = Details(job=job.number, code=job.code)
    return Done(
        content=(Text(told_of(job, printed)),), details=msgspec.json.encode(details).decode()
    )
