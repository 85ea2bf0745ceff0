"""The person's own editor, as VISUAL and EDITOR name it: run on a file until it ends."""

from __future__ import annotations

import shlex
import signal
import subprocess
import tempfile
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from vibe.errors import UsageError, VibeError
from vibe.world import World


def edited(text: str, world: World) -> str:
    """What the person made of it. VibeError: nothing, since the editor could not or did not."""
    given = f"{text}\n".encode("utf-8", "replace") if text else b""
    undone = "what you had typed stays"
    made = edited_file(given, world, name="message.md", undone=undone)
    return made.decode("utf-8", "replace").replace("\r\n", "\n").rstrip("\n")


def edited_file(content: bytes, world: World, *, name: str, undone: str) -> bytes:
    """Of a file that is called so, what the person made of it."""
    command = editor_of(world.env)
    try:
        with tempfile.TemporaryDirectory(prefix="vibe-") as folder:
            file = Path(folder) / name
            file.write_bytes(content)
            run_editor([*command, str(file)], world, undone=undone)
            return file.read_bytes()
    except OSError as error:
        told = f"the text cannot go through a file: {error.strerror}"
        raise UsageError(told, hint="free some space in the folder for temporary files") from error


def editor_of(env: Mapping[str, str]) -> list[str]:
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


def run_editor(command: list[str], world: World, *, undone: str) -> None:
    """Until it ends; raises if it did not end well, and then tells what was not done."""
    try:
        with _signals_are_the_editors() as hand_over:
            editor = subprocess.Popen(command, cwd=world.cwd, env=dict(world.env))  # noqa: S603 - the person's own
            hand_over(editor)
            code = editor.wait()
    except OSError as error:
        raise UsageError(
            f"the editor {command[0]} cannot be started: {error.strerror}",
            hint="name one that can in $EDITOR",
        ) from error
    if code:
        how = f"with exit code {code}" if code > 0 else f"by signal {-code}"
        raise VibeError(f"the editor {command[0]} ended {how}; {undone}")


@contextmanager
def _signals_are_the_editors() -> Generator[Callable[[subprocess.Popen[bytes]], None]]:
    """Of him that is handed over. Ctrl-C reaches both, and means something else in an editor than
    to end vibe. Who ends vibe ends the editor before it, which may keep what it has.

    Handlers and not SIG_IGN, which the editor would inherit.
    """
    editors: list[subprocess.Popen[bytes]] = []
    came: list[int] = []

    def leave_it(_signal: int, _frame: object) -> None:
        pass

    def pass_on(number: int, _frame: object) -> None:
        came.append(number)
        for editor in editors:
            editor.send_signal(number)

    def hand_over(editor: subprocess.Popen[bytes]) -> None:
        editors.append(editor)
        for number in came:  # while it was being started
            editor.send_signal(number)

    handlers = {signal.SIGINT: leave_it, signal.SIGTERM: pass_on, signal.SIGHUP: pass_on}
    heard = {each: signal.getsignal(each) for each in handlers}
    earlier = {each: how for each, how in heard.items() if how is not signal.SIG_IGN}
    for each in earlier:
        signal.signal(each, handlers[each])
    try:
        yield hand_over
    finally:
        for each, how in earlier.items():
            signal.signal(each, how)
        for number in came:
            signal.raise_signal(number)
