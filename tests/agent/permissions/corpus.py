"""The commands of `commands.txt` with their verdicts, and the place that they are about."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final, get_args

from msgspec import Struct

from vibe.agent.permissions.values import Decision, Mode, Surroundings

ROOT: Final = "/home/dev/project"
GIT_CONFIG: Final = """\
[core]
\trepositoryformatversion = 0
\tfilemode = true
\tbare = false
[remote "origin"]
\turl = https://example.com/x.git
\tfetch = +refs/heads/*:refs/remotes/origin/*
[branch "main"]
\tremote = origin
\tmerge = refs/heads/main
"""
AROUND: Final = Surroundings(
    root=ROOT,
    cwd=ROOT,
    home="/home/dev",
    secrets=(f"{ROOT}/.env", f"{ROOT}/deploy/.env.production"),
    git_config=GIT_CONFIG,
    unheld=frozenset(),
)
MODES: Final[tuple[Mode, ...]] = get_args(Mode)

_MARKS: dict[str, Decision] = {"+": "allow", "?": "ask", "-": "deny"}
_LINE = re.compile(r"([-+?]{4})(?:  |(\\) )(.*)")
_ESCAPE = re.compile(r"\\(?:([ntr\\])|x(\w\w)|u(\w{4}))")
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\"}


class Case(Struct, frozen=True, kw_only=True):
    kind: str
    command: str
    verdicts: tuple[Decision, ...]


def cases() -> tuple[Case, ...]:
    found: list[Case] = []
    kind = ""
    text = Path(__file__).with_name("commands.txt").read_text("utf-8")
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("# "):
            kind = line.removeprefix("# ")
        elif kind and line:
            match = _LINE.fullmatch(line)
            assert match, f"commands.txt:{number} is no case"
            command = _ESCAPE.sub(_character, match[3]) if match[2] else match[3]
            verdicts: tuple[Decision, ...] = tuple(_MARKS[mark] for mark in match[1])
            found.append(Case(kind=kind, command=command, verdicts=verdicts))
    return tuple(found)


def _character(escape: re.Match[str]) -> str:
    letter, byte, code = escape.groups()
    return _ESCAPED[letter] if letter else chr(int(byte or code, 16))
