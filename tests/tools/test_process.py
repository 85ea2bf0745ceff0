"""A command as a process: what it printed, how it ended, and that nothing of it is left."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tools.rooms import mode_of
from vibe.secret import Redactor
from vibe.tools.output import HEAD_BYTES, TAIL_BYTES, Output
from vibe.tools.process import Command, Finished, NotStarted, run
from vibe.tools.spool import Spool


def command(
    script: str, cwd: Path, *, timeout_s: float = 20.0, spool: Spool | None = None
) -> Command:
    return Command(
        argv=("bash", "--noprofile", "--norc", "-c", script),
        cwd=cwd,
        env={"PATH": os.environ["PATH"]},
        timeout_s=timeout_s,
        spool=spool,
    )


async def finished(script: str, cwd: Path, *, timeout_s: float = 20.0) -> Finished:
    found = await run(command(script, cwd, timeout_s=timeout_s))
    assert isinstance(found, Finished)
    return found


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


async def test_both_streams_come_in_their_order_and_the_code_is_told(tmp_path: Path) -> None:
    found = await finished("echo one; echo two >&2; pwd; exit 3", tmp_path)
    assert (found.code, found.printed.text) == (3, f"one\ntwo\n{tmp_path}\n")
    assert not found.timed_out
    assert not found.leftovers


async def test_who_reads_stdin_or_the_terminal_does_not_hang(tmp_path: Path) -> None:
    found = await finished("cat; read -r x < /dev/tty; echo $?", tmp_path)
    assert found.printed.text.endswith("1\n")


async def test_a_command_over_its_time_is_ended_with_all_its_children(tmp_path: Path) -> None:
    script = "sleep 300 & echo $!; trap '' TERM; sleep 300 & echo $!; echo so far; wait"
    found = await finished(script, tmp_path, timeout_s=0.3)
    assert found.timed_out
    *pids, told = found.printed.text.splitlines()
    assert told == "so far"
    assert [is_running(int(pid)) for pid in pids] == [False, False]


async def test_what_a_command_leaves_behind_is_ended_and_told(tmp_path: Path) -> None:
    found = await finished("sleep 300 & echo $!", tmp_path)
    assert (found.code, found.leftovers) == (0, True)
    assert not is_running(int(found.printed.text))


async def test_who_is_cancelled_ends_the_group_first(tmp_path: Path) -> None:
    said: asyncio.Queue[bytes] = asyncio.Queue()
    waits = command("echo $$; sleep 300; echo no", tmp_path)
    task = asyncio.create_task(run(waits, on_output=said.put_nowait))
    pid = int(await said.get())
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert not is_running(pid)


async def test_a_signal_is_told_as_a_negative_code(tmp_path: Path) -> None:
    found = await finished("kill -SEGV $$", tmp_path)
    assert found.code == -signal.SIGSEGV


@pytest.mark.parametrize(
    ("argv", "why"),
    [
        (("no-such-program",), "no-such-program: No such file or directory"),
        (("echo", "a\0b"), "echo: a NUL byte can be in no argument"),
    ],
)
async def test_what_cannot_be_started_says_why(
    argv: tuple[str, ...], why: str, tmp_path: Path
) -> None:
    found = await run(Command(argv=argv, cwd=tmp_path, env={}, timeout_s=5.0))
    assert found == NotStarted(why)


async def test_of_much_output_the_model_gets_both_ends_and_the_file_all(tmp_path: Path) -> None:
    spool = Spool(folder=tmp_path / "spool", redactor=Redactor())
    found = await run(command("seq 1 100000", tmp_path, spool=spool))
    assert isinstance(found, Finished)
    whole = "".join(f"{number}\n" for number in range(1, 100_001))
    (file,) = spool.folder.iterdir()
    assert (file.read_text(), mode_of(file), mode_of(file.parent)) == (whole, 0o600, 0o700)
    assert found.printed.text.startswith("1\n2\n")
    assert found.printed.text.endswith("99999\n100000\n")
    assert f"bytes left out; all of it, for read and grep: {file} …]" in found.printed.text
    assert len(found.printed.text) < HEAD_BYTES + TAIL_BYTES + 200


@given(st.lists(st.binary(max_size=9_000), max_size=12))
def test_any_pieces_give_the_ends_of_the_whole(pieces: list[bytes]) -> None:
    output = Output(None)
    for piece in pieces:
        output.add(piece)
    whole = b"".join(pieces)
    printed = output.printed()
    assert printed.total_bytes == len(whole)
    if len(whole) <= HEAD_BYTES + TAIL_BYTES:
        assert printed.text == whole.decode("utf-8", "replace")
    else:
        assert printed.left_out == len(whole) - HEAD_BYTES - TAIL_BYTES
        assert printed.text.startswith(whole[:HEAD_BYTES].decode("utf-8", "replace"))
        assert printed.text.endswith(whole[-TAIL_BYTES:].decode("utf-8", "replace"))
