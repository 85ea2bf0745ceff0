"""`vibe config import`: another program's configuration as vibe's own, printed or written."""

from __future__ import annotations

from itertools import count
from pathlib import Path

from vibe.clean import clean
from vibe.cli.context import Cli
from vibe.cli.problems import told
from vibe.cli.terminal import joined
from vibe.config.checks.keys import key_trouble
from vibe.config.codes import Code
from vibe.config.dotenv import read_dotenv
from vibe.config.importing.imported import Imported, imported, imported_environment
from vibe.config.importing.keys import Note
from vibe.config.importing.tree import Unreadable
from vibe.config.load import load_text
from vibe.config.read import read_file
from vibe.config.variables import Variables
from vibe.config.write import rewrite
from vibe.errors import ExitCode, UsageError

_MOST_PLACES = 8
# Of the variables that are not set one line tells; what may be set later is no reason to refuse.
_UNSET = frozenset({Code.VARIABLE_UNSET, Code.API_KEY_MISSING})


def import_(cli: Cli, file: Path | None, *, writes: bool, forced: bool) -> ExitCode:
    """`file`, or without one the environment. What is not sound is printed and never written."""
    target = cli.folders().config
    found = _imported(cli, file)
    cli.terminal.redactor.learn(found.secrets)
    dotenv = read_dotenv(cli.folders().dotenv, uid=cli.world.uid)
    variables = Variables(environment=cli.world.env, dotenv=dotenv.values)
    name = str(target) if writes else "config.toml"
    loaded = load_text(found.toml, name=name, variables=variables, allow_missing_keys=True)
    problems = tuple(each for each in loaded.problems if each.code not in _UNSET)
    is_sound = not any(each.severity == "error" for each in problems)
    if writes and is_sound:
        _write(cli, target, found.toml, forced=forced)
    elif not writes:
        _print(cli, found.toml)
    for note in found.notes:
        _tell(cli, str(file) if file else "environment", note)
    for line in told(problems, cli.terminal.talk_paint):
        cli.terminal.talk(line)
    _tell_unset(cli, found, variables)
    return ExitCode.FINISHED if is_sound else ExitCode.USAGE


def _imported(cli: Cli, file: Path | None) -> Imported:
    env = cli.world.env
    try:
        if file is None:
            return imported_environment(env)
        return imported(_text(cli, file), env=env)
    except Unreadable as error:
        place = ":".join(str(each) for each in (file or "environment", error.line) if each)
        raise UsageError(f"{place}: {error.message}", hint=error.hint) from error


def _text(cli: Cli, file: Path) -> str:
    """What the file holds, or the first reason why that is no text."""
    read = read_file(cli.world.cwd / file, name=str(file), uid=cli.world.uid)
    if not read.exists:
        raise UsageError(f"{file}: there is no such file", hint="correct the path")
    error = next((each for each in read.problems if each.severity == "error"), None)
    if error is not None or read.source is None:
        first = error or read.problems[0]
        raise UsageError(f"{first.spot}: {first.message}", hint=first.help)
    return read.source.text


def _print(cli: Cli, toml: str) -> None:
    """Without the keys that were found; "Bearer ${TOKEN}" only looks like one."""
    cli.terminal.stream(cli.terminal.redactor.redact_known(clean(toml)))


def _write(cli: Cli, file: Path, toml: str, *, forced: bool) -> None:
    """Where nothing stands yet; what stands there is kept beside it where that is `forced`."""
    old = file.read_bytes() if forced and file.is_file() else b""

    def change(content: bytes | None) -> bytes:
        if (content or b"").strip() and content != old:
            raise UsageError(
                f"{file} exists already; nothing was changed",
                hint="without --write it is printed; --force keeps the old one beside the new",
            )
        return toml.encode()

    if old.strip():
        kept = next(each for n in count(1) if not (each := _beside(file, n)).exists())
        rewrite(kept, lambda _: old)
        cli.terminal.talk(cli.terminal.talk_paint(f"kept the old one as {kept}"))
    rewrite(file, change)
    cli.logger().info("wrote %s", file)
    paint = cli.terminal.talk_paint
    cli.terminal.talk(joined([paint("wrote ", "green"), paint(str(file))]))


def _beside(file: Path, number: int) -> Path:
    return file.with_name(f"{file.name}.old{number}")


def _tell(cli: Cli, file: str, note: Note) -> None:
    paint = cli.terminal.talk_paint
    first, *others = [str(each) for each in note.lines if each] or [""]
    place = f"{file}:{first}" if first else file
    also = ", ".join(others[:_MOST_PLACES]) + (" …" if len(others) > _MOST_PLACES else "")
    told = f": {note.message}" + (f" (also in line {also})" if also else "")
    cli.terminal.talk(
        joined([paint(place, "bold"), paint(": "), paint("note", "blue"), paint(told)])
    )
    if note.help:
        cli.terminal.talk(joined([paint("  help: ", "dim"), paint(note.help)]))


def _tell_unset(cli: Cli, found: Imported, variables: Variables) -> None:
    unset = [name for name in found.variables if key_trouble(name, variables)]
    if unset:
        paint = cli.terminal.talk_paint
        where = "in the environment, or in .env beside config.toml"
        cli.terminal.talk(paint(f"to be set, {where}: {', '.join(unset)}"))
