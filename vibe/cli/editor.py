"""`vibe config edit`: the person's own editor, and a check of what came out of it.

Never writes the file itself.
"""

from __future__ import annotations

import shlex
import signal
import subprocess
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from vibe.cli.problems import counted, told
from vibe.cli.session import Cli
from vibe.config.load import Loaded
from vibe.errors import ExitCode, UsageError, VibeError

_TAKES_LINE = frozenset(
    {"vi", "vim", "nvim", "nano", "emacs", "emacsclient", "micro", "joe", "kak"}
)


def edit(cli: Cli) -> ExitCode:
    """Open the file, check it afterwards, and offer to go back to the first error."""
    file = cli.folders().config
    command = _command(cli.world.env)
    if not file.exists():
        raise UsageError(f"there is no {file} yet", hint="write one first: vibe config init")
    line: int | None = None
    while True:
        at = [f"+{line}"] if line and Path(command[0]).name in _TAKES_LINE else []
        _run([*command, *at, str(file)], cli)
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


def _command(env: Mapping[str, str]) -> list[str]:
    name = next((name for name in ("VISUAL", "EDITOR") if env.get(name)), None)
    try:
        command = shlex.split(env[name] if name else "vi")
    except ValueError as error:
        raise UsageError(
            f"${name} cannot be read as a command: {str(error).lower()}",
            hint=f"quote it as in a shell, or name the editor alone: {name}=nano",
        ) from error
    if not command:
        raise UsageError(f"${name} is blank", hint=f"name an editor in it: {name}=nano")
    return command


def _run(command: list[str], cli: Cli) -> None:
    """Run the editor until it ends; raises if it did not end well."""
    world = cli.world
    try:
        with _interrupts_are_the_editors():
            ended = subprocess.run(command, check=False, cwd=world.cwd, env=dict(world.env))  # noqa: S603 - the person's own
    except OSError as error:
        raise UsageError(
            f"the editor {command[0]} cannot be started: {error.strerror}",
            hint="name one that can in $EDITOR",
        ) from error
    if code := ended.returncode:
        how = f"with exit code {code}" if code > 0 else f"by signal {-code}"
        raise VibeError(f"the editor {command[0]} ended {how}; the file was not checked")


@contextmanager
def _interrupts_are_the_editors() -> Generator[None]:
    """Ctrl-C reaches both, and means something else in an editor than to end vibe.

    A handler and not SIG_IGN, which the editor would inherit.
    """

    def leave_it(_signal: int, _frame: object) -> None:
        pass

    earlier = signal.signal(signal.SIGINT, leave_it)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, earlier)


def _first_error(loaded: Loaded, file: Path) -> int | None:
    errors = (each for each in loaded.problems if each.severity == "error")
    return next((each.spot.line for each in errors if each.spot.file == str(file)), None)


def _wants_back(cli: Cli, line: int | None) -> bool:
    if not cli.world.stdin.isatty():
        return False
    where = f" at line {line}" if line else ""
    answer = cli.terminal.ask(cli.terminal.talk_paint(f"Open it again{where}? [Y/n]"))
    return answer is not None and answer.lower() in ("", "y", "yes")
