"""`vibe config …`: look at the configuration, check it, change it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vibe.cli.complete import complete_alias, complete_key, complete_value
from vibe.cli.context import Cli
from vibe.errors import ExitCode

if TYPE_CHECKING:
    from vibe.config.load import Loaded

app = typer.Typer(
    name="config",
    help="Look at the configuration, check it, change it.",
    invoke_without_command=True,
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="""\b
Examples:
  vibe config validate --strict ci.toml
  vibe config get multiplexer.mode
  vibe config set 'multiplexer.pool[0].weight' 70
""",
)


@app.callback()
def group(ctx: typer.Context) -> None:
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help(), err=True)
        raise typer.Exit(ExitCode.USAGE)


Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config", metavar="PATH", readable=False, help="Use this file instead of your own."
    ),
]
AllowMissingKeys = Annotated[
    bool, typer.Option("--allow-missing-keys", help="Missing keys of pool entries are warnings.")
]
Key = Annotated[
    str,
    typer.Argument(
        metavar="KEY",
        autocompletion=complete_key,
        help="A path such as multiplexer.mode or 'models[ALIAS].name'.",
    ),
]


def _cli(ctx: typer.Context, config: Path | None = None) -> Cli:
    cli: Cli = ctx.obj
    if config is not None:
        cli.chosen_config = config
    return cli


@app.command()
def path(ctx: typer.Context, config: ConfigFile = None, json: Json = False) -> None:
    """Print where the file is, or would be."""
    cli = _cli(ctx, config)
    places = cli.folders()
    if json:
        _print_json(
            cli,
            {
                "config": str(places.config),
                "exists": places.config.exists(),
                "dotenv": str(places.dotenv),
                "project": str(places.project),
                "state": str(places.state),
                "log": str(places.log),
            },
        )
        return
    cli.terminal.data(cli.terminal.data_paint(str(places.config)))


@app.command(
    epilog="""\b
Examples:
  vibe config validate                     your own configuration, as it is in effect
  vibe config validate team.toml ci.toml   these files, each by itself
  vibe config validate --json | jq .       for programs
\b
Exit codes: 0 sound, 1 warnings with --strict, 2 errors.
"""
)
def validate(
    ctx: typer.Context,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PATH]...", readable=False, help="Files to check by themselves."),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count: exit 1.")] = False,
    json: Json = False,
    allow_missing_keys: AllowMissingKeys = False,
    config: ConfigFile = None,
) -> None:
    """Check it: every problem, line and remedy.

    Without a PATH: the configuration in effect, all layers together.
    """
    from vibe.cli.validate import validate as run

    cli = _cli(ctx, config)
    code = run(cli, paths or [], strict=strict, as_json=json, allow_missing_keys=allow_missing_keys)
    raise typer.Exit(code)


@app.command(
    epilog="""\b
Examples:
  vibe config show --origin          which file and line, or variable, each value is from
  vibe config show --model ALIAS     as it would be with this model
  vibe config show --json | jq .     for programs
"""
)
def show(
    ctx: typer.Context,
    origin: Annotated[
        bool, typer.Option("--origin", help="Say of each value where it comes from.")
    ] = False,
    model: Annotated[
        str | None,
        typer.Option(
            metavar="ALIAS", help="As it would be with this model.", autocompletion=complete_alias
        ),
    ] = None,
    json: Json = False,
    allow_missing_keys: AllowMissingKeys = False,
    config: ConfigFile = None,
) -> None:
    """Print all settings in effect.

    All layers together, defaults included, and with --origin where each value comes from.
    """
    from vibe.cli.show import show as run
    from vibe.config.layers import Override

    cli = _cli(ctx, config)
    flags = (
        (Override(kind="flag", label="--model", path=("active_model",), value=model),)
        if model
        else ()
    )
    loaded = cli.load(flags=flags, allow_missing_keys=allow_missing_keys)
    run(cli, loaded, with_origin=origin, as_json=json)
    _tell_problems(cli, loaded)


@app.command(
    epilog="""\b
Examples:
  vibe config get multiplexer.mode
  vibe config get 'models[ALIAS].input_price'
  vibe config get multiplexer --json
"""
)
def get(
    ctx: typer.Context,
    key: Key,
    json: Json = False,
    config: ConfigFile = None,
) -> None:
    """Print one setting in effect, or a table of them as JSON."""
    from vibe.cli.show import get as run

    cli = _cli(ctx, config)
    run(cli, cli.load(allow_missing_keys=True), key, as_json=json)


@app.command(
    name="set",
    epilog="""\b
