"""What starting vibe costs, in CPU time and as a multiple of starting Python.

    python benchmarks/startup.py [RUNS]

The commands take turns within each round, so that a busy machine slows all of them alike, and the
median round counts. Prints a Markdown table; judges nothing.
"""

from __future__ import annotations

import os
import platform
import statistics
import sys
from datetime import UTC, datetime
from pathlib import Path

VIBE = str(Path(sys.executable).with_name("vibe"))
EXAMPLE = str(Path(__file__).parents[1] / "tests" / "config" / "examples" / "basic_failover.toml")
COMMANDS = {
    "python -c pass": (sys.executable, "-c", "pass"),
    "vibe --version": (VIBE, "--version"),
    "vibe --help": (VIBE, "--help"),
    "vibe config validate": (VIBE, "config", "validate", EXAMPLE),
}
BASELINE = "python -c pass"
DEFAULT_RUNS = 21


def cpu_s(command: tuple[str, ...], environment: dict[str, str]) -> float:
    """User and system time of one run. A run that fails ends the measurement."""
    silenced = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    pid = os.posix_spawn(command[0], command, environment, file_actions=silenced)
    _, status, usage = os.wait4(pid, 0)
    if status != 0:
        sys.exit(f"{' '.join(command)}: exit {os.waitstatus_to_exitcode(status)}")
    return usage.ru_utime + usage.ru_stime


def measure(runs: int) -> dict[str, float]:
    """The median CPU time of each command, after one round that fills the bytecode cache."""
    environment = {**os.environ, "MISTRAL_API_KEY": "key-of-no-account"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    rounds = [
        {label: cpu_s(command, environment) for label, command in COMMANDS.items()}
        for _ in range(runs + 1)
    ]
    return {label: statistics.median(row[label] for row in rounds[1:]) for label in COMMANDS}


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_RUNS
    medians = measure(runs)
    print(
        f"{datetime.now(tz=UTC):%Y-%m-%d}, {platform.platform()}, {os.cpu_count()} cores, "
        f"{platform.python_implementation()} {platform.python_version()}, median of {runs} runs\n"
    )
    print("| command | CPU ms | over Python |\n|---|---:|---:|")
    for label, median in medians.items():
        print(f"| `{label}` | {median * 1000:.1f} | {median / medians[BASELINE]:.2f}x |")


if __name__ == "__main__":
    main()
