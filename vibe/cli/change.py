"""`vibe config set`, `init` and `trust`: what changes a file on the person's behalf."""

from __future__ import annotations

from vibe.cli.context import Cli
from vibe.cli.problems import told
from vibe.cli.terminal import joined
from vibe.config.discover import found_keys, found_servers
from vibe.config.edit import set_in_file
from vibe.config.fields import field_at
from vibe.config.keypath import no_such_setting, parse_key, resolve, value_for
from vibe.config.known import LLAMACPP, KnownProvider, LocalServer
from vibe.config.load import Loaded
from vibe.config.problem import ConfigError
from vibe.config.read import read_file
from vibe.config.scan import Path
from vibe.config.schema import Settings
from vibe.errors import Cancelled, ExitCode, UsageError
from vibe.secret import may_name_a_variable


def change(cli: Cli, key: str, text: str) -> ExitCode:
    """Set `key` in the person's file, then say what is wrong with the result, if anything.

    What is wrong now may be the first half of a change, so the file is written all the same.
    """
    path = parse_key(key)
    meant = resolve(path, cli.load().values)
    field = field_at(Settings, meant)
    if field is None:
        raise no_such_setting(key, meant)
    if field.name == "api_key_env_var" and text and not may_name_a_variable(text):
        raise UsageError(
            "this looks like a key, not the name of a variable; nothing was changed",
            hint="put the key into .env as NAME=key, and set the NAME here",
        )
    file = cli.folders().config
    found = read_file(file, name=str(file), uid=cli.world.uid)
    if found.source is None and found.exists:
        raise ConfigError(found.problems)
    set_in_file(file, path, value_for(field, text))
    cli.logger().info("set %s in %s", key, file)
    paint = cli.terminal.talk_paint
    cli.terminal.talk(joined([paint("set ", "green"), paint(key), paint(f" in {file}", "dim")]))
    loaded = cli.load()
    if first := _goes_before(loaded, meant):
        said = f"{first} goes before that file, so it has no effect"
        cli.terminal.talk(joined([paint("but ", "yellow"), paint(said)]))
    for line in told(loaded.problems, paint):
        cli.terminal.talk(line)
    return ExitCode.FINISHED if loaded.is_sound else ExitCode.USAGE


def _goes_before(loaded: Loaded, path: Path) -> str | None:
    """The variable or the project file that has the say at `path`, or in the list around it."""
    around = (loaded.origins.get(path[:end]) for end in range(len(path), 0, -1))
    origin = next((each for each in around if each), None)
    return origin.label if origin and origin.kind != "user" else None


def init(cli: Cli) -> None:
    """Write the starter file for a provider that this machine has a key or a server for."""
    from vibe.config.beginning import write_starter

    file = cli.folders().config
    write_starter(file, *_chosen(cli))
    cli.logger().info("wrote %s", file)
    paint = cli.terminal.talk_paint
    cli.terminal.talk(joined([paint("wrote ", "green"), paint(str(file))]))
    cli.terminal.talk(paint("next: vibe config validate", "dim"))


def _chosen(cli: Cli) -> tuple[KnownProvider | LocalServer, ...]:
    """What the file begins with: the first that was found, or what the person picks of them."""
    variables = cli.load(allow_missing_keys=True).variables
    keys = found_keys(variables.environment, variables.dotenv)
    found = (*keys, *found_servers(cli.world.connect))
    if len(found) > 1 and cli.world.stdin.isatty():
        picked = _asked(cli, [*(each.title for each in found), "all of these, as a pool"])
        return found if picked == len(found) else (found[picked],)
    return found[:1] or (LLAMACPP,)


def _asked(cli: Cli, titles: list[str]) -> int:
    """The index of the title that the person picks; the first on a bare Enter."""
    paint = cli.terminal.talk_paint
    for number, title in enumerate(titles, start=1):
        cli.terminal.talk(paint(f"  {number}  {title}"))
    while (answer := cli.terminal.ask(paint("Begin with which? [1]"))) is not None:
        if not answer:
            return 0
        if answer.isdecimal() and 1 <= int(answer) <= len(titles):
            return int(answer) - 1
    raise Cancelled("nothing was written")


def trust(cli: Cli, *, revoke: bool) -> None:
    """Trust what this folder brings for vibe, or do so no longer.

    A configuration may have mistakes, which are told; but there must be a text that a person can
    have read.
    """
    from vibe.agent.permissions import trust as trusting

    folder, store = cli.world.cwd, cli.folders().trust
    paint = cli.terminal.talk_paint
    if revoke:
        found = trusting.revoke(folder, store=store)
        cli.terminal.talk(
            paint("no longer trusted" if found else "it was not trusted; nothing was changed")
        )
        return
    file = cli.folders().project
    read = read_file(file, name=str(file), uid=cli.world.uid)
    if read.exists and read.source is None:
        raise ConfigError(read.problems)
    project = trusting.project_in(folder, store=store, home=cli.world.home)
    if project.state == "nothing":
        raise UsageError(
            f"there is nothing to trust in {folder}: no .vibe, no .mcp.json, no AGENTS.md",
            hint="run it in the project's folder",
        )
    trusting.trust(project, store=store)
    cli.logger().info("trusted %s", folder)
    cli.terminal.talk(joined([paint("trusted ", "green"), paint(str(folder))]))
    for each in project.files:
        cli.terminal.talk(paint(f"  {each.name}"))
    loaded = cli.load(allow_missing_keys=True)
    for line in told(tuple(p for p in loaded.problems if p.spot.file == str(file)), paint):
        cli.terminal.talk(line)
