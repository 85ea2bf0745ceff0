"""What the assistant sends and how quick it is, beside others of its kind, on this machine.

    python benchmarks/agent.py [--runs N] [--others FOLDER] [CHAPTER …]

All are asked the same by one command line each, and the provider is a process of its own that
answers by a script. Contestants take turns, and the median run counts. With `--others`, codex and
pi are measured too; they are installed into that folder by npm unless they are there. Prints
Markdown tables; judges nothing.
"""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import agent_pace
import agent_prompt
from agent_field import Field, field

CHAPTERS: Final[dict[str, Callable[[Field, int], Iterator[str]]]] = {
    "idle": agent_prompt.idle,
    "prefix": agent_prompt.prefix,
    "gap": agent_pace.gap,
    "cost": agent_pace.cost,
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the assistant.")
    parser.add_argument("chapters", nargs="*", choices=[[], *CHAPTERS], metavar="CHAPTER")
    parser.add_argument("--runs", type=int, default=11)
    parser.add_argument("--others", type=Path, metavar="FOLDER")
    told = parser.parse_args()
    with field(told.others) as found:
        print(
            f"{datetime.now(tz=UTC):%Y-%m-%d}, {platform.platform()}, {os.cpu_count()} cores, "
            f"{platform.python_implementation()} {platform.python_version()}, "
            f"{found.versions}, median of {told.runs} runs"
        )
        for name in told.chapters or CHAPTERS:
            print(f"\n{name}\n")
            for line in CHAPTERS[name](found, told.runs):
                print(line, flush=True)


if __name__ == "__main__":
    main()
