"""Which sandbox this machine offers: each is tried by running something in it.

A kernel may have what it does not grant, and a program be there that does not work; so nothing is
concluded from what is merely there.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory
from typing import Final

from msgspec.structs import replace

from vibe.clean import clean_line
from vibe.domain.model import Confinement
from vibe.errors import ToolError
from vibe.sandbox import landlock
from vibe.sandbox.guarantees import of_bwrap, of_landlock
from vibe.sandbox.sandbox import Sandbox, Trial
from vibe.sandbox.scratch import scratch_folder
from vibe.sandbox.seccomp import is_known_machine

# Not by PATH, which may lead into a project.
_PROGRAMS: Final = "/usr/bin:/bin:/usr/local/bin:/run/current-system/sw/bin:/app/bin"
_PATIENCE_S: Final = 5.0
_TRIAL: Final = 'echo >"$1/inside" || exit; echo 2>&- >"$2/outside"; true'
_ENV: Final = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}


@contextmanager
def opened(
    mode: Confinement, *, network: bool, home: Path, own: Sequence[Path] = ()
) -> Generator[Sandbox]:
    """The sandbox of a session, whose private /tmp goes when this is left.

    `own` is what vibe hides of itself: its configuration and its state. Takes some milliseconds.
    """
    with scratch_folder() as scratch:
        none = Sandbox(backend="off", home=home, own=tuple(own), scratch=scratch, network=network)
        yield _chosen(mode, none)


def _chosen(mode: Confinement, none: Sandbox) -> Sandbox:
    if mode == "off":
        return none
    trials: list[Trial] = []
    for name, attempt in (("bwrap", _by_bwrap), ("landlock", _by_landlock)):
        if mode not in ("auto", name):
            continue
        found = attempt(none)
        if isinstance(found, Sandbox):
            return replace(found, trials=(*trials, *found.trials))
        trials.append(found)
    why = "; ".join(f"{trial.backend}: {trial.trouble}" for trial in trials)
    return replace(none, trials=tuple(trials), warning=f"commands run without a sandbox ({why})")


def _by_bwrap(none: Sandbox) -> Sandbox | Trial:
    program = which("bwrap", path=_PROGRAMS)
    if program is None:
        return Trial(backend="bwrap", trouble="bubblewrap is not installed")
    version = _version(program)
    troubles: list[str] = []
    for denies_nesting in (True, False):
        holds = of_bwrap(
            is_root=os.getuid() == 0, denies_nesting=denies_nesting, network=none.network
        )
        trial = Trial(backend="bwrap", version=version)
        found = replace(none, backend="bwrap", program=program, holds=holds, trials=(trial,))
        trouble = _trouble(found)
        if trouble is None:
            return found
        troubles.append(trouble)
    return Trial(backend="bwrap", version=version, trouble=troubles[-1])


def _by_landlock(none: Sandbox) -> Sandbox | Trial:
    if os.uname().sysname != "Linux" or not is_known_machine():
        return Trial(backend="landlock", trouble="there is none on such a machine")
    abi = landlock.version()
    if not abi:
        return Trial(backend="landlock", trouble="the kernel does not offer it")
    trial = Trial(backend="landlock", version=str(abi))
    holds = of_landlock(is_root=os.getuid() == 0, version=abi)
    found = replace(none, backend="landlock", abi=abi, holds=holds, trials=(trial,))
    trouble = _trouble(found)
    return replace(trial, trouble=trouble) if trouble else found


def _trouble(sandbox: Sandbox) -> str | None:
    """Why it does not work, after something was tried in it."""
    with TemporaryDirectory(prefix="vibe-") as inside, TemporaryDirectory(prefix="vibe-") as other:
        command = ("/bin/sh", "-c", _TRIAL, "sh", inside, other)
        try:
            with sandbox.wrapped(command, folder=Path(inside).resolve()) as confined:
                ended = _run(confined)
        except (OSError, ToolError, subprocess.TimeoutExpired) as error:
            return clean_line(str(error))
        if Path(other, "outside").exists():
            return "it does not confine"
        if not ended.returncode and Path(inside, "inside").exists():
            return None
        said = ended.stderr.strip().splitlines()
        return clean_line(said[-1].removeprefix("bwrap: ")) if said else "it ended without a word"


def _version(program: str) -> str:
    try:
        return clean_line(_run((program, "--version")).stdout.rpartition(" ")[2].strip())
    except (OSError, subprocess.TimeoutExpired):
        return ""


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  what we made ourselves
        command, env=_ENV, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        errors="replace", timeout=_PATIENCE_S, check=False,
    )  # fmt: skip
