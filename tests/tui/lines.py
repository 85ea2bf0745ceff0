"""Lines as text, for tests that look at what is drawn."""

from __future__ import annotations

from collections.abc import Iterable

from vibe.tui.draw.ink import Line, text_of


def shown(lines: Iterable[Line]) -> list[str]:
    """Without blanks at their ends."""
    return [text_of(each).rstrip() for each in lines]
