"""`vibe mux why`: which entry answered the last requests, and why not another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
import typer

from vibe.cli.paragraph import paragraph
from vibe.cli.session import Cli
from vibe.cli.terminal import Paint, Painted, json_text
from vibe.domain.event import Outcome
from vibe.domain.telling import duration, in_brief, money, tokens

if TYPE_CHECKING:
    from vibe.mux.step import Aside
    from vibe.mux.trace import AttemptTrace, Trace

EPILOG = """\b
Examples:
  vibe mux why
  vibe mux why --last 10
  vibe mux why --json
"""
MOST: Final = 500
WORDS: Final = {
    "only": "the only one",
    "order": "first in order",
    "share": "furthest behind its share",
    "turn": "began this turn",
    "random": "drawn by lot",
    "least_busy": "the less busy of two",
    "failover": "next after the failure",
    "repeat": "asked once more",
    "repair": "asked in another form",
    "probe": "its rest was over: a probe",
    "last_resort": "nobody else: a probe before its rest was over",
    "hedge": "the first was silent",
}
ENDS: Final = {
    Outcome.OK: "",
    Outcome.FAILED: "refused for good",
    Outcome.EXHAUSTED: "all limited or down",
    Outcome.CANCELLED: "stopped",
    Outcome.DEADLINE: "out of time",
}
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
    when = datetime.fromtimestamp(trace.began).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    told = f"{when}  {_end_of(trace)}  {_cost_of(trace)}"
    yield from paragraph(told, paint, "bold", rest=INDENT)
    yield from _passed_over(trace.asides, paint)
    for number, attempt in enumerate(trace.attempts, start=1):
        asked = f"{attempt.alias}: {WORDS[attempt.why]}"
        yield from paragraph(asked, paint, first=f"{number:>3}  ", rest=INDENT)
        yield from paragraph(_came_of(attempt), paint, first=INDENT, rest=INDENT)
        yield from _passed_over(attempt.asides, paint)


def _passed_over(asides: Iterable[Aside], paint: Paint) -> Iterator[Painted]:
    for aside in asides:
        passed = f"not {aside.alias}: {aside.why}"
        yield from paragraph(passed, paint, "dim", first=INDENT, rest=f"{INDENT}  ")


def _cost_of(trace: Trace) -> str:
    is_estimate = any(attempt.is_estimated for attempt in trace.attempts)
    return money(trace.cost_uusd, is_estimate=is_estimate)


def _end_of(trace: Trace) -> str:
    """Who answered, if anybody, and how long that took."""
    took = f"after {trace.total_s:.2f} s"
    if trace.waited_s >= 0.005:
        took += f", {trace.waited_s:.2f} s of it waiting"
    if trace.alias is None:
        return f"not answered {took}: {ENDS[trace.outcome]}"
    seams = f", with {trace.seams} seam{'s' * (trace.seams > 1)}" if trace.seams else ""
    return f"answered by {trace.alias} {took}{seams}"


def _came_of(attempt: AttemptTrace) -> str:
    """And what it cost: of one that failed or was stopped, if it cost anything."""
    failure = attempt.failure
    used = f"; {_used(attempt)}" if attempt.input_tokens or attempt.output_tokens else ""
    if attempt.outcome == "cancelled":
        return f"stopped after {attempt.took_s:.2f} s{used}"
    if failure is not None:
        asked = failure.retry_after_s
        wait = f"; it asked for {duration(asked)}" if asked else ""
        return f"{in_brief(failure)} after {attempt.took_s:.2f} s{wait}{used}"
    first = f"first word after {attempt.first_token_s:.2f} s; " if attempt.first_token_s else ""
    return f"answered: {first}{_used(attempt)}"


def _used(attempt: AttemptTrace) -> str:
    about = "~" * attempt.is_estimated
    read, wrote = tokens(attempt.input_tokens or 0), tokens(attempt.output_tokens or 0)
    cost = money(attempt.cost_uusd, is_estimate=attempt.is_estimated)
    return f"{about}{read} tokens in, {about}{wrote} out, {cost}"
