"""How quickly an assistant begins, how long it is busy between requests, and what a run takes."""

from __future__ import annotations

import statistics
import subprocess
from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from typing import Final

from agent_contestants import Contestant
from agent_field import Failed, Field, Run, in_turns, middle
from agent_provider import COMMANDS, GREETING, TASK

from vibe.clock import SystemClock

PROMPTS: Final = {"`hi`": GREETING, "the task": TASK}
BASH: Final = "/bin/bash"


def gap(field: Field, runs: int) -> Iterator[str]:
    """From the last byte of an answer to the next request, without what its command takes bare."""
    own_s = bare_s(field, runs)
    told = ", ".join(f"`{each}` {taken_s * 1e3:.1f}" for each, taken_s in own_s.items())
    yield f"The commands by themselves, ms: {told}.\n"
    yield "| assistant | ms between an answer and the next request |"
    yield "|---|---:|"

    def gap_s(who: Contestant) -> float:
        requests = field.run(who, TASK).requests
        gaps_s = [later.came_s - former.left_s for former, later in pairwise(requests)]
        return statistics.mean(gaps_s) - statistics.mean(own_s.values())

    for label, taken in in_turns(field.workers, runs, gap_s).items():
        told = taken if isinstance(taken, Failed) else middle((s * 1e3 for s in taken), form=".1f")
        yield f"| {label} | {told} |"


def bare_s(field: Field, runs: int) -> dict[str, float]:
    """What each command takes in a shell that nobody watches over."""
    taken_s: dict[str, list[float]] = {command: [] for command in COMMANDS}
    clock = SystemClock()
    for _ in range(runs):
        folder = field.project()
        for command in COMMANDS:
            began_s = clock.monotonic()
            subprocess.run([BASH, "-c", command], cwd=folder, capture_output=True, check=True)
            taken_s[command].append(clock.monotonic() - began_s)
    return {command: statistics.median(each) for command, each in taken_s.items()}


def cost(field: Field, runs: int) -> Iterator[str]:
    """Of the whole process and all that it started."""
    found = {
        what: in_turns(field.workers, runs, partial(field.run, prompt=prompt))
        for what, prompt in PROMPTS.items()
    }
    yield "| what is asked | assistant | first request, ms | wall s | CPU s | MiB |"
    yield "|---|---|---:|---:|---:|---:|"
    for what, taken in found.items():
        for label, each in taken.items():
            told = f"{each} | | | " if isinstance(each, Failed) else " | ".join(medians(each))
            yield f"| {what} | {label} | {told} |"


def medians(runs: list[Run]) -> Iterator[str]:
    yield middle(((run.requests[0].came_s - run.began_s) * 1e3 for run in runs), form=".0f")
    yield middle((run.wall_s for run in runs), form=".2f")
    yield middle((run.cpu_s for run in runs), form=".2f")
    yield f"{statistics.median(run.peak_mib for run in runs):.0f}"
