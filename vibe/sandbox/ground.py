"""What of a folder and of a home is kept, masked or to be left absent: the facts, as they are now.

Looks at names and kinds of files, never into them, and changes nothing.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final, Literal

from msgspec import Struct

from vibe.sandbox.placeholder import Placeholder, is_placeholder

SECRETS_AT_HOME: Final = (
    ".ssh", ".aws", ".gnupg", ".netrc", ".docker", ".kube",
    ".azure", ".git-credentials", ".pypirc", ".password-store", ".mozilla", ".config/gh",
    ".config/gcloud", ".config/op", ".config/google-chrome", ".local/share/keyrings",
)  # fmt: skip
PROTECTED: Final = (
    ".vibe", ".env", ".env.local", ".envrc", "AGENTS.md", ".mcp.json", ".vscode", ".idea",
)  # fmt: skip
_MORE_PROTECTED: Final = (".env?*",)
_START_FILES: Final = (
    ".bashrc", ".bash_profile", ".bash_login", ".bash_logout", ".profile", ".zshrc", ".zshenv",
    ".zprofile", ".zlogin", ".zlogout", ".kshrc", ".inputrc", ".gitconfig",
)  # fmt: skip
# What git obeys inside of `.git`, with what may stand there instead of nothing. A `commondir` or
# a `config.worktree` made by a command would lead the git of a person to a configuration, and so
# to programs, of its choice. A `commondir` of "." says what holds without one.
_OBEYED: Final[dict[str, bytes | None]] = {
    "hooks": None,
    "config": b"",
    "config.worktree": b"",
    "commondir": b".\n",
}
_OF_OTHERS: Final = ("modules", "worktrees")  # the repositories of submodules and worktrees
_BELOW: Final = (*PROTECTED, ".git")
_DEPTH: Final = 2
_MOST_FOLDERS: Final = 128


class Ground(Struct, frozen=True, kw_only=True):
    """All paths are real ones: no link leads elsewhere.

    `kept` is read-only; `pinned` may be written, but not moved; `absent` is to be kept from being
    made; `masked` cannot be read, either. `exposed` is what no mount can keep, and why.

    Invariant: what is kept, pinned or absent, every command in this folder finds mounted; so none
    can put a link in its place. `movable` is read-only as well, but a command that runs meanwhile
    may have made it, or may move what it lies in: it has to be looked at once more when mounted.
    """

    folder: Path
    kept: tuple[Path, ...] = ()
    pinned: tuple[Path, ...] = ()
    absent: tuple[Placeholder, ...] = ()
    movable: tuple[Path, ...] = ()
    masked: tuple[Path, ...] = ()
    exposed: tuple[str, ...] = ()


def survey(folder: Path, *, home: Path, own: Iterable[Path]) -> Ground:
    """`own` is vibe's configuration and state, masked like the secrets at home."""
    folder, home = folder.resolve(), home.resolve()
    found = _Found()
    found.look_at_root(folder)
    for below in _folders_below(folder):
        names = (*_BELOW, *_named_like(below, _MORE_PROTECTED))
        found.keep_movable(below, dict.fromkeys(names))
    masks = {path.resolve() for path in (*(home / name for name in SECRETS_AT_HOME), *own)}
    if home.is_relative_to(folder):
        found.exposed.append(f"{home}: whole homes are no projects")
        found.keep_movable(home, _START_FILES)
    return Ground(
        folder=folder,
        kept=tuple(found.kept),
        pinned=tuple(found.pinned),
        absent=tuple(found.absent),
        movable=tuple(found.movable),
        masked=tuple(sorted(_outermost(path for path in masks if _masks(path, folder)))),
        exposed=tuple(found.exposed),
    )


class _Found:
    """What was found so far."""

    def __init__(self) -> None:
        self.kept: list[Path] = []
        self.pinned: list[Path] = []
        self.absent: list[Placeholder] = []
        self.movable: list[Path] = []
        self.exposed: list[str] = []

    def look_at_root(self, folder: Path) -> None:
        for name in PROTECTED:
            self.keep(Placeholder(path=folder / name))
        more = _named_like(folder, _MORE_PROTECTED)
        self.keep_movable(folder, (name for name in more if name not in PROTECTED))
        git = folder / ".git"
        if _kind(git) != "folder" or is_placeholder(Placeholder(path=git)):
            self.keep(Placeholder(path=git))
            return
        self.pinned.append(git)
        for name, content in _OBEYED.items():
            self.keep(Placeholder(path=git / name, content=content))
        self.keep_movable(git, _OF_OTHERS)

    def keep(self, absent: Placeholder) -> None:
        """As it is, or if it is not there, absent."""
        if _kind(absent.path) == "nothing" or is_placeholder(absent):
            self.absent.append(absent)
        else:
            self.kept += self._mountable(absent.path)

    def keep_movable(self, folder: Path, names: Iterable[str]) -> None:
        for name in names:
            self.movable += self._mountable(folder / name)

    def _mountable(self, path: Path) -> list[Path]:
        match _kind(path):
            case "nothing":
                return []
            case "link":
                self.exposed.append(f"{path} is a link, which may be replaced")
                return []
            case "shared file":
                self.exposed.append(f"{path} has another name, by which it may be written")
            case _:
                pass
        return [path]


def _kind(path: Path) -> Literal["nothing", "link", "folder", "file", "shared file"]:
    try:
        status = path.lstat()
    except OSError:
        return "nothing"
    if stat.S_ISLNK(status.st_mode):
        return "link"
    if stat.S_ISDIR(status.st_mode):
        return "folder"
    return "shared file" if status.st_nlink > 1 else "file"


def _named_like(folder: Path, patterns: Iterable[str]) -> list[str]:
    try:
        names = os.listdir(folder)  # noqa: PTH208  names are all that is wanted of many
    except OSError:
        return []
    return sorted(name for name in names if any(fnmatchcase(name, pattern) for pattern in patterns))


def _folders_below(folder: Path) -> Iterator[Path]:
    """The nearest ones, no more than can be looked through before each command."""
    level, left = [folder], _MOST_FOLDERS
    for _ in range(_DEPTH):
        level = [below for each in level for below in _plain_folders(each)][:left]
        left -= len(level)
        yield from level


def _plain_folders(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            return [
                folder / entry.name
                for entry in entries
                if not entry.name.startswith(".") and entry.is_dir(follow_symlinks=False)
            ]
    except OSError:
        return []


def _masks(path: Path, folder: Path) -> bool:
    """There has to be something to hide, and whoever works inside of it has opened it."""
    return path.exists() and not folder.is_relative_to(path)


def _outermost(paths: Iterable[Path]) -> list[Path]:
    chosen: list[Path] = []
    for path in sorted(paths):
        if not any(path.is_relative_to(other) for other in chosen):
            chosen.append(path)
    return chosen
