"""Worker processes as a test sees them, and what must hold of what they leave behind."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from tests.law import ROOT
from vibe.session.blobs import Blobs
from vibe.session.place import places
from vibe.session.record import File
from vibe.session.resume import Loaded, load
from vibe.session.turn import CallState

COMMAND = (sys.executable, "-m", "tests.session.worker")


class Workers:
    """Does jobs, each in a process of its own, one at a time."""

    def __init__(self, command: Sequence[str] = COMMAND) -> None:
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def begin(self, job: Struct) -> int:
        assert self.process.stdin
        self.process.stdin.write(msgspec.json.encode(job).decode() + "\n")
        self.process.stdin.flush()
        said, pid = next(self.lines()).split()
        assert said == "pid"
        return int(pid)

    def lines(self) -> Iterator[str]:
        """What the job says, as it comes; last how it ended."""
        assert self.process.stdout
        while line := self.process.stdout.readline():
            yield line.strip()
            if line.startswith("status "):
                return

    def status(self) -> int:
        return int(list(self.lines())[-1].split()[1])

    def do(self, job: Struct) -> list[str]:
        self.begin(job)
        return list(self.lines())

    def close(self) -> None:
        self.process.communicate(timeout=30)


def left_behind(root: Path) -> Loaded | None:
    """The session in the folder, which knows all that was acknowledged; and nothing was done twice.

    None where not even a first record was.
    """
    log = (root / "log").read_text().splitlines() if (root / "log").exists() else []
    told = Counter(log)
    assert [line for line in told if told[line] > 1 and not line.startswith("asked")] == []
    last = {line: index for index, line in enumerate(log)}
    sealed = [line for line in log if line.startswith("sealed")]
    assert [line for line in sealed if last[line.replace("sealed", "asked")] > last[line]] == []
    found = places(root / "sessions")
    if not found:
        assert log == []
        return None
    loaded = load(found[0])
    assert loaded.problems == ()
    for change in loaded.transcript.changes:
        assert isinstance(change.before, File)
        assert Blobs(found[0].blobs).get(change.before.digest) is not None
    assert {line for line in log if not line.startswith("asked")} <= set(_known(loaded))
    return loaded


def _known(loaded: Loaded) -> Iterator[str]:
    for turn in loaded.transcript.turns:
        yield from (f"sealed {turn.number} {step.number}" for step in turn.steps)
        for call in turn.calls:
            if not call.may_start:
                yield f"ran {turn.number}"
            if call.state is CallState.FINISHED:
                yield f"finished {turn.number}"
        if turn.ended:
            yield f"ended {turn.number}"
