"""The path of a setting as a person types it: `multiplexer.pool[0].weight`, `models[ALIAS].name`.

Knows how a path is spelled and which item of a list a name means. What stands at a path, and how
it is changed, is the business of others.
"""

from __future__ import annotations

import re
import tomllib
from typing import cast

from vibe.clean import clean_line, quote
from vibe.config.corrections import names_of
from vibe.config.decode import Table
from vibe.config.environment import parsed
from vibe.config.fields import Field, Setting, field_at, fields_of, is_list_table
from vibe.config.malformed import quoted
from vibe.config.nearest import nearest
from vibe.config.scan import Path
from vibe.config.schema import Settings
from vibe.config.values import flaw
from vibe.errors import UsageError

BARE = re.compile(r"[A-Za-z0-9_-]+")
_QUOTED = r""""(?:[^"\\\n]|\\.)*"|'[^'\n]*'"""
_STEP = re.compile(
    rf"\.(?P<name>{BARE.pattern}|{_QUOTED})"
    rf"|\[(?:(?P<index>[0-9]{{1,9}})|(?P<item>{_QUOTED}|[^\[\]\"']+))\]"
)


def parse_key(text: str) -> Path:
    """The path that `multiplexer.pool[0].weight` or `models[devstral-2].input_price` spells.

    The name of an item stays a name; which item that is, `resolve` knows.
    """
    path: list[str | int] = []
    at, dotted = 0, f".{text}"
    while at < len(dotted):
        found = _STEP.match(dotted, at)
        if found is None:
            raise _bad_key(text)
        if found["index"]:
            path.append(int(found["index"]))
        else:
            path.append(_unquoted(found["name"] or found["item"], text))
        at = found.end()
    return tuple(path)


def spelled(path: Path) -> str:
    """`path` as `parse_key` reads it, safe to show."""
    steps = (
        f"[{step}]"
        if isinstance(step, int)
        else f".{step if BARE.fullmatch(step) else quoted(step)}"
        for step in path
    )
    return clean_line("".join(steps).removeprefix("."))


def resolve(path: Path, values: Table) -> Path:
    """`path` with the number of each list item that it names."""
    found: object = values
    resolved: Path = ()
    for step in path:
        children = children_of(found)
        if isinstance(step, str) and _is_list(found, resolved):
            step = _numbered(step, resolved, list(children.values()))
        found = children.get(step)
        resolved = (*resolved, step)
    return resolved


def value_for(field: Field, text: str) -> Setting:
    """What `text`, typed by a person, means to `field`; a list is typed as TOML writes it."""
    if field.kind in ("texts", "table", "tables"):
        raise UsageError(f"{field.name} is a table", hint="name one of the settings in it")
    value = _listed(text) if field.kind == "list" else parsed(field, text)
    if found := flaw(field, value):
        is_single = field.kind == "list" and not isinstance(value, list)
        hint = f"a single item goes by its number: …{field.name}[0]" if is_single else found.help
        raise UsageError(found.message, hint=hint)
    return cast("Setting", value)


def _listed(text: str) -> object:
    try:
        found = tomllib.loads(f"items = {text}")
    except (ValueError, RecursionError):
        return text
    return found["items"] if len(found) == 1 else text


def _unquoted(name: str, key: str) -> str:
    if name[0] not in "\"'":
        return name
    try:
        return cast("str", tomllib.loads(f"name = {name}")["name"])
    except tomllib.TOMLDecodeError as error:
        raise _bad_key(key) from error


def _bad_key(text: str) -> UsageError:
    return UsageError(
        f"{quote(text)} is not how a key is written",
        hint="as multiplexer.pool[0].weight, models[devstral-2].input_price "
        'or providers[0].headers."X-Team"',
    )


def _is_list(value: object, path: Path) -> bool:
    """A list that is missing is one too: it has no item of any name, nor is it a table."""
    if value is not None:
        return isinstance(value, list)
    return path[-1:] == names_of(path)[-1:] and is_list_table(names_of(path))


def _numbered(name: str, path: Path, items: list[object]) -> int:
    known = [each for each in items if isinstance(each, str)]
    if name in known:
        return items.index(name)
    for key in ("alias", "name", "model"):
        names = [children_of(item).get(key) for item in items]
        if names.count(name) == 1:
            return names.index(name)
        if name in names:
            raise UsageError(
                f"{spelled(path)} has more than one {quote(name)}",
                hint=f"name it by its number: {spelled((*path, names.index(name)))}",
            )
        known += [each for each in names if isinstance(each, str)]
    guess = nearest(name, known)
    raise UsageError(
        f"{spelled(path)} has no {quote(name)}",
        hint=f"did you mean {quote(guess)}?"
        if guess
        else f"a new one goes by its number: {spelled((*path, len(items)))}",
    )


def children_of(value: object) -> dict[str | int, object]:
    """What a step of a path can lead to from `value`."""
    if isinstance(value, list):
        return dict(enumerate(cast("list[object]", value)))
    return dict(cast("dict[str | int, object]", value)) if isinstance(value, dict) else {}


def no_such_setting(key: str, path: Path) -> UsageError:
    """For a `key` that leads nowhere; its first wrong step is compared with what its table has."""
    wrong = next(at for at in range(len(path)) if field_at(Settings, path[: at + 1]) is None)
    field = field_at(Settings, path[:wrong])
    table = field.table if field else Settings
    guess = nearest(str(path[wrong]), (each.name for each in fields_of(table)) if table else ())
    hint = "vibe config schema describes every setting"
    if guess:
        meant = (*path[:wrong], guess, *path[wrong + 1 :])
        known = meant if field_at(Settings, meant) else meant[: wrong + 1]
        hint = f"did you mean {spelled(known)}?"
    return UsageError(f"there is no setting {quote(key)}", hint=hint)
