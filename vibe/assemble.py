"""Where the parts are put together: what this process was given, and the values made of it.

The environment is read here and nowhere else; everybody else is handed what he needs.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from msgspec import Struct

_HOLDS_A_SECRET = re.compile(
    r"(?i)(?:^|_)(?:api_?key|key|token|secret|passw(?:or)?d|credentials?)$"
)


class World(Struct, frozen=True, kw_only=True):
    """What a process finds around itself. Tests make one; nothing else reaches outside."""

    env: Mapping[str, str]
    cwd: Path
    uid: int
    platform: str
    stdin: TextIO
    stdout: TextIO
    stderr: TextIO

    @property
    def home(self) -> Path:
        return Path(self.env["HOME"]) if self.env.get("HOME") else Path.home()

    def secrets(self) -> tuple[str, ...]:
        """The values of those variables that sound as if they held one."""
        return tuple(
            value
            for name, value in self.env.items()
            if _HOLDS_A_SECRET.search(name) and not value.startswith("/")
        )


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
