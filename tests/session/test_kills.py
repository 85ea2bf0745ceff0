"""A process that is killed loses at most what it was just writing, and nothing happens twice."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from itertools import islice
from pathlib import Path
from random import Random
from typing import get_args

import msgspec
import pytest

from tests.law import ROOT
from tests.session.worker import Death, Job
from tests.session.workers import COMMAND, Workers, left_behind

STRACE = ["strace", "-f", "-qq", "-o", os.devnull]
CALLS = "write,ftruncate,fdatasync,fsync,fchmod,rename,renameat,renameat2"
KILLED = f"status {signal.SIGKILL.value}"


def is_finished(root: Path, *, turns: int) -> bool:
    loaded = left_behind(root)
    ends = [turn.ended is not None for turn in loaded.transcript.turns] if loaded else []
    return ends == [True] * turns


@pytest.mark.parametrize("death", get_args(Death))
def test_killed_whenever_it_touches_the_disk(tmp_path: Path, workers: Workers, death: Death):
    ends: list[str] = []
    while "status 0" not in ends:
        root = tmp_path / str(len(ends))
        root.mkdir()
        job = Job(root=str(root), turns=1, die_at=len(ends) + 1, death=death)
        ends.append(workers.do(job)[-1])
        left_behind(root)
        assert workers.do(Job(root=str(root), turns=2))[-1] == "status 0"
        assert is_finished(root, turns=2)
    assert set(ends) == {KILLED, "status 0"}
    assert len(ends) > 20


@pytest.mark.parametrize(
    "kills", [20, pytest.param(200, marks=pytest.mark.slow)], ids=["a few", "many"]
)
def test_killed_at_any_moment(tmp_path: Path, workers: Workers, kills: int):
    rng = Random(kills)  # noqa: S311 - it keeps no secret
    turns = 0
    for _ in range(kills):
        pid = workers.begin(Job(root=str(tmp_path), turns=1_000_000))
        list(islice(workers.lines(), rng.randrange(20)))
        os.kill(pid, signal.SIGKILL)
        assert list(workers.lines())[-1] == KILLED
        if loaded := left_behind(tmp_path):
            turns = loaded.transcript.last_turn
    assert workers.do(Job(root=str(tmp_path), turns=turns + 1))[-1] == "status 0"
    assert is_finished(tmp_path, turns=turns + 1)


@pytest.mark.slow
def test_killed_at_every_system_call_that_writes(tmp_path: Path):
    if not shutil.which("strace") or subprocess.run([*STRACE, "true"], check=False).returncode:
        pytest.skip("strace cannot be used here")
    codes: list[int] = []
    while 0 not in codes:
        root = tmp_path / str(len(codes))
        root.mkdir()
        inject = f"inject={CALLS}:signal=KILL:when={len(codes) + 1}"
        codes.append(once(root, *STRACE, "-e", f"trace={CALLS}", "-e", inject))
        left_behind(root)
        assert once(root) == 0
        assert is_finished(root, turns=2)
    assert len(codes) > 40


def once(root: Path, *before: str) -> int:
    job = msgspec.json.encode(Job(root=str(root), turns=2))
    command = [*before, *COMMAND, "--once"]
    return subprocess.run(
        command, cwd=ROOT, input=job, stdout=subprocess.DEVNULL, check=False
    ).returncode
