"""Line numbers that were copied along with lines, as listings have them in front.

Lines count as numbered where all carry numbers, each by one higher than the one before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

_SURE = ("\t", "→")
_SEPARATORS = (*_SURE, " | ", "| ", "|", ": ", ":")  # the others are common in texts, too
_NUMBER = re.compile(r"[ \t]*(\d{1,7})")


class Listing(Struct, frozen=True, kw_only=True):
    """Lines without their numbers, the number of the first, and what stood behind each."""

    first: int
    separator: str
    lines: tuple[str, ...]


def listings(lines: Sequence[str]) -> Iterator[Listing]:
    """The lines without their numbers, for each separator that may have followed those."""
    for separator in _SEPARATORS:
        pairs = [_split(line, separator) for line in lines]
        first = next((number - n for n, (number, _) in enumerate(pairs) if number is not None), 0)
        if first > 0 and all(
            number == first + n if line.strip() else number in (None, first + n)
            for n, (number, line) in enumerate(pairs)
        ):
            without = tuple(line for _, line in pairs)
            yield Listing(first=first, separator=separator, lines=without)


def brings_numbers(old: Sequence[str], new: Sequence[str], *, at: Iterable[int]) -> bool:
    """Whether `new` can hardly be anything but a listing, and `old` is none. `at` are the numbers
    of the lines where that would stand."""
    if next(listings(old), None) is not None:
        return False
    firsts = frozenset(at)
    return any(_is_meant(found, firsts) for found in listings(new))


def _is_meant(found: Listing, firsts: frozenset[int]) -> bool:
    """One line alone has to have its own number, and something behind it."""
    is_sure, is_there = found.separator in _SURE, found.first in firsts
    if len(found.lines) > 1:
        return is_sure or is_there
    return is_sure and is_there and any(found.lines)


def has_number(line: str, separator: str) -> bool:
    return _split(line, separator)[0] is not None


def without_numbers(lines: Sequence[str], separator: str) -> tuple[str, ...] | None:
    """The lines without numbers, in whatever order those are; None if only some lines have them."""
    pairs = [_split(line, separator) for line in lines]
    if len({number is None for number, line in pairs if number is not None or line.strip()}) > 1:
        return None
    return tuple(line for _, line in pairs)


def _split(line: str, separator: str) -> tuple[int | None, str]:
    """The number before the separator and the rest; of an empty line the number may stand alone."""
    found = _NUMBER.match(line)
    rest = line[found.end() :] if found else ""
    if found and rest.startswith(separator):
        return int(found[1]), rest.removeprefix(separator)
    if found and rest.strip() in ("", separator.strip()):
        return int(found[1]), ""
    return None, line
