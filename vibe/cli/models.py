"""`vibe models`: the configured models, whether each has a key, and whether each answers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from msgspec import Struct

from vibe.cli.context import Cli
from vibe.cli.table import table
from vibe.cli.terminal import joined, json_text
from vibe.clock import SystemClock
from vibe.domain.advice import remedy
from vibe.domain.failure import Failure
from vibe.errors import ExitCode

if TYPE_CHECKING:
    from vibe.assemble import Line
    from vibe.wire.listing import ListedModel

_SOON_S: Final = 1

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class Probed(Struct, frozen=True, kw_only=True):
    """What a model's provider said; `offered` is None where it could not be learnt."""

    failure: Failure | None = None
    offered: bool | None = None
    window: int | None = None


@app.command(
    epilog="""\b
Examples:
  vibe models
  vibe models --probe       ask each provider; spends no tokens
  vibe models --json
\b
With --probe, the exit code is 1 if a model that is in use does not answer.
"""
)
def models(
    ctx: typer.Context,
    probe: Annotated[
        bool, typer.Option("--probe", help="Ask each provider for its models; spends no tokens.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    config: Annotated[
        Path | None,
        typer.Option(metavar="PATH", readable=False, help="Use this configuration file."),
    ] = None,
) -> None:
    """List the models, their keys, and with --probe whether they answer."""
    import asyncio

    from vibe.assemble import lines_of

    cli: Cli = ctx.obj
    cli.chosen_config = config or cli.chosen_config
    loaded = cli.load(allow_missing_keys=True)
    lines = lines_of(loaded)
    probed = asyncio.run(_probe(cli, lines)) if probe and lines else {}
    if json:
        cli.terminal.data(json_text([_as_data(line, probed.get(line.alias)) for line in lines]))
    elif lines:
        _print(cli, lines, probed)
    else:
        paint = cli.terminal.talk_paint
        cli.terminal.talk(paint("no models are configured; begin with: vibe config init"))
    used = {entry.model for entry in loaded.settings.multiplexer.pool}
    used |= {loaded.settings.active_model} - {None}
    if any(_is_bad(probed[alias]) for alias in probed if alias in used):
        raise typer.Exit(ExitCode.FAILED)


def _print(cli: Cli, lines: tuple[Line, ...], probed: dict[str, Probed]) -> None:
    paint = cli.terminal.data_paint
    rows = [
        (
            line.alias,
            line.target.model,
            line.provider.name,
            line.target.backend,
            _key(line),
            *((_answers(probed[line.alias]),) if probed else ()),
        )
        for line in lines
    ]
    header = ("ALIAS", "MODEL", "PROVIDER", "DIALECT", "KEY", *(("ANSWERS",) if probed else ()))
    for row in table(header, rows, paint):
        cli.terminal.data(row)
    talk = cli.terminal.talk_paint
    told: set[tuple[str, str]] = set()
    for line in lines:
        failure = probed[line.alias].failure if line.alias in probed else None
        if failure is None or (line.provider.name, failure.kind) in told:
            continue
        told.add((line.provider.name, failure.kind))
        cli.terminal.talk(
            joined([talk(f"{line.provider.name}: ", "red"), talk(failure.detail or failure.kind)])
        )
        cli.terminal.talk(joined([talk("  help: ", "dim"), talk(remedy(failure.kind))]))


def _key(line: Line) -> str:
    if line.key_trouble:
        return f"! {line.key_trouble}"
    return "● set" if line.provider.key else "– none needed"


def _answers(probed: Probed) -> str:
    if probed.failure:
        return f"○ {probed.failure.kind.replace('_', ' ')}"
    if probed.offered is None:
        return "● reached"
    return "● yes" if probed.offered else "! no such model there"


def _is_bad(probed: Probed) -> bool:
    return probed.failure is not None or probed.offered is False


def _as_data(line: Line, probed: Probed | None) -> dict[str, object]:
    """The keys are a promise to programs."""
    data: dict[str, object] = {
        "alias": line.alias,
        "model": line.target.model,
        "provider": line.provider.name,
        "backend": line.target.backend,
        "key": "missing" if line.key_trouble else "set" if line.provider.key else "none needed",
        "context_window": line.target.context_window or (probed.window if probed else None),
    }
    if probed is not None:
        data["reachable"] = probed.failure is None
        data["offered"] = probed.offered
        data["failure"] = probed.failure.kind if probed.failure else None
        data["detail"] = probed.failure.detail if probed.failure else ""
    return data


async def _probe(cli: Cli, lines: tuple[Line, ...]) -> dict[str, Probed]:
    """Ask every provider once, all at the same time; say so if that takes long."""
    import asyncio

    from vibe.transport.listed import LONGEST_S, hurried
    from vibe.transport.upstream import Upstream

    providers = {line.provider.name: hurried(line.provider) for line in lines}
    upstreams = {
        name: Upstream(provider, clock=SystemClock()) for name, provider in providers.items()
    }
    try:
        async with asyncio.TaskGroup() as group:
            asked = {name: group.create_task(each.models()) for name, each in upstreams.items()}
            _, late = await asyncio.wait(asked.values(), timeout=_SOON_S)
            if late:
                names = ", ".join(name for name, answer in asked.items() if answer in late)
                paint = cli.terminal.talk_paint
                cli.terminal.talk(paint(f"waiting for {names}: {LONGEST_S} s at most", "dim"))
    finally:
        for upstream in upstreams.values():
            await upstream.aclose()
    return {line.alias: _of(line, asked[line.provider.name].result()) for line in lines}


def _of(line: Line, listing: tuple[ListedModel, ...] | Failure) -> Probed:
    if isinstance(listing, Failure):
        return Probed(failure=listing)
    found = [each for each in listing if each.name == line.target.model]
    if not listing or line.target.backend == "azure":  # a deployment has a name of its own
        return Probed()
    return Probed(offered=bool(found), window=found[0].window if found else None)
