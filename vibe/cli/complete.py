"""What the shell offers after Tab: keys, their values, aliases.

Runs while a person types, so it never waits for anything: of the layers it reads the person's own
file alone, and not `.env`. Nothing is caught here; `run` offers nothing where something goes wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, cast

import typer

from vibe.cli.context import Cli
from vibe.secret import Redactor

if TYPE_CHECKING:
    from vibe.config.decode import Table

_WORD = re.compile(r"""(?:[\w./:@+\[\]-]|"[\w./:@+ -]*")+""")


def complete_key(ctx: typer.Context, incomplete: str) -> list[str]:
    from vibe.cli.show import leaves
    from vibe.config.fields import dotted_keys
    from vibe.config.keypath import spelled
    from vibe.config.schema import Settings

    values = _values(ctx)
    known = [name for name, field in dotted_keys(Settings) if field.kind != "texts"]
    single = [name for name in known if "[]" not in name]
    written = [spelled(path) for path, _ in leaves(values)]
    listed = _listed(known, values) if "[" in incomplete else ()
    return _fitting([*single, *written, *listed], incomplete)


def complete_value(ctx: typer.Context, incomplete: str) -> list[str]:
    from vibe.config.fields import field_at
    from vibe.config.keypath import parse_key, resolve
    from vibe.config.schema import Settings

    values = _values(ctx)
    path = resolve(parse_key(str(ctx.params.get("key") or "")), values)
    field = field_at(Settings, path)
    if field is None:
        return []
    if field.kind == "flag":
        return _fitting(["true", "false"], incomplete)
    if path[-1] in ("active_model", "model"):
        return complete_alias(ctx, incomplete)
    if path[-1] == "provider":
        return _fitting(_names(_items(values, "providers"), "name"), incomplete)
    return _fitting(field.choices, incomplete)


def complete_alias(ctx: typer.Context, incomplete: str) -> list[str]:
    return _fitting(_names(_items(_values(ctx), "models"), "alias"), incomplete)


def _values(ctx: typer.Context) -> Table:
    """What the person's own file says; a command line that is being typed has run no callback."""
    from vibe.config.load import load_text
    from vibe.config.read import read_file
    from vibe.config.variables import Variables

    root = ctx.find_root()
    cli: Cli = root.obj
    chosen = ctx.params.get("config") or root.params.get("config")
    cli.chosen_config = Path(chosen) if chosen else None
    file = cli.folders().config
    read = read_file(file, name=str(file), uid=cli.world.uid)
    text = read.source.text if read.source else ""
    return load_text(text, name=str(file), variables=Variables(environment={})).values


def _listed(known: list[str], values: Table) -> Iterator[str]:
    """Every setting of every item of a list, by the number and by the name of the item."""
    from vibe.config.malformed import quoted

    for name in known:
        place, mark, rest = name.partition("[]")
        items = _items(values, place) if mark else []
        yield from (f"{place}[{number}]{rest}" for number in range(len(items)))
        for item in _names(items, "alias", "name", "model"):
            needs_quotes = item.isdecimal() or set(item) & set("[]\"'")
            yield f"{place}[{quoted(item) if needs_quotes else item}]{rest}"


def _items(values: Table, place: str) -> list[Table]:
    """The items of the list at the dotted `place`."""
    *tables, name = place.split(".")
    for table in tables:
        values = cast("Table", values.get(table, {}))
    return cast("list[Table]", values.get(name, []))


def _names(items: list[Table], *keys: str) -> list[str]:
    """What each item goes by: the first of `keys` that it has."""
    named = (next((item[key] for key in keys if item.get(key)), None) for item in items)
    return [str(name) for name in named if name is not None]


def _fitting(names: Iterable[str], incomplete: str) -> list[str]:
    """Those that go on from `incomplete`; none that a shell could take for more than a word.

    zsh evaluates what it is offered, and an alias comes from a file that anybody may have written.
    """
    redactor = Redactor()
    return [
        name
        for name in dict.fromkeys(names)
        if name.startswith(incomplete) and _WORD.fullmatch(name) and redactor.redact(name) == name
    ]
