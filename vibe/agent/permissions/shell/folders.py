"""Which folders each command of a line may run in, as far as the `cd`s before it tell.

A `cd` may fail: what follows it by `;` or `||` may run where it stood before. In a pipe each
command has a shell of its own. The way is followed by name, as bash itself does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from posixpath import join, normpath
from typing import Final, TypeAlias

from vibe.agent.permissions.shell.parse import Step
from vibe.agent.permissions.shell.words import Words

Folders: TypeAlias = tuple[str | None, ...]  # None: not known

_MOST: Final = 8  # each `cd` may double them
_UNKNOWN: Folders = (None,)


def walked(
    steps: tuple[Step, ...], *, cwd: str, home: str | None
) -> Iterator[tuple[Step, Folders]]:
    """Each step with the folders that it may run in."""
    succeeded: Folders = (cwd,)
    failed: Folders = ()
    here: Folders = (cwd,)
    for step, following in pairwise((*steps, None)):
        if step is None:
            break
        match step.joint:
            case ";":
                here, succeeded, failed = _union(succeeded, failed), (), ()
            case "&&":
                here, succeeded = succeeded, ()
            case "||":
                here, failed = failed, ()
            case "|":
                pass
        yield step, here
        is_in_pipe = step.joint == "|" or (following is not None and following.joint == "|")
        if following is None or following.joint != "|":
            after = here if is_in_pipe else _moved(step.words, here, home)
            succeeded, failed = _union(succeeded, after), _union(failed, here)


def destination(words: Words, home: str | None) -> str | None:
    """Where `cd …` leads, maybe relative; None where that is not known. `words` begin with it."""
    match tuple(word for word in words[1:] if word.text != "--"):
        case ():
            return home
        case (target,) if target.shape == "plain" and not target.text.startswith("-"):
            return target.text
        case _:
            return None


def _moved(words: Words, here: Folders, home: str | None) -> Folders:
    if not words or words[0].text != "cd":
        return here
    target = destination(words, home)
    if target is None:
        return _UNKNOWN
    return _union(_joined(folder, target) for folder in here)


def _joined(folder: str | None, target: str) -> str | None:
    if folder is None:
        return normpath(target) if target.startswith("/") else None
    return normpath(join(folder, target))


def _union(*several: Iterable[str | None]) -> Folders:
    union = tuple(dict.fromkeys(folder for folders in several for folder in folders))
    return union if len(union) <= _MOST else _UNKNOWN
