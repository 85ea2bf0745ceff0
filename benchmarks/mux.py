"""What the multiplexer costs and what it does, beside others of its kind, on this machine.

    python benchmarks/mux.py [--runs N] [--others FOLDER] [CHAPTER …]

The endpoints are a process of their own. Contestants take turns, and the median run counts. With
`--others`, multiplexer-llm and LiteLLM are measured too; they are installed into virtualenvs in
that folder, and never into vibe's own. Prints Markdown tables; judges nothing.
"""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import mux_cost
import mux_faults
import mux_spread
from mux_field import Field, field

CHAPTERS: Final[dict[str, Callable[[Field, int], Iterator[str]]]] = {
    "calls": mux_cost.calls,
    "conversations": mux_cost.conversations,
    "chunks": mux_cost.chunks,
    "picks": mux_cost.picks,
    "idle": mux_cost.idle,
    "failover": mux_faults.failover,
    "streams": mux_faults.streams,
    "availability": mux_faults.availability,
    "shares": mux_spread.shares,
    "throughput": mux_spread.throughput,
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the multiplexer.")
    parser.add_argument("chapters", nargs="*", choices=[[], *CHAPTERS], metavar="CHAPTER")
    parser.add_argument("--runs", type=int, default=21)
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
