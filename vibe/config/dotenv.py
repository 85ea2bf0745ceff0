"""`.env` beside config.toml: one NAME=value a line, for keys that are not in the environment.

A pipe may stand in its place, as password managers make one; it is waited for, but not for ever.
No message of this file contains a value.
"""

from __future__ import annotations

import os
import re
import select
import stat
from pathlib import Path

from msgspec import Struct

from vibe.config.codes import Code
from vibe.config.locate import Spot
from vibe.config.problem import Problem, problem

MAX_BYTES = 1_000_000
_PIPE_TURNS = 50
_PIPE_TURN_MS = 100
_LINE = re.compile(r"\s*(?:export\s+)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)\s*=\s*(?P<value>.*?)\s*")
_DOUBLE = re.compile(r'"((?:[^"\\]|\\.)*)"\s*(?:#.*)?')
_SINGLE = re.compile(r"'([^']*)'\s*(?:#.*)?")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}


class Dotenv(Struct, frozen=True, kw_only=True):
    values: dict[str, str] = {}
    problems: tuple[Problem, ...] = ()


def read_dotenv(path: Path, *, uid: int) -> Dotenv:
    """What `path` says; nothing, and no problem, where there is no such file."""
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
        data = _read(descriptor, is_pipe=is_pipe)
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
        help=f"chmod 600 {path}",
        remedy=f"chmod 600 {path}",
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
    if written.startswith('"'):
        found = _DOUBLE.fullmatch(written)
        if found is None:
            return None
        return re.sub(r"\\(.)", lambda each: _ESCAPES.get(each[1], each[1]), found[1])
    if written.startswith("'"):
        found = _SINGLE.fullmatch(written)
        return found[1] if found else None
    return re.split(r"\s+#", written, maxsplit=1)[0]


def _read(descriptor: int, *, is_pipe: bool) -> bytes:
    """All there is, at most one byte over the limit; a pipe's writer has five seconds to come."""
    parts: list[bytes] = []
    size = 0
    patience = _PIPE_TURNS if is_pipe else 0
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
    """Until something can be read, or for a tenth of a second."""
    waiting = select.poll()
    waiting.register(descriptor, select.POLLIN)
    waiting.poll(_PIPE_TURN_MS)


def _unread(spot: Spot, why: str) -> Dotenv:
    found = problem(
        Code.DOTENV_INVALID, spot, f"this file is not read: {why}", help="make it a file of yours"
    )
    return Dotenv(problems=(found,))
