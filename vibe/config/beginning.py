"""A first configuration put on the disk, and a key that was pasted, into `.env` beside it.

What there is to choose from is found elsewhere. No message of this file contains a key.
"""

from __future__ import annotations

import re
import shlex
from contextlib import suppress
from pathlib import Path

from vibe.config.edit import changed_text
from vibe.config.starter import Offer, begun, starter
from vibe.config.write import rewrite
from vibe.errors import UsageError

_ASSIGNED = r"(?m)^[ \t]*(?:export[ \t]+)?{name}[ \t]*=.*$"


def write_starter(file: Path, *offers: Offer) -> None:
    """Only where nothing stands there yet."""

    def create(old: bytes | None) -> bytes:
        if old is not None and old.strip():
            raise UsageError(
                f"{file} exists already; nothing was changed",
                hint="change it with: vibe config edit",
            )
        return starter(*offers).encode()

    rewrite(file, create)


def begin_with(file: Path, *offers: Offer) -> None:
    """What stands there already stays."""
    rewrite(file, lambda old: changed_text(old, lambda text: begun(text, *offers), file=file))


def keep_key(dotenv: Path, name: str, key: str) -> None:
    """As `name`, in a file that nobody else may read from then on."""

    def change(old: bytes | None) -> bytes:
        return changed_text(old, lambda text: with_key(text, name, key), file=dotenv)

    with suppress(OSError):  # that of a pipe, or of another user, is refused below
        if dotenv.is_file():
            dotenv.chmod(dotenv.stat().st_mode & 0o700)
    rewrite(dotenv, change)


def with_key(text: str, name: str, key: str) -> str:
    """In the place of the one of that name, else at the end."""
    line = f"{name}={shlex.quote(key)}"
    text, count = re.subn(_ASSIGNED.format(name=re.escape(name)), lambda _: line, text)
    if count:
        return text
    return f"{text}\n{line}\n" if text and not text.endswith("\n") else f"{text}{line}\n"
