"""What the model is told when an edit finds no place, so that its next one finds it.

Real lines with their numbers, never a suggestion: that would be believed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from vibe.tools.editing.lines import changes
from vibe.tools.editing.nearest import nearest, shortened, sought_lines
from vibe.tools.editing.text import Text, line_numbers

MOST_COUNTED = 1_000  # places of one text
_MOST_SHOWN = 3
_MOST_LINES = 20
_MOST_ASKED = 8  # lines that the model has written itself
_MOST_COMPARED = 60
_MOST_ALIKE = 2
_MOST_NUMBERS = 20
_TELLING = 20  # characters; what is shorter stands in many a file by chance


def ambiguous(text: Text, spans: Sequence[tuple[int, int]]) -> str:
    """`old` stands in several places."""
    numbers = dict.fromkeys(line_numbers(text.body, (start for start, _ in spans[:_MOST_NUMBERS])))
    lines = ", ".join(map(str, numbers)) + (", …" if len(spans) > _MOST_NUMBERS else "")
    times = f"{len(spans)} times" + (" or more" if len(spans) == MOST_COUNTED else "")
    told = (
        f"old stands {times} in the file, at {'line' if len(numbers) == 1 else 'lines'} {lines}; "
        "add lines around it that tell which is meant, or set all to change each"
    )
    shown = (excerpt(text, *span) for span in spans[:_MOST_SHOWN])
    return "\n".join((f"{told}:", *shown))


def unmatched(text: Text, old: str, *, new: str) -> str:
    """`old` stands nowhere: the nearest blocks, each with a diff from what was asked for."""
    if not text.body:
        return "the file is empty"
    wanted = sought_lines(old)
    blocks = nearest(text.body, old)
    told = "old is not in the file; nearest to it (- as you wrote it, + as it stands there):"
    place = text.body.find(new) if len(new) >= _TELLING else -1
    if place >= 0:
        line = text.body.count("\n", 0, place) + 1
        told = f"new stands in the file already, at line {line}; {told}"
    shown = (
        "\n".join(
            (
                f"{span(near.first, len(near.lines))}:",
                *_clipped(_compared(wanted, near.lines), _MOST_COMPARED),
            )
        )
        for near in blocks
    )
    return "\n".join((told, *shown)) if blocks else "old is not in the file, nor anything like it"


def excerpt(text: Text, start: int, end: int) -> str:
    """The lines of a place with one before and one after, under their numbers."""
    body = text.body
    first = body.rfind("\n", 0, max(body.rfind("\n", 0, start), 0)) + 1
    last = body.find("\n", max(start, end - 1))
    last = body.find("\n", last + 1) if last >= 0 else last
    lines = body[first : last if last >= 0 else len(body)].split("\n")
    numbered = (
        f"{number}\t{shortened(line)}"
        for number, line in enumerate(lines, start=body.count("\n", 0, first) + 1)
    )
    return "\n".join(_clipped(numbered, _MOST_LINES))


def span(first: int, count: int) -> str:
    return f"line {first}" if count == 1 else f"lines {first}-{first + count - 1}"


def _compared(asked: Sequence[str], actual: Sequence[str]) -> Iterator[str]:
    """A diff in which long runs of lines that are alike are left out."""
    copied = 0
    for change in changes(asked, actual):
        yield from _alike(asked[copied : change.first])
        yield from _clipped((f"- {line}" for line in asked[change.first : change.end]), _MOST_ASKED)
        yield from _clipped((f"+ {line}" for line in change.new), _MOST_LINES)
        copied = change.end
    yield from _alike(asked[copied:])


def _alike(lines: Sequence[str]) -> Iterator[str]:
    if len(lines) > 2 * _MOST_ALIKE:
        lines = (*lines[:_MOST_ALIKE], "…", *lines[-_MOST_ALIKE:])
    yield from (f"  {line}" for line in lines)


def _clipped(lines: Iterable[str], most: int) -> Iterator[str]:
    remaining = iter(lines)
    yield from islice(remaining, most)
    if next(remaining, None) is not None:
        yield "…"
