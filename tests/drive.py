"""Runs a command line of vibe inside the test's process, in a world that the test makes up."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from vibe.cli.main import run
from vibe.config.problem import Edit, apply
from vibe.world import World

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Outcome(Struct, frozen=True, kw_only=True):
    code: int
    out: str
    err: str


class Terminal(io.StringIO):
    """A stream that says it is one."""

    def isatty(self) -> bool:
        return True


def vibe(
    *args: str,
    home: Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: io.StringIO | None = None,
) -> Outcome:
    """The outcome of `vibe ARGS` with no variables but HOME and those of `env`."""
    out, err = io.StringIO(), io.StringIO()
    world = World(
        env={"HOME": str(home), **(env or {})},
        cwd=cwd or home,
        uid=os.getuid(),
        platform="linux",
        stdin=stdin or io.StringIO(),
        stdout=out,
        stderr=err,
        connect=lambda _: (),
    )
    code = run(list(args), world)
    outcome = Outcome(code=code, out=out.getvalue(), err=err.getvalue())
    assert not _CONTROLS.search(outcome.out + outcome.err), "a control character came through"
    return outcome


_FIX = re.compile(r"^   fix: (.*)$")
_AT_LINE = re.compile(r"line (\d+): ?(.*)")
_BLOCK = re.compile(r"(?:insert before line (\d+)|lines (\d+)-(\d+)|line (\d+)):")
_GONE = re.compile(r"delete lines? (\d+)(?:-(\d+))?")
_MORE = "        | "


def corrected(text: str, printed: str) -> str:
    """`text` after a person did what each printed `fix:` says."""
    edits: list[Edit] = []
    lines = printed.split("\n")
    for number, line in enumerate(lines):
        found = _FIX.match(line)
        if found is None:
            continue
        said = found[1]
        if gone := _GONE.fullmatch(said):
            first, last = int(gone[1]), int(gone[2] or gone[1])
            edits.append(Edit(line=first, delete=last - first + 1, text=""))
        elif block := _BLOCK.fullmatch(said):
            body: list[str] = []
            for more in lines[number + 1 :]:
                if not more.startswith(_MORE.rstrip()):
                    break
                body.append(more.removeprefix(_MORE))
            first = int(block[1] or block[2] or block[4])
            delete = 0 if block[1] else int(block[3] or block[4]) - first + 1
            edits.append(Edit(line=first, delete=delete, text="\n".join(body)))
        else:
            at = _AT_LINE.fullmatch(said)
            assert at, said
            edits.append(Edit(line=int(at[1]), delete=1, text=at[2]))
    return apply(text, tuple(edits))
