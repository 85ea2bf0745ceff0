"""`vibe mux status`: the pool as it stands now, from any shell."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import Struct

from vibe.cli.session import Cli
from vibe.cli.table import table
from vibe.cli.terminal import Painted, json_text
from vibe.clock import SystemClock
from vibe.domain.telling import duration, money

if TYPE_CHECKING:
    from vibe.domain.model import Alias
    from vibe.mux.snapshot import EntrySnapshot, MuxSnapshot
    from vibe.mux.status import Running
    from vibe.mux.store_queue import Use

CLEAR = "\x1b[H\x1b[2J"
EPILOG = """\b
Examples:
  vibe mux status
  vibe mux status --watch     again every second, until Ctrl+C
  vibe mux status --json
\b
Costs and answers are those of today (UTC), of all vibe processes together.
"""


class _Now(Struct, frozen=True, kw_only=True):
    """What is printed; `today` is by alias."""

    pool: MuxSnapshot
    today: dict[Alias, Use]
    processes: tuple[Running, ...]


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

    clears = cli.world.stdout.isatty() and not json
    while True:
        _show(cli, json=json, clears=clears)
        cli.terminal.flush()
        asyncio.run(SystemClock().sleep(1.0))


def _show(cli: Cli, *, json: bool, clears: bool = False) -> None:
    now = _now(cli)
    if json:
        cli.terminal.data(json_text(now))
        return
    lines = list(_lines(cli, now))
    if clears:
        cli.world.stdout.write(CLEAR)
    for line in lines:
        cli.terminal.data(line)


def _now(cli: Cli) -> _Now:
    from datetime import UTC, datetime

    from vibe.assemble import lines_of, pool_of
    from vibe.mux.status import status as status_of

    loaded = cli.load(allow_missing_keys=True)
    loaded.require()
    names = {line.alias: (line.provider.name, line.target.model) for line in lines_of(loaded)}
    store = cli.store()
    clock = SystemClock()
    try:
        shown, running = status_of(pool_of(loaded), names, store, clock=clock)
        day = datetime.fromtimestamp(clock.wall(), UTC).date().isoformat()
        today = {row.alias: row.use for row in store.usage(since=day)}
    finally:
        store.close()
    if store.notice:
        cli.warn(store.notice)
    return _Now(pool=shown, today=today, processes=running)


def _lines(cli: Cli, now: _Now) -> Iterator[Painted]:
    paint = cli.terminal.data_paint
    pool = now.pool
    spent = sum(use.cost_uusd for use in now.today.values())
    asked = sum(use.requests for use in now.today.values())
    head = [
        f"mux  {pool.mode.replace('_', ' ')}",
        f"{pool.available} of {pool.total} can answer",
        f"today {asked} attempts, {money(spent)}",
    ]
    if pool.offline:
        head.append("the network seems to be down")
    yield paint("   ".join(head), "bold")
    header = ("MODEL", "STATE", "BUSY", "SHARE", "OK/FAIL", "FIRST", "TOK/S", "COST")
    rows = [_row(entry, now.today.get(entry.alias)) for entry in pool.entries]
    lines = list(table(header, rows, paint))
    yield lines[0]
    for entry, line in zip(pool.entries, lines[1:], strict=True):
        yield line
        if detail := _detail(entry):
            yield paint(f"  └ {detail}", "dim")
    if now.processes:
        pids = ", ".join(str(each.pid) for each in now.processes)
        yield paint(f"in use by {len(now.processes)} vibe now: {pids}", "dim")


def _row(entry: EntrySnapshot, today: Use | None) -> tuple[str, ...]:
    busy = f"{entry.busy}/{entry.limit}" if entry.limit else str(entry.busy)
    fails = today.limited + today.failed if today else 0
    cost = "–"
    if today and today.requests:
        priced = today.cost_uusd if today.cost_uusd or not today.unpriced else None
        cost = money(priced, is_estimate=bool(today.estimated or today.unpriced))
    return (
        entry.alias,
        _state(entry),
        busy,
        _share(entry),
        f"{today.ok if today else 0}/{fails}",
        "–" if entry.first_token_p50_s is None else f"{entry.first_token_p50_s:.2f}s",
        "–" if entry.tokens_a_second is None else f"{entry.tokens_a_second:.0f}",
        cost,
    )


def _state(entry: EntrySnapshot) -> str:
    """A glyph and a word, so that colour tells nothing that these do not."""
    if entry.trouble or entry.taken_out:
        return "! unusable"
    if entry.probing:
        return "◐ probing"
    match entry.state:
        case "closed":
            return "● ready"
        case "half_open":
            return "◐ to probe"
        case "open":
            back = f" {ceil(entry.back_in_s)} s" if entry.back_in_s is not None else ""
            return f"○ rests{back}"


def _share(entry: EntrySnapshot) -> str:
    if entry.is_fallback:
        return "spare"
    share = "–" if entry.share is None else f"{entry.share:.0%}"
    return share if entry.want is None else f"{share}/{entry.want:.0%}"


def _detail(entry: EntrySnapshot) -> str | None:
    if entry.trouble:
        return entry.trouble
    if entry.state == "closed":
        return None
    told = (entry.resting_from or "").replace("_", " ")
    back = f"; back in {duration(entry.back_in_s)}" if entry.back_in_s else ""
    error = entry.last_error
    said = f": {error.detail}" if error and error.detail else ""
    return f"{told}{said}{back}"
