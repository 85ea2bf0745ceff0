"""What `vibe -p` is asked: the words of its command line, and what stdin brings."""

from __future__ import annotations

import select
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from vibe.errors import UsageError

if TYPE_CHECKING:
    from vibe.cli.context import Cli

_MAX_CHARACTERS: Final = 10_000_000
_SILENT_S: Final = 3.0


class Said(Struct, frozen=True, kw_only=True):
    """Only the words name files."""

    words: str
    piped: str

    @property
    def is_empty(self) -> bool:
        return not self.words and not self.piped


def said(cli: Cli, words: str, *, may_be_empty: bool) -> Said:
    stdin = cli.world.stdin
    if (words or may_be_empty) and not stdin.isatty():
        _tell_if_it_waits(cli)
    piped = "" if stdin.isatty() else stdin.read(_MAX_CHARACTERS + 1)
    if len(piped) > _MAX_CHARACTERS:
        raise UsageError("what came on stdin is too long for any model", hint="send a part of it")
    asked = Said(words=words.strip(), piped=piped.strip())
    if asked.is_empty and not may_be_empty:
        raise UsageError("there is no prompt", hint='vibe -p "TEXT", or vibe -p < FILE')
    return asked


def _tell_if_it_waits(cli: Cli) -> None:
    """Whoever started us may have left a pipe open that never ends, without a thought of it."""
    try:
        ready, _, _ = select.select([cli.world.stdin], [], [], _SILENT_S)
    except (OSError, ValueError):  # it is no file of the system's
        return
    if not ready:
        paint = cli.terminal.talk_paint
        cli.terminal.talk(paint("waiting for stdin to end; to leave it out: < /dev/null", "dim"))
