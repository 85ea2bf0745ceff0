"""`vibe serve`: the pool for every other program on this machine."""

from __future__ import annotations

import asyncio
import socket
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vibe.cli.context import Cli
from vibe.clock import SystemClock
from vibe.errors import ExitCode

if TYPE_CHECKING:
    from vibe.config.load import Loaded
    from vibe.mux.mux import Mux

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
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
    from vibe.gateway.server import run  # what it loads takes a while

    raise typer.Exit(run(_serve(cli, loaded, sockets)))


async def _serve(cli: Cli, loaded: Loaded, sockets: tuple[socket.socket, ...]) -> ExitCode:
    from vibe.cli.serve_offer import offer_of
    from vibe.gateway.app import Application, refused
    from vibe.gateway.auth import token_at
    from vibe.gateway.guard import rules_of
    from vibe.gateway.listen import port_of
    from vibe.gateway.protected import Protected
    from vibe.gateway.server import serve

    clock = SystemClock()
    async with AsyncExitStack() as stack:
        mux = await _mux(cli, loaded, stack)
        application = Application(offer_of(loaded, mux, clock=clock), lambda told: None)
        protected = Protected(
            application,
            rules=rules_of(loaded.settings.gateway, port=port_of(sockets)),
            token=token_at(cli.folders().state / "gateway.token", tell=cli.warn),
            max_requests=loaded.settings.gateway.max_requests,
            told=refused,
        )
        return await serve(
            protected,
            sockets,
            started=lambda: cli.terminal.talk(
                cli.terminal.talk_paint(f"listening on port {port_of(sockets)}")
            ),
            reload=lambda: None,
            stopping=lambda: None,
            bounds=protected.rules.bounds,
        )


async def _mux(cli: Cli, loaded: Loaded, stack: AsyncExitStack) -> Mux:
    from vibe.assemble import mux_for_all

    mux = await asyncio.to_thread(mux_for_all, loaded, clock=SystemClock(), memory=cli.memory())
    stack.push_async_callback(mux.aclose)
    return mux
