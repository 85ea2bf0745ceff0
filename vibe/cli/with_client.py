"""`vibe with`: another program on the pool, by its environment alone.

vibe becomes that program, so that the terminal, signals and the exit code are its own. Nothing is
written into anybody's home, and what runs beside it ends with it.
"""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Never

import typer

from vibe.clean import quote
from vibe.cli.clients import CLIENTS, Reached, environment, pointed
from vibe.cli.context import Cli
from vibe.cli.table import table
from vibe.cli.terminal import json_text
from vibe.config.nearest import nearest
from vibe.errors import UsageError
from vibe.secret import Secret

if TYPE_CHECKING:
    from vibe.config.load import Loaded

EPILOG = """\b
Examples:
  vibe with                         which programs are known, and which are here
  vibe with claude                  Claude Code on the pool
  vibe with codex exec "fix it"     whatever follows the name is for the program
  vibe with python my_script.py     any program over the SDKs of OpenAI or Anthropic
\b
Uses `vibe serve` where it runs, else a gateway of its own until the program ends.
"""
app = typer.Typer(add_completion=False, rich_markup_mode=None)


def _clients(incomplete: str) -> list[str]:
    return [name for name in CLIENTS if name.startswith(incomplete)]


@app.command(epilog=EPILOG, context_settings={"allow_interspersed_args": False})
def with_(
    ctx: typer.Context,
    command: Annotated[
        list[str] | None,
        typer.Argument(metavar="[CLIENT [ARGS...]]", help="What to run.", autocompletion=_clients),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the list as JSON.")] = False,
    config: Annotated[
        Path | None,
        typer.Option(metavar="PATH", readable=False, help="Use this configuration file."),
    ] = None,
) -> None:
    """Run another program on the pool: its own settings stay as they are."""
    cli: Cli = ctx.obj
    cli.chosen_config = config or cli.chosen_config
    if not command:
        _list(cli, json=json)
        return
    name, *args = command
    program = _found(cli, name)
    loaded = cli.load(allow_missing_keys=True)
    models = tuple(str(model.alias) for model in loaded.require().models)
    url, token = _gateway(cli, loaded)
    wanted = pointed(Path(name).name, Reached(url=url, token=token, models=models))
    cli.terminal.flush()
    env = environment(cli.world.env, wanted)
    _become(program, (name, *wanted.flags, *args), env)


def _list(cli: Cli, *, json: bool) -> None:
    here = {name: _path_of(cli, name) for name in CLIENTS}
    if json:
        cli.terminal.data(
            json_text(
                [
                    {"name": name, "path": here[name], "install": client.install}
                    for name, client in CLIENTS.items()
                ]
            )
        )
        return
    rows = [
        (name, here[name] or f"not installed: {client.install}") for name, client in CLIENTS.items()
    ]
    for line in table(("CLIENT", "WHERE"), rows, cli.terminal.data_paint):
        cli.terminal.data(line)


def _path_of(cli: Cli, name: str) -> str | None:
    return shutil.which(name, path=cli.world.env.get("PATH", os.defpath))


def _found(cli: Cli, name: str) -> str:
    if program := _path_of(cli, name):
        return program
    if client := CLIENTS.get(name):
        hint = f"install it ({client.install}), or put its folder into PATH"
    elif guess := nearest(name, CLIENTS):
        hint = f"did you mean: vibe with {guess}"
    else:
        hint = "vibe with alone lists the programs that it knows; any other in PATH will do"
    raise UsageError(f"there is no program {quote(name)} here", hint=hint)


def _gateway(cli: Cli, loaded: Loaded) -> tuple[str, Secret]:
    """That which runs with the same configuration, else one that ends with the program."""
    from vibe.cli.chat_desk import DEMO
    from vibe.cli.serve_known import running
    from vibe.cli.serve_marks import differing, marks_of
    from vibe.cli.with_client_gateway import begin_beside
    from vibe.gateway.auth import token_at
    from vibe.gateway.listen import require_server

    folders = cli.folders()
    known = running(folders.gateway)
    if known and known.config == str(folders.config):
        token = token_at(folders.gateway_token, tell=cli.warn)
        others = differing(marks_of(loaded, token), known.marks)
        if not others:
            return known.url, token
        cli.warn(
            f"the vibe serve that runs has another configuration ({', '.join(others)}), "
            "so this program gets a gateway of its own"
        )
    require_server()
    if not loaded.settings.models:
        cli.warn(DEMO)
    return begin_beside(cli)


def _become(program: str, args: tuple[str, ...], env: dict[str, str]) -> Never:
    """As a shell would start it: what Python has changed about signals is undone."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    if signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ()):  # see __main__.py
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    try:
        os.execve(program, args, env)  # noqa: S606  the person's own program
    except OSError as error:
        raise UsageError(
            f"{quote(program)} cannot be run: {error.strerror}",
            hint="is it a program for this machine, and does its first line name one",
        ) from error
