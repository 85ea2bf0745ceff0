"""What `vibe doctor` looks at, one value for each subject. A key is told of, and never told."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from shutil import which
from tempfile import TemporaryFile
from typing import Final

from vibe.assemble import lines_of, pool_of
from vibe.clean import clean_line, quote
from vibe.cli.context import Cli
from vibe.cli.doctor_check import Check, State, install
from vibe.cli.doctor_sandbox import sandbox_check
from vibe.cli.problems import counted
from vibe.cli.validate import summary
from vibe.clock import SystemClock
from vibe.config.discover import found_keys
from vibe.config.load import Loaded
from vibe.config.paths import Folders
from vibe.mux.store import Store
from vibe.world import World

_LEAST_BYTES: Final = 100_000_000
_PATIENCE_S: Final = 5.0
_CLIPBOARDS: Final = ("wl-copy", "xclip", "xsel", "pbcopy", "clip.exe")


def checks(cli: Cli) -> tuple[Check, ...]:
    loaded = cli.load(allow_missing_keys=True)
    return (
        _python(),
        _terminal(cli.world),
        _clipboard(cli.world),
        _configuration(cli, loaded),
        *(_providers(loaded) if loaded.files else (_keys(loaded),)),
        _state(cli.folders()),
        _store(cli.folders()),
        _program(
            "git", "git", cli.world, else_="nothing tells what changed", remedy=install("git")
        ),
        _program(
            "rg", "ripgrep", cli.world, else_="searching is slower", remedy=install("ripgrep")
        ),
        sandbox_check(cli.folders(), loaded.settings.sandbox, home=cli.world.home),
    )


def _python() -> Check:
    system = f"{platform.system()} {platform.release()} on {platform.machine()}"
    return Check(name="Python", state="good", fact=f"{platform.python_version()}, {system}")


def _terminal(world: World) -> Check:
    if not world.stdout.isatty():
        return Check(name="terminal", state="good", fact="none: the output goes elsewhere")
    kind = world.env.get("TERM", "")
    size = shutil.get_terminal_size()
    coding = (world.stdout.encoding or "").upper()
    colours = ", true colour" if world.env.get("COLORTERM") in ("truecolor", "24bit") else ""
    fact = f"{kind or 'of no known kind'}, {size.columns}x{size.lines}, {coding}{colours}"
    if kind in ("", "dumb"):
        return Check(name="terminal", state="fair", fact=fact, remedy="export TERM=xterm-256color")
    if coding != "UTF-8":
        return Check(name="terminal", state="fair", fact=fact, remedy="export LC_ALL=C.UTF-8")
    return Check(name="terminal", state="good", fact=fact)


def _clipboard(world: World) -> Check:
    path = world.env.get("PATH", os.defpath)
    found = next((name for name in _CLIPBOARDS if which(name, path=path)), None)
    fact = f"by {found}" if found else "by the terminal, where it can (OSC 52)"
    return Check(name="clipboard", state="good", fact=fact)


def _configuration(cli: Cli, loaded: Loaded) -> Check:
    name, file = "configuration", str(cli.folders().config)
    if not loaded.is_sound:
        errors = [each for each in loaded.problems if each.severity == "error"]
        return Check(
            name=name,
            state="bad",
            fact=f"{file}: {counted(loaded.problems)}",
            details=(errors[0].message,),
            remedy="vibe config validate",
        )
    if not loaded.files:
        return Check(name=name, state="fair", fact=f"none yet at {file}", remedy="vibe config init")
    warnings = any(each.severity == "warning" for each in loaded.problems)
    return Check(
        name=name,
        state="fair" if warnings else "good",
        fact=", ".join(loaded.files) + (f": {counted(loaded.problems)}" if warnings else ""),
        details=(summary(loaded.settings),),
        remedy="vibe config validate" if warnings else "",
    )


def _providers(loaded: Loaded) -> Iterator[Check]:
    """A key that is missing is bad where nobody in use can answer without it."""
    lines = {line.alias: line for line in lines_of(loaded)} if loaded.is_sound else {}
    if not lines:
        return
    used = pool_of(loaded).entries
    can_answer = any(entry.trouble is None for entry in used)
    for provider in loaded.settings.providers:
        line = next((each for each in lines.values() if each.provider.name == provider.name), None)
        if line is None:
            continue
        is_used = any(lines[entry.alias].provider.name == provider.name for entry in used)
        variable = provider.api_key_env_var
        fact = f"{variable} is set" if variable else "needs no key"
        state: State = "good"
        if line.key_trouble:
            fact, state = line.key_trouble, "bad" if is_used and not can_answer else "fair"
        yield Check(
            name=clean_line(provider.name),
            state=state,
            fact=fact,
            remedy=f"export {variable}=…" if line.key_trouble else "",
        )


def _keys(loaded: Loaded) -> Check:
    """Where nothing is configured, what could be."""
    found = found_keys(loaded.variables.environment, loaded.variables.dotenv)
    names = ", ".join(each.variable for each in found)
    return Check(
        name="keys",
        state="good" if found else "fair",
        fact=names or "none in the environment; the demo model answers",
    )


def _state(folders: Folders) -> Check:
    """Tried at the folder itself, or where it will be made."""
    folder = folders.state
    there = next(each for each in (folder, *folder.parents) if each.is_dir())
    try:
        with TemporaryFile(dir=there):
            free = shutil.disk_usage(there).free
    except OSError as error:
        return Check(
            name="state folder",
            state="bad",
            fact=f"{folder} cannot be written: {error.strerror}",
            remedy=f"make it yours: sudo chown -R $(id -u) {quote(str(folder))}",
        )
    is_enough = free >= _LEAST_BYTES
    fact = f"{folder}, {free / 1e9:.1f} GB free"
    return Check(
        name="state folder",
        state="good" if is_enough else "fair",
        fact=fact,
        remedy="" if is_enough else "make room: sessions are kept there",
    )


def _store(folders: Folders) -> Check:
    if not folders.pool.exists():
        return Check(name="pool memory", state="good", fact="none yet")
    store = Store.open(folders.pool, SystemClock())
    store.close()
    if store.notice:
        fact = store.notice
        return Check(name="pool memory", state="fair", fact=fact, remedy=f"rm {folders.pool}")
    return Check(name="pool memory", state="good", fact=str(folders.pool))


def _program(name: str, words: str, world: World, *, else_: str, remedy: str) -> Check:
    """`words` is how it is told, `else_` what is so without it."""
    program = which(name, path=world.env.get("PATH", os.defpath))
    if program is None:
        return Check(name=words, state="fair", fact=f"not found: {else_}", remedy=remedy)
    version = ""
    with suppress(OSError, subprocess.SubprocessError, IndexError):
        ran = subprocess.run(  # noqa: S603  the person's own program
            (program, "--version"),
            env={"PATH": world.env.get("PATH", os.defpath)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PATIENCE_S,
            check=True,
        )
        version = next((word for word in ran.stdout.split() if word[:1].isdigit()), "")
    return Check(name=words, state="good", fact=f"{version} {program}".strip())
