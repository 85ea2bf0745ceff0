"""How a program reads its arguments: a line of the tables of programs, and its reading of one argv.

An option that its line does not name, in full, is not known, so that no abbreviation, no later
version and no oversight lets one through.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Literal, TypeAlias

from msgspec import Struct

from vibe.agent.permissions.shell.words import Word, Words
from vibe.agent.permissions.values import Use
from vibe.clean import quote

Role: TypeAlias = Use | Literal["text"]
# What follows an option: nothing; a value, in the same word or the next; one in the same word or
# none; one in the next word; a file to be read.
Kind: TypeAlias = Literal["", ":", "?", "+", "<"]

_TAIL = re.compile(r"\.\w+$")  # then what `*.py` finds is no option of its own


class Unproven(Exception):
    """It cannot be shown that a command does no more than the tables say; `reason` is why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Usage(Struct, frozen=True, kw_only=True):
    """One program.

    `options` are words like those that a person would type, each with a mark for what follows:
    `-nr` are two flags, `-AB:` two options with a value, `-#` is any number, `--file<` names a file
    to be read. `operands` are the roles of the others, in order; the last, if it ends in dots, is
    that of all the rest. Without a path the program uses the folder that it runs in as `default`.
    `deep` options make it read whole trees. After one of `instead` it expects no first text.
    `leading` is what it may read if a pattern finds a file that looks like an option, as `*` may
    find `-r`: None where it might do worse. What is `free` does the same whatever its words are.
    What `wraps` has no options of its own after its first operand. Nor has, here or elsewhere, what
    is `in_order`: there it would be one more operand.
    """

    options: str = ""
    operands: str = ""
    default: Use | None = None
    deep: str = ""
    instead: str = ""
    leading: Use | None = None
    free: bool = False
    wraps: bool = False
    in_order: bool = False


class Option(Struct, frozen=True, kw_only=True):
    name: str
    value: str | None = None
    kind: Kind = ""


class Reading(Struct, frozen=True, kw_only=True):
    """One argv, read: operands with their roles. `is_exposed` if any file may be its option."""

    options: tuple[Option, ...]
    operands: tuple[tuple[Word, Role], ...]
    is_exposed: bool = False

    def has(self, names: str) -> bool:
        return any(option.name in names.split() for option in self.options)

    def values(self, names: str) -> tuple[str, ...]:
        given = (option for option in self.options if option.name in names.split())
        return tuple(option.value or "" for option in given)

    def texts(self) -> tuple[str, ...]:
        return tuple(word.text for word, role in self.operands if role == "text")


def read(words: Words, usage: Usage) -> Reading:
    """`words` are what follows the name of the program."""
    if vague := next((word for word in words if word.shape == "unknown"), None):
        raise Unproven(f"what {quote(vague.text)} stands for is not known")
    options: list[Option] = []
    operands: list[Word] = []
    leading: list[Word] = []
    waiting = iter(words)
    for word in waiting:
        is_option = word.text.startswith("-") and word.text != "-"
        if is_option and operands and usage.in_order:
            raise Unproven(f"{quote(word.text)} may be a file to it; write options first")
        if word.text == "--":
            operands += waiting
        elif usage.free:
            operands.append(word)
        elif is_option:
            options += _options(word, waiting, usage)
        elif usage.wraps:
            operands += (word, *waiting)
        else:
            operands.append(word)
            leading += (word,) if word.shape == "pattern" and word.text[0] in "*?[" else ()
    roles = _roles(usage, operands, {option.name for option in options})
    if leading and usage.leading is None:
        raise Unproven(f"{quote(leading[0].text)} may stand for an option; write ./ before it")
    return Reading(
        options=tuple(options),
        operands=tuple(zip(operands, roles[-1:] * len(roles) if leading else roles, strict=True)),
        is_exposed=not all(_TAIL.search(word.text) for word in leading),
    )


@cache
def kinds(options: str) -> Mapping[str, Kind]:
    """What follows each option."""
    found: dict[str, Kind] = {}
    for written in options.split():
        name = written.rstrip(":?+<")
        names = [name] if name.startswith("--") else [f"-{letter}" for letter in name[1:]]
        found |= dict.fromkeys(names, _kind(written[len(name) :]))
    return found


def _kind(mark: str) -> Kind:
    match mark:
        case ":" | "?" | "+" | "<":
            return mark
        case _:
            return ""


def _options(word: Word, following: Iterator[Word], usage: Usage) -> Iterator[Option]:
    known = kinds(usage.options)
    if word.text.startswith("--"):
        yield _long(word, following, known)
    elif word.shape == "pattern":
        raise Unproven(f"{quote(word.text)} may stand for any option")
    elif word.text[1:].isdecimal() and "-#" in known:
        yield Option(name="-#", value=word.text[1:])
    else:
        yield from _short(word.text[1:], following, known)


def _long(word: Word, following: Iterator[Word], known: Mapping[str, Kind]) -> Option:
    name, equals, value = word.text.partition("=")
    kind = _kind_of(name, known)
    if word.shape == "pattern" and not equals:
        raise Unproven(f"{quote(word.text)} may stand for any option")
    if equals and kind == "":
        raise Unproven(f"its option {quote(name)} takes no value")
    if equals or kind in {"", "?"}:
        return Option(name=name, value=value if equals else None, kind=kind)
    return Option(name=name, value=_next_value(name, following), kind=kind)


def _short(letters: str, following: Iterator[Word], known: Mapping[str, Kind]) -> Iterator[Option]:
    while letters:
        name, letters = f"-{letters[0]}", letters[1:]
        kind = _kind_of(name, known)
        if kind == "+" and letters:
            raise Unproven(f"the value of its option {quote(name)} does not stand by itself")
        if kind == "":
            yield Option(name=name)
            continue
        value = letters or (None if kind == "?" else _next_value(name, following))
        yield Option(name=name, value=value, kind=kind)
        return


def _kind_of(name: str, known: Mapping[str, Kind]) -> Kind:
    kind = known.get(name)
    if kind is None:
        raise Unproven(f"what its option {quote(name)} does is not known")
    return kind


def _next_value(name: str, following: Iterator[Word]) -> str:
    value = next(following, None)
    if value is None or value.shape != "plain":
        raise Unproven(f"the value of its option {quote(name)} is not known")
    return value.text


def _roles(usage: Usage, operands: list[Word], named: set[str]) -> list[Role]:
    """Of each operand. A pattern may stand for several: it gets the role of the last."""
    is_open = usage.operands.endswith("...")
    roles: list[Role] = [_role(each.removesuffix("...")) for each in usage.operands.split()]
    if not named.isdisjoint(usage.instead.split()):
        del roles[:1]
    if not named.isdisjoint(usage.deep.split()):
        roles = ["tree" if role in {"read", "visible"} else role for role in roles]
    if not is_open and any(word.shape == "pattern" for word in operands):
        raise Unproven("how many words its pattern stands for is not known")
    if len(operands) > len(roles) and not is_open:
        raise Unproven("it has more words than it only reads from")
    roles += roles[-1:] * (len(operands) - len(roles))
    for at, word in enumerate(operands):
        if word.shape == "pattern":
            roles[at] = roles[-1]
    return roles[: len(operands)]


def _role(name: str) -> Role:
    match name:
        case "list" | "read" | "visible" | "tree" | "followed" | "tracked" | "touch" | "write":
            return name
        case _:
            return "text"
