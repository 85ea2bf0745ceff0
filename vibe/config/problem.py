"""What is wrong with a configuration, where, and what to do: one value for every front.

`vibe config validate`, start-up and the configuration screen show these very objects. How they
are printed for a terminal stands in cli/; nothing here prints.
"""

from __future__ import annotations

import re
from typing import ClassVar, Literal, TypeAlias

from msgspec import Struct

from vibe.config.codes import Code
from vibe.config.explanations import explained
from vibe.config.locate import Spot
from vibe.errors import ExitCode, VibeError

_LINE = re.compile(r"[^\n]*\n|[^\n]+")

Severity: TypeAlias = Literal["error", "warning", "note"]


class Edit(Struct, frozen=True, kw_only=True):
    """A correction: `delete` lines from `line` on give way to `text`. None deleted: inserted."""

    line: int
    delete: int
    text: str


class Problem(Struct, frozen=True, kw_only=True):
    """One finding. `edits`, made together, mend it; `remedy` is a command that does."""

    code: Code
    severity: Severity
    spot: Spot
    message: str
    help: str = ""
    edits: tuple[Edit, ...] = ()
    remedy: str = ""


class ConfigError(VibeError):
    """The configuration cannot be used; nothing was sent."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        errors = [problem for problem in problems if problem.severity == "error"]
        super().__init__(errors[0].message, hint=errors[0].help)
        self.problems = problems


def problem(
    code: Code,
    spot: Spot,
    message: str,
    *,
    help: str = "",
    edits: tuple[Edit, ...] = (),
    remedy: str = "",
    severity: Severity | None = None,
) -> Problem:
    """A problem of the severity that its code usually has."""
    return Problem(
        code=code,
        severity=severity or explained(code).severity,
        spot=spot,
        message=message,
        help=help,
        edits=edits,
        remedy=remedy,
    )


def apply(text: str, edits: tuple[Edit, ...]) -> str:
    """`text` with `edits` made; their line numbers all mean the text as it was."""
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = _LINE.findall(text)
    for edit in sorted(edits, key=lambda edit: edit.line, reverse=True):
        first = edit.line - 1
        added = [part + newline for part in edit.text.split("\n")] if edit.text else []
        if added and first > 0 and not lines[first - 1].endswith("\n"):
            lines[first - 1] += newline
        lines[first : first + edit.delete] = added
    return "".join(lines)
