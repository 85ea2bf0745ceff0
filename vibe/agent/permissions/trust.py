"""Which projects are trusted: what a project brings for vibe counts only after a person said so.

Trust is for a folder by its real path and for what these files hold, instructions of folders below
among them: a change asks anew. Who reads them takes the bytes from here, those that were judged.
What is said by `vibe config trust` is kept in the same place.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from vibe.agent.permissions.doubts import SKIPPED
from vibe.config import trust as store_of_trust
from vibe.errors import UsageError

INSTRUCTIONS: Final = "AGENTS.md"
_OWN: Final = (".mcp.json", ".vibe")  # servers to be started; configuration, commands and hooks
_CONFIGURATION: Final = ".vibe/config.toml"
_MOST_FILES: Final = 500
_MOST_ENTRIES: Final = 50_000  # that are looked through for instructions, the nearest first
_MOST_BYTES: Final = 1024 * 1024  # of one file

# nothing: there are no such files. refused: the person went on without these very files. never: it
# cannot be trusted, and is not to be offered.
State: TypeAlias = Literal["nothing", "new", "changed", "refused", "trusted", "never"]


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
        return Project(folder=str(real), state="never", why="everything lies below it")
    try:
        files = tuple(_files(real))
    except OSError as error:
        return Project(folder=str(real), state="never", why=str(error))
    if not files:
        return Project(folder=str(real), state="nothing")
    entries, now = store_of_trust.entries(store), digest_of(files)
    known = entries.get(str(real))
    state: State = "new" if known is None else "changed"
    if known == now:
        state = "trusted"
    elif entries.get(_refused(real)) == now:
        state = "refused"
    return Project(folder=str(real), state=state, files=files)


def trust(project: Project, *, store: Path) -> None:
    """Trust it with the files that were shown, whatever they hold by now."""
    if project.state == "never":
        raise UsageError(
            f"{project.folder} is never trusted as a project: {project.why}",
            hint="put the settings into your own config.toml instead",
        )
    digests = {project.folder: digest_of(project.files)}
    for file in project.files:
        if file.name == _CONFIGURATION:
            path = str(Path(project.folder) / file.name)
            digests[path] = store_of_trust.digest(file.content)
    store_of_trust.change(store, digests)


def refuse(project: Project, *, store: Path) -> None:
    """Go on without these very files, and do not ask about them again."""
    store_of_trust.change(store, {_refused(Path(project.folder)): digest_of(project.files)})


def revoke(folder: Path, *, store: Path) -> bool:
    """Trust it no more; whether it was."""
    real = Path(os.path.realpath(folder))
    return store_of_trust.change(store, {str(real): None, str(real / _CONFIGURATION): None})


def _refused(folder: Path) -> str:
    """Beside the paths that are trusted, and none of them."""
    return f"refused {folder}"


def digest_of(files: tuple[ProjectFile, ...]) -> str:
    """Of names and contents, so that neither can be taken for the other."""
    whole = hashlib.sha256()
    for file in files:
        for part in (os.fsencode(file.name), file.content):
            whole.update(len(part).to_bytes(8, "big") + part)
    return whole.hexdigest()


def _files(folder: Path) -> Iterator[ProjectFile]:
    paths = {*(path for name in _OWN for path in _at(folder / name)), *_instructions(folder)}
    if len(paths) > _MOST_FILES:
        raise OSError(f"it brings more than {_MOST_FILES} files")
    for path in sorted(paths):
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise OSError(f"{path} is too large")
        yield ProjectFile(name=path.relative_to(folder).as_posix(), content=content)


def _instructions(folder: Path) -> Iterator[Path]:
    """Whole levels of folders, until there was enough to look through; packages bring none."""
    level, left = [folder], _MOST_ENTRIES
    while level and left > 0:
        following: list[Path] = []
        for each in level:
            if (path := each / INSTRUCTIONS).is_file():
                yield path
            with suppress(OSError), os.scandir(each) as entries:
                for entry in entries:
                    left -= 1
                    if entry.is_dir(follow_symlinks=False) and entry.name not in SKIPPED:
                        following.append(each / entry.name)
        level = sorted(following)


def _at(path: Path) -> Iterator[Path]:
    """Regular files, also behind a link; folders behind one are not gone through."""
    if path.is_file():
        yield path
    for folder, _, names in os.walk(path):
        yield from (file for name in names if (file := Path(folder, name)).is_file())
