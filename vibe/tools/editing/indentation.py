"""The indentation of a file, for text that was asked for with another one.

The rule is found from the lines that stand in both, and must hold for all of them: the same blanks
more or fewer before every line, or so many spaces for each tab. It keeps the order of levels, so
what was nested stays nested. Where no rule holds, or its result would mix tabs and spaces in a way
that the file does not, this refuses.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from math import gcd

from msgspec import Struct

from vibe.errors import ToolError
from vibe.tools.editing.lines import indent_of

_UNITS = frozenset({2, 3, 4, 8})  # of spaces a tab may stand for


class _Seen(Struct, frozen=True, kw_only=True):
    """What a rule is found from: indents as asked for and as they are, the new ones, the file's."""

    indents: Mapping[str, str]
    new: frozenset[str]
    file: Sequence[str]

    @property
    def own(self) -> frozenset[str]:
        """The blanks that the place is indented with, or else the file; or else spaces."""
        return frozenset("".join(self.indents.values())) or used_blanks(self.file) or frozenset(" ")

    @property
    def step(self) -> int | None:
        """By how much a line of the file is mostly deeper than the one before it, if it is."""
        indents = [len(indent_of(line)) for line in self.file if line.strip()]
        steps = Counter(deeper - width for width, deeper in pairwise(indents) if deeper > width)
        return steps.most_common(1)[0][0] if steps else None

    def is_shift(self, blanks: str) -> bool:
        """Whether lines that were not asked for may be moved so far: by whole levels."""
        return len(blanks) % (self.step or 1) == 0


def used_blanks(lines: Iterable[str]) -> frozenset[str]:
    """What the lines are indented with."""
    return frozenset("".join(map(indent_of, lines)))


def reindented(
    indents: Mapping[str, str], new: Iterable[str], *, file: Sequence[str]
) -> dict[str, str]:
    """The file's indentation for each of `new`.

    `indents` are those of lines that were asked for, with those that the same lines have in the
    file. ToolError: there is no rule by which one could be told from the other.
    """
    seen = _Seen(indents=indents, new=frozenset(new), file=file)
    for rule in (_known, _more, _fewer, _converted):
        found = rule(seen)
        if found is not None and all(frozenset(indent) <= seen.own for indent in found.values()):
            return found
    raise ToolError("it is not indented as the file is, and no rule makes the one of the other")


def _known(seen: _Seen) -> dict[str, str] | None:
    """Each new indent is one that was asked for, and what is deeper there is deeper in the file."""
    pairs = sorted(seen.indents.items(), key=lambda pair: len(pair[0]))
    is_ordered = all(
        len(asked) < len(deeper) and len(actual) < len(deeper_actual)
        for (asked, actual), (deeper, deeper_actual) in pairwise(pairs)
    )
    return dict(pairs) if is_ordered and seen.new <= seen.indents.keys() else None


def _more(seen: _Seen) -> dict[str, str] | None:
    asked, actual = next(iter(seen.indents.items()))
    more = actual.removesuffix(asked)
    if all(more + one == other for one, other in seen.indents.items()) and seen.is_shift(more):
        return {indent: more + indent for indent in seen.new}
    return None


def _fewer(seen: _Seen) -> dict[str, str] | None:
    asked, actual = next(iter(seen.indents.items()))
    fewer = asked.removesuffix(actual)
    if not all(one == fewer + other for one, other in seen.indents.items()):
        return None
    if not all(indent.startswith(fewer) for indent in seen.new) or not seen.is_shift(fewer):
        return None
    return {indent: indent.removeprefix(fewer) for indent in seen.new}


def _converted(seen: _Seen) -> dict[str, str] | None:
    widths = sorted((len(one), len(other)) for one, other in seen.indents.items())
    match sorted(used_blanks((*seen.indents, *seen.new))), sorted(seen.own):
        case [" "], ["\t" as blank]:
            guess = _tabs_for_a_space
        case ["\t"], [" " as blank]:
            guess = _spaces_for_a_tab
        case _:
            return None
    slopes = _slopes(widths) or {guess(widths, seen)}
    per_blank = slopes.pop()
    if slopes or not per_blank or max(per_blank, 1 / per_blank) not in _UNITS:
        return None
    width, actual = widths[0]
    found = {indent: actual + (len(indent) - width) * per_blank for indent in seen.new}
    if any(one < 0 or one.denominator != 1 for one in found.values()):
        return None
    return {indent: blank * int(one) for indent, one in found.items()}


def _slopes(widths: Sequence[tuple[int, int]]) -> set[Fraction | None]:
    """How many blanks of the file stand for one that was asked for, from level to level."""
    return {
        Fraction(deeper_actual - actual, deeper - width)
        for (width, actual), (deeper, deeper_actual) in pairwise(widths)
    }


def _tabs_for_a_space(widths: Sequence[tuple[int, int]], seen: _Seen) -> Fraction | None:
    width, tabs = widths[0]
    if width and tabs:
        return Fraction(tabs, width)
    unit = gcd(*(len(indent) - width for indent in seen.new))
    return Fraction(1, unit) if unit else None


def _spaces_for_a_tab(widths: Sequence[tuple[int, int]], seen: _Seen) -> Fraction | None:
    tabs, width = widths[0]
    if tabs and width:
        return Fraction(width, tabs)
    return Fraction(seen.step) if seen.step else None
