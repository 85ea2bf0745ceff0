"""What a model is told of a command: what it printed, then how it ended, in words."""

from __future__ import annotations

import signal

from vibe.tools.output import Printed


def ending(code: int) -> str:
    """Of an exit code, negative where a signal ended it."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"ended by signal {-code}"


def told(printed: Printed, *remarks: str) -> str:
    """The remarks stand in brackets, below what was printed."""
    text = printed.text
    if text and not text.endswith("\n"):
        text += "\n"
    return text + "\n".join(f"[{remark}]" for remark in remarks if remark)
