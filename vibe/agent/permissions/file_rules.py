"""Rules about files, `write(docs/**)`: which paths each is about.

A rule is a path below the folder, or from `/` or `~/` on. `*` and `?` stay within a name, `**` is
any folders, a name without `/` is meant wherever it is, and a folder with all that is in it. Rules
that forbid hold for every way to write a path; those that allow are taken to the letter.
"""

from __future__ import annotations

import re
from functools import cache
from posixpath import relpath
from typing import Final

from vibe.agent.permissions.names import folded, leads_to, plain
from vibe.agent.permissions.values import DEEP, Access, Surroundings
from vibe.domain.rule import FileTool, Rule, Tool

_LETTERS: Final = re.compile(r"\\.|[*?]|[^*?\\]+|\\\Z", re.DOTALL)
_SIGNS: Final = re.compile(r"([*?\\])")
# The rules that are about a tool go by these names.
_NAMES: Final[dict[FileTool, tuple[Tool, ...]]] = {
    "read": ("read",),
    "grep": ("read", "grep"),
    "edit": ("edit", "write"),
    "write": ("edit", "write"),
}


def is_about(rule: Rule, tool: FileTool) -> bool:
    return rule.tool in _NAMES[tool]


def covers(rule: Rule, path: str, around: Surroundings) -> bool:
    """Whether a rule that allows is about this file, letter for letter."""
    return re.fullmatch(_expression(_whole(rule, around)), plain(path)) is not None


def stands_for_many(access: Access) -> bool:
    return access.is_pattern or access.use in DEEP


def may_cover(rule: Rule, access: Access, around: Surroundings) -> bool:
    """Whether a rule that forbids is about it, or about any of what it stands for."""
    whole, path = _whole(rule, around), folded(access.path)
    if stands_for_many(access):
        begin, known = _fixed(folded(whole)), _fixed(path)
        return leads_to(begin, known) or leads_to(known, begin)
    return re.fullmatch(_expression("/".join(folded(whole))), "/".join(path)) is not None


def written_path(tool: FileTool, path: str, around: Surroundings) -> str | None:
    """The rule about exactly this file; None where a rule could not be told from another's."""
    below = relpath(path, around.root)
    if below == ".." or below.startswith("../"):
        below = path
    elif "/" not in below or below.startswith("~"):
        below = f"./{below}"
    return f"{tool}({_literal(below)})" if below == below.strip() else None


def _whole(rule: Rule, around: Surroundings) -> str:
    """Its pattern, from `/` on."""
    if rule.path.startswith("/"):
        return rule.path
    if rule.path.startswith("~/") and around.home is not None:
        return _literal(around.home) + rule.path[1:]
    below = rule.path.rstrip("/")
    if "/" not in below:
        below = f"**/{below}"
    return f"{_literal(around.root).rstrip('/')}/{below.removeprefix('./')}"


def _literal(path: str) -> str:
    return _SIGNS.sub(r"\\\1", path)


def _fixed(parts: tuple[str, ...]) -> tuple[str, ...]:
    """Those before the first that may stand for others."""
    wild = (at for at, part in enumerate(parts) if re.search(r"[*?\[\\]", part))
    return parts[: next(wild, len(parts))]


@cache
def _expression(pattern: str) -> str:
    """What is matched by whole paths: that which the pattern names, and all below."""
    parts = plain(pattern).rstrip("/").split("/")[1:]
    names = ("(?:/[^/]+)*" if part == "**" else f"/{_name(part)}" for part in parts)
    return "".join(names) + "(?:/.*)?"


def _name(part: str) -> str:
    return "".join(map(_letters, _LETTERS.findall(part)))


def _letters(found: str) -> str:
    match found:
        case "*":
            return "[^/]*"
        case "?":
            return "[^/]"
        case _:
            return re.escape(found[1:] if found.startswith("\\") and len(found) > 1 else found)
