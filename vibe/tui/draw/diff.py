"""A unified diff as coloured lines with the numbers of the new file, and how much it changes."""

from __future__ import annotations

import re

from vibe.tui.draw.ink import Ink, Line, Span, folded, line

_HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)")
_INKS: dict[str, Ink] = {"+": "added", "-": "removed"}


def is_diff(text: str) -> bool:
    """With hunks; or all of a new file, which has none."""
    rows = text.rstrip("\n").split("\n")
    return rows[-1].startswith("+") or any(_HUNK.match(row) for row in rows)


def changed(diff: str) -> str:
    """`+3 −1`."""
    rows = [row for row in diff.split("\n") if not row.startswith(("+++", "---"))]
    added = sum(row.startswith("+") for row in rows)
    removed = sum(row.startswith("-") for row in rows)
    return f"+{added} −{removed}"


def drawn_diff(diff: str, width: int) -> list[Line]:
    """Every line of it; those that are too long go on below."""
    lines: list[Line] = []
    old, new, is_within = 0, 1, False
    is_new = not any(_HUNK.match(row) for row in diff.split("\n"))
    for row in diff.rstrip("\n").split("\n"):
        if found := _HUNK.match(row):
            lines += [line("   ⋮", "muted")] if is_within else []
            old, new, is_within = int(found[1]), int(found[2]), True
            continue
        if row.startswith(("--- ", "+++ ")) and not is_within and not is_new:
            continue
        is_within = is_within or (is_new and row.startswith("+"))
        mark = row[:1] if is_within and row[:1] in ("+", "-", " ", "\\") else " "
        number = str(old if mark == "-" else new) if is_within and mark != "\\" else ""
        body = row[1:] if is_within else row
        ink = _INKS.get(mark, "plain")
        first, *rest = folded(line(body.expandtabs(4), ink), max(1, width - 7))
        lines.append((Span(f"{number:>4} ", "muted"), Span(f"{mark} ", ink), *first))
        lines += [(Span(" " * 7), *each) for each in rest]
        old += mark in "- "
        new += mark in "+ "
    return lines
