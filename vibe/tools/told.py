"""What a model is told of a command: what it printed, then how it ended, in words."""

from __future__ import annotations

import signal

from vibe.tools.jobs import Job
from vibe.tools.output import Printed
from vibe.tools.spool import FILE_BYTES


def ending(code: int) -> str:
    """Of an exit code, negative where a signal ended it."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"ended by signal {-code}"


def told_of(job: Job, printed: Printed) -> str:
    """With what it has printed since it was looked at last."""
    nothing = "" if printed.total_bytes else "nothing new; "
    state = "runs" if job.code is None else f"is over: {ending(job.code)}"
    endless = f"; it was ended after {FILE_BYTES // 1_000_000} MB of output" * job.is_endless
    file = (
        f"all that it printed, for read and grep: {job.file}"
        if printed.left_out and job.file
        else ""
    )
    return told(printed, f"{nothing}job {job.number} {state}{endless}", file)


def told(printed: Printed, *remarks: str) -> str:
    """The remarks stand in brackets, below what was printed."""
    text = printed.text
    if text and not text.endswith("\n"):
        text += "\n"
    return text + "\n".join(f"[{remark}]" for remark in remarks if remark)
