"""Background commands: started by `bash`, read, fed and ended by `job`, and none is ever left."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from tests.tools.processes import is_gone, pids_in
from tests.tools.rooms import called, names_in, room_in, told, unheard
from vibe.tools.base import Room
from vibe.tools.jobs import MOST_KEPT, MOST_RUNNING
from vibe.tools.kinds import kind_of

ECHO = "echo up; while read -r line; do echo got $line; done; exit 5"


async def until_read(pipe: Path) -> None:
    await asyncio.to_thread(pipe.read_text)


@asynccontextmanager
async def closed(room: Room) -> AsyncGenerator[Room]:
    try:
        yield room
    finally:
        await room.jobs.close()


async def started(room: Room, command: str) -> str:
    return await told(room, "bash", command=command, background=True)


async def of_job(room: Room, action: str, number: int = 1, **arguments: object) -> str:
    return await told(room, "job", id=number, action=action, **arguments)


async def test_a_job_is_started_fed_and_read(tmp_path: Path) -> None:
    async with closed(room_in(tmp_path)) as room:
        assert await started(room, ECHO) == "up\n[job 1 runs]"
        assert await of_job(room, "write", text="one\n") == "got one\n[job 1 runs]"
        assert await of_job(room, "write", text="two\n") == "got two\n[job 1 runs]"
        assert await of_job(room, "write") == "[nothing new; job 1 is over: exit code 5]"
        assert await of_job(room, "read") == "[nothing new; job 1 is over: exit code 5]"
        assert "the input of job 1 has ended" in await of_job(room, "write", text="three\n")


async def test_what_ends_at_once_is_told_so(tmp_path: Path) -> None:
    async with closed(room_in(tmp_path)) as room:
        text = await started(room, "echo no such server; exit 2")
        assert text == "no such server\n[job 1 is over: exit code 2]"


async def test_a_job_that_is_stopped_is_gone(tmp_path: Path) -> None:
    over = "[nothing new; job 1 is over: ended by SIGKILL]"
    async with closed(room_in(tmp_path)) as room:
        await started(room, "trap '' TERM; echo $$ >> pids; while true; do sleep 300; done")
        assert await of_job(room, "stop") == over
        assert all(map(is_gone, pids_in(tmp_path / "pids")))
        assert await of_job(room, "stop") == over


async def test_details_tell_which_job_and_how_it_ended(tmp_path: Path) -> None:
    async with closed(room_in(tmp_path)) as room:
        begun = await called(room, "bash", command=ECHO, background=True)
        ended = await called(room, "job", id=1, action="stop")
    assert json.loads(begun.details) == {
        "command": ECHO, "code": None, "took_s": None, "timed_out": False, "job": 1, "file": "",
        "denied": False, "outside": False,
    }  # fmt: skip
    assert (begun.is_error, json.loads(ended.details)) == (False, {"job": 1, "code": -15})


async def test_an_unknown_job_is_answered_with_those_there_are(tmp_path: Path) -> None:
    async with closed(room_in(tmp_path)) as room:
        assert await of_job(room, "read") == "there is no job 1; there are: none"
        await started(room, "true")
        assert await of_job(room, "read", 2) == "there is no job 2; there are: 1"


async def test_only_so_many_run_at_a_time(tmp_path: Path) -> None:
    async with closed(room_in(tmp_path)) as room:
        texts = await asyncio.gather(*(started(room, "sleep 300") for _ in range(MOST_RUNNING)))
        assert all("runs]" in text for text in texts)
        refused = "the jobs 1, 2, 3, 4, 5, 6, 7, 8 are running; stop one of them first"
        assert await started(room, "true") == refused
        await of_job(room, "stop", 3)
        assert "job 9" in await started(room, "true")


async def test_those_that_ended_long_ago_are_forgotten(tmp_path: Path) -> None:
    async with closed(room_in(tmp_path)) as room:
        for _ in range(MOST_KEPT + 2):
            await started(room, "true")
        known = ", ".join(map(str, range(3, MOST_KEPT + 3)))
        assert await of_job(room, "read", 1) == f"there is no job 1; there are: {known}"


async def test_a_job_that_reads_nothing_takes_only_so_much(tmp_path: Path) -> None:
    async with closed(room_in(tmp_path)) as room:
        await started(room, "sleep 300")
        text = await of_job(room, "write", text="x" * 1_000_000)
        assert text.startswith("job 1 does not read its input now: it was sent the first 65,536 of")
        text = await of_job(room, "write", text="x")
        assert "it was sent the first 0 of 1 bytes" in text


async def test_a_job_that_has_closed_its_input_takes_nothing(tmp_path: Path) -> None:
    async with closed(room_in(tmp_path)) as room:
        await started(room, "exec <&-; echo up; sleep 300")
        assert "job 1 has closed its input" in await of_job(room, "write", text="x")


async def test_a_job_without_end_of_output_is_stopped(tmp_path: Path) -> None:
    async with closed(room_in(tmp_path)) as room:
        room.jobs.first_look_s = 60
        text = await started(room, "yes")
    assert text.endswith("y\n[job 1 is over: ended by SIGKILL; it was ended after 64 MB of output]")


async def test_what_was_too_much_to_be_shown_is_in_a_file(tmp_path: Path) -> None:
    async with closed(room_in(tmp_path, spool=tmp_path / "spool")) as room:
        room.jobs.first_look_s = 60
        text = await started(room, "seq 1 100000")
    (name,) = names_in(tmp_path / "spool")
    assert text.endswith(
        "100000\n[job 1 is over: exit code 0]\n"
        f"[all that it printed, for read and grep: {tmp_path}/spool/{name}]"
    )


async def test_when_the_jobs_are_closed_nothing_is_left(tmp_path: Path) -> None:
    room = room_in(tmp_path)
    await started(room, "setsid bash -c 'echo $$ >> pids; exec sleep 300' & sleep 300")
    await started(room, "trap '' TERM; echo $$ >> pids; while true; do sleep 300; done")
    await started(room, "true")

    await room.jobs.close()

    assert len(pids_in(tmp_path / "pids")) == 2
    assert all(map(is_gone, pids_in(tmp_path / "pids")))


async def test_closing_goes_on_when_it_is_cancelled(tmp_path: Path) -> None:
    room = room_in(tmp_path)
    await started(room, "trap '' TERM; echo $$ >> pids; while true; do sleep 300; done")
    closing = asyncio.create_task(room.jobs.close())
    for _ in range(3):
        await asyncio.sleep(0)
        closing.cancel()
    with suppress(asyncio.CancelledError):
        await closing
    assert all(map(is_gone, pids_in(tmp_path / "pids")))


async def test_a_start_that_is_cancelled_leaves_no_job(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    kind, room = kind_of("bash"), room_in(tmp_path)
    arguments = json.dumps(
        {"command": "echo $$ >> pids; echo up > pipe; sleep 300", "background": True}
    )
    act = await kind.prepare(kind.read(arguments), room)
    room.jobs.first_look_s = 300
    starting = asyncio.ensure_future(act.run(unheard))
    await until_read(tmp_path / "pipe")
    starting.cancel()
    with suppress(asyncio.CancelledError):
        await starting
    assert all(map(is_gone, pids_in(tmp_path / "pids")))
    assert await of_job(room, "read") == "there is no job 1; there are: none"


def test_a_program_that_ends_without_closing_leaves_nothing_either(tmp_path: Path) -> None:
    room = room_in(tmp_path)

    async def forgetful() -> None:
        await started(room, "echo $$ >> pids; exec sleep 300")

    asyncio.run(forgetful())
    assert all(map(is_gone, pids_in(tmp_path / "pids")))