Examples:
  vibe config set multiplexer.mode failover
  vibe config set 'multiplexer.pool[0].weight' 70        by its number
  vibe config set 'multiplexer.pool[ALIAS].weight' 70    by its name
  vibe config set 'models[2].name' NAME                  a further item, after [0] and [1]
""",
)
def set_(
    ctx: typer.Context,
    key: Key,
    value: Annotated[
        str,
        typer.Argument(
            metavar="VALUE", autocompletion=complete_value, help="Without TOML's quotes."
        ),
    ],
    config: ConfigFile = None,
) -> None:
    """Change one setting in the file.

    Every other byte of the file stays as it is.
    """
    from vibe.cli.change import change

    raise typer.Exit(change(_cli(ctx, config), key, value))


@app.command(
    epilog="""\b
Examples:
  vibe config init
  vibe config init --config team.toml    into another file
"""
)
def init(ctx: typer.Context, config: ConfigFile = None) -> None:
    """Write a first configuration.

    It has comments, and begins with a provider that this machine has a key or a server for. An
    existing file is left alone.
    """
    from vibe.cli.change import init as run

    run(_cli(ctx, config))


@app.command(
    name="import",
    epilog="""\b
Examples:
  vibe config import providers.json             see what it would be
  vibe config import litellm.yaml --write       put it where the configuration belongs
  vibe config import .env                       variables such as BIG_MODEL, from a file
  vibe config import --env > config.toml        or those that are set now
""",
)
def import_(
    ctx: typer.Context,
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILE]", readable=False, help="providers.json, LiteLLM's config.yaml or .env."
        ),
    ] = None,
    env: Annotated[bool, typer.Option("--env", help="Import the variables that are set.")] = False,
    write: Annotated[
        bool, typer.Option("--write", help="Write it instead of printing it.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="With --write: keep what is there beside it.")
    ] = False,
    config: ConfigFile = None,
) -> None:
    """Turn another proxy's configuration into one of vibe.

    What has no equivalent is told on stderr, with its line. Keys are never written.
    """
    from vibe.cli.importing import import_ as run
    from vibe.errors import UsageError

    if env == (file is not None):
        raise UsageError("name a FILE, or --env", hint="vibe config import --help")
    if force and not write:
        raise UsageError("--force goes with --write", hint="vibe config import --help")
    raise typer.Exit(run(_cli(ctx, config), file, writes=write, forced=force))


@app.command(
    epilog="""\b
Examples:
  vibe config edit
  VISUAL='code --wait' vibe config edit    with an editor that has to be told to wait
"""
)
def edit(ctx: typer.Context, config: ConfigFile = None) -> None:
    """Open the file in your editor.

    That is $VISUAL or $EDITOR. The file is checked afterwards.
    """
    from vibe.cli.editor import edit as run

    raise typer.Exit(run(_cli(ctx, config)))


@app.command()
def schema(ctx: typer.Context) -> None:
    """Print a JSON Schema of the file.

    Editors that know TOML complete and check the file with it.
    """
    from vibe.config.reference import json_schema

    cli = _cli(ctx)
    cli.terminal.data(cli.terminal.data_paint.lines(json_schema().rstrip("\n")))


@app.command(
    epilog="""\b
Examples:
  cat AGENTS.md .vibe/config.toml && vibe config trust    read them first: a configuration can
                                                          send your keys elsewhere
  vibe config trust --revoke
"""
)
def trust(
    ctx: typer.Context,
    revoke: Annotated[bool, typer.Option("--revoke", help="Trust it no longer.")] = False,
    config: ConfigFile = None,
) -> None:
    """Trust what this folder brings: AGENTS.md, .vibe and .mcp.json.

    It counts from then on, until one of these files changes.
    """
    from vibe.cli.change import trust as run

    run(_cli(ctx, config), revoke=revoke)


def _print_json(cli: Cli, value: object) -> None:
    from vibe.cli.terminal import json_text

    cli.terminal.data(json_text(value))


def _tell_problems(cli: Cli, loaded: Loaded) -> None:
    """After the data: what is wrong with it, on stderr; exit 2 if it could not be used."""
    from vibe.cli.problems import told

    for line in told(loaded.problems, cli.terminal.talk_paint):
        cli.terminal.talk(line)
    if not loaded.is_sound:
        raise typer.Exit(ExitCode.USAGE)
