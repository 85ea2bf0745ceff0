"""How an entry stands, as a mark and a word: the one table of them, for every screen and command.

Colour tells nothing that these do not. Knows no ink.
"""

from __future__ import annotations

from typing import assert_never

from vibe.domain.model import Alias
from vibe.domain.telling import duration
from vibe.mux.snapshot import EntrySnapshot


def condition(entry: EntrySnapshot, pinned: Alias | None = None) -> tuple[str, str]:
    """It probes only while a probe is under way; until then it is to probe."""
    if entry.trouble:
        return "!", "unusable"
    if entry.taken_out:
        return "○", "aside" if pinned else "out"
    if entry.probing:
        return "◐", "probing"
    match entry.state:
        case "open":
            return "○", "rests" + _for(entry.back_in_s)
        case "half_open":
            return "◐", "to probe"
        case "closed" if entry.spent_for_s is not None:
            return "○", "spent" + _for(entry.spent_for_s)
        case "closed":
            mark = "●" if entry.can_answer else "○"
            return mark, "pinned" if entry.alias == pinned else "ready"
        case _:
            assert_never(entry.state)


def _for(seconds: float | None) -> str:
    return "" if seconds is None else f" {duration(seconds)}"
