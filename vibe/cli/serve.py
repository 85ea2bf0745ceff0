"""`vibe serve`: the pool for every other program on this machine."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vibe.cli.context import Cli
from vibe.errors import ExitCode

if TYPE_CHECKING:
    from vibe.config.load import Loaded

EPILOG = """\b
Examples:
  vibe serve
  vibe serve --port 0            any free port; it tells which
  vibe with claude               the same for one program alone, and nothing to set
\b
Clients need the address and the token:
  OPENAI_BASE_URL=http://127.0.0.1:8082/v1   OPENAI_API_KEY=THE-TOKEN
  ANTHROPIC_BASE_URL=http://127.0.0.1:8082   ANTHROPIC_AUTH_TOKEN=THE-TOKEN
A changed configuration is read while it runs; SIGHUP reads it at once. Ctrl+C lets
what is under way finish, a second one ends it.
"""
app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(epilog=EPILOG)
def serve(
    ctx: typer.Context,
    host: Annotated[str | None, typer.Option(help="Listen on this address.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="Listen on this port; 0: any free one.")
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(metavar="PATH", readable=False, help="Use this configuration file."),
    ] = None,
) -> None:
    """Offer the pool to other programs, in the APIs of OpenAI and Anthropic."""
    from vibe.gateway.listen import listening, require_server

    cli: Cli = ctx.obj
    cli.chosen_config = config or cli.chosen_config
    require_server()
    loaded = cli.load(allow_missing_keys=True)
    gateway = loaded.require().gateway
    sockets = listening(host or gateway.host, gateway.port if port is None else port)
    raise typer.Exit(_serve(cli, loaded, sockets, host or gateway.host))


def _serve(cli: Cli, loaded: Loaded, sockets: tuple[socket.socket, ...], host: str) -> ExitCode:
    from vibe.cli.serve_run import serving
    from vibe.gateway.server import run

    return run(serving(cli, loaded, sockets, host))
