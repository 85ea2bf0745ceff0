"""What the commands about sessions share: which one is meant, and how its facts are shown."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vibe.cli.context import Cli
from vibe.domain.telling import money

if TYPE_CHECKING:
    from vibe.session.place import Place
    from vibe.session.summary import Summary

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
SessionOrLast = Annotated[
    str | None,
    typer.Argument(metavar="[ID]", help="Which session; without it, the last one of this folder."),
]


def root_of(cli: Cli) -> Path:
    """Where the sessions are. The configuration is read for its keys, which are hidden then."""
    cli.load(allow_missing_keys=True)
    return cli.folders().state / "sessions"


def place_of(cli: Cli, session: str | None) -> Place:
    from vibe.session.index import find, latest

    root = root_of(cli)
    if session is not None:
        return find(root, session)
    return latest(root, folder=str(cli.world.cwd), redactor=cli.terminal.redactor)


def moment(at: float) -> str:
    return datetime.fromtimestamp(at).astimezone().strftime("%Y-%m-%d %H:%M")


def cost_of(summary: Summary) -> str:
    return money(summary.cost_uusd, is_estimate=not summary.is_exact)
