"""A process that runs commands in a sandbox, as whoever it was started as, for tests to ask.

    python -m tests.sandbox.serve MODE NETWORK HOME

One line of JSON in, one out: the first tells of the sandbox, each other what became of a command.
"""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import cast

import msgspec
from msgspec import Struct

from vibe.domain.model import Confinement
from vibe.sandbox.guarantees import Guarantee, Hazard
from vibe.sandbox.probe import opened
from vibe.sandbox.sandbox import Sandbox

ENV = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C"}
PATIENCE_S = 30


class Told(Struct, frozen=True, kw_only=True):
    """Of the sandbox."""

    backend: str
    warning: str | None
    holds: frozenset[Guarantee]
    scratch: str
    pid: int


class Asked(Struct, frozen=True, kw_only=True):
    """A script for bash, in `folder`; on a terminal that nobody looks at, if `on_terminal`."""

    script: str
    folder: str
    on_terminal: bool = False
    only_reads: bool = False


class Ran(Struct, frozen=True, kw_only=True):
    code: int
    output: str
    denial: str | None
    unheld: frozenset[Hazard]
    exposed: tuple[str, ...]


def told_of(sandbox: Sandbox) -> Told:
    return Told(
        backend=sandbox.backend,
        warning=sandbox.warning,
        holds=sandbox.holds,
        scratch=str(sandbox.scratch),
        pid=os.getpid(),
    )


def ran(asked: Asked, sandbox: Sandbox, *, home: str) -> Ran:
    folder = Path(asked.folder)
    terminal = pty.openpty() if asked.on_terminal else None
    words = ("bash", "-c", asked.script)
    with sandbox.wrapped(words, folder=folder, only_reads=asked.only_reads) as command:
        ended = subprocess.run(
            command,
            cwd=folder,
            env={**ENV, "HOME": home, "PYTHON": os.path.realpath(sys.executable)},
            stdin=terminal[1] if terminal else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
            timeout=PATIENCE_S,
            check=False,
        )
    for descriptor in terminal or ():
        os.close(descriptor)
    return Ran(
        code=ended.returncode,
        output=ended.stdout,
        denial=sandbox.denial(ended.stdout, code=ended.returncode, folder=folder),
        unheld=sandbox.unheld(folder),
        exposed=sandbox.exposed(folder),
    )


def main(mode: str, network: str, home: str) -> None:
    own = (Path(home, ".config/vibe"), Path(home, ".local/state/vibe"))
    with opened(
        cast("Confinement", mode), network=network == "network", home=Path(home), own=own
    ) as sandbox:
        answer(told_of(sandbox))
        for line in sys.stdin.buffer:
            answer(ran(msgspec.json.decode(line, type=Asked), sandbox, home=home))


def answer(value: Struct) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(value) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
