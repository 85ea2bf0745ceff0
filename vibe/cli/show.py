"""`vibe config show` and `get`: the configuration in effect, as TOML, JSON or one value.

What stands in headers is never shown, for that is where people put keys; nor is a key in the place
of its variable's name. What was refused is left out: neither it nor the default is in effect.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import cast

from msgspec import Struct

from vibe.clean import clean_line, quote
from vibe.cli.context import Cli, pasted_keys
from vibe.cli.terminal import joined, json_text
from vibe.config.corrections import names_of
from vibe.config.decode import NAMES, Table
from vibe.config.fields import field_at, fields_of
from vibe.config.keypath import BARE, children_of, no_such_setting, parse_key, resolve, spelled
from vibe.config.load import Loaded
from vibe.config.malformed import quoted
from vibe.config.scan import Path
from vibe.config.schema import Settings
from vibe.errors import UsageError

HIDDEN = "***"


def show(cli: Cli, loaded: Loaded, *, with_origin: bool, as_json: bool) -> None:
    """Print every setting that has a value, defaults included."""
    if as_json:
        effective = _effective(loaded)
        with_origins = [
            {"key": spelled(path), "value": value, "origin": origin(loaded, path)}
            for path, value in leaves(effective)
        ]
        cli.terminal.data(json_text(with_origins if with_origin else effective))
        return
    paint = cli.terminal.data_paint
    rows = list(_rows(Settings, _effective(loaded), ()))
    widest = max((len(text) for path, text in rows if path), default=0)
    for path, text in rows:
        if not with_origin or not path:
            cli.terminal.data(paint(text, None if path else "bold"))
            continue
        note = paint(f"# {origin(loaded, path)}", "dim")
        cli.terminal.data(joined([paint(text.ljust(min(widest, 60))), note], "  "))


def get(cli: Cli, loaded: Loaded, key: str, *, as_json: bool) -> None:
    """Print the one setting that `key` leads to."""
    effective = _effective(loaded)
    path = resolve(parse_key(key), effective)
    value: object = effective
    for step in path:
        value = children_of(value).get(step)
        if value is None:
            raise _no_such(path, key)
    if as_json or isinstance(value, dict | list):
        cli.terminal.data(json_text(cast("object", value)))
    else:
        cli.terminal.data(cli.terminal.data_paint(plain(value)))


def plain(value: object) -> str:
    """A value as `set` would take it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def literal(value: object) -> str:
    """A value as it is written in TOML, with an escape for all that no terminal may be sent."""
    if isinstance(value, dict):
        inner = ", ".join(
            f"{name if BARE.fullmatch(name) else literal(name)} = {literal(each)}"
            for name, each in cast("Table", value).items()
        )
        return f"{{ {inner} }}" if inner else "{}"
    return "".join(map(_escaped, quoted(value))) if isinstance(value, str) else plain(value)


def _escaped(character: str) -> str:
    return character if clean_line(character) == character else f"\\U{ord(character):08x}"


def origin(loaded: Loaded, path: Path) -> str:
    """Where the value at `path` comes from, in a word or two."""
    found = loaded.origins.get(path)
    if found is None:
        return "default"
    if found.source is None:
        return f"{found.kind} {found.label}"
    spot = found.spot()
    return f"{found.kind} {spot.file}:{spot.line}" if spot.line else f"{found.kind} {spot.file}"


def leaves(values: Table, path: Path = ()) -> Iterator[tuple[Path, object]]:
    """Every single value with its path; a header is one, and so is a text in a list."""
    for name, value in values.items():
        here = (*path, name)
        if isinstance(value, dict):
            yield from leaves(cast("Table", value), here)
        elif isinstance(value, list):
            for index, item in enumerate(cast("list[Table | str]", value)):
                is_text = isinstance(item, str)
                yield from [((*here, index), item)] if is_text else leaves(item, (*here, index))
        else:
            yield here, value


def _effective(loaded: Loaded) -> Table:
    """The settings with the defaults, without what must not be seen."""
    effective = _table(Settings, loaded.values, (), refused=loaded.origins.keys())
    hidden = pasted_keys(loaded)
    for provider in cast("list[Table]", effective["providers"]):
        if provider.get("api_key_env_var") in hidden:
            provider["api_key_env_var"] = HIDDEN
    return effective


def _table(schema: type[Struct], values: Table, path: Path, *, refused: Container[Path]) -> Table:
    """`values` with the defaults, in the order of the schema; keys without a value left out.

    `refused` are paths that were given a value: where they have none now, it was not accepted.
    """
    result: Table = {}
    for field in fields_of(schema):
        here = (*path, field.name)
        value = values.get(field.name)
        match field.kind:
            case "table" if field.is_overrides:
                result |= {field.name: value} if value else {}
            case "table":
                table = cast("type[Struct]", field.table)
                inner = cast("Table", value or {})
                result[field.name] = _table(table, inner, here, refused=refused)
            case "tables":
                table = cast("type[Struct]", field.table)
                result[field.name] = [
                    _table(table, item, (*here, index), refused=refused)
                    for index, item in enumerate(cast("list[Table]", value or []))
                ]
            case "list" if value is None and here not in refused:
                result[field.name] = []
            case "texts":
                hidden = dict.fromkeys(cast("Table", value or {}), HIDDEN)
                result |= {field.name: hidden} if hidden else {}
            case _:
                # A name has no default: "" stands for one that the schema cannot tell.
                if value is None and here not in refused and field.name not in NAMES:
                    value = field.default
                result |= {field.name: value} if value is not None else {}
    return result


def _rows(schema: type[Struct], values: Table, path: Path) -> Iterator[tuple[Path, str]]:
    """The lines of a TOML file, each setting with its path; headers and blank lines without."""
    tables = [field for field in fields_of(schema) if field.table is not None]
    lists = {field.name for field in fields_of(schema) if field.kind == "list"}
    for name, value in values.items():
        if name in lists and value:
            yield from _list_rows(name, cast("list[str]", value), path)
        elif all(name != field.name for field in tables):
            yield (*path, name), f"{name} = {literal(value)}"
    for field in tables:
        inner = cast("type[Struct]", field.table)
        name = ".".join(names_of((*path, field.name)))
        if field.kind == "table" and field.name in values:
            yield (), ""
            yield (), f"[{name}]"
            yield from _rows(inner, cast("Table", values[field.name]), (*path, field.name))
            continue
        for index, item in enumerate(cast("list[Table]", values.get(field.name, []))):
            yield (), ""
            yield (), f"[[{name}]]"
            yield from _rows(inner, item, (*path, field.name, index))


def _list_rows(name: str, texts: list[str], path: Path) -> Iterator[tuple[Path, str]]:
    """A line for each, as each may come from somewhere else."""
    yield (), f"{name} = ["
    for index, text in enumerate(texts):
        yield (*path, name, index), f"  {literal(text)},"
    yield (), "]"


def _no_such(path: Path, key: str) -> UsageError:
    if field_at(Settings, path) is None:
        return no_such_setting(key, path)
    hint = "vibe config show lists those that have one"
    return UsageError(f"{quote(key)} has no value", hint=hint)
