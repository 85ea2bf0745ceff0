"""The tool `bash`: what the model is told of a command, and that nothing of it is left."""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.tools.processes import is_gone, pids_in
from tests.tools.rooms import called, content_of, room_in, shown, told
from vibe.domain.message import Text
from vibe.tools.base import Room
from vibe.tools.kinds import kind_of
from vibe.tools.live import MOST_BYTES


async def of(room: Room, command: str, **arguments: object) -> str:
    """What is told, without the time that it took."""
    text = await told(room, "bash", command=command, **arguments)
    return re.sub(r"after \d+\.\d s\]", "after … s]", text)


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("echo one; echo two >&2", "one\ntwo\n[exit code 0, after … s]"),
        ("printf one; exit 3", "one\n[exit code 3, after … s]"),
        ("true", "[no output; exit code 0, after … s]"),
        ("kill -SEGV $$", "[no output; ended by SIGSEGV, after … s]"),
        ("cat; read x < /dev/tty || echo none 2>&1", "none\n[exit code 0, after … s]"),
        (r"printf 'caf\xe9\n'", "caf�\n[exit code 0, after … s]"),
        ("exec >&- 2>&-; exit 4", "[no output; exit code 4, after … s]"),
        ("echo $0 $-", "bash hBc\n[exit code 0, after … s]"),
    ],
)  # fmt: skip
async def test_the_output_comes_with_how_it_ended(
    command: str, expected: str, tmp_path: Path
) -> None:
    text = await of(room_in(tmp_path), command)
    assert text.replace("bash: line 1: /dev/tty: No such device or address\n", "") == expected


async def test_it_runs_in_the_root_with_the_variables_of_the_room(tmp_path: Path) -> None:
    room = room_in(tmp_path)
    room.env = {**room.env, "COLOUR": "red"}
    text = await of(room, "pwd; echo $COLOUR; cd /; env | cut -d= -f1 | sort")
    lines = text.split("\n")
    assert lines[:2] == [str(tmp_path), "red"]
    assert set(lines[2:-1]) == {
        "COLOUR", "HOME", "OLDPWD", "PATH", "PWD", "SHLVL", "VIBE_COMMAND", "_",
    }  # fmt: skip


async def test_the_sandbox_gets_the_whole_command(tmp_path: Path) -> None:
    @contextmanager
    def confined(argv: Sequence[str]) -> Generator[Sequence[str]]:
        yield ("printf", "%s\n", *argv)

    room = room_in(tmp_path)
    room.confined = confined
    text = await of(room, "ls -l")
    assert text == "bash\n--noprofile\n--norc\n-c\n--\nls -l\n[exit code 0, after … s]"


@contextmanager
def as_nothing(_: Sequence[str]) -> Generator[Sequence[str]]:
    yield ("false",)


@pytest.mark.parametrize(
    ("outside", "expected", "flags"),
    [
        (None, "[no output; exit code 1, after … s]\n[kept]", (True, False)),
        ("the net", "[no output; exit code 3, after … s]", (False, True)),
    ],
    ids=["inside", "outside"],
)
async def test_outside_of_the_sandbox_nothing_is_put_down_to_it(
    outside: str | None, expected: str, flags: tuple[bool, bool], tmp_path: Path
) -> None:
    room = room_in(tmp_path)
    room.confined, room.denied = as_nothing, lambda _output, _code: "kept"
    assert await of(room, "exit 3", outside=outside) == expected
    done = await called(room, "bash", command="exit 3", outside=outside)
    details = json.loads(done.details)
    assert (details["denied"], details["outside"]) == flags


async def test_a_failure_is_an_error_with_details(tmp_path: Path) -> None:
    done = await called(room_in(tmp_path), "bash", command="exit 3")
    details = json.loads(done.details)
    assert details.pop("took_s") >= 0
    assert details == {
        "command": "exit 3", "code": 3, "timed_out": False, "job": None, "file": "",
        "denied": False, "outside": False,
    }  # fmt: skip
    assert done.is_error


