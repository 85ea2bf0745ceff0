"""The joint of two parts of one answer: the second without what it only says again.

An answer was cut, and a model was asked to go on from exactly there. What it says comes in pieces
and is held back only as long as it may be a repeat of the end, or of the opening, of what was seen.
Nothing else is ever left out, and nothing is put in: whether «The quick» and «brown», or «contin»
and «ues», want a space between them cannot be known here. A space that the part ends with was seen.
"""

from __future__ import annotations

import re
from itertools import takewhile
from typing import Final, TypeAlias
from unicodedata import east_asian_width

from msgspec import Struct

SHORT: Final = 200  # characters; a shorter part is not worth going on from
REACH: Final = 2_000  # characters before the end of the part in which a repeat may begin
MOST_HELD: Final = REACH + 64  # and what may stand in front of a repeat

# How many letters and digits make a repeat evident. Who was given the part itself to go on from
# rarely repeats it; who saw it quoted often does. An ideograph says about as much as three letters.
EVIDENT: Final = 12
EVIDENT_PREFILLED: Final = 40
EVIDENT_IN_WORD: Final = 3  # where letters would follow on letters, the cut word begins again
EVIDENT_OPENING: Final = 40
WIDE: Final = 3

# Blank lines, a fence, quotation marks, an ellipsis: what models put in front of what they quote.
_LEAD = re.compile(r"\s{0,20}(?:```[\w+#.-]{0,20}\n)?[\s\"'“”„«»‘’`>….]{0,20}")
_FENCE_OF_LEAD = re.compile(r"\s{0,20}```[\w+#.-]{0,20}")
_BLANK = re.compile(r"\s{0,20}")
_FENCE = re.compile(r"^[ \t]*(`{3,}|~{3,})([^`\n]*)$", re.MULTILINE)


class Restart(Struct, frozen=True):
    """The model began anew: `text` is the beginning of an answer that takes the part's place."""

    text: str


Joined: TypeAlias = str | Restart


def is_short(part: str) -> bool:
    """Whether to ask anew instead of for the rest."""
    return len(part) < SHORT


class Joint:
    """What `feed` and `finish` return goes straight after `part`, until one returns a `Restart`.

    `prefilled`: the model was given the part as the beginning of its own answer, not quoted;
    `trimmed`: and without the white space at its end, which the Messages API refuses.
    """

    def __init__(self, part: str, *, prefilled: bool, trimmed: bool = False) -> None:
        self._part = part
        self._body = part.rstrip()
        self._first = max(0, len(part) - REACH)
        self._last = _last_evident(self._body, _needed(part, prefilled=prefilled))
        self._tail = part[max(self._first, len(self._body)) :]
        self._unsent = self._tail if trimmed else ""
        self._opening = "" if is_short(part) else _evident_opening(part)
        self._fence = "" if prefilled else _open_fence(part)
        self._held = ""
        self._is_settled = False

    def feed(self, delta: str) -> Joined:
        if self._is_settled:
            return delta
        self._held += delta
        return "" if self._may_change() else self._settle()

    def finish(self) -> Joined:
        return "" if self._is_settled else self._settle()

    def _may_change(self) -> bool:
        """Whether `_settle` could find more if it knew what comes next.

        It finds the same in any longer text otherwise, so that deltas may be split anywhere.
        """
        held = self._held
        rests = [held[at:] for at in _starts(held)]
        return (
            any(self._opening.startswith(rest) or self._may_repeat(rest) for rest in rests)
            or self._fence.startswith(held[_blank(held) :])
            or self._unsent.startswith(held)
            or bool(_FENCE_OF_LEAD.fullmatch(held))
        )

    def _settle(self) -> Joined:
        held, self._held, self._is_settled = self._held, "", True
        repeat = self._end_of_repeat(held)
        if repeat:
            return held[repeat:]
        if self._opening and any(held.startswith(self._opening, at) for at in _starts(held)):
            return Restart(held)
        return held[self._end_of_fence(held) or _alike(held, self._unsent) :]

    def _may_repeat(self, text: str) -> bool:
        at = self._part.find(text, self._first)
        while 0 <= at <= self._last:
            if _is_boundary(self._part, at):
                return True
            at = self._part.find(text, at + 1)
        return False

    def _end_of_repeat(self, held: str) -> int:
        """Where the new text begins; 0 where `held` repeats nothing."""
        found = [(self._repeated(held[start:]), start) for start in _starts(held)]
        at, start = min(found)  # the longest repeat
        if at == len(self._body) or _is_rhythm(self._body[:at], self._body[at:]):
            return 0
        end = start + len(self._body) - at
        return end + _alike(held[end:], self._tail)

    def _repeated(self, text: str) -> int:
        """From where on the part is what `text` begins with; its length where it is not."""
        for at in range(max(self._first, len(self._body) - len(text)), self._last + 1):
            if _is_boundary(self._body, at) and text.startswith(self._body[at:]):
                return at
        return len(self._body)

    def _end_of_fence(self, held: str) -> int:
        """Past the line that opens the code block again, now in a message of its own.

        A line that names a language closes no block, so that it would stand in the code.
        """
        start = _blank(held)
        if self._fence and held.startswith(self._fence, start):
            return start + len(self._fence)
        return 0


