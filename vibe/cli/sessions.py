"""`vibe sessions …`: the conversations on disk, and what can be done with them."""

from __future__ import annotations

import typer

from vibe.cli.sessions_list import delete, fork, list_
from vibe.cli.sessions_restore import restore
from vibe.cli.sessions_show import export_, show
from vibe.errors import ExitCode

app = typer.Typer(
    name="sessions",
    help="Look at past conversations, and at what they changed.",
    invoke_without_command=True,
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="""\b
A session goes by the beginning of its id, or by the four characters at its end.
""",
)
app.command(name="list")(list_)
app.command()(show)
app.command(name="export")(export_)
app.command()(fork)
app.command()(restore)
app.command()(delete)


@app.callback()
def group(ctx: typer.Context) -> None:
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help(), err=True)
        raise typer.Exit(ExitCode.USAGE)
