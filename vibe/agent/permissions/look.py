"""Looks at what a decision depends on: links, repositories, secrets and programs in the folder.

It reads names, kinds and what git and rg are told to do, no other file, and changes nothing. A
moment later it may be otherwise: so files are opened following no link, commands run in a sandbox.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import partial
from glob import iglob
from itertools import islice
from pathlib import Path
from posixpath import basename, join, normpath, realpath
from shutil import which
from typing import Final

from msgspec.structs import replace

from vibe.agent.permissions.commands import NO_RULES, decide_command
from vibe.agent.permissions.doubts import doubt_of, looked_through
from vibe.agent.permissions.file_rules import stands_for_many
from vibe.agent.permissions.files import Target, decide_file, may_be_searched
from vibe.agent.permissions.names import (
    PROTECTED_NAMES,
    is_protected,
    is_secret,
)
from vibe.agent.permissions.repository import git_config_of, keyed_configurations
from vibe.agent.permissions.values import (
    EVERY_HAZARD,
    Access,
    Hazard,
    Mode,
    Surroundings,
    Verdict,
)
from vibe.domain.rule import FileTool, Rules

_MOST_FOUND: Final = 1_000  # by one pattern


def surroundings(
    root: Path,
    *,
    home: Path,
    cwd: Path | None = None,
    search_path: str = "",
    own: Iterable[Path] = (),
    unheld: frozenset[Hazard] = EVERY_HAZARD,
) -> Surroundings:
    """Of a session in the folder `root`.

    `search_path` is the PATH that commands get; `own` are the folders that vibe keeps its own in.
    """
    top, here = realpath(root), realpath(cwd or root)
    names = (join(top, name) for name in PROTECTED_NAMES)
    linked = (realpath(name) for name in names if realpath(name) != name)
    return Surroundings(
        root=top,
        cwd=here,
        home=realpath(home),
        protected=(*map(realpath, own), *linked),
        keyed=tuple(map(realpath, keyed_configurations(Path(here), home))),
        git_config=git_config_of(Path(here)),
        planted=frozenset(_planted(top, search_path)),
        grep_follows=_grep_follows(search_path),
        unheld=unheld,
    )


def check_command(
    command: str, *, mode: Mode, around: Surroundings, rules: Rules = NO_RULES
) -> Verdict:
    """What is decided about a command line, after a look at the files that it would use."""
    follow = partial(_followed, around=around)
    verdict = decide_command(command, mode=mode, around=around, rules=rules, follow=follow)
    used = [path for part in verdict.parts for path in part.paths]
    if around.secrets is not None or not any(map(stands_for_many, used)):
        return verdict
    around = looked_through(around, {path.use for path in used})
    return decide_command(command, mode=mode, around=around, rules=rules, follow=follow)


def check_file(
    tool: FileTool, path: str, *, mode: Mode, around: Surroundings, rules: Rules = NO_RULES
) -> Verdict:
    """What is decided about a file that one of vibe's tools would use, as `target_of` finds it."""
    target = target_of(path, around=around)
    return decide_file(tool, target, mode=mode, around=around, rules=rules)


def may_search(path: str, *, around: Surroundings, rules: Rules = NO_RULES) -> bool:
    """Whether grep, which goes through a folder, may also look into this file of it."""
    return doubt_of(path) is None and may_be_searched(path, around=around, rules=rules)


def target_of(path: str, *, around: Surroundings) -> Target:
    """What a tool means by `path`. Only what is `Target.path` may be opened then."""
    if around.home is not None and (path == "~" or path.startswith("~/")):
        path = around.home + path[1:]
    path = join(around.cwd, path)
    real = _real(path)
    return Target(asked=normpath(path), path=real, doubt=doubt_of(real))


def _planted(root: str, search_path: str) -> Iterator[str]:
    """The names of the programs that would be found in the folder itself."""
    for entry in search_path.split(":"):
        folder = realpath(entry) if entry.startswith("/") else ""
        if folder == root or folder.startswith(f"{root}/"):
            with suppress(OSError):
                yield from (path.name for path in Path(folder).iterdir())


def _grep_follows(search_path: str) -> bool:
    """That of GNU passes over links below a folder; those of BSD and busybox do not."""
    found = which("grep", path=search_path)
    is_gnus = os.uname().sysname == "Linux" and basename(realpath(found or "")) == "grep"
    return not is_gnus


def _followed(access: Access, *, around: Surroundings) -> Iterator[Access]:
    """What a path leads to, as far as that is another matter than its name."""
    if not access.path.startswith("/"):
        return
    if access.is_pattern:
        names = iglob(_wider(access.path))  # noqa: PTH207  Path's own finds names with a dot, too
        found = tuple(islice(names, _MOST_FOUND + 1))
        if len(found) > _MOST_FOUND:
            yield replace(access, doubt="it stands for more files than are looked at")
            return
        for path in found:
            each = Access(path=path, use=access.use)
            yield from _followed(each, around=around)
            if is_secret(each, around) or (each.use == "write" and is_protected(each, around)):
                yield each
        return
    real = _real(access.path)
    doubt = None if access.use in {"list", "write"} else doubt_of(real)
    if doubt or real != normpath(access.path):
        yield Access(path=real, use=access.use, doubt=doubt)


def _real(path: str) -> str:
    try:
        return realpath(path)
    except ValueError:  # a NUL byte
        return normpath(path)


def _wider(pattern: str) -> str:
    """With any name in place of one with brackets, which bash reads in more ways than Python."""
    return re.sub(r"(?<=/)(\.?)[^/]*\[[^/]*", r"\1*", pattern)
