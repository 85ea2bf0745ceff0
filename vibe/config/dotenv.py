"""`.env` beside config.toml: one NAME=value a line, for keys that are not in the environment.

A pipe may stand in its place, as password managers make one; it is waited for, but not for ever.
No message of this file contains a value.
"""

from __future__ import annotations

import os
import re
import select
import shlex
import stat
from pathlib import Path
from typing import Any

from msgspec import Struct

from vibe.clean import clean_line
from vibe.config.codes import Code
from vibe.config.locate import Spot
from vibe.config.problem import Problem, problem

MAX_BYTES = 1_000_000
_PIPE_TURNS_A_SECOND = 10
_LINE = re.compile(r"\s*(?:export\s+)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)\s*=(?P<value>.*)")
_DOUBLE = re.compile(r'"((?:[^"\\]|\\.)*)"\s*(?:#.*)?')
_SINGLE = re.compile(r"'([^']*)'\s*(?:#.*)?")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}


class Dotenv(Struct, frozen=True, kw_only=True):
    values: dict[str, str] = {}
    problems: tuple[Problem, ...] = ()

    def __repr__(self) -> str:
        return f"<Dotenv of {len(self.values)} variables and {len(self.problems)} problems>"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return []


def read_dotenv(path: Path, *, uid: int, patience_s: float = 5.0) -> Dotenv:
    """What `path` says; nothing, and no problem, where there is no such file.

    `patience_s` is how long the writer of a pipe may take.
    """
    spot = Spot(file=str(path))
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return Dotenv()
    except OSError as error:
        return _unread(spot, os.strerror(error.errno or 0))
    try:
        facts = os.fstat(descriptor)
        is_pipe = stat.S_ISFIFO(facts.st_mode)
        if not is_pipe and not stat.S_ISREG(facts.st_mode):
            return _unread(spot, "it is neither a file nor a pipe")
        if facts.st_uid not in (uid, 0):
            return _unread(spot, "it belongs to another user")
        data = _read(descriptor, is_pipe=is_pipe, patience_s=patience_s)
    except OSError as error:
        return _unread(spot, os.strerror(error.errno or 0))
    finally:
        os.close(descriptor)
    if len(data) > MAX_BYTES:
        return _unread(spot, "it is larger than 1 MB")
    parsed = parse_dotenv(data.decode("utf-8-sig", errors="replace"), name=str(path))
    if is_pipe or not facts.st_mode & 0o077:
        return parsed
    exposed = problem(
        Code.DOTENV_EXPOSED,
        spot,
        "other users of this machine may read your keys",
        help=f"chmod 600 {shlex.quote(clean_line(str(path)))}",
        remedy=f"chmod 600 {shlex.quote(clean_line(str(path)))}",
    )
    return Dotenv(values=parsed.values, problems=(exposed, *parsed.problems))


def parse_dotenv(text: str, *, name: str) -> Dotenv:
    values: dict[str, str] = {}
    problems: list[Problem] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = _LINE.fullmatch(line)
        value = _value(found["value"]) if found else None
        if found is None or value is None:
            problems.append(
                problem(
                    Code.DOTENV_INVALID,
                    Spot(file=name, line=number, column=1),
                    "this line is no NAME=value; it is left out",
                    help="write one NAME=value a line; comments begin with #",
                )
            )
            continue
        values[found["name"]] = value
    return Dotenv(values=values, problems=tuple(problems))


def _value(written: str) -> str | None:
    quoted = written.strip()
    if quoted.startswith('"'):
        found = _DOUBLE.fullmatch(quoted)
        if found is None:
            return None
        return re.sub(r"\\(.)", lambda each: _ESCAPES.get(each[1], each[1]), found[1])
    if quoted.startswith("'"):
        found = _SINGLE.fullmatch(quoted)
        return found[1] if found else None
    return re.split(r"(?<!\s)\s+#", written, maxsplit=1)[0].strip()


def _read(descriptor: int, *, is_pipe: bool, patience_s: float) -> bytes:
    """All there is, at most one byte over the limit."""
    parts: list[bytes] = []
    size = 0
    patience = round(patience_s * _PIPE_TURNS_A_SECOND) if is_pipe else 0
    while size <= MAX_BYTES:
        try:
            part = os.read(descriptor, MAX_BYTES + 1 - size)
            over = not part and (not is_pipe or size > 0)
        except BlockingIOError:  # the writer is there and has not written yet
            part, over = b"", False
        parts.append(part)
        size += len(part)
        if not part:
            if over or patience == 0:
                break
            patience -= 1
            _pause(descriptor)
    return b"".join(parts)


def _pause(descriptor: int) -> None:
    """Until something can be read, or for one turn."""
    waiting = select.poll()
    waiting.register(descriptor, select.POLLIN)
    waiting.poll(1000 / _PIPE_TURNS_A_SECOND)


def _unread(spot: Spot, why: str) -> Dotenv:
    found = problem(
        Code.DOTENV_INVALID, spot, f"this file is not read: {why}", help="make it a file of yours"
    )
    return Dotenv(problems=(found,))
