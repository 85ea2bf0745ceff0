"""A configuration file from the disk to text, with one clear sentence for whatever is no such file.

Never blocks on a pipe, never reads more than a configuration can hold, and never follows what it
opened to another file. What can be mended for the sake of reading on is mended in memory, so that
one run finds every problem.
"""

from __future__ import annotations

import errno
import os
import re
import shlex
import stat
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from vibe.clean import clean_line
from vibe.config.codes import Code
from vibe.config.locate import MAX_SHOWN, Source, Spot, mask, source
from vibe.config.problem import Edit, Problem, problem

MAX_BYTES = 1_000_000
_MOST_TOLD = 1_000  # lines with the same damage: by then it is no slip of a few
_BOM = b"\xef\xbb\xbf"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_NOT_UTF8 = re.compile(r"[\udc80-\udcff]+")  # as surrogateescape renders such bytes
_BARE_CR = re.compile(r"\r(?!\n)")
_KINDS = {
    stat.S_IFDIR: ("a folder", "name the file in it"),
    stat.S_IFIFO: ("a pipe", "name a file; a pipe is allowed for .env alone"),
    stat.S_IFCHR: ("a device", "name a file"),
    stat.S_IFBLK: ("a device", "name a file"),
    stat.S_IFSOCK: ("a socket", "name a file"),
}


class FileRead(Struct, frozen=True, kw_only=True):
    """The text of one file, None where there was none to be had, and what is wrong with it."""

    source: Source | None
    data: bytes = b""
    problems: tuple[Problem, ...] = ()
    exists: bool = True


def read_file(path: Path, *, name: str, uid: int) -> FileRead:
    """Read `path`, which problems call `name`; `uid` is the user whose keys are at stake."""
    spot = Spot(file=name)
    shell_name = shlex.quote(clean_line(name))
    try:
        refused = _refusal(path.stat(), spot)
        if refused is not None:
            return FileRead(source=None, problems=(refused,))
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        return _unopened(error, spot, shell_name)
    try:
        facts = os.fstat(descriptor)
        refused = _refusal(facts, spot) or _foreign_owner(facts, spot, shell_name, uid=uid)
        if refused is not None:
            return FileRead(source=None, problems=(refused,))
        data = _read_all(descriptor)
    except OSError as error:
        return _unopened(error, spot, shell_name)
    finally:
        os.close(descriptor)
    if len(data) > MAX_BYTES:  # it grew, or lied about its size as files of /proc do
        return FileRead(source=None, problems=(_too_large(spot),))
    return read_bytes(data, name=name, found=_exposure(facts, spot, shell_name))


def read_bytes(data: bytes, *, name: str, found: tuple[Problem, ...] = ()) -> FileRead:
    """The text in `data`, and what is wrong with its characters."""
    spot = Spot(file=name)
    problems = list(found)
    raw = data
    if data.startswith(_BOM):
        problems.append(problem(Code.FILE_BOM, spot, "begins with a byte order mark; it is kept"))
        data = data.removeprefix(_BOM)
    if encoding := _utf16(data):
        problems.append(
            problem(
                Code.TEXT_ENCODING,
                Spot(file=name, line=1, column=1),
                "this is UTF-16 text, not UTF-8",
                help="save the file as UTF-8",
                remedy=_converted(shlex.quote(clean_line(name)), encoding),
            )
        )
        return FileRead(source=None, problems=tuple(problems))
    text = data.decode("utf-8", errors="surrogateescape")
    for mend in (_mend_encoding, _mend_controls):
        text, more = mend(text, name)
        problems += more
    text, broken_lines = _mend_line_ends(text, name)
    if broken_lines:  # from here on every line would be told by another number than it has
        return FileRead(source=None, data=raw, problems=(*problems, *broken_lines))
    if not text.strip():
        problems.append(
            problem(
                Code.FILE_EMPTY,
                spot,
                "the file is empty; using defaults",
                help="fill it with: vibe config init",
            )
        )
    return FileRead(source=source(name, text), data=raw, problems=tuple(problems))


def _converted(shell_name: str, encoding: str) -> str:
    return f"iconv -f {encoding} -t UTF-8 {shell_name} > utf8.toml && mv utf8.toml {shell_name}"


