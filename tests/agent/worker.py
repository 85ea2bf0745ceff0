"""A process in which an assistant works on the task of `project.py`, to be killed at any moment:
`python -m tests.agent.worker`.

It takes one job a line, as JSON, and does each in a process of its own, forked for it. A job goes
on with the session in a house, whatever became of the process before, and tells each event on
stdout and as a line in `log`: what stands there, the session has to know.
"""

from __future__ import annotations

import codecs
import os
import random
import resource
import signal
from contextlib import aclosing
from pathlib import Path
from typing import Final

from msgspec import Struct

from tests.agent.project import TASK
from tests.agent.rig import QUICKLY, House, seated, session_in
from tests.mux.pools import Line, Rig, member
from tests.session.worker import WRITE, Death, mortal, say, serve
from vibe.clock import SystemClock
from vibe.domain.event import Event, Sealed
from vibe.domain.message import Text, User
from vibe.domain.turn import ToolFinished, ToolStarted, TurnFinished, TurnStarted
from vibe.mux.memory import Forgetful
from vibe.mux.mux import Mux
from vibe.session.place import places
from vibe.session.transcript import Transcript
from vibe.testing.script import says

# What changes a file or a folder: writing to pipes and sockets is another matter.
TOUCHES: Final = (
    "write", "ftruncate", "fdatasync", "fsync", "fchmod", "replace", "link", "unlink", "mkdir",
)  # fmt: skip


class Job(Struct, frozen=True, kw_only=True):
    """`die_at` numbers what touches the disk, from 1; `die_after_s` is a time. `most_bytes` is how
    large a file may get. `uid` is the user to become, 0 to stay who it is."""

    home: str
    api_base: str
    die_at: int = 0
    death: Death = "before"
    die_after_s: float = 0.0
    most_bytes: int = 0
    uid: int = 0


async def work(job: Job) -> None:
    if job.uid:
        os.setuid(job.uid)
    if job.most_bytes:
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (job.most_bytes, hard))
    where, clock = House(home=Path(job.home)), SystemClock()
    log = os.open(where.home / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    if job.die_at:
        mortal(job.die_at, job.death, TOUCHES)
    if job.die_after_s:
        signal.setitimer(signal.ITIMER_REAL, job.die_after_s)  # nobody handles it
    known = places(where.sessions)
    session = session_in(where, known[0].session if known else None, notice)
    for problem in session.problems:
        say(f"problem {problem}")
    mux = Mux(
        [member(Line(alias="model", behaviour=says("")), job, clock)],
        QUICKLY,
        clock=clock,
        rng=random.Random(7),  # noqa: S311 - the same choices in every run
        memory=Forgetful(),
    )
    async with seated(where, Rig(mux=mux, servers={}), session, clock=clock) as desk:
        is_open = session.transcript.open_turn is not None
        events = desk.agent.go_on() if is_open else desk.agent.turn(User((Text(TASK),)))
        async with aclosing(events):
            async for event in events:
                if line := told(event, session.transcript):
                    WRITE(log, f"{line}\n".encode())
                    say(line)
    await mux.aclose()


def notice(text: str) -> None:
    say(f"notice {text}")


def told(event: Event, transcript: Transcript) -> str:
    turn = transcript.last_turn
    match event:
        case TurnStarted():
            return f"turn {turn}"
        case Sealed():
            return f"sealed {turn} {transcript.next_answer - 1}"
        case ToolStarted(key=key):
            return f"started {key.turn} {key.answer} {key.position}"
        case ToolFinished(key=key):
            return f"finished {key.turn} {key.answer} {key.position}"
        case TurnFinished(end=end):
            return f"ended {turn} {end}"
        case _:
            return ""


if __name__ == "__main__":
    codecs.lookup("utf-8-sig")  # or whoever a job has become could not load it
    serve(Job, work)
