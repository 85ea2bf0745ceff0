"""The blocks of a file that come nearest to one that it does not have.

Whatever the file, the work is bounded: pieces of what is sought are looked up, the lines around
the places where several of them stand together are compared, and of those only so much.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

from msgspec import Struct

from vibe.tools.editing.lines import block_of, lines_of

_MOST_PIECES = 40
_MOST_PLACES = 100  # of one piece; those of a rarer one count for more
_MOST_COMPARED = 20
_FEW = 60  # of so many blocks each is compared
_LONGEST_COMPARED = 2_000  # characters of a block
_LONGEST_LINE = 300
_WORD = re.compile(r"\w{3,40}")
_PART = re.compile(r"(?=(\S\S\S))")
_TOKEN = re.compile(r"\w+|\S")


class Near(Struct, frozen=True, kw_only=True):
    """Lines of a file, long ones cut, and the number of the first, from 1."""

    first: int
    lines: tuple[str, ...]


def sought_lines(text: str) -> tuple[str, ...]:
    """What of a text is compared: the lines that hold something, cut as those of the file are."""
    return tuple(map(shortened, block_of(lines_of(text)).lines))


def nearest(body: str, sought: str, *, most: int = 3) -> tuple[Near, ...]:
    """The nearest first; no two share a line."""
    wanted = sought_lines(sought)
    lines = body.removesuffix("\n").split("\n")
    starts = [0, *(found.end() for found in re.finditer("\n", body))]
    last = max(len(lines) - len(wanted), 0)
    few = range(last + 1) if last < _FEW else ()
    voted = (line for piece in (_WORD, _PART) for line in _voted(body, wanted, piece, starts))
    candidates = dict.fromkeys(min(max(line, 0), last) for line in (*voted, *few))
    blocks = [
        Near(first=line + 1, lines=tuple(map(shortened, lines[line : line + len(wanted)])))
        for line in candidates
    ]
    blocks.sort(key=lambda near: _likeness(near.lines, wanted), reverse=True)
    chosen: list[Near] = []
    for near in blocks:
        if all(abs(near.first - other.first) >= len(wanted) for other in chosen):
            chosen.append(near)
    return tuple(chosen[:most])


def _voted(
    body: str, wanted: Sequence[str], piece: re.Pattern[str], starts: Sequence[int]
) -> list[int]:
    """Where the block may begin; first where the most of it, and the rarest, is in its place."""
    found = {
        match[match.lastindex or 0]: number
        for number, line in enumerate(wanted)
        for match in piece.finditer(line)
    }
    pieces = list(found.items())
    votes: dict[int, float] = {}
    for text, number in pieces[:: len(pieces) // _MOST_PIECES + 1]:
        places = _places(body, text)
        for line in {bisect_right(starts, place) - 1 for place in places}:
            votes[line - number] = votes.get(line - number, 0) + 1 / len(places)
    return sorted(votes, key=votes.__getitem__, reverse=True)[:_MOST_COMPARED]


def _places(body: str, text: str) -> list[int]:
    places: list[int] = []
    place = body.find(text)
    while place >= 0 and len(places) < _MOST_PLACES:
        places.append(place)
        place = body.find(text, place + 1)
    return places


def _likeness(lines: Sequence[str], wanted: Sequence[str]) -> float:
    from difflib import SequenceMatcher  # off the path of edits that succeed

    one, other = ("\n".join(each)[:_LONGEST_COMPARED] for each in (lines, wanted))
    if max(len(one), len(other)) <= _LONGEST_LINE:
        return SequenceMatcher(None, one, other, autojunk=False).ratio()
    tokens = _TOKEN.findall(one), _TOKEN.findall(other)
    return SequenceMatcher(None, *tokens, autojunk=False).ratio()


def shortened(line: str) -> str:
    """A line that is fit to be shown; of a very long one its start."""
    return line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}…"
