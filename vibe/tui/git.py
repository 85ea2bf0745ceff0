"""What git says of a folder, for the first line: the branch, and how many files are changed.

The branch is read from files. The number is asked of git, and only where the configuration of the
repository names no program that git would run for it; hooks and monitors are never run.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from vibe.clean import clean_line

MOST_BYTES: Final = 4_096
BETWEEN_S: Final = 3.0
BOUND_S: Final = 2.0
CHUNK_BYTES: Final = 65_536
STATUS: Final = (
    "--no-optional-locks",  # it would write the index, and tell a hook
    "-c", "core.fsmonitor=false",
    "-c", "core.hooksPath=/dev/null",
    "status", "--porcelain", "-z", "--no-renames", "--ignore-submodules=all",
)  # fmt: skip


class Tree:
    """`told` is as it was found last. Looked at again when it `may_differ`, but not at once."""

    def __init__(self, folder: Path, now: Callable[[], float]) -> None:
        self._folder = folder
        self._now = now
        self._looked_s = float("-inf")
        self.told = ""
        self.may_differ = True

    @property
    def is_due(self) -> bool:
        return self.may_differ and self._now() - self._looked_s >= BETWEEN_S

    async def look(self) -> None:
        self.may_differ, self._looked_s = False, self._now()
        branch = clean_line(await asyncio.to_thread(branch_of, self._folder))
        self.told = self.told or branch
        count = await changed_files(self._folder) if branch else None
        self.told = f"{branch}±{count}" if count else branch


def branch_of(folder: Path) -> str:
    """Of a bare commit its beginning; "" where there is no repository."""
    for place in (folder, *folder.parents):
        head = _head(place / ".git")
        if head:
            return head.removeprefix("ref: refs/heads/") if head.startswith("ref: ") else head[:8]
    return ""


async def changed_files(folder: Path, *, bound_s: float = BOUND_S) -> int | None:
    """None: it cannot be told so soon, or not without running what the repository names."""
    with suppress(OSError, TimeoutError):
        program = await asyncio.to_thread(_harmless_git, folder)
        async with asyncio.timeout(bound_s):
            return await _counted(program, folder) if program else None
    return None


def _harmless_git(folder: Path) -> str | None:
    """The program itself, which must not be one that the folder brings."""
    from vibe.agent.permissions.repository import git_config_of
    from vibe.agent.permissions.shell.git import runs_nothing

    configuration = git_config_of(folder)
    program = shutil.which("git")
    if program is None or not configuration or not runs_nothing(configuration):
        return None
    return None if Path(program).resolve().is_relative_to(folder.resolve()) else program


async def _counted(program: str, folder: Path) -> int | None:
    git = await asyncio.create_subprocess_exec(
        program,
        *STATUS,
        cwd=folder,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    count = 0
    try:
        while git.stdout and (chunk := await git.stdout.read(CHUNK_BYTES)):
            count += chunk.count(b"\0")
        return count if await git.wait() == 0 else None
    finally:
        if git.returncode is None:
            git.kill()
            await git.wait()


def _head(git: Path) -> str:
    """A work tree of its own has a file there, which says where its folder is."""
    try:
        if git.is_file():
            told = _text(git).removeprefix("gitdir: ")
            git = git.parent / told
        return _text(git / "HEAD")
    except OSError:
        return ""


def _text(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(MOST_BYTES).decode("utf-8", "replace").strip()
