"""Whether a command failed on the sandbox, told from what it printed, and in a plain sentence.

A guess: programs print what they like. So it says "may" where the same words have other causes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from vibe.clean import quote
from vibe.sandbox.ground import Ground

_READ_ONLY: Final = re.compile(r"read-only file system|EROFS", re.IGNORECASE)
_REFUSED: Final = re.compile(
    r"permission denied|operation not permitted|EACCES|EPERM|device or resource busy|EBUSY"
    r"|is a directory|EISDIR|cross-device link|EXDEV",
    re.IGNORECASE,
)
_PERMISSION: Final = re.compile(r"permission denied|operation not permitted|EACCES|EPERM", re.I)
_NETWORK: Final = re.compile(
    r"network is unreachable|ENETUNREACH|could not resolve|couldn't resolve|EAI_AGAIN|ENOTFOUND"
    r"|(?:temporary failure in|failure in) name resolution|name or service not known"
    r"|nodename nor servname|dial tcp|no such host|socket: operation not permitted"
    r"|failed to (?:connect|lookup|resolve)|unable to (?:resolve|look up)",
    re.IGNORECASE,
)
_OUTSIDE: Final = "run it outside of the sandbox if it has to"


def denial(output: str, ground: Ground, *, is_namespaced: bool, network: bool) -> str | None:
    """`is_namespaced` where what is refused shows by other words than a lack of rights."""
    lines = output.splitlines()
    hidden = _named(lines, ground, (str(path) for path in ground.masked))
    if hidden:
        return f"The sandbox hides {quote(hidden)}; {_OUTSIDE}."
    absent = _named(lines, ground, (str(each.path) for each in ground.absent))
    if absent:
        return f"There is no {quote(absent)}: the sandbox puts something empty in its place while a command runs, so that none can make it; {_OUTSIDE}."  # noqa: E501  one sentence
    paths = (*ground.kept, *ground.movable, *ground.pinned)
    kept = _named(lines, ground, map(str, paths))
    if kept and (is_namespaced or kept not in map(str, ground.pinned)):
        return f"The sandbox keeps {quote(kept)} as it is; {_OUTSIDE}."
    where = f"{quote(str(ground.folder))} and its own /tmp"
    if any(_READ_ONLY.search(line) for line in lines):
        return f"The sandbox lets commands write only below {where}; {_OUTSIDE}."
    if not network and any(_NETWORK.search(line) for line in lines):
        return f"The sandbox has no network; {_OUTSIDE}, or set network = true in [sandbox]."
    if not is_namespaced and any(_PERMISSION.search(line) for line in lines):
        return f"The sandbox may have refused this: it lets commands write only below {where}, and use no sockets; {_OUTSIDE}."  # noqa: E501  one sentence
    return None


def _named(lines: Iterable[str], ground: Ground, paths: Iterable[str]) -> str | None:
    """The first of `paths` that a line names which tells of a refusal, in full or from the folder
    or by its `~`."""
    refused = [line for line in lines if _REFUSED.search(line) or _READ_ONLY.search(line)]
    if not refused:
        return None
    for path in paths:
        names = [path]
        if Path(path).is_relative_to(ground.folder):
            names.append(str(Path(path).relative_to(ground.folder)))
        pattern = "|".join(rf"(?<![\w./-])(?:\./)?{re.escape(name)}(?![\w.-])" for name in names)
        if any(re.search(pattern, line) for line in refused):
            return path
    return None
