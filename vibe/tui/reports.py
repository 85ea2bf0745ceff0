"""What commands print into the history: why the last requests went where they did."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from vibe.clean import clean_line
from vibe.mux.account import REASONS, came_of, cost_of, end_of
from vibe.mux.step import Aside
from vibe.mux.trace import Trace
from vibe.tui.draw.ink import Line, Span, line
from vibe.tui.history.items import Printed


def reasons(traces: Sequence[Trace], hour: Callable[[float], str]) -> Printed:
    """What `vibe mux why` tells, of the requests of this process."""
    if not traces:
        return Printed((line("Nothing has been asked yet.", "muted"),))
    return Printed(tuple(row for trace in traces for row in _reason(trace, hour)))


def _reason(trace: Trace, hour: Callable[[float], str]) -> Iterable[Line]:
    told = clean_line(f"{end_of(trace)}  {cost_of(trace)}")
    yield Span(f"{hour(trace.began)}  ", "muted"), Span(told, "strong")
    yield from _passed_over(trace.asides)
    for attempt in trace.attempts:
        yield Span(f"  {clean_line(attempt.alias)}"), Span(f"  {REASONS[attempt.why]}", "muted")
        yield line(f"    {clean_line(came_of(attempt))}")
        yield from _passed_over(attempt.asides)


def _passed_over(asides: Iterable[Aside]) -> Iterable[Line]:
    for aside in asides:
        yield line(clean_line(f"    not {aside.alias}: {aside.why}"), "muted")
