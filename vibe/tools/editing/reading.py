"""What a request can have meant, from what it says to what it was before it was spoilt in copying.

Which of the readings is the right one only the file can tell.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from vibe.tools.editing.escapes import closes_its_quotes, unescaped
from vibe.tools.editing.lines import lines_of
from vibe.tools.editing.numbers import Listing, listings, without_numbers
from vibe.tools.editing.repair import Repair


class Reading(Struct, frozen=True, kw_only=True):
    """What to find and what to put there; with a `problem`, what to put there is not known."""

    old: str
    new: str
    repairs: frozenset[Repair] = frozenset()
    listing: Listing | None = None
    problem: str = ""

    @property
    def is_likely(self) -> bool:
        """Whether the file need not prove it: no quotes are torn apart."""
        return all(map(closes_its_quotes, self.old.split("\n")))


def readings(old: str, new: str) -> Iterator[Reading]:
    yield Reading(old=old, new=new)
    for listing in listings(lines_of(old)):
        lines = without_numbers(lines_of(new), listing.separator)
        yield Reading(
            old=_ended(listing.lines, old),
            new="" if lines is None else _ended(lines, new),
            repairs=frozenset({Repair.LINE_NUMBERS}),
            listing=listing,
            problem="" if lines is not None else _NUMBERED_IN_PART,
        )
    for old_before, new_before in unescaped(old, new):
        yield Reading(
            old=old_before,
            new=new_before or "",
            repairs=frozenset({Repair.ESCAPES}),
            problem="" if new_before is not None else _ESCAPED_IN_PART,
        )


def _ended(lines: tuple[str, ...], text: str) -> str:
    return "\n".join(lines) + "\n" * text.endswith("\n")


_NUMBERED_IN_PART = "some lines of new carry line numbers and some do not; send it without"
_ESCAPED_IN_PART = r"which \n of new are line ends is not sure; send line ends as they are"
