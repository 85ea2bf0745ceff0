"""`vibe mux status`: the pool as it stands now, from any shell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from vibe.cli.context import Cli
from vibe.cli.paragraph import WIDTH, paragraph
from vibe.cli.table import drawn, table
from vibe.cli.terminal import Painted, json_text
from vibe.clock import SystemClock
from vibe.domain.advice import remedy
from vibe.domain.failure import FailureKind, verdict
from vibe.domain.telling import money, named
from vibe.errors import UsageError

if TYPE_CHECKING:
    from vibe.mux.snapshot import EntrySnapshot
    from vibe.mux.status import Status
    from vibe.mux.store_queue import Use

CLEAR: Final = "\x1b[H\x1b[2J"
LEAST: Final = 8  # of an alias, so that it can still be told
UNKNOWN: Final = "–"
HEADER: Final = (
    "MODEL", "STATE", "BUSY", "SHARE", "OK/FAIL", "STOPPED", "FIRST", "TOK/S", "COST",
)  # fmt: skip
EMPTY: Final = {"STOPPED": "0"}  # of the other columns: what nobody knows
EPILOG: Final = """\b
Examples:
  vibe mux status
  vibe mux status --watch     again every second, until Ctrl+C
  vibe mux status --json
\b
All attempts of today (UTC) are counted, of all vibe processes together.
OK/FAIL are those that were answered and that failed, STOPPED those that
somebody or a quicker answer ended. SHARE is the part of all of them, and
behind / the part by weight among the primaries, or among the fallbacks;
spare is a fallback without one. COST is what they cost; ~ marks estimates, $?
what has no known price. FIRST is the usual time to the first word, TOK/S the
speed after it; both are known while a vibe runs. What nobody knows, and
STOPPED where there were none, has no column.
"""


def status(
    ctx: typer.Context,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Again every second.")] = False,
    config: Annotated[
        Path | None,
        typer.Option(metavar="PATH", readable=False, help="Use this configuration file."),
    ] = None,
) -> None:
    """Show who can answer, who rests until when, and what each has done."""
    cli: Cli = ctx.obj
    cli.chosen_config = config or cli.chosen_config
    if not watch:
        _show(cli, json=json)
        return
    import asyncio  # only this way of it waits

    asyncio.run(_watch(cli, json=json))


async def _watch(cli: Cli, *, json: bool) -> None:
    clock = SystemClock()
    clears = cli.world.stdout.isatty() and not json
    while True:
        _show(cli, json=json, clears=clears)
        cli.terminal.flush()
        await clock.sleep(1.0)


def _show(cli: Cli, *, json: bool, clears: bool = False) -> None:
    now = pool_now(cli)
    if json:
        cli.terminal.data(json_text(now))
        return
    lines = list(_lines(cli, now))
    if clears:
        cli.world.stdout.write(CLEAR)
    for line in lines:
        cli.terminal.data(line)


def pool_now(cli: Cli) -> Status:
    from vibe.assemble import lines_of, pool_of
    from vibe.mux.status import status as status_of

    loaded = cli.load(allow_missing_keys=True)
    if not loaded.require().models:
        raise UsageError("no model is configured", hint="vibe config init")
    names = {line.alias: (line.provider.name, line.target.model) for line in lines_of(loaded)}
    store = cli.store()
    try:
        now = status_of(pool_of(loaded), names, store, clock=SystemClock())
    finally:
        store.close()
    if store.notice:
        cli.warn(store.notice)
    return now


def _lines(cli: Cli, now: Status) -> Iterator[Painted]:
    paint = cli.terminal.data_paint
    pool = now.pool
    yield paint("   ".join(_head(now)), "bold")
    if pool.offline:
        yield paint("the network seems to be down", "yellow")
    header, *rows = _columns([_row(entry, now.today.get(entry.alias)) for entry in pool.entries])
    lines = list(table(header, rows, paint))
    yield lines[0]
    for entry, line in zip(pool.entries, lines[1:], strict=True):
        yield line
        yield from paragraph(_detail(entry), paint, "dim", first="  └ ", rest="    ")
    if now.processes:
        pids = ", ".join(str(each.pid) for each in now.processes)
        processes = "process" if len(now.processes) == 1 else "processes"
        used = f"in use by {len(now.processes)} {processes} now: {pids}"
        yield from paragraph(used, paint, "dim")


def _head(now: Status) -> Iterator[str]:
    pool = now.pool
    today = [now.today[entry.alias] for entry in pool.entries if entry.alias in now.today]
    asked = sum(use.requests for use in today)
    yield f"mux  {pool.mode}"
    yield f"{pool.available} of {pool.total} can answer"
    attempts = "attempt" if asked == 1 else "attempts"
    yield f"today {asked} {attempts}" + (f", {_cost(today)}" if asked else "")


def _columns(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """The header and the rows without empty columns, the aliases as long as there is room."""
    known = [
        index
        for index, name in enumerate(HEADER)
        if any(row[index] != EMPTY.get(name, UNKNOWN) for row in rows)
    ]
    columns = [[row[index] for row in (HEADER, *rows)] for index in known]
    room = WIDTH - sum(2 + max(map(drawn, column)) for column in columns[1:])
    columns[0] = [_shortened(alias, max(room, LEAST)) for alias in columns[0]]
    return [list(row) for row in zip(*columns, strict=True)]


def _shortened(alias: str, room: int) -> str:
    if drawn(alias) <= room:
        return alias
    while drawn(alias) >= room:
        alias = alias[:-1]
    return f"{alias}…"


def _row(entry: EntrySnapshot, today: Use | None) -> tuple[str, ...]:
    from vibe.mux.condition import condition

    fails = today.limited + today.failed if today else 0
    return (
        entry.alias,
        " ".join(condition(entry)),
        f"{entry.busy}/{entry.limit}" if entry.limit else str(entry.busy),
        _share(entry),
        f"{today.ok if today else 0}/{fails}",
        str(today.cancelled if today else 0),
        UNKNOWN if entry.first_token_p50_s is None else f"{entry.first_token_p50_s:.2f}s",
        UNKNOWN if entry.tokens_a_second is None else f"{entry.tokens_a_second:.0f}",
        _cost([today]) if today and today.requests else UNKNOWN,
    )


def _cost(uses: Sequence[Use]) -> str:
    """What is known of it; `$?` where nothing is, which is not free."""
    known = sum(use.cost_uusd for use in uses)
    is_partial = any(use.unpriced for use in uses)
    is_estimate = is_partial or any(use.estimated for use in uses)
    return money(None if is_partial and not known else known, is_estimate=is_estimate)


def _share(entry: EntrySnapshot) -> str:
    share = UNKNOWN if entry.share is None else f"{entry.share:.0%}"
    if entry.is_fallback:
        return "spare" if entry.share is None else f"{share}/spare"
    return share if entry.want is None else f"{share}/{entry.want:.0%}"


def _detail(entry: EntrySnapshot) -> str:
    """Why it cannot answer, and what helps where no wait does; empty where it can."""
    if entry.trouble:
        return entry.trouble
    if entry.state == "closed" and entry.spent_for_s is not None:
        return "its limit is used up; asked only if nobody else can answer"
    if entry.state == "closed" or entry.resting_from is None:
        return ""
    kind = FailureKind(entry.resting_from)
    error = entry.last_error
    is_told = error is not None and error.kind == kind and error.detail
    said = f": {error.detail}" if error and is_told else ""
    helps = f"; {remedy(kind)}" if verdict(kind).again == "no" else ""
    return f"{named(kind)}{said}{helps}"
