"""What git has around a folder: what its configurations would run, which of them hold keys, and the
index of the files that it knows. Nothing is run for it, and nothing changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from vibe.secret import looks_like_key

_MOST_BYTES: Final = 1024 * 1024
# The person in an address, with a password or without; and what is sent along with each request.
_PERSON: Final = re.compile(r"://([^/@\s\"]+)@")
_HEADER: Final = re.compile(r"\bextraheader\b", re.IGNORECASE)
_IN_FULL: Final = (b"\0\0\0\2", b"\0\0\0\3")  # versions of the index
_EMPTY: Final = b"DIRC\0\0\0\2"
_GITLINK: Final = b"\x00\x00\xe0\x00"  # in the index: the mode of a repository inside this one


def git_config_of(cwd: Path) -> str | None:
    """ "" where there is no repository; None where what git would run cannot be told.

    A repository inside the repository has a configuration of its own, which `git status` obeys.
    """
    try:
        for folder in (cwd, *cwd.parents):
            if (folder / ".git").exists():
                return _config_in(_git_folder(folder / ".git"))
            if (folder / "HEAD").exists() and (folder / "objects").exists():
                return None
    except (OSError, ValueError):
        return None
    return ""


def keyed_configurations(cwd: Path, home: Path) -> Iterator[Path]:
    """Those that git would read there which hold a password or a token; or nobody knows."""
    own = (home / ".gitconfig", home / ".config/git/config")
    for path in (*own, *_configurations(cwd)):
        try:
            if path.is_file() and _holds_key(_text(path)):
                yield path
        except PermissionError:  # then no command reads it, either
            continue
        except (OSError, ValueError):
            yield path


def index_around(cwd: Path) -> tuple[str, bytes] | None:
    """The index, which names each file that git knows by its path below the folder that is named
    first. None where there is none, and for the forms that do not write all paths in full."""
    with suppress(OSError, ValueError):
        folder = _repository_around(cwd)
        git = _git_folder(folder / ".git")
        index = (git / "index").read_bytes() if (git / "index").exists() else _EMPTY
        if index[4:8] in _IN_FULL and not any(git.glob("sharedindex.*")):
            return f"{folder}/".replace("//", "/"), index
    return None


def _configurations(cwd: Path) -> tuple[Path, ...]:
    with suppress(OSError, ValueError):
        git = _git_folder(_repository_around(cwd) / ".git")
        return (_common(git) / "config", git / "config.worktree")
    return ()


def _repository_around(cwd: Path) -> Path:
    for folder in (cwd, *cwd.parents):
        if (folder / ".git").exists():
            return folder
    raise ValueError(cwd)


def _holds_key(configuration: str) -> bool:
    people = (found[1] for found in _PERSON.finditer(configuration))
    return bool(_HEADER.search(configuration)) or any(
        ":" in person or looks_like_key(person) for person in people
    )


def _git_folder(path: Path) -> Path:
    """Of a worktree or a submodule, `.git` is a file that says where the folder is."""
    if path.is_dir():
        return path
    word, _, where = _text(path).strip().partition(": ")
    if word != "gitdir":
        raise ValueError(path)
    return path.parent / where


def _config_in(git: Path) -> str | None:
    for index in (git / "index", *git.glob("sharedindex.*")):
        if index.exists() and _GITLINK in index.read_bytes():
            return None
    return _text(_common(git) / "config")


def _common(git: Path) -> Path:
    """Where the rest is of what a worktree has."""
    named = git / "commondir"
    return git / _text(named).strip() if named.exists() else git


def _text(path: Path) -> str:
    if not path.is_file():  # a pipe would be waited for
        raise ValueError(path)
    with path.open("rb") as file:
        data = file.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise ValueError(path)
    return data.decode()
