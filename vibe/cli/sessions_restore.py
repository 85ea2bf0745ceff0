"""`vibe sessions restore`: the files as they were before a turn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from vibe.cli.context import Cli
from vibe.cli.sessions_place import Json, SessionOrLast, place_of
from vibe.cli.terminal import json_text
from vibe.errors import ExitCode

if TYPE_CHECKING:
    from vibe.agent.restore import Restoring, Way

_DONE: Final[dict[Way, str]] = {
    "write": "● restored",
    "delete": "● deleted",
    "nothing": "– left",
    "refuse": "! left alone",
}


def restore(
    ctx: typer.Context,
    session: SessionOrLast = None,
    turn: Annotated[
        int | None, typer.Option(min=1, help="Before this turn; else before the last changes.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only tell what would be done.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Also files that have changed since; copies are kept.")
    ] = False,
    json: Json = False,
) -> None:
    """Bring files back to what they were before a turn: all that it and later turns changed.

    A file that has changed since is left alone, and what cannot be brought back is told. The exit
    code is 1 then.
    """
    from vibe.agent.restore import restore as restored
    from vibe.agent.restore import restorings
    from vibe.session.blobs import Blobs
    from vibe.session.index import held
    from vibe.session.resume import load

    cli: Cli = ctx.obj
    place = place_of(cli, session)
    blobs = Blobs(place.blobs)
    transcript = load(place).transcript
    before = turn or max((change.turn for change in transcript.changes), default=1)
    done = restorings(transcript, before, blobs=blobs, is_forced=force)
    if not dry_run:
        with held(place, "restore"):
            done = tuple(restored(each, blobs=blobs) for each in done)
    if json:
        data = [
            {"path": each.path, "way": each.way, "why": each.why, "copy": each.copy}
            for each in done
        ]
        cli.terminal.data(json_text(data))
    else:
        _print(cli, done, before)
    if any(each.way == "refuse" for each in done):
        raise typer.Exit(ExitCode.FAILED)


def _print(cli: Cli, done: tuple[Restoring, ...], turn: int) -> None:
    paint = cli.terminal.data_paint
    if not done:
        cli.terminal.talk(cli.terminal.talk_paint(f"no file was changed from turn {turn} on"))
    for each in done:
        told = "; ".join(
            filter(None, (each.why, "" if each.is_forced else each.copy and f"a copy: {each.copy}"))
        )
        why = f": {told}" if told else ""
        cli.terminal.data(paint(f"{_DONE[each.way]}  {each.path}{why}"))
