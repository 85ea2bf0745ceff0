"""Patterns for paths, in the form of .gitignore files, as ripgrep understands them.

`*` and `?` stand for no slash, `**` for any folders, `{a,b}` for either; as for git, a character
is a byte. A rule that is spoilt counts for nothing. Whatever the pattern, a match takes little
time. Nothing here looks at a file system.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from msgspec import Struct

_MOST_ALTERNATIVES = 100
_MOST_ANYWHERES = 5  # each multiplies the time of a match
_BRACES = re.compile(r"(?<!\\)\{([^{}]*)\}")
_TOKEN = re.compile(
    r"(?P<stars>\*+)|(?P<any>\?)|\[(?P<set>[!^]?\]?[^\]]*)\]|(?P<broken>\[|\\\Z)|\\?(?P<literal>.)",
    re.DOTALL,
)


class Rule(Struct, frozen=True, kw_only=True):
    """Of several that match a path the last one counts; one that is `negated` takes back."""

    regex: re.Pattern[str]
    negated: bool
    folders_only: bool

    def matches(self, path: str, *, is_folder: bool) -> bool:
        """The path is relative to where the rule stands."""
        if self.folders_only and not is_folder:
            return False
        return self.regex.fullmatch(_bytewise(path)) is not None


def rules_of(text: str) -> tuple[Rule, ...]:
    """Those of a .gitignore file, the last first."""
    rules = (rule_of(line) for line in text.split("\n"))
    return tuple(rule for rule in rules if rule is not None)[::-1]


def rule_of(line: str) -> Rule | None:
    line = line if line.endswith("\\ ") else line.rstrip()
    if not line or line.startswith("#"):
        return None
    negated = line.startswith("!")
    glob = line[1:] if negated else line
    folders_only = glob.endswith("/")
    glob = glob.removesuffix("/")
    if "/" not in glob and glob != "**":
        glob = f"**/{glob}"
    glob = glob.removeprefix("/")
    if glob.endswith("/**"):
        glob += "/*"  # what is inside, and not the folder itself
    regexes = [_regex(each) for each in alternatives(_bytewise(glob))]
    known = [each for each in regexes if each is not None]
    if len(known) < len(regexes):
        return None
    try:
        regex = re.compile("|".join(known), re.DOTALL)
    except re.error:
        return None
    return Rule(regex=regex, negated=negated, folders_only=folders_only)


def wanted_rule(glob: str) -> Rule | None:
    """Of a pattern for files to be looked at, or with `!` not to be. None: it is no pattern."""
    glob = glob.strip().removeprefix("./")
    if not glob.endswith("/"):
        return rule_of(glob)
    anywhere = "" if "/" in glob[:-1] or glob.startswith("!") else "**/"
    return rule_of(f"{anywhere}{glob}**")


def is_wanted(path: str, rule: Rule) -> bool:
    """One for files not to be looked at holds for all that is in a folder as well."""
    if not rule.negated:
        return rule.matches(path, is_folder=False)
    names = path.split("/")
    folders = ("/".join(names[:number]) for number in range(1, len(names)))
    return not (
        rule.matches(path, is_folder=False)
        or any(rule.matches(folder, is_folder=True) for folder in folders)
    )


def verdict(rules: Iterable[Rule], path: str, *, is_folder: bool) -> bool | None:
    """Whether it is ignored; None if no rule, of which the last one comes first, says a word."""
    for rule in rules:
        if rule.matches(path, is_folder=is_folder):
            return not rule.negated
    return None


def alternatives(glob: str) -> tuple[str, ...]:
    """The globs without braces that one with braces stands for."""
    return tuple(islice(_expanded(glob), _MOST_ALTERNATIVES))


def _bytewise(text: str) -> str:
    """One character for each byte."""
    return text.encode("utf-8", "surrogateescape").decode("latin-1")


def _expanded(glob: str) -> Iterator[str]:
    braces = _BRACES.search(glob)
    if braces is None:
        yield glob
        return
    for choice in braces[1].split(","):
        yield from _expanded(glob[: braces.start()] + choice + glob[braces.end() :])


def _regex(glob: str) -> str | None:
    """None: it is no glob."""
    names = glob.replace("\\/", "/").split("/")
    if names.count("**") > _MOST_ANYWHERES:
        return None
    regex = slash = ""
    for number, name in enumerate(names):
        if name == "**" and number < len(names) - 1:
            regex += f"{slash}(?:.*/)?"
            slash = ""
            continue
        inside = ".*" if name == "**" else _name_regex(name)
        if inside is None:
            return None
        regex += slash + inside
        slash = "/"
    return regex


def _name_regex(glob: str) -> str | None:
    """Of one name in a path. Between two stars the first place that fits will do, so that none has
    to be tried again."""
    pieces = [""]
    for token in _TOKEN.finditer(glob):
        match token.lastgroup:
            case "stars":
                pieces.append("")
            case "any":
                pieces[-1] += "[^/]"
            case "set":
                pieces[-1] += _set_regex(token["set"])
            case "broken":
                return None
            case _:
                pieces[-1] += re.escape(token["literal"])
    if len(pieces) == 1:
        return pieces[0]
    first, *middle, last = pieces
    return first + "".join(f"(?>[^/]*?{piece})" for piece in middle) + f"[^/]*{last}"


def _set_regex(inside: str) -> str:
    start = "^" if inside[0] in "!^" else ""
    characters = re.sub(r"[\\\[\]^&~|]", r"\\\g<0>", inside[len(start) :])
    return f"[{start}{characters}]"
