"""Configuration problems as a person reads them, and as a program does."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from vibe.cli.table import drawn
from vibe.cli.terminal import Ink, Paint, Painted, joined
from vibe.config.locate import MAX_SHOWN, Spot, mask
from vibe.config.problem import Edit, Problem, Severity

MOST_SHOWN = 20
_MOST_LINES = 20
_MOST_LINES_OF_ONE = 100  # a whole file that was not TOML is there to be copied
_WIDEST = 100
_INKS: dict[Severity, Ink] = {"error": "red", "warning": "yellow", "note": "blue"}


def told(problems: tuple[Problem, ...], paint: Paint) -> Iterator[Painted]:
    """Each problem with its line, a caret and the correction; beyond the first 20, a count."""
    by_weight = sorted(range(len(problems)), key=lambda at: _weight(problems[at]))
    for at in sorted(by_weight[:MOST_SHOWN]):
        yield from _one(problems[at], paint)
    if len(problems) > MOST_SHOWN:
        yield paint(f"… and {len(problems) - MOST_SHOWN} more", "dim")


def as_data(problem: Problem) -> dict[str, object]:
    """A problem as JSON; the keys are a promise to programs."""
    return {
        "path": problem.spot.file,
        "line": problem.spot.line,
        "column": problem.spot.column,
        "code": problem.code.value,
        "severity": problem.severity,
        "message": problem.message,
        "help": problem.help,
        "fix": [
            {"line": edit.line, "delete": edit.delete, "text": edit.text}
            for edit in shown_edits(problem)
        ],
        "remedy": problem.remedy,
    }


def shown_edits(problem: Problem) -> list[Edit]:
    """The edits from top to bottom; none where a line is too long, or shows what must not be."""
    lines = (line for edit in problem.edits for line in edit.text.split("\n"))
    if any(len(line) > MAX_SHOWN or mask(line) != line for line in lines):
        return []
    return sorted(problem.edits, key=lambda edit: edit.line)


def counted(problems: tuple[Problem, ...]) -> str:
    """`2 errors, 1 warning`, or `no problems`."""
    words: list[str] = []
    for severity in ("error", "warning", "note"):
        number = sum(problem.severity == severity for problem in problems)
        if number:
            words.append(f"{number} {severity}{'s' if number > 1 else ''}")
    return ", ".join(words) or "no problems"


def _weight(problem: Problem) -> int:
    return ("error", "warning", "note").index(problem.severity)


def _one(problem: Problem, paint: Paint) -> Iterator[Painted]:
    severity = paint(f"{problem.severity}[{problem.code}]", _INKS[problem.severity])
    yield joined([paint(f"{problem.spot}: ", "bold"), severity, paint(f": {problem.message}")])
    if problem.spot.excerpt:
        yield from _excerpt(problem.spot, paint)
    if problem.help:
        yield joined([paint("  help: ", "dim"), paint(problem.help)])
    yield from _corrections(shown_edits(problem), paint)
    if problem.remedy:
        yield joined([paint("   run: ", "dim"), paint(problem.remedy, "green")])


def _excerpt(spot: Spot, paint: Paint) -> Iterator[Painted]:
    number = str(spot.line)
    column = spot.column or 1
    before = paint.without_secrets(spot.excerpt[: column - 1])
    whole = before + paint.without_secrets(spot.excerpt[column - 1 :])
    cut = max(0, len(before) + 1 - _WIDEST // 2) if len(whole) > _WIDEST else 0
    text = whole[cut : cut + _WIDEST].replace("\t", " ")
    start = len(before) - cut
    indent = drawn(paint(text[:start]))
    width = max(1, drawn(paint(text[start : start + spot.width])))
    lead = paint(f"  {number} | ", "dim")
    yield joined([lead, paint(text)])
    gap = " " * len(number)
    yield joined([paint(f"  {gap} | ", "dim"), paint(" " * indent), paint("^" * width, "red")])


def _corrections(edits: list[Edit], paint: Paint) -> Iterator[Painted]:
    most = _MOST_LINES if len(edits) > 1 else _MOST_LINES_OF_ONE
    lines = (line for edit in edits for line in _correction(edit, paint))
    yield from islice(lines, most)
    left = sum(1 for _ in lines)
    if left:
        yield paint(f"        … and {left} more lines", "dim")


def _correction(edit: Edit, paint: Paint) -> Iterator[Painted]:
    lines = edit.text.split("\n") if edit.text or not edit.delete else []
    lead = paint("   fix: ", "dim")
    if edit.delete == 1 and len(lines) == 1:
        yield joined([lead, paint(f"line {edit.line}: "), paint.code(lines[0], "green")])
        return
    last = edit.line + edit.delete - 1
    which = f"lines {edit.line}-{last}" if edit.delete > 1 else f"line {edit.line}"
    if not lines:
        yield joined([lead, paint(f"delete {which}")])
        return
    where = f"insert before line {edit.line}:" if not edit.delete else f"{which}:"
    yield joined([lead, paint(where)])
    for line in lines:
        yield joined([paint("        | ", "dim"), paint.code(line, "green")])
