"""`vibe config edit`: the person's own editor, and a check of what came out of it.

Never writes the file itself.
"""

from __future__ import annotations

from pathlib import Path

from vibe.cli.context import Cli
from vibe.cli.own_editor import editor_of, run_editor
from vibe.cli.problems import counted, told
from vibe.config.load import Loaded
from vibe.errors import ExitCode, UsageError

_TAKES_LINE = frozenset(
    {"vi", "vim", "nvim", "nano", "emacs", "emacsclient", "micro", "joe", "kak"}
)


def edit(cli: Cli) -> ExitCode:
    """Open the file, check it afterwards, and offer to go back to the first error."""
    file = cli.folders().config
    command = editor_of(cli.world.env)
    if not file.exists():
        raise UsageError(f"there is no {file} yet", hint="write one first: vibe config init")
    line: int | None = None
    while True:
        at = [f"+{line}"] if line and Path(command[0]).name in _TAKES_LINE else []
        run_editor([*command, *at, str(file)], cli.world, undone="the file was not checked")
        loaded = cli.load()
        paint = cli.terminal.talk_paint
        for text in told(loaded.problems, paint):
            cli.terminal.talk(text)
        cli.terminal.talk(paint(f"{file}: {counted(loaded.problems)}", "bold"))
        if loaded.is_sound:
            return ExitCode.FINISHED
        line = _first_error(loaded, file)
        if not _wants_back(cli, line):
            return ExitCode.USAGE


def _first_error(loaded: Loaded, file: Path) -> int | None:
    errors = (each for each in loaded.problems if each.severity == "error")
    return next((each.spot.line for each in errors if each.spot.file == str(file)), None)


def _wants_back(cli: Cli, line: int | None) -> bool:
    if not cli.world.stdin.isatty():
        return False
    where = f" at line {line}" if line else ""
    answer = cli.terminal.ask(cli.terminal.talk_paint(f"Open it again{where}? [Y/n]"))
    return answer is not None and answer.lower() in ("", "y", "yes")
