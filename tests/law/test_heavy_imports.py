"""What the quick commands must not load: a person waits for every import of `vibe --version`.

Each case is one real process under `-X importtime`. Which modules are loaded is judged here, how
long they take is measured in benchmarks/startup.py.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.config.seeds import EXAMPLES
from vibe import __version__

HEAVY = {
    "textual",
    "httpx",
    "aiohttp",
    "tomlkit",
    "typer",
    "rich",
    "msgspec",
    "pydantic",
    "asyncio",
    "tree_sitter",
    "tree_sitter_bash",
}


def heavy_imports(*arguments: str) -> tuple[set[str], str]:
    """The heavy packages that `python ARGUMENTS` loads, and what it printed."""
    run = subprocess.run(
        [sys.executable, "-X", "importtime", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    lines = run.stderr.splitlines()
    timed = [line for line in lines if line.startswith("import time:")]
    assert run.returncode == 0, [line for line in lines if line not in timed]
    packages = {line.rpartition("|")[2].strip().partition(".")[0] for line in timed}
    return packages & HEAVY, run.stdout


def test_the_probe_sees_a_heavy_import() -> None:
    assert heavy_imports("-c", "from tomlkit import parse") == ({"tomlkit"}, "")


def test_the_library_root_loads_nothing_heavy() -> None:
    assert heavy_imports("-c", "import vibe") == (set(), "")


def test_version_loads_nothing_heavy() -> None:
    assert heavy_imports("-m", "vibe", "--version") == (set(), f"vibe {__version__}\n")


def test_help_loads_only_what_draws_it() -> None:
    heavy, _ = heavy_imports("-m", "vibe", "--help")
    assert heavy <= {"typer", "rich", "msgspec"}


def test_validation_loads_only_what_it_needs(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(next(iter(EXAMPLES.values())))
    heavy, _ = heavy_imports("-m", "vibe", "config", "validate", "--allow-missing-keys", str(file))
    assert heavy <= {"typer", "rich", "msgspec"}
