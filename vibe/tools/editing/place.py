"""Where an edit belongs in a text, and what it does there: to the letter, or by known repairs.

What was asked for is tried from the strictest to the loosest; the first that has a place, and
whose new lines are sure, is it. Among several places none is chosen.
"""

from __future__ import annotations

from collections.abc import Sequence

from vibe.errors import ToolError
from vibe.tools.editing.carry import carried
from vibe.tools.editing.doubt import before, check_meant, check_written, doubts
from vibe.tools.editing.found import Found, Span, Stretch, stretch
from vibe.tools.editing.line_place import found_by_lines
from vibe.tools.editing.lines import BLANKS, changes
from vibe.tools.editing.quotes import folded
from vibe.tools.editing.refusal import MOST_COUNTED, ambiguous
from vibe.tools.editing.text import Splice, Text

_MOST_CHANGED = 100_000


def found(text: Text, *, old: str, new: str, every: bool, path: str) -> Found:
    """Both with the line ends that the body has. ToolError: no place is surely meant."""
    spans = _occurrences(text.body, old, every=every)
    if _is_half_indented(text.body, spans, old=old, new=new):
        return found_by_lines(text, old=old, new=new)
    is_exact = bool(spans)
    spans = spans or _occurrences(folded(text.body), folded(old), every=False)
    if len(spans) > 1 and not (is_exact and every):
        raise ToolError(ambiguous(text, spans))
    if not spans:
        place = found_by_lines(text, old=old, new=new)
    else:
        check_meant(text.body, [start for start, _ in spans], old=old, new=new, path=path)
        if is_exact:
            place = _to_the_letter(text.body, spans, old=old, new=new)
        else:
            place = _but_for_quotes(text, spans[0], old=old, new=new)
    check_written(text.body, [s for part in place.stretches for s in part.splices], path=path)
    return place


def _occurrences(body: str, old: str, *, every: bool) -> tuple[Span, ...]:
    """The places of `old`; overlapping ones too, unless `every` one is to change."""
    most, step = (_MOST_CHANGED, len(old)) if every else (MOST_COUNTED, 1)
    places: list[Span] = []
    start = body.find(old)
    while start >= 0 and len(places) < most:
        places.append((start, start + len(old)))
        start = body.find(old, start + step)
    if every and start >= 0:
        raise ToolError(f"old stands more than {most} times in the file; change it with a command")
    return tuple(places)


def _is_half_indented(body: str, spans: Sequence[Span], *, old: str, new: str) -> bool:
    """Lines with a part of the blanks before the first one: of further lines nothing tells which
    they lack, but the other lines of the file."""
    if old[0] not in BLANKS or not ("\n" in old or "\n" in new):
        return False
    befores = (before(body, start) for start, _ in spans)
    return any(each and not each.strip(BLANKS) for each in befores)


def _to_the_letter(body: str, spans: Sequence[Span], *, old: str, new: str) -> Found:
    if not new and old.endswith("\n"):
        return Found(stretches=tuple(_without_lines(body, span) for span in spans))
    lines = old.split("\n")
    made = changes(lines, new.split("\n"))
    return Found(
        stretches=tuple(stretch(lines, made, start=start, end=end) for start, end in spans),
        doubts=tuple(doubts(old, new)),
    )


def _without_lines(body: str, span: Span) -> Stretch:
    """With the blanks before the first one, which would be left to stand before another line."""
    start, end = span
    blanks = before(body, start)
    first = start if blanks.strip(BLANKS) else start - len(blanks)
    return Stretch(start=start, end=end, splices=(Splice(start=first, end=end, new=""),))


def _but_for_quotes(text: Text, span: Span, *, old: str, new: str) -> Found:
    start, end = span
    actual = text.body[start:end].split("\n")
    change = carried(old.split("\n"), actual, new.split("\n"), file=())
    part = stretch(actual, change.made, start=start, end=end)
    return Found(stretches=(part,), repairs=change.repairs)