def _read_all(descriptor: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while size <= MAX_BYTES and (part := os.read(descriptor, MAX_BYTES + 1 - size)):
        parts.append(part)
        size += len(part)
    return b"".join(parts)


def _refusal(facts: os.stat_result, spot: Spot) -> Problem | None:
    kind = stat.S_IFMT(facts.st_mode)
    if kind in _KINDS:
        what, remedy = _KINDS[kind]
        return problem(Code.FILE_NOT_REGULAR, spot, f"this is {what}, not a file", help=remedy)
    if facts.st_size > MAX_BYTES:
        return _too_large(spot)
    return None


def _too_large(spot: Spot) -> Problem:
    return problem(
        Code.FILE_TOO_LARGE,
        spot,
        "this file is larger than 1 MB, and no configuration is",
        help="check that the path names the right file",
    )


def _foreign_owner(
    facts: os.stat_result, spot: Spot, shell_name: str, *, uid: int
) -> Problem | None:
    if facts.st_uid in (uid, 0):
        return None
    return problem(
        Code.FILE_FOREIGN_OWNER,
        spot,
        f"this file belongs to another user (uid {facts.st_uid}), who could redirect your API keys",
        help=f"take it over, or use a copy of your own: sudo chown {uid} {shell_name}",
        remedy=f"sudo chown {uid} {shell_name}",
    )


def _exposure(facts: os.stat_result, spot: Spot, shell_name: str) -> tuple[Problem, ...]:
    if not facts.st_mode & stat.S_IWOTH:
        return ()
    return (
        problem(
            Code.FILE_WRITABLE_BY_ALL,
            spot,
            "writable by everyone; another user could redirect your API keys",
            help=f"chmod 600 {shell_name}",
            remedy=f"chmod 600 {shell_name}",
        ),
    )


def _unopened(error: OSError, spot: Spot, shell_name: str) -> FileRead:
    match error.errno:
        case errno.ENOENT | errno.ENOTDIR:
            found = problem(
                Code.FILE_MISSING,
                spot,
                "there is no such file",
                help="correct the path, or create a file with: vibe config init",
            )
            return FileRead(source=None, problems=(found,), exists=False)
        case errno.ELOOP:
            found = problem(
                Code.FILE_LINK_LOOP,
                spot,
                "this is a symbolic link that leads back to itself",
                help=f"remove the link and put the file in its place: rm {shell_name}",
            )
        case errno.EACCES | errno.EPERM:
            found = problem(
                Code.FILE_UNREADABLE,
                spot,
                "you are not allowed to read this file",
                help=f"chmod 600 {shell_name}",
                remedy=f"chmod 600 {shell_name}",
            )
        case _:
            found = problem(
                Code.FILE_UNREADABLE,
                spot,
                f"this file cannot be read: {os.strerror(error.errno or 0)}",
                help="check the path and the disk",
            )
    return FileRead(source=None, problems=(found,))


def _utf16(data: bytes) -> str:
    """Which UTF-16 this is, "" for none. Without a mark, ASCII has NUL in every other byte."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "UTF-16"
    start = data[:200]
    half = (len(start) - 1) / 2
    if len(start) >= 4 and start[1::2].count(0) >= half:
        return "UTF-16LE"
    return "UTF-16BE" if len(start) >= 4 and start[::2].count(0) >= half else ""


def _mend_lines(
    text: str,
    name: str,
    *,
    pattern: re.Pattern[str],
    mend: Callable[[str], str],
    code: Code,
    message: Callable[[str], str],
    help: str,
) -> tuple[str, list[Problem]]:
    """One problem for each of the first lines that `pattern` is found in; all of them mended."""
    if pattern.search(text) is None:
        return text, []
    lines = text.split("\n")
    problems: list[Problem] = []
    for number, line in enumerate(lines, start=1):
        found = pattern.search(line)
        if found is None:
            continue
        lines[number - 1] = mended = mend(line)
        if len(problems) == _MOST_TOLD:
            continue
        excerpt = mask(line) if len(line) <= MAX_SHOWN else ""
        spot = Spot(file=name, line=number, column=found.start() + 1, excerpt=excerpt)
        edits = (Edit(line=number, delete=1, text=mended.rstrip("\r")),)
        if mended.count("\n") > _MOST_TOLD:
            edits = ()
        problems.append(problem(code, spot, message(found[0]), help=help, edits=edits))
    return "\n".join(lines), problems


def _mend_encoding(text: str, name: str) -> tuple[str, list[Problem]]:
    """Bytes that are no UTF-8 were most often written by an editor set to Windows-1252."""

    def as_windows(found: re.Match[str]) -> str:
        return found[0].encode(errors="surrogateescape").decode("cp1252", errors="replace")

    return _mend_lines(
        text,
        name,
        pattern=_NOT_UTF8,
        mend=lambda line: _NOT_UTF8.sub(as_windows, line),
        code=Code.TEXT_ENCODING,
        message=lambda found: f"not UTF-8: byte 0x{ord(found[0]) - 0xDC00:02X}",
        help="save the file as UTF-8",
    )


def _mend_controls(text: str, name: str) -> tuple[str, list[Problem]]:
    return _mend_lines(
        text,
        name,
        pattern=_CONTROL,
        mend=lambda line: _CONTROL.sub("", line),
        code=Code.TEXT_CONTROL,
        message=lambda found: f"invisible control character U+{ord(found):04X}",
        help="delete it",
    )


def _mend_line_ends(text: str, name: str) -> tuple[str, list[Problem]]:
    return _mend_lines(
        text,
        name,
        pattern=_BARE_CR,
        mend=lambda line: _BARE_CR.sub("\n", line),
        code=Code.TEXT_LINE_ENDS,
        message=lambda _: "a line ends in a bare carriage return",
        help="save the file with Unix (LF) or Windows (CRLF) line ends",
    )
