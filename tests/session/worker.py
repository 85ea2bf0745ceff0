"""A process that does the turns of a session, to be killed: `python -m tests.session.worker`.

It takes one job a line, as JSON, and does each in a process of its own, forked for it. A job goes
on with the session in a folder, whatever became of the process before. Everything that its outside
world would see stands as a line in `log` beside the sessions, and is then acknowledged on stdout.
"""

from __future__ import annotations

import asyncio
import concurrent.futures.thread
import os
import resource
import signal
import sys
from collections.abc import Callable, Coroutine, Iterable
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, TypeVar

import msgspec
from msgspec import Struct

from tests.session.samples import NOON, PLAIN, answer, call, result, said
from vibe.domain.turn import TurnEnd
from vibe.session.place import places
from vibe.session.record import Answered, Approved, Finished, TurnBegan, TurnEnded
from vibe.session.session import Session
from vibe.session.turn import Call

J = TypeVar("J", bound=Struct)
Death: TypeAlias = Literal["before", "torn", "after"]
TOUCHES: Final = ("write", "ftruncate", "fdatasync", "fsync", "fchmod", "replace")
WRITE: Final = os.write  # before anything is put in its place


class Job(Struct, frozen=True, kw_only=True):
    """`die_at` numbers what touches the disk, from 1. The disk is full in the turns from `full_at`
    to before `empty_at`. `uid` is the user to become, 0 to stay who it is."""

    root: str
    turns: int
    die_at: int = 0
    death: Death = "before"
    full_at: int = 0
    empty_at: int = 0
    uid: int = 0


def serve(kind: type[J], work: Callable[[J], Coroutine[None, None, None]], *args: str) -> None:
    # Loaded by the first use of a thread, when a job may have become somebody who cannot read it.
    assert concurrent.futures.thread
    for line in sys.stdin:
        job = msgspec.json.decode(line, type=kind)
        child = os.fork() if "--once" not in args else 0
        if child == 0:
            say(f"pid {os.getpid()}")  # by itself, so that this is the first that it says
            asyncio.run(work(job))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        say(f"status {status}")


def say(line: str) -> None:
    WRITE(1, f"{line}\n".encode())


async def work(job: Job) -> None:
    if job.uid:
        os.setuid(job.uid)
    if job.die_at:
        mortal(job.die_at, job.death, TOUCHES)
    await Worker(job).work()


class Worker:
    def __init__(self, job: Job) -> None:
        self.job = job
        self.root = Path(job.root, "sessions")
        self.file = Path(job.root, "file")
        if not self.file.exists():
            self.file.write_bytes(b"at first\n")
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        self.log = os.open(Path(job.root, "log"), flags, 0o600)

    def tell(self, line: str) -> None:
        WRITE(self.log, f"{line}\n".encode())
        say(line)

    async def work(self) -> None:
        session = self.opened()
        for problem in session.problems:
            say(f"problem {problem}")
        if session.transcript.open_turn:
            await self.finish(session)
        while session.transcript.last_turn < self.job.turns:
            number = session.transcript.last_turn + 1
            self.limit(number)
            session.put(TurnBegan(turn=number, message=said(f"question {number}"), at=NOON))
            await self.finish(session)
        session.close()

    def opened(self) -> Session:
        if found := places(self.root):
            return Session.resume(
                found[0], folder=self.job.root, at=NOON, redactor=PLAIN, tell=self.notice
            )
        return Session.begin(
            self.root, folder=self.job.root, at=NOON, redactor=PLAIN, tell=self.notice
        )

    def notice(self, text: str) -> None:
        say(f"notice {text}")

    def limit(self, turn: int) -> None:
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        if turn == self.job.full_at:
            size = places(self.root)[0].journal.stat().st_size if places(self.root) else 0
            resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100, hard))
        if turn == self.job.empty_at:
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))

    async def finish(self, session: Session) -> None:
        """What is left of the turn: an answer with a call, the call, an answer, the end."""
        turn = session.transcript.last_turn
        self.ask(session, 0)
        for each in session.transcript.turns[-1].unsettled:
            await self.run(session, each)
        self.ask(session, 1)
        await session.end(TurnEnded(turn=turn, end=TurnEnd.FINISHED, at=NOON))
        self.tell(f"ended {turn}")

    def ask(self, session: Session, number: int) -> None:
        turn = session.transcript.last_turn
        if session.transcript.next_answer > number:
            return
        self.tell(f"asked {turn} {number}")
        calls = (call(number=turn),) if number == 0 else ()
        session.put(Answered(turn=turn, number=number, answer=answer(f"answer {turn}", *calls)))
        self.tell(f"sealed {turn} {number}")

    async def run(self, session: Session, known: Call) -> None:
        turn = known.key.turn
        session.put(Approved(call=known.key))
        await session.start(known.key, has_effects=True)
        before, after = self.file.read_bytes(), f"after turn {turn}\n".encode()
        await session.keep(self.file, turn=turn, before=before, after=after, mode=0o644)
        self.tell(f"ran {turn}")
        self.file.write_bytes(after)
        session.put(Finished(call=known.key, result=result(known.asked)))
        self.tell(f"finished {turn}")


def mortal(at: int, death: Death, touches: Iterable[str]) -> None:
    """Have this process die at the `at`-th time that it touches the disk by one of these."""
    touched = 0

    def dying(name: str, touch: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **named: Any) -> Any:
            nonlocal touched
            touched += 1
            if touched != at:
                return touch(*args, **named)
            if death == "after":
                touch(*args, **named)
            elif death == "torn" and name == "write":
                touch(args[0], bytes(args[1])[: len(args[1]) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
            return None

        return call

    for name in touches:
        setattr(os, name, dying(name, getattr(os, name)))


if __name__ == "__main__":
    serve(Job, work, *sys.argv[1:])
