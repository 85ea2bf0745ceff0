"""How a command is to be run so that what runs is what was judged. Data: nothing runs here.

The judgement holds for a bash without start files, in an environment that loads nothing into
programs, names no others to be run and holds no keys.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from fnmatch import fnmatchcase
from typing import Final

from vibe.secret import looks_like_key, names_a_secret

SHELL: Final = ("bash", "--noprofile", "--norc", "-c", "--")

# Patterns of names. What they have in common: code, options or programs out of a variable.
REMOVED: Final = (
    "BASH_ENV", "ENV", "BASH_FUNC_*", "SHELLOPTS", "BASHOPTS", "BASH_COMPAT", "BASH_XTRACEFD",
    "CDPATH", "PWD", "OLDPWD", "GLOBIGNORE", "IFS", "PS4", "PROMPT_COMMAND", "POSIXLY_CORRECT",
    "LD_*", "DYLD_*", "GCONV_PATH", "LOCPATH", "MALLOC_*", "GLIBC_TUNABLES",
    "GIT_*", "SSH_ASKPASS*", "PAGER", "*_PAGER", "MANPAGER", "LESS*", "MORE", "EDITOR", "VISUAL",
    "BROWSER", "GREP_OPTIONS", "RIPGREP_CONFIG_PATH", "TAR_OPTIONS", "JQ_*", "FZF_*",
    "PYTHON*", "NODE_OPTIONS", "NODE_PATH", "NODE_REPL_*", "PERL5*", "PERLLIB", "RUBYOPT",
    "RUBYLIB", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS",
)  # fmt: skip

# Settings of git that no configuration of a repository overrides. Without these `git status` and
# `git diff` write the index, which runs a hook, and run what core.fsmonitor names.
_GIT_SETTINGS: Final = {
    "core.fsmonitor": "false",
    "diff.autoRefreshIndex": "false",
    "safe.bareRepository": "explicit",
}
ADDED: Final[Mapping[str, str]] = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_CONFIG_COUNT": str(len(_GIT_SETTINGS)),
    **{f"GIT_CONFIG_KEY_{at}": name for at, name in enumerate(_GIT_SETTINGS)},
    **{f"GIT_CONFIG_VALUE_{at}": value for at, value in enumerate(_GIT_SETTINGS.values())},
}


def argv(command: str) -> tuple[str, ...]:
    return (*SHELL, command)


def cleaned(environ: Mapping[str, str], *, secrets: Collection[str]) -> dict[str, str]:
    """What a command gets of `environ`; `secrets` are the names of variables that hold keys."""
    kept = {
        name: value
        for name, value in environ.items()
        if name not in secrets and not is_removed(name) and not looks_like_key(value)
    }
    if "PATH" in kept:
        kept["PATH"] = ":".join(each for each in kept["PATH"].split(":") if each.startswith("/"))
    return kept | ADDED


def is_removed(name: str) -> bool:
    """Whether a variable of this name stays behind, whatever it holds."""
    return names_a_secret(name) or any(fnmatchcase(name, pattern) for pattern in REMOVED)
