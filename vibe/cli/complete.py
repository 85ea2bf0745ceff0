"""What the shell offers after Tab: keys, their values, aliases.

Runs while a person types: whatever goes wrong, nothing is offered and nothing is printed.
"""

from __future__ import annotations

from collections.abc import Iterator

import typer

from vibe.clean import clean_line
from vibe.cli.session import Cli


def complete_key(ctx: typer.Context, incomplete: str) -> list[str]:
    from vibe.config.fields import dotted_keys
    from vibe.config.keypath import spelled
    from vibe.config.schema import Settings

    written = [spelled(path) for path, _ in _leaves(ctx)]
    single = [name for name, _ in dotted_keys(Settings) if "[]" not in name]
    return _fitting([*single, *written], incomplete)


def complete_value(ctx: typer.Context, incomplete: str) -> list[str]:
    from vibe.config.decode import NAMES
    from vibe.config.fields import field_at
    from vibe.config.keypath import parse_key
    from vibe.config.schema import Settings
    from vibe.errors import VibeError

    try:
        field = field_at(Settings, parse_key(str(ctx.params.get("key") or "")))
    except VibeError:
        return []
    if field is None:
        return []
    if field.kind == "flag":
        return _fitting(["true", "false"], incomplete)
    if field.name in NAMES - {"name", "alias", "provider"}:
        return complete_alias(ctx, incomplete)
    return _fitting(list(field.choices), incomplete)


def complete_alias(ctx: typer.Context, incomplete: str) -> list[str]:
    return _fitting(
        [str(value) for path, value in _leaves(ctx) if path[0] == "models" and path[-1] == "alias"],
        incomplete,
    )


def _leaves(ctx: typer.Context) -> Iterator[tuple[tuple[str | int, ...], object]]:
    from vibe.assemble import world_of_this_process
    from vibe.cli.show import leaves
    from vibe.cli.terminal import Terminal

    world = world_of_this_process()
    cli = Cli(world=world, terminal=Terminal(world))
    root = ctx.find_root()
    cli.chosen_config = root.params.get("config") or ctx.params.get("config")
    yield from leaves(cli.load(allow_missing_keys=True).values)


def _fitting(names: list[str], incomplete: str) -> list[str]:
    return [clean_line(name) for name in dict.fromkeys(names) if name.startswith(incomplete)]
