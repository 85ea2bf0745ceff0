"""`vibe sessions list`, `delete` and `fork`: sessions as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Final

import typer

from vibe.cli.context import Cli
from vibe.cli.sessions_place import Json, SessionOrLast, cost_of, moment, place_of, root_of
from vibe.cli.table import table
from vibe.cli.terminal import json_text
from vibe.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from vibe.session.summary import Summary

_YES: Final = ("y", "yes")


def list_(
    ctx: typer.Context,
    everywhere: Annotated[bool, typer.Option("--all", help="Of all folders.")] = False,
    json: Json = False,
) -> None:
    """List the sessions of this folder, the last one first."""
    from vibe.session.index import summaries

    cli: Cli = ctx.obj
    found = summaries(root_of(cli), redactor=cli.terminal.redactor)
    shown = [each for each in found if everywhere or each.folder == str(cli.world.cwd)]
    if json:
        cli.terminal.data(json_text(shown))
    elif shown:
        header = ("ID", "LAST", "TURNS", "COST", "TITLE", *(("FOLDER",) if everywhere else ()))
        rows = [tuple(_row(each, everywhere=everywhere)) for each in shown]
        for line in table(header, rows, cli.terminal.data_paint):
            cli.terminal.data(line)
    else:
        others = f"; {len(found)} of others: vibe sessions list --all" if found else ""
        where = "anywhere" if everywhere else "of this folder"
        paint = cli.terminal.talk_paint
        cli.terminal.talk(paint(f"there are no sessions {where}{others}", "dim"))


def _row(each: Summary, *, everywhere: bool) -> Iterator[str]:
    yield each.session
    yield moment(each.last) if each.last else "–"
    yield str(each.turns)
    yield cost_of(each)
    yield f"! {each.trouble}" if each.trouble else each.title
    if everywhere:
        yield each.folder


def delete(
    ctx: typer.Context,
    sessions: Annotated[list[str], typer.Argument(metavar="ID...", help="Which sessions.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Delete sessions for good, with the copies of files that they keep."""
    from vibe.session.index import delete as delete_at
    from vibe.session.index import find

    cli: Cli = ctx.obj
    root = root_of(cli)
    places = [find(root, each) for each in sessions]
    paint = cli.terminal.talk_paint
    if not yes:
        if not cli.world.stdin.isatty():
            raise UsageError("nobody is here to be asked", hint="vibe sessions delete --yes ID")
        names = ", ".join(place.session for place in places)
        answer = cli.terminal.ask(paint(f"Delete {names}? [y/N]"))
        if (answer or "").lower() not in _YES:
            raise typer.Exit(ExitCode.FAILED)
    for place in places:
        delete_at(place)
        cli.terminal.talk(paint(f"deleted {place.session}"))


def fork(
    ctx: typer.Context,
    session: SessionOrLast = None,
    turn: Annotated[int | None, typer.Option(min=1, help="Up to and with this turn.")] = None,
    json: Json = False,
) -> None:
    """Copy a conversation, to go on with it another way; prints the new id.

    The original stays as it is, and may be in use.
    """
    from vibe.clock import SystemClock
    from vibe.session.fork import fork as fork_of

    cli: Cli = ctx.obj
    place = place_of(cli, session)
    forked = fork_of(
        place,
        place.folder.parent,
        last_turn=turn,
        at=SystemClock().wall(),
        redactor=cli.terminal.redactor,
        tell=cli.warn,
    )
    forked.close()
    if json:
        cli.terminal.data(json_text({"session": forked.session, "origin": place.session}))
    else:
        cli.terminal.data(cli.terminal.data_paint(forked.session))
