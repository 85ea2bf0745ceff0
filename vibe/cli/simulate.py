"""`vibe mux simulate`: one's own pool under an imagined load, and who would answer what."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from vibe.cli.context import Cli
from vibe.cli.simulate_plot import labelled, plot
from vibe.cli.table import table
from vibe.cli.terminal import Painted, json_text
from vibe.domain.event import Outcome
from vibe.domain.telling import duration, money
from vibe.errors import UsageError

if TYPE_CHECKING:
    from vibe.domain.model import Alias
    from vibe.mux.entry import Pool
    from vibe.mux.tally import Part, Result, Spread
    from vibe.mux.world import World

REQUESTS: Final = 1_000
MOST_REQUESTS: Final = 1_000_000
RPS: Final = 1.0
HEADER: Final = ("MODEL", "SHARE", "ASKED", "OK", "LIMITED", "FAILED", "STOPPED", "FIRST", "COST")
NOT_OK: Final = {
    Outcome.FAILED: "refused for good",
    Outcome.EXHAUSTED: "found all limited or down",
    Outcome.CANCELLED: "stopped",
    Outcome.DEADLINE: "out of time",
}
EPILOG: Final = """\b
Nothing is sent and nothing is waited for: the multiplexer decides as it would,
in a time that is made up. Keys are taken to be there.
\b
SHARE is the part of the attempts, and behind / the part by weight. FIRST is
the time to the first word, for half of the answers; below the table, with
all waits before it.
\b
Examples:
  vibe mux simulate --requests 5000 --rps 20
  vibe mux simulate --outage devstral-2:5m-8m --429 devstral-small:20%
  vibe mux simulate --429 devstral-2:60/min       its limit, as it would tell
  vibe mux simulate --world busy-day.toml --json | jq .outcomes
\b
A world in a file:
  cancelled = 0.02
  phases = [{ requests = 900, rps = 3 }, { requests = 20, rps = 0.1 }]
\b
  [[entries]]
  alias = "devstral-2"
  per_minute = 60
  outages = [{ from_s = 60, to_s = 90, kind = "server" }]
  faults = [{ kind = "rate_limited", share = 0.1, retry_after_s = 5 }]
