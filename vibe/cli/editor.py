"""`vibe config edit`: the person's own editor, and a check of what came out of it."""

from __future__ import annotations

import shlex
import subprocess

from vibe.cli.problems import counted, told
from vibe.cli.session import Cli
from vibe.config.problem import Problem
from vibe.errors import ExitCode, UsageError

_TAKES_LINE = frozenset(
    {"vi", "vim", "nvim", "nano", "emacs", "emacsclient", "micro", "joe", "kak"}
)


def edit(cli: Cli) -> ExitCode:
    """Open the file, check it afterwards, and offer to go back to the first error."""
    file = cli.folders().config
    env = cli.world.env
    command = shlex.split(env.get("VISUAL") or env.get("EDITOR") or "vi")
    if not file.exists():
        raise UsageError(f"there is no {file} yet", hint="write one first: vibe config init")
    line: int | None = None
    while True:
        at = [f"+{line}"] if line and command[0].rpartition("/")[2] in _TAKES_LINE else []
        try:
            outcome = subprocess.run([*command, *at, str(file)], check=False, env=dict(env))  # noqa: S603 - the person's own editor
        except OSError as error:
            raise UsageError(
                f"the editor {command[0]} cannot be started: {error.strerror}",
                hint="name one that can in $EDITOR",
            ) from error
        if outcome.returncode:
            raise UsageError(f"{command[0]} ended with exit code {outcome.returncode}")
        loaded = cli.load()
        paint = cli.terminal.talk_paint
        for text in told(loaded.problems, paint):
            cli.terminal.talk(text)
        cli.terminal.talk(paint(f"{file}: {counted(loaded.problems)}", "bold"))
        if loaded.is_sound:
            return ExitCode.FINISHED
        line = _first_error(loaded.problems)
        if not _wants_back(cli, line):
            return ExitCode.USAGE


def _first_error(problems: tuple[Problem, ...]) -> int | None:
    lines = (each.spot.line for each in problems if each.severity == "error" and each.spot.line)
    return next(lines, None)


def _wants_back(cli: Cli, line: int | None) -> bool:
    world = cli.world
    if not world.stdin.isatty():
        return False
    where = f" at line {line}" if line else ""
    world.stderr.write(f"Open it again{where}? [Y/n] ")
    world.stderr.flush()
    answer = world.stdin.readline()
    return answer.strip().lower() in ("", "y", "yes") and answer != ""
