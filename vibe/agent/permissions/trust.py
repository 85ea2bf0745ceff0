"""Which projects are trusted: what a project brings for vibe counts only after a person said so.

Trust is for a folder by its real path and for what these files hold: a change asks anew. Who reads
them takes the bytes from here, those that were judged. What is said by `vibe config trust` is kept
in the same place.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from vibe.config import trust as store_of_trust
from vibe.errors import UsageError

# Instructions, servers to be started, and configuration, commands and hooks.
_OWN: Final = ("AGENTS.md", ".mcp.json", ".vibe")
_CONFIGURATION: Final = ".vibe/config.toml"
_MOST_FILES: Final = 500
_MOST_BYTES: Final = 1024 * 1024  # of one file

# nothing: there are no such files. never: it cannot be trusted, and is not to be offered.
State: TypeAlias = Literal["nothing", "new", "changed", "trusted", "never"]


class ProjectFile(Struct, frozen=True, kw_only=True):
    """`name` is its path below the folder."""

    name: str
    content: bytes


class Project(Struct, frozen=True, kw_only=True):
    """What a folder brings for vibe, and whether that counts; `why` it is never trusted."""

    folder: str
    state: State
    files: tuple[ProjectFile, ...] = ()
    why: str = ""


def project_in(folder: Path, *, store: Path, home: Path) -> Project:
    """`store` is `Folders.trust`."""
    real = Path(os.path.realpath(folder))
    if real in (own := Path(os.path.realpath(home)), *own.parents):
        return Project(folder=str(real), state="never", why="everything of yours lies below it")
    try:
        files = tuple(_files(real))
    except OSError as error:
        return Project(folder=str(real), state="never", why=str(error))
    if not files:
        return Project(folder=str(real), state="nothing")
    known = store_of_trust.entries(store).get(str(real))
    state: State = "new" if known is None else "changed"
    if known == digest_of(files):
        state = "trusted"
    return Project(folder=str(real), state=state, files=files)


def trust(project: Project, *, store: Path) -> None:
    """Trust it with the files that were shown, whatever they hold by now."""
    if project.state == "never":
        raise UsageError(f"{project.folder} is never trusted: {project.why}")
    digests = {project.folder: digest_of(project.files)}
    for file in project.files:
        if file.name == _CONFIGURATION:
            path = str(Path(project.folder) / file.name)
            digests[path] = store_of_trust.digest(file.content)
    store_of_trust.change(store, digests)


def revoke(folder: Path, *, store: Path) -> bool:
    """Trust it no more; whether it was."""
    real = Path(os.path.realpath(folder))
    return store_of_trust.change(store, {str(real): None, str(real / _CONFIGURATION): None})


def digest_of(files: tuple[ProjectFile, ...]) -> str:
    """Of names and contents, so that neither can be taken for the other."""
    whole = hashlib.sha256()
    for file in files:
        for part in (os.fsencode(file.name), file.content):
            whole.update(len(part).to_bytes(8, "big") + part)
    return whole.hexdigest()


def _files(folder: Path) -> Iterator[ProjectFile]:
    paths = [path for name in _OWN for path in _at(folder / name)]
    if len(paths) > _MOST_FILES:
        raise OSError(f"there are more than {_MOST_FILES} files in its .vibe")
    for path in sorted(paths):
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise OSError(f"{path} is too large")
        yield ProjectFile(name=path.relative_to(folder).as_posix(), content=content)


def _at(path: Path) -> Iterator[Path]:
    """Regular files, also behind a link; folders behind one are not gone through."""
    if path.is_file():
        yield path
    for folder, _, names in os.walk(path):
        yield from (file for name in names if (file := Path(folder, name)).is_file())