\b
The same seed is the same run.
"""


def simulate(
    ctx: typer.Context,
    requests: Annotated[
        int | None,
        typer.Option(
            min=1, max=MOST_REQUESTS, metavar="N", help=f"How many; {REQUESTS} if left out."
        ),
    ] = None,
    rps: Annotated[
        float | None, typer.Option(metavar="R", help="Requests a second; 1 if left out.")
    ] = None,
    outage: Annotated[
        list[str] | None,
        typer.Option(metavar="ALIAS:FROM-TO", help="It cannot be reached from then to then."),
    ] = None,
    limited: Annotated[
        list[str] | None,
        typer.Option(
            "--429", metavar="ALIAS:RATE", help="It answers 429: 20% of the time, or over 60/min."
        ),
    ] = None,
    world: Annotated[
        Path | None,
        typer.Option(metavar="FILE", readable=False, help="All of it from a file, TOML or JSON."),
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, metavar="S", help="Other luck.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    config: Annotated[
        Path | None,
        typer.Option(metavar="PATH", readable=False, help="Use this configuration file."),
    ] = None,
) -> None:
    """Try your pool under a load: shares, failures, waits and cost."""
    from vibe.mux.simulate import simulate as run

    cli: Cli = ctx.obj
    cli.chosen_config = config or cli.chosen_config
    if world is not None and (rps is not None or outage or limited):
        raise UsageError(
            "--world tells all of it, and goes with no --rps, --outage or --429",
            hint="put them into the file, or leave out --world",
        )
    pool = _pool(cli)
    aliases = [entry.alias for entry in pool.entries]
    imagined = (
        _described(requests, rps, outage, limited, aliases)
        if world is None
        else _read(cli.world.cwd / world, requests, aliases)
    )
    result = run(pool, _seeded(imagined, seed))
    if json:
        cli.terminal.data(json_text(result))
        return
    for line in _lines(cli, pool, result):
        cli.terminal.data(line)


def _pool(cli: Cli) -> Pool:
    from vibe.assemble import pool_of
    from vibe.cli.drill import without_keys

    loaded = without_keys(cli)
    if not loaded.require().models:
        raise UsageError("no model is configured", hint="vibe config init")
    return pool_of(loaded)


def _described(
    requests: int | None,
    rps: float | None,
    outages: list[str] | None,
    limited: list[str] | None,
    aliases: list[Alias],
) -> World:
    from vibe.cli.simulate_world import described
    from vibe.mux.world import LEAST_RPS, MOST_RPS

    rate = RPS if rps is None else rps
    if not LEAST_RPS <= rate <= MOST_RPS:  # and not `nan`
        hint = f"{MOST_RPS} at most, and at least one a day: {LEAST_RPS:.6f}"
        raise UsageError(f"--rps {rate:g} cannot be simulated", hint=hint)
    return described(
        requests=requests or REQUESTS,
        rps=rate,
        seed=0,
        outages=outages or (),
        limited=limited or (),
        known=aliases,
    )


def _read(file: Path, requests: int | None, aliases: list[Alias]) -> World:
    from vibe.cli.simulate_world import of_length, read_world

    world = read_world(file, known=aliases)
    if requests is not None:
        world = of_length(world, requests)
    if world.requests > MOST_REQUESTS:
        raise UsageError(
            f"{world.requests} requests would take too long",
            hint=f"{MOST_REQUESTS} at most: --requests N",
        )
    return world


def _seeded(world: World, seed: int | None) -> World:
    from msgspec.structs import replace

    return world if seed is None else replace(world, seed=seed)


def _lines(cli: Cli, pool: Pool, result: Result) -> Iterator[Painted]:
    paint = cli.terminal.data_paint
    yield paint("   ".join(_head(pool, result)), "bold")
    yield from table(*_columns([_row(part) for part in result.entries]), paint)
    for line in _summary(result):
        yield paint(line)
    yield paint("")
    caption, *rows = plot(result)
    yield paint(caption, "dim")
    yield from map(paint, rows)


def _head(pool: Pool, result: Result) -> Iterator[str]:
    yield f"simulated  {pool.rules.mode}"
    yield f"{result.requests} requests in {duration(result.seconds)}"
    yield f"seed {result.seed}"


def _columns(rows: list[tuple[str, ...]]) -> tuple[list[str], list[list[str]]]:
    """Without those, of the kinds of failure, that are all zero."""
    shown = [
        index
        for index, name in enumerate(HEADER)
        if name not in ("LIMITED", "FAILED", "STOPPED") or any(row[index] != "0" for row in rows)
    ]
    return [HEADER[index] for index in shown], [[row[index] for index in shown] for row in rows]


def _row(part: Part) -> tuple[str, ...]:
    share = f"{part.share:.0%}"
    first = part.first_token_s.p50
    return (
        labelled(part),
        share if part.want is None or part.is_fallback else f"{share}/{part.want:.0%}",
        str(part.attempts),
        str(part.ok),
        str(part.limited),
        str(part.failed),
        str(part.cancelled),
        "–" if first is None else f"{first:.2f} s",
        money(part.cost_uusd),
    )


def _summary(result: Result) -> Iterator[str]:
    ok = result.outcomes[Outcome.OK]
    others = [
        f"{result.outcomes[outcome]} {words}"
        for outcome, words in NOT_OK.items()
        if result.outcomes[outcome]
    ]
    yield "   ".join([f"answered  {ok} of {result.requests}", *others])
    if result.switched:
        yield f"switched  {result.switched} to another entry"
    if result.waited_s.count:
        yield f"waited    {result.waited_s.count}: {_spread(result.waited_s)}"
    if result.first_token_s.count:
        yield f"first     {_spread(result.first_token_s)}"
    yield f"cost      {_cost(result)}"


def _cost(result: Result) -> str:
    if result.cost_uusd is not None:
        return money(result.cost_uusd)
    known = sum(part.cost_uusd or 0 for part in result.entries)
    return f"{money(known)}, and what has no known price"


def _spread(spread: Spread) -> str:
    half, most, longest = spread.p50 or 0.0, spread.p95 or 0.0, spread.longest or 0.0
    return f"half within {half:.2f} s, 95% within {most:.2f} s, the longest {longest:.2f} s"
