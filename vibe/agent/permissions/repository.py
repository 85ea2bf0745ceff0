"""The configuration of the repository around a folder, as far as it tells what git would run."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_MOST_BYTES: Final = 1024 * 1024
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
    common = git / "commondir"
    return _text((git / _text(common).strip() if common.exists() else git) / "config")


def _text(path: Path) -> str:
    with path.open("rb") as file:
        data = file.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise ValueError(path)
    return data.decode()
