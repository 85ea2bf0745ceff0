"""What this process was given: environment, folder, streams, user.

The environment is read here and nowhere else; everybody else is handed what he needs.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from msgspec import Struct

from vibe.secret import names_a_secret

if TYPE_CHECKING:
    from vibe.config.discover import Connect


def _accepting(ports: Iterable[int]) -> Collection[int]:
    from vibe.config.discover import accepting  # few commands knock anywhere

    return accepting(ports)


class World(Struct, frozen=True, kw_only=True):
    """What a process finds around itself. Tests make one; nothing else reaches outside."""

    env: Mapping[str, str]
    cwd: Path
    uid: int
    platform: str
    stdin: TextIO
    stdout: TextIO
    stderr: TextIO
    connect: Connect = _accepting

    def __repr__(self) -> str:
        return f"<World of {len(self.env)} variables in {str(self.cwd)!r}>"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return []

    @property
    def home(self) -> Path:
        from vibe.config.paths import home_folder

        return home_folder(self.env)

    def secrets(self) -> tuple[str, ...]:
        """The values of those variables that sound as if they held one."""
        return secrets_among(self.env)


def secrets_among(variables: Mapping[str, str]) -> tuple[str, ...]:
    """The values of those that sound like secrets; a path that exists is none, but leads to one.

    Its shape cannot tell: a key in base64 may begin with a slash, too.
    """
    return tuple(
        value for name, value in variables.items() if names_a_secret(name) and not _exists(value)
    )


def _exists(path: str) -> bool:
    return path.startswith("/") and path.isprintable() and os.access(path, os.F_OK)


def world_of_this_process() -> World:
    return World(
        env=dict(os.environ),
        cwd=Path.cwd(),
        uid=os.getuid(),
        platform=sys.platform,
        stdin=sys.stdin,
        stdout=sys.stdout,
        stderr=sys.stderr,
    )
