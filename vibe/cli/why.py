"""`vibe mux why`: which entry answered the last requests, and why not another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
import typer

from vibe.cli.context import Cli
from vibe.cli.paragraph import paragraph
from vibe.cli.terminal import Paint, Painted, json_text

if TYPE_CHECKING:
    from vibe.mux.step import Aside
    from vibe.mux.trace import Trace

EPILOG = """\b
Examples:
  vibe mux why
  vibe mux why --last 10
  vibe mux why --json
"""
MOST: Final = 500
INDENT: Final = "     "


def why(
    ctx: typer.Context,
    last: Annotated[int, typer.Option(min=1, max=MOST, help="How many requests.")] = 1,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Tell who answered the last requests, and why: candidates, attempts, delays, cost."""
    cli: Cli = ctx.obj
    traces = _traces(cli, last)
    if json:
        cli.terminal.data(json_text(traces))
        return
    if not traces:
        paint = cli.terminal.talk_paint
        cli.terminal.talk(paint('nothing has been asked yet; try: vibe -p "hello"', "dim"))
    for trace in traces:
        for line in _lines(trace, cli.terminal.data_paint):
            cli.terminal.data(line)


def _traces(cli: Cli, last: int) -> list[Trace]:
    from vibe.mux.trace import Trace

    store = cli.store()
    try:
        rows = store.traces(last=last)
    finally:
        store.close()
    if store.notice:
        cli.warn(store.notice)
    traces: list[Trace] = []
    for row in rows:
        try:
            traces.append(msgspec.json.decode(row.json, type=Trace))
        except msgspec.MsgspecError:  # of another version of vibe
            continue
    return traces


def _lines(trace: Trace, paint: Paint) -> Iterator[Painted]:
    from vibe.mux.account import REASONS, came_of, cost_of, end_of

    when = datetime.fromtimestamp(trace.began).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    told = f"{when}  {end_of(trace)}  {cost_of(trace)}"
    yield from paragraph(told, paint, "bold", rest=INDENT)
    yield from _passed_over(trace.asides, paint)
    for number, attempt in enumerate(trace.attempts, start=1):
        asked = f"{attempt.alias}: {REASONS[attempt.why]}"
        yield from paragraph(asked, paint, first=f"{number:>3}  ", rest=INDENT)
        yield from paragraph(came_of(attempt), paint, first=INDENT, rest=INDENT)
        yield from _passed_over(attempt.asides, paint)


def _passed_over(asides: Iterable[Aside], paint: Paint) -> Iterator[Painted]:
    for aside in asides:
        passed = f"not {aside.alias}: {aside.why}"
        yield from paragraph(passed, paint, "dim", first=INDENT, rest=f"{INDENT}  ")
