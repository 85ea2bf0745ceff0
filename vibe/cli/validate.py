"""`vibe config validate`: every problem of a configuration, and a verdict that CI can use."""

from __future__ import annotations

from pathlib import Path

from vibe.cli.context import Cli
from vibe.cli.problems import as_data, counted, told
from vibe.cli.terminal import Painted, joined, json_text
from vibe.config.load import Loaded, load_file
from vibe.config.schema import Settings
from vibe.errors import ExitCode


def validate(
    cli: Cli, paths: list[Path], *, strict: bool, as_json: bool, allow_missing_keys: bool
) -> ExitCode:
    """Check `paths`, each by itself, or without any the configuration that is in effect."""
    if paths:
        checked = [
            (str(path), _one(cli, path, allow_missing_keys=allow_missing_keys)) for path in paths
        ]
    else:
        checked = [(str(cli.folders().config), cli.load(allow_missing_keys=allow_missing_keys))]
    problems = tuple(problem for _, loaded in checked for problem in loaded.problems)
    if as_json:
        cli.terminal.data(json_text([as_data(problem) for problem in problems]))
    else:
        for line in told(problems, cli.terminal.data_paint):
            cli.terminal.data(line)
        for name, loaded in checked:
            cli.terminal.data(_verdict(cli, name, loaded))
    if any(problem.severity == "error" for problem in problems):
        return ExitCode.USAGE
    if strict and any(problem.severity == "warning" for problem in problems):
        return ExitCode.FAILED
    return ExitCode.FINISHED


def _one(cli: Cli, path: Path, *, allow_missing_keys: bool) -> Loaded:
    world = cli.world
    loaded = load_file(
        world.cwd / path,
        name=str(path),
        env=world.env,
        uid=world.uid,
        allow_missing_keys=allow_missing_keys,
    )
    cli.hide_keys_of(loaded)
    return loaded


def _verdict(cli: Cli, name: str, loaded: Loaded) -> Painted:
    paint = cli.terminal.data_paint
    if not loaded.is_sound:
        return joined([paint(f"{name}: ", "bold"), paint(counted(loaded.problems), "red")])
    if not loaded.files:
        return paint("no config file; using defaults. Create one: vibe config init")
    warnings = any(problem.severity == "warning" for problem in loaded.problems)
    word = (
        paint(f"valid, {counted(loaded.problems)}", "yellow")
        if warnings
        else paint("valid", "green")
    )
    return joined([paint(f"{name}: ", "bold"), word, paint(f": {summary(loaded.settings)}")])


def summary(settings: Settings) -> str:
    """Providers, models, mode and pool in one line."""
    parts = [_number(len(settings.providers), "provider"), _number(len(settings.models), "model")]
    mux = settings.multiplexer
    if not mux.enabled or mux.mode == "single":
        parts.append(f"single mode, {settings.active_model or 'no active model'}")
        return ", ".join(parts)
    primaries = sum(not entry.is_fallback for entry in mux.pool)
    fallbacks = len(mux.pool) - primaries
    pool = (
        f"pool of {len(mux.pool)}: {primaries} primary"
        if primaries == 1
        else (f"pool of {len(mux.pool)}: {primaries} primaries")
    )
    parts.append(
        f"{mux.mode} over a {pool}" + (f", {_number(fallbacks, 'fallback')}" if fallbacks else "")
    )
    return ", ".join(parts)


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
