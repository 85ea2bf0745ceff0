"""One run of an assistant against the provider, and what it took: time, CPU, memory, requests.

The file that it is to mend is broken anew before each run. A run that does not do what it should
is not measured. Medians and rows of tables are made here as well.
"""

from __future__ import annotations

import os
import statistics
import subprocess
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Timer
from typing import Final, TypeVar

from agent_contestants import CODEX_MODEL, ENVIRONMENT, Contestant, codex, pi, vibe
from agent_provider import BROKEN, COMMANDS, FILE, MENDED, TASK, Noted, Provider, providing
from msgspec import Struct

from vibe.clock import SystemClock

LONGEST_S: Final = 60.0
PROJECT: Final = "project"

_T = TypeVar("_T")


class Run(Struct, frozen=True, kw_only=True):
    """`peak_mib` is the memory of the largest of its processes."""

    began_s: float
    wall_s: float
    cpu_s: float
    peak_mib: float
    requests: tuple[Noted, ...]


class Failed(Exception):
    """A run did not do what it should have done; the message says why."""


class Field:
    """The provider, and who takes part. All homes and projects are below `root`."""

    def __init__(
        self, provider: Provider, contestants: tuple[Contestant, ...], *, root: Path
    ) -> None:
        self.contestants = contestants
        self.workers = tuple(each for each in contestants if not each.speaks)
        self.versions = ", ".join(each.version for each in contestants if each.version)
        self._provider = provider
        self._root = root

    def run(
        self, who: Contestant, prompt: str, *, project: str = PROJECT, continues: bool = False
    ) -> Run:
        """Raises `Failed`."""
        if who.trouble:
            raise Failed(who.trouble)
        self._settle(who)
        folder = self.project(project)
        command = [*who.command, *(who.continues if continues else ()), prompt]
        run = self._timed(who, command, folder)
        is_mended = (folder / FILE).read_text() == MENDED
        if prompt == TASK and not (is_mended and len(run.requests) == len(COMMANDS) + 1):
            raise Failed(f"it left the task undone after {len(run.requests)} requests")
        return run

    def project(self, name: str = PROJECT) -> Path:
        folder = self._root / name
        folder.mkdir(exist_ok=True)
        (folder / FILE).write_text(BROKEN)
        return folder

    def _settle(self, who: Contestant) -> None:
        for name, text in who.files.items():
            path = self._root / who.label / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.replace("BASE", self._provider.bases[who.dialect]))

    def _timed(self, who: Contestant, command: list[str], folder: Path) -> Run:
        told = self._root / "told"
        clock = SystemClock()
        with told.open("wb") as out:
            began_s = clock.monotonic()
            process = subprocess.Popen(
                command,
                cwd=folder,
                env=self._environment(who),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            )
            too_long = Timer(LONGEST_S, process.kill)
            too_long.start()
            _, status, usage = os.wait4(process.pid, 0)
            wall_s = clock.monotonic() - began_s
        too_long.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        requests = self._provider.take()
        if process.returncode != 0 or not requests:
            last = told.read_text(errors="replace").strip().rpartition("\n")[2]
            raise Failed(f"it ends with {process.returncode}: {last}")
        return Run(
            began_s=began_s,
            wall_s=wall_s,
            cpu_s=usage.ru_utime + usage.ru_stime,
            peak_mib=usage.ru_maxrss / 1024,
            requests=requests,
        )

    def _environment(self, who: Contestant) -> dict[str, str]:
        temporary = self._root / "tmp"  # codex wants no home below the folder of temporary files
        temporary.mkdir(exist_ok=True)
        return {
            **ENVIRONMENT,
            "PATH": os.environ["PATH"],
            "HOME": str(self._root / who.label),
            "TMPDIR": str(temporary),
            "LANG": "C.UTF-8",
        }


@contextmanager
def field(others: Path | None) -> Generator[Field]:
    contestants = [vibe()]
    if others is not None:
        contestants += [codex(others), codex(others, CODEX_MODEL), pi(others)]
    with TemporaryDirectory() as folder, providing() as provider:
        yield Field(provider, tuple(contestants), root=Path(folder).resolve())


def in_turns(
    contestants: Sequence[Contestant], runs: int, measure: Callable[[Contestant], _T]
) -> dict[str, list[_T] | Failed]:
    """What was measured of each in every round but the first, which only warms all up."""
    found: dict[str, list[_T] | Failed] = {each.label: [] for each in contestants}
    for _ in range(runs + 1):
        for each in contestants:
            taken = found[each.label]
            if isinstance(taken, Failed):
                continue
            try:
                taken.append(measure(each))
            except Failed as failed:
                found[each.label] = failed
    return {
        label: taken if isinstance(taken, Failed) else taken[1:] for label, taken in found.items()
    }


def middle(values: Iterable[float], *, form: str) -> str:
    """The median, and between which two the middle half of the runs lies."""
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return f"{median:{form}} ({low:{form}} to {high:{form}})"
