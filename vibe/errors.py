"""The root of the one error tree, and the exit codes that a shell sees.

Every error that vibe raises on purpose descends from `VibeError` and says in its message what
happened and where, and in its hint what the person can do. Errors that carry values of a higher
layer (configuration problems, provider failures) are defined in that layer; their exit code is
theirs to choose, from the closed set below.
"""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """What the process tells its caller; `vibe --help` prints this table."""

    FINISHED = 0
    FAILED = 1
    USAGE = 2
    LIMIT_REACHED = 53
    TEMPORARY = 75
    INTERRUPTED = 130

    @property
    def meaning(self) -> str:
        return _MEANINGS[self]


_MEANINGS = {
    ExitCode.FINISHED: "finished",
    ExitCode.FAILED: "failed: the task could not be done, or a provider refused it for good",
    ExitCode.USAGE: "usage or configuration error (nothing was sent)",
    ExitCode.LIMIT_REACHED: "a limit that was asked for was reached: turns, cost, time",
    ExitCode.TEMPORARY: "temporary: every model is limited or down; try again",
    ExitCode.INTERRUPTED: "interrupted",
}


class VibeError(Exception):
    """Something that a person must be told; `hint` is the remedy, "" where there is none."""

    exit_code: ClassVar[ExitCode] = ExitCode.FAILED

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if hint:
            self.add_note(f"help: {hint}")  # for tracebacks, which a library's user sees


class UsageError(VibeError):
    """The command line asks for something that cannot be; nothing was done."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE


class ToolError(VibeError):
    """A tool could not do what the model asked; the message goes to the model, the turn goes on."""


class LimitReached(VibeError):
    """A bound that the person set (turns, cost, time) was met before the work was done."""

    exit_code: ClassVar[ExitCode] = ExitCode.LIMIT_REACHED


class Cancelled(VibeError):
    """The person stopped it. Never counted against a model."""

    exit_code: ClassVar[ExitCode] = ExitCode.INTERRUPTED
