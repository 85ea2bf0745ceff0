"""What must not be loaded where a person waits for it: by the quick commands, and before the first
paint of the chat.

Each case is one real process. Which modules are loaded is judged here, how long they take is
measured in benchmarks/startup.py and benchmarks/chat.py.
"""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
from pathlib import Path

from tests.config.seeds import EXAMPLES
from vibe import __version__

HEAVY = {
    "textual",
    "httpx",
    "aiohttp",
    "uvicorn",
    "tomlkit",
    "typer",
    "rich",
    "msgspec",
    "pydantic",
    "asyncio",
    "tree_sitter",
    "tree_sitter_bash",
}

PATIENCE_S = 30.0
AFTER_FIRST_PAINT = (
    "httpx",
    "sqlite3",
    "tomlkit",
    "tree_sitter_bash",
    "vibe.agent.loop",
    "vibe.mux.mux",
    "vibe.sandbox",
    "vibe.session",
    "vibe.testing",
    "vibe.tools",
    "vibe.transport",
    "vibe.tui.commands.table",
)
# Ends with what is loaded by then when the chat, after its first paint, begins to open.
OPENING = """
import os, sys

class Opening:
    def find_spec(self, name, *_):
        if name in ("vibe.cli.chat_steps", "vibe.cli.chat_desk"):
            os.write({told}, "\\n".join(sys.modules).encode())
            os._exit(0)

sys.meta_path.insert(0, Opening())
sys.argv = ["vibe"]
from vibe.__main__ import main
main()
"""


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


def loaded_before_first_paint(home: Path) -> list[str]:
    terminal, inner = pty.openpty()
    reader, writer = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-c", OPENING.format(told=writer)],
        stdin=inner,
        stdout=inner,
        stderr=inner,
        pass_fds=(writer,),
        cwd=home,
        env={"HOME": str(home), "TERM": "xterm", "MISTRAL_API_KEY": "key-of-no-account"},
        start_new_session=True,
    )
    os.close(inner)
    os.close(writer)
    try:
        assert select.select([reader], [], [], PATIENCE_S)[0], "the chat does not begin to open"
        with os.fdopen(reader) as told:
            return told.read().split()
    finally:
        process.kill()
        process.wait()
        os.close(terminal)


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


def test_the_first_paint_of_the_chat_waits_for_nothing_that_a_turn_needs(tmp_path: Path) -> None:
    config = tmp_path / ".config" / "vibe" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(EXAMPLES["basic_failover"])
    modules = loaded_before_first_paint(tmp_path)
    late = [each for each in modules if each.startswith(AFTER_FIRST_PAINT)]
    assert ("vibe.tui.app" in modules, late) == (True, [])


def test_the_chat_line_by_line_loads_no_screen() -> None:
    heavy, _ = heavy_imports("-c", "import vibe.plain.run")
    assert "textual" not in heavy
