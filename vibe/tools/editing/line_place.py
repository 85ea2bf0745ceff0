"""Where lines belong that stand in a file but for blanks, quotes, numbers or escapes.

Only whole lines, and only where there is one place for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice, takewhile

from msgspec import Struct

from vibe.errors import ToolError
from vibe.tools.editing.carry import carried
from vibe.tools.editing.first_line import with_first_indent
from vibe.tools.editing.found import Found, stretch
from vibe.tools.editing.lines import block_of, lines_of, loose, places
from vibe.tools.editing.numbers import brings_numbers, has_number
from vibe.tools.editing.reading import Reading, readings
from vibe.tools.editing.refusal import MOST_COUNTED, ambiguous, excerpt, unmatched
from vibe.tools.editing.repair import Repair
from vibe.tools.editing.text import Text


class _File(Struct, frozen=True, kw_only=True):
    """A text as lines, and the same ones loosened."""

    text: Text
    lines: tuple[str, ...]
    loosened: tuple[str, ...]


def found_by_lines(text: Text, *, old: str, new: str) -> Found:
    """ToolError: no lines are surely meant, or something about the new ones cannot be known."""
    lines = lines_of(text.body)
    file = _File(text=text, lines=lines, loosened=tuple(map(loose, lines)))
    problem: ToolError | None = None
    sought = old
    for reading in readings(old, new):
        if reading.is_likely:
            sought = reading.old
        try:
            found = _with_blank_lines(file, reading) or _without_blank_lines(file, reading)
        except ToolError as error:
            problem = problem or error
        else:
            if found:
                return found
    raise problem or ToolError(unmatched(text, sought, new=new))


def _with_blank_lines(file: _File, reading: Reading) -> Found | None:
    asked = lines_of(reading.old)
    index = _only_place(file, asked)
    if index is None:
        return None
    new = _sure_new(file, index, reading)
    if new and new.endswith("\n") != reading.old.endswith("\n"):
        raise ToolError("of old and new only one ends with a line end; end both alike")
    is_unended = index + len(asked) == len(file.lines) and not file.text.body.endswith("\n")
    repairs = [Repair.LAST_LINE_END] * (is_unended and reading.old.endswith("\n"))
    return _found(file, index, reading, old=asked, new=lines_of(new), repairs=repairs)


def _without_blank_lines(file: _File, reading: Reading) -> Found | None:
    """Without those around the lines, where it is sure how many there are to be."""
    block = block_of(lines_of(reading.old))
    index = _only_place(file, block.lines)
    if index is None:
        return None
    new = _sure_new(file, index - block.before, reading)
    new_block = block_of(lines_of(new))
    following = _blank(file.loosened[index + len(block.lines) :])
    preceding = _blank(reversed(file.loosened[:index]))
    ends, new_ends = (
        after + text.endswith("\n")
        for after, text in ((block.after, reading.old), (new_block.after, new))
    )
    keeps_after = new_ends in (ends, following + 1) or new_ends == following == 0
    if new_block.before not in (block.before, preceding) or not keeps_after:
        raise ToolError(
            f"blank lines around the lines of old: {preceding} before and {following} behind them "
            "in the file; begin and end old and new with as many"
        )
    return _found(
        file, index, reading, old=block.lines, new=new_block.lines, repairs=[Repair.BLANK_LINES]
    )


def _blank(loosened: Iterable[str]) -> int:
    return sum(1 for _ in takewhile(lambda line: not line, loosened))


def _only_place(file: _File, lines: Sequence[str]) -> int | None:
    wanted = tuple(map(loose, lines))
    if not any(wanted):
        return None
    indices = list(islice(places(file.loosened, wanted), MOST_COUNTED))
    if len(indices) > 1:
        spans = [_span(file, index, len(wanted)) for index in indices]
        raise ToolError(ambiguous(file.text, spans))
    return indices[0] if indices else None


def _span(file: _File, index: int, count: int) -> tuple[int, int]:
    """From the start of a line to the end of another, without its line end."""
    start = sum(map(len, file.lines[:index])) + index
    return start, start + len("\n".join(file.lines[index : index + count]))


def _sure_new(file: _File, index: int, reading: Reading) -> str:
    """The new text of a reading whose first line has this index. ToolError: it may be another."""
    if listing := reading.listing:
        is_misnumbered = listing.first != index + 1
        is_alone = len(listing.lines) == 1
        if is_misnumbered and (
            is_alone or any(has_number(line, listing.separator) for line in file.lines)
        ):
            raise ToolError("old carries what look like line numbers, but not those of the lines")
    elif brings_numbers(lines_of(reading.old), lines_of(reading.new), at=(index + 1,)):
        raise ToolError("new carries line numbers; send it without")
    if reading.problem:
        raise ToolError(reading.problem)
    return reading.new


def _found(
    file: _File,
    index: int,
    reading: Reading,
    *,
    old: Sequence[str],
    new: Sequence[str],
    repairs: Iterable[Repair],
) -> Found:
    actual = file.lines[index : index + len(old)]
    start, end = _span(file, index, len(old))
    if reading.old.endswith("\n") and end < len(file.text.body):
        end += 1
    try:
        old, new = with_first_indent(old, actual, new)
        change = carried(old, actual, new, file=file.lines)
    except ToolError as error:
        shown = excerpt(file.text, start, end)
        raise ToolError(f"{error.message}; there it stands as:\n{shown}") from error
    return Found(
        stretches=(stretch(actual, change.made, start=start, end=end),),
        repairs=change.repairs.union(reading.repairs, repairs),
    )