def _needed(part: str, *, prefilled: bool) -> int:
    if prefilled:
        return EVIDENT_PREFILLED
    last = part[-1:]
    return EVIDENT_IN_WORD if last.isalpha() and not _is_wide(last) else EVIDENT


def _last_evident(body: str, needed: int) -> int:
    """Where the shortest repeat begins that cannot be chance; -1: nothing is long enough."""
    weight = 0
    for at in range(len(body) - 1, -1, -1):
        weight += _weight(body[at])
        if weight >= needed:
            return at
    return -1


def _evident_opening(part: str) -> str:
    """What nothing but an answer that begins anew begins with; empty where the part repeats it."""
    said = part.lstrip()
    weight = 0
    for length, character in enumerate(said[:REACH], start=1):
        weight += _weight(character)
        if weight >= EVIDENT_OPENING:
            opening = said[:length]
            return opening if said.find(opening, 1) < 0 else ""
    return ""


def _open_fence(part: str) -> str:
    """The line that opened the code block in which the part ends, where it names a language."""
    opened: re.Match[str] | None = None
    for fence in _FENCE.finditer(part):
        if opened is None:
            opened = fence
        elif fence[1].startswith(opened[1]) and not fence[2].strip():
            opened = None
    if opened is None or not opened[2].strip() or len(opened[0]) > REACH:
        return ""
    return f"{opened[0].strip()}\n"


def _is_rhythm(before: str, repeat: str) -> bool:
    """Whether the text repeats itself there anyway, as rows, rules and laughter do."""
    thirds = repeat[len(repeat) // 3 :]
    return before.rstrip().endswith(repeat.strip()) or thirds in repeat[:-1]


def _starts(held: str) -> range:
    """Where a repeat can begin."""
    lead = _LEAD.match(held)
    return range(lead.end() + 1 if lead else 1)


def _blank(text: str) -> int:
    blank = _BLANK.match(text)
    return blank.end() if blank else 0


def _alike(one: str, other: str) -> int:
    """How many characters the two begin with alike."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _is_boundary(text: str, at: int) -> bool:
    """Whether no word is cut here. Ideographs stand each for itself."""
    return at == 0 or not (_is_of_word(text[at - 1]) and _is_of_word(text[at]))


def _is_of_word(character: str) -> bool:
    return character == "_" or (character.isalnum() and not _is_wide(character))


def _weight(character: str) -> int:
    if not character.isalnum():
        return 0
    return WIDE if _is_wide(character) else 1


def _is_wide(character: str) -> bool:
    return east_asian_width(character) in "WF"
