"""What is decided about a command or a file, part by part, and what a decision depends on.

Values alone: nothing here looks at a file system, an environment or a configuration.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

from vibe.domain.model import Approval

Mode: TypeAlias = Approval
Decision: TypeAlias = Literal["allow", "ask", "deny"]

# list: names and what `stat` tells; read: one file, or all files that a pattern stands for; tree:
# all files below; followed: also those that links below lead to; visible: those whose names do not
# begin with a dot; tracked: those that git knows; touch: named, to some end.
Use: TypeAlias = Literal["list", "read", "visible", "tree", "followed", "tracked", "touch", "write"]

DEEP: frozenset[Use] = frozenset({"visible", "tree", "followed", "tracked"})  # of many files

# What a sandbox may fail to hold: writing outside the folder, writing protected files, the network.
Hazard: TypeAlias = Literal["outside", "protected", "network"]
EVERY_HAZARD: frozenset[Hazard] = frozenset({"outside", "protected", "network"})


class Access(Struct, frozen=True, kw_only=True):
    """A path that would be used: absolute, but relative where the working folder is not known.

    A pattern stands for the names that bash would find; `path` then holds its `*`, `?` and `[` as
    they are. `doubt` is what a look at the file found against it.
    """

    path: str
    use: Use
    is_pattern: bool = False
    doubt: str | None = None


class Doubtful(Struct, frozen=True, kw_only=True):
    """A file in the folder that is not read without a question; `why` tells of its path.

    `is_link` if it is read by those alone who follow links: it is one, or neither file nor folder.
    """

    path: str
    why: str
    is_link: bool = False
    is_tracked: bool = False


class Part(Struct, frozen=True, kw_only=True):
    """One simple command, one redirection, or one call of a file tool.

    `always` is the rule that would allow it from now on; None where no rule may.
    """

    argv: tuple[str, ...]
    decision: Decision
    reason: str
    paths: tuple[Access, ...] = ()
    always: str | None = None


class Verdict(Struct, frozen=True, kw_only=True):
    """The strictest of the parts, or of what a command line is made of besides them."""

    decision: Decision
    reason: str
    parts: tuple[Part, ...] = ()


class Surroundings(Struct, frozen=True, kw_only=True):
    """What a decision depends on besides words and rules. All paths are absolute and real.

    `root` is the folder that vibe works in, `cwd` where a command would run. `secrets` are the
    files below `root` that hold some, and folders elsewhere that do; None where nobody looked.
    `tracked` are those of them that git may know. `doubtful` is what else was found below `root`.
    `unhidden` are patterns of names that begin with a dot and are searched by rg all the same.
    `keyed` are the configurations of git that hold a password or a token. `protected` is what is
    never written without a question, besides the names that always are. `git_config` is the text
    of the configuration of the repository that `cwd` is in, "" where there is none, None where
    nobody looked or what it makes git run cannot be told. `planted` are the programs that would be
    started from within `root`. `grep_follows` unless grep is known to pass over links below a
    folder. `unheld` is what the sandbox cannot hold: everything where there is none.
    """

    root: str
    cwd: str
    home: str | None = None
    secrets: tuple[str, ...] | None = None
    tracked: tuple[str, ...] = ()
    doubtful: tuple[Doubtful, ...] = ()
    unhidden: frozenset[str] = frozenset()
    keyed: tuple[str, ...] = ()
    protected: tuple[str, ...] = ()
    git_config: str | None = None
    planted: frozenset[str] = frozenset()
    grep_follows: bool = True
    unheld: frozenset[Hazard] = EVERY_HAZARD
