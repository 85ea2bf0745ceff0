"""What commands print into the history: the models, the costs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from vibe.clean import clean_line
from vibe.domain.telling import money, tokens
from vibe.mux.snapshot import MuxSnapshot
from vibe.session.spent import Spent, in_all
from vibe.tui.draw.header import dot
from vibe.tui.draw.ink import Line, Span, line
from vibe.tui.history.items import Printed


def models(snapshot: MuxSnapshot) -> Printed:
    """In the order in which they are asked."""
    rows = [(clean_line(each.alias), clean_line(each.provider)) for each in snapshot.entries]
    alias, provider = (max((len(row[n]) for row in rows), default=0) for n in (0, 1))
    lines: list[Line] = [line(f"Models · {snapshot.mode}", "strong")]
    for entry, row in zip(snapshot.entries, rows, strict=True):
        glyph, ink = dot(entry)
        trouble = clean_line(entry.trouble or "")
        spare = "spare" if entry.is_fallback else ""
        told = f"{row[0]:<{alias}}  {row[1]:<{provider}}  {clean_line(entry.model)}"
        more = "  ".join(part for part in (spare, trouble) if part)
        lines.append((Span(f"{glyph} ", ink), Span(told), Span(f"  {more}", "muted")))
    return Printed(tuple(lines))


def costs(spent: Sequence[Spent]) -> Printed:
    """By who answered, and in all."""
    if not spent:
        return Printed((line("Nothing was asked in this session yet.", "muted"),))
    every = [*spent, *([in_all(spent)] if len(spent) > 1 else [])]
    width = max(len(clean_line(each.alias)) for each in every)
    rows = (_cost(each, width) for each in every)
    return Printed((line("Cost of this session", "strong"), *rows))


def _cost(spent: Spent, width: int) -> Line:
    told = money(spent.known_cost_uusd, is_estimate=bool(spent.estimated))
    parts = [f"{spent.answers} answers", f"in {tokens(spent.input)}", f"out {tokens(spent.output)}"]
    parts += [f"cached {tokens(spent.cached_read)}"] if spent.cached_read else []
    parts += [f"{spent.unpriced} without a price"] if spent.unpriced else []
    return tuple(_spread(f"{clean_line(spent.alias):<{width}}  {told:>10}", "   ".join(parts)))


def _spread(left: str, right: str) -> Iterable[Span]:
    yield Span(left)
    yield Span(f"   {right}", "muted")
