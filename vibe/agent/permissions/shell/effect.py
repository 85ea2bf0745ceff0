"""What one simple command does, as far as the tables tell: it reads, it writes, or nobody knows.

Whether that is allowed is decided in `commands.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from posixpath import basename, join
from typing import Final, Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from vibe.agent.permissions.names import is_secret
from vibe.agent.permissions.shell.expressions import CHECKS, find, test
from vibe.agent.permissions.shell.folders import Folders, destination
from vibe.agent.permissions.shell.git import (
    configures,
    read_by_git,
    runs_nothing,
    shows_addresses,
    shows_contents,
)
from vibe.agent.permissions.shell.programs import READERS, VERSIONED, WRITERS
from vibe.agent.permissions.shell.usage import Reading, Role, Unproven, read
from vibe.agent.permissions.shell.words import Word, Words
from vibe.agent.permissions.shell.wrappers import inner, name_of
from vibe.agent.permissions.values import Access, Surroundings, Use
from vibe.clean import clean_line, quote

Effect: TypeAlias = Literal["reads", "writes", "anything"]
Roles: TypeAlias = Iterable[tuple[Word, Role]]

_GREPS: Final = frozenset({"grep", "egrep", "fgrep"})
_TAKE_ANY_WORDS: Final = frozenset({"echo", "basename", "dirname"})
_RUNS_CODE: Final = re.compile(
    r"(?:python|node|deno|bun|perl|ruby|php|lua|[gm]?awk|[bdkz]?a?sh|fish|eval|source)[\d.]*"
)
_NAMES: Final = re.compile(r"[\w.~/-]+")
_INTRICATE: Final = re.compile(r"[\[\]{}\\]")
_BETWEEN: Final = re.compile(r"[=:@,]")


class Finding(Struct, frozen=True, kw_only=True):
    """`paths` are all that it uses if it reads or writes; else the secrets that it names."""

    effect: Effect
    reason: str
    paths: tuple[Access, ...] = ()


def effect_of(words: Words, folders: Folders, around: Surroundings) -> Finding:
    """What a simple command does that runs in one of `folders`."""
    try:
        return _proven(words, folders, around)
    except Unproven as unproven:
        name = clean_line(words[0].text) if words else ""
        return Finding(
            effect="anything",
            reason=f"{name}: {unproven.reason}",
            paths=tuple(_named(words, folders, around)),
        )


def effect_of_redirection(words: Words, folders: Folders) -> Finding:
    arrow, target = words
    paths = tuple(_accesses([(target, "write" if arrow.text == ">" else "read")], folders))
    if target.shape == "unknown":
        return Finding(effect="anything", reason="which file it writes is not known", paths=paths)
    if arrow.text == ">":
        return Finding(effect="writes", reason=f"it writes {quote(target.text)}", paths=paths)
    return Finding(effect="reads", reason=f"it reads {quote(target.text)}", paths=paths)


def _proven(words: Words, folders: Folders, around: Surroundings) -> Finding:
    command = inner(words)
    name, arguments = name_of(command.words), command.words[1:]
    if name is None:
        raise Unproven("which program it is, is not known")
    started = words[: len(words) - len(arguments)]
    if not around.planted.isdisjoint(word.text for word in started):
        raise Unproven("what would start is a program of the folder itself")
    if command.has_more and name not in _TAKE_ANY_WORDS:
        raise Unproven("what xargs adds to its words is not known")
    if name in WRITERS:
        targets = tuple(_accesses(_written(name, arguments), folders))
        written = next(access.path for access in targets if access.use == "write")
        return Finding(effect="writes", reason=f"{name} writes {quote(written)}", paths=targets)
    if any(basename(word.text) == "busybox" for word in started):
        around = replace(around, grep_follows=True)
    paths = tuple(_accesses(_read(name, command.words, folders, around), folders))
    return Finding(effect="reads", reason=f"{name} only reads", paths=paths)


def _read(name: str, words: Words, folders: Folders, around: Surroundings) -> Roles:
    arguments = words[1:]
    texts = [word.text for word in arguments]
    if name in VERSIONED and texts == ["--version"]:
        return ()
    match name:
        case "git":
            _require_quiet_git(folders, around)
            return _read_by_git(arguments, around)
        case "cd" if destination(words, around.home) is None:
            raise Unproven("where it leads is not known")
        case "cd":
            return ()
        case "find":
            return find(arguments)
        case "test":
            return test(arguments)
        case _ if name not in READERS:
            raise Unproven("it is not known to only read")
        case _ if texts in (["--help"], ["--version"]):
            return ()
        case _:
            return _read_by_table(name, arguments, around)


def _read_by_git(arguments: Words, around: Surroundings) -> Roles:
    yield from read_by_git(arguments)
    if shows_contents(arguments):
        yield Word(text=around.root), "tracked"
    if shows_addresses(arguments):
        for path in around.keyed:
            yield Word(text=path), "read"


def _read_by_table(name: str, arguments: Words, around: Surroundings) -> Roles:
    usage = READERS[name]
    reading = read(arguments, usage)
    if name in CHECKS and (problem := CHECKS[name](reading)):
        raise Unproven(problem)
    is_deep = reading.has(usage.deep) or (name == "rg" and _unhides(reading, around))
    whole: Use = "followed" if name in _GREPS and around.grep_follows else "tree"
    for word, role in reading.operands:
        is_whole = role == "tree" or (is_deep and role == "visible")
        yield word, whole if is_whole else role
    for option in reading.options:
        if option.kind == "<":
            yield Word(text=option.value or ""), "read"
    if reading.is_exposed and usage.leading == "tree":
        yield Word(text="."), whole
    default = whole if is_deep else usage.default
    if default and all(role == "text" for _, role in reading.operands):
        yield Word(text="."), default


def _unhides(reading: Reading, around: Surroundings) -> bool:
    """Whether rg also searches hidden files, as it does those that a glob or a type names."""
    globs = [each for each in reading.values("-g --glob --iglob") if not each.startswith("!")]
    names = [basename(secret).casefold() for secret in around.secrets or ()]
    return bool(reading.values("-t --type")) or any(
        _INTRICATE.search(glob) or fnmatchcase(name, basename(glob).casefold())
        for glob in globs
        for name in (*names, ".env")
    )


def _require_quiet_git(folders: Folders, around: Surroundings) -> None:
    if around.git_config is None or set(folders) != {around.cwd}:
        raise Unproven("what the repository there makes git run is not known")
    if not runs_nothing(around.git_config):
        raise Unproven("the configuration of this repository may make it run programs")


def _written(name: str, arguments: Words) -> Roles:
    """The files and folders; of those copied or moved, also what they become in the last one."""
    operands = read(arguments, WRITERS[name]).operands
    if not operands or (name in {"cp", "mv"} and len(operands) < 2):
        raise Unproven("what it writes is not known")
    if name not in {"cp", "mv"}:
        return operands
    *sources, (target, _) = operands
    within = [Word(text=join(target.text, basename(word.text))) for word, _ in sources]
    return (*sources, *((word, "write") for word in (target, *within)))


def _accesses(roles: Roles, folders: Folders) -> Iterator[Access]:
    for word, role in roles:
        is_pattern = word.shape == "pattern"
        if role == "text" and not is_pattern:
            continue
        if word.text == "-" and role != "write":  # what is piped in
            continue
        use: Use = "list" if role == "text" else role
        for folder in folders:
            path = word.text if folder is None else join(folder, word.text)
            yield Access(path=path, use=use, is_pattern=is_pattern)


def _named(words: Words, folders: Folders, around: Surroundings) -> Iterator[Access]:
    """`.git/config`, and the secrets that are written out in words, options and small programs."""
    if name_of(words) == "git" and configures(words[1:]):
        yield from _accesses([(Word(text=".git/config"), "write")], folders)
    is_code = any(_RUNS_CODE.fullmatch(basename(word.text)) for word in words)
    for word in words:
        inside = _NAMES.findall(word.text) if is_code or word.shape == "unknown" else ()
        names = dict.fromkeys((word.text, *_BETWEEN.split(word.text), *inside))
        for access in _accesses([(Word(text=name), "touch") for name in names if name], folders):
            if is_secret(access, around):
                yield access
