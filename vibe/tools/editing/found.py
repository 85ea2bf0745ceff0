"""One edit with its places: a value that the search makes and the engine carries out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate

from msgspec import Struct

from vibe.tools.editing.lines import LineChange
from vibe.tools.editing.repair import Repair
from vibe.tools.editing.text import Splice

Span = tuple[int, int]


class Stretch(Struct, frozen=True, kw_only=True):
    """What an edit meant by `old` in one place, and the splices in there, in order."""

    start: int
    end: int
    splices: tuple[Splice, ...]


class Found(Struct, frozen=True, kw_only=True):
    """`doubts` are why the edit may be wrong; they count if the file would no longer parse."""

    stretches: tuple[Stretch, ...]
    repairs: frozenset[Repair] = frozenset()
    doubts: tuple[str, ...] = ()


def stretch(lines: Sequence[str], made: Sequence[LineChange], *, start: int, end: int) -> Stretch:
    """The changes to `lines`, which stand in a text from `start` to `end`.

    What is deleted takes one line end along: its own, or, at the end of the lines, the one before.
    """
    starts = list(accumulate((len(line) + 1 for line in lines), initial=start))
    splices: list[Splice] = []
    for change in made:
        new, first, last = "\n".join(change.new), starts[change.first], starts[change.end]
        match (bool(change.new), change.end > change.first):
            case True, True:
                last -= 1
            case True, False if change.first < len(lines):
                new += "\n"
            case True, False:
                first, last, new = first - 1, last - 1, "\n" + new
            case _ if change.end < len(lines):
                pass
            case _ if change.first > 0:
                first, last = first - 1, last - 1
            case _:
                last = end
        splices.append(Splice(start=first, end=last, new=new))
    return Stretch(start=start, end=end, splices=tuple(splices))


def in_order(found: Iterable[Found]) -> list[Stretch]:
    return sorted((part for each in found for part in each.stretches), key=lambda part: part.start)
