"""`vibe mux …`: the pool as it is, and what it would do."""

from __future__ import annotations

import typer

from vibe.cli.drill import EPILOG, drill
from vibe.cli.simulate import EPILOG as SIMULATE_EPILOG
from vibe.cli.simulate import simulate
from vibe.cli.status import EPILOG as STATUS_EPILOG
from vibe.cli.status import status
from vibe.cli.why import EPILOG as WHY_EPILOG
from vibe.cli.why import why
from vibe.errors import ExitCode

app = typer.Typer(
    name="mux",
    help="Look at the pool, and try it out.",
    invoke_without_command=True,
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(epilog=STATUS_EPILOG)(status)
app.command(epilog=WHY_EPILOG)(why)
app.command(epilog=EPILOG)(drill)
app.command(epilog=SIMULATE_EPILOG)(simulate)


@app.callback()
def group(ctx: typer.Context) -> None:
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help(), err=True)
        raise typer.Exit(ExitCode.USAGE)
