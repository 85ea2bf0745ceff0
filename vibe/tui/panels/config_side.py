"""The file beside its form: numbered lines, and below each what is wrong with it.

Pure. A line that may hold a secret is masked before it comes here or here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from vibe.clean import clean_line
from vibe.config.locate import mask
from vibe.config.problem import Problem, Severity
from vibe.tui.draw.ink import EMPTY, Ink, Line, Span, cropped, line

INKS: Final[dict[Severity, Ink]] = {"error": "bad", "warning": "warn", "note": "muted"}
NUMBER: Final = 4


def file_lines(
    text: Sequence[str],
    problems: Sequence[Problem],
    *,
    selected: int,
    width: int,
    height: int,
    hide: Callable[[str], str],
) -> list[Line]:
    """As many as `height`, around the line that is `selected`, counted from 1."""
    first = max(1, min(selected - height // 3, len(text) - height + 1))
    drawn: list[Line] = []
    at_selected = 0
    for number in range(first, len(text) + 1):
        if number == selected:
            at_selected = len(drawn)
        row = hide(mask(text[number - 1].rstrip("\r").expandtabs(4)))
        drawn.append(_numbered(number, row, width, is_selected=number == selected))
        drawn += (_told(each, width) for each in problems if each.spot.line == number)
        if len(drawn) >= height and number > selected:
            break
    start = max(0, min(at_selected - height // 3, len(drawn) - height))
    shown = drawn[start : start + height]
    return [*shown, *[EMPTY] * (height - len(shown))]


def _numbered(number: int, row: str, width: int, *, is_selected: bool) -> Line:
    mark = Span(f"{number:>{NUMBER}} ", "accent" if is_selected else "muted")
    return cropped((mark, Span(clean_line(row), _ink_of(row, is_selected=is_selected))), width)


def _ink_of(row: str, *, is_selected: bool) -> Ink:
    if is_selected:
        return "strong"
    start = row.lstrip()[:1]
    return "muted" if start == "#" else "heading" if start == "[" else "plain"


def _told(problem: Problem, width: int) -> Line:
    ink = INKS[problem.severity]
    told = f"{problem.message}; {problem.help}" if problem.help else problem.message
    return cropped((Span(f"{'!':>{NUMBER}} ", ink), *line(clean_line(told), ink)), width)