async def test_the_person_is_shown_the_command(tmp_path: Path) -> None:
    assert await shown(room_in(tmp_path), "bash", command="rm -r build") == "rm -r build"


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({"command": " "}, "command is empty; give a command line for bash"),
        ({"command": "ls", "timeout": 0}, "timeout has to be more than 0 seconds"),
        ({"command": "ls", "background": True, "outside": "x"}, "nothing goes on in the backgr"),
        ({"command": "a\0b"}, "the command was not started: bash: a NUL byte can be in no"),
    ],
)
async def test_what_cannot_be_run_says_why(
    arguments: dict[str, object], why: str, tmp_path: Path
) -> None:
    assert why in await told(room_in(tmp_path), "bash", **arguments)


async def test_output_is_told_while_it_comes(tmp_path: Path) -> None:
    said: list[str] = []
    await called(room_in(tmp_path), "bash", said, command=r"printf '\303'; printf '\251\n'; echo b")
    assert "".join(said) == "é\nb\n"


async def test_endless_output_is_told_in_part(tmp_path: Path) -> None:
    said: list[str] = []
    spool = tmp_path / "spool"
    done = await called(room_in(tmp_path, spool=spool), "bash", said, command="seq 1 100000")
    live = "".join(said)
    assert live.startswith("1\n2\n")
    assert live.endswith("[… the rest is not shown while it comes …]\n")
    assert len(live) < MOST_BYTES + 100
    (part,) = done.content
    assert isinstance(part, Text)
    assert len(part.text) < 31_000
    file = json.loads(done.details)["file"]
    assert f"all of it, for read and grep: {file}" in part.text
    assert content_of(Path(file)) == b"".join(b"%d\n" % number for number in range(1, 100_001))


UP = "echo $$ >> pids; echo > pipe"  # the latter waits for the command to read it
DAEMONS = {
    "background": f"bash -c '{UP}; exec sleep 300' &",
    "nohup": f"nohup bash -c '{UP}; exec sleep 300' >/dev/null 2>&1 &",
    "setsid": f"setsid bash -c '{UP}; exec sleep 300' &",
    "two forks": f"(setsid bash -c '(exec sleep 300) & echo $! >> pids; {UP}; sleep 300' &);",
    "deaf": f"setsid bash -c 'trap \"\" TERM HUP; {UP}; while true; do sleep 300; done' &",
    "mute": f"setsid bash -c 'exec >&- 2>&- <&-; {UP}; exec sleep 300' &",
}


@pytest.mark.parametrize("daemon", DAEMONS.values(), ids=DAEMONS.keys())
async def test_nothing_that_it_started_is_left(daemon: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert await of(room_in(tmp_path), f"{daemon} read x < pipe; echo done") == (
        "done\n[exit code 0, after … s]\n"
        "[what it had left running was ended; run such things with background]"
    )
    assert all(map(is_gone, pids_in(tmp_path / "pids")))


async def test_nothing_is_left_after_a_timeout(tmp_path: Path) -> None:
    command = "setsid bash -c 'echo $$ >> pids; sleep 300' & echo $$ >> pids; sleep 300"
    await of(room_in(tmp_path), command, timeout=0.3)
    assert len(pids_in(tmp_path / "pids")) == 2
    assert all(map(is_gone, pids_in(tmp_path / "pids")))


async def test_who_is_cancelled_leaves_nothing(tmp_path: Path) -> None:
    kind, room = kind_of("bash"), room_in(tmp_path)
    daemon = "setsid bash -c 'echo $$ >> pids; echo up; exec sleep 300' & sleep 300"
    act = await kind.prepare(kind.read(json.dumps({"command": daemon})), room)
    said: asyncio.Queue[str] = asyncio.Queue()
    running = asyncio.ensure_future(act.run(said.put_nowait))
    assert await said.get() == "up\n"
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    assert running.cancelled()
    assert all(map(is_gone, pids_in(tmp_path / "pids")))


async def test_a_timeout_says_what_became_of_it(tmp_path: Path) -> None:
    assert await of(room_in(tmp_path), "echo so far; sleep 300", timeout=0.2) == (
        "so far\n[it was not done after 0.2 s and was ended, with all that it started; give a "
        "longer timeout, or run it with background]"
    )
