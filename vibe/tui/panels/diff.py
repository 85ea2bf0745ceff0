"""`/diff`: what a session changed in files, one after another, unified, to be scrolled."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from vibe.agent.changes import FileChange
from vibe.clean import clean_line, written_out
from vibe.tui.draw.diff import changed, drawn_diff
from vibe.tui.draw.ink import Line, Span, line, sides, wrapped
from vibe.tui.panels.reading import Reading


def diff_panel(
    changes: Sequence[FileChange], *, folder: Path, close: Callable[[], None]
) -> Reading:
    count = sum(1 for each in changes if each.diff)
    told = f"   {count} file{'s' * (count != 1)} of this conversation"
    title = (Span("Changes", "strong"), Span(told, "muted"))
    return Reading(title, lambda width: tuple(_lines(changes, folder, width)), close=close)


def _lines(changes: Sequence[FileChange], folder: Path, width: int) -> Iterator[Line]:
    if not changes:
        yield line("no file is other than it was before this conversation", "muted")
    for number, change in enumerate(changes):
        if number:
            yield ()
        path = Path(change.path)
        name = str(path.relative_to(folder) if path.is_relative_to(folder) else path)
        kind = "   new" if change.is_new else "   deleted" if change.is_gone else ""
        facts = changed(change.diff) if change.diff else ""
        left = (Span(clean_line(name), "strong"), Span(kind, "muted"))
        yield sides(left, line(facts, "muted"), width)
        if change.why:
            yield from wrapped((Span("! ", "warn"), Span(clean_line(change.why))), width)
        if change.diff:
            yield from drawn_diff(written_out(change.diff), width)
