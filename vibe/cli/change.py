"""`vibe config set`, `init` and `trust`: what changes a file on the person's behalf."""

from __future__ import annotations

from vibe.cli.problems import told
from vibe.cli.session import Cli
from vibe.cli.terminal import joined
from vibe.config.discover import found_keys, found_servers
from vibe.config.edit import set_in_file
from vibe.config.fields import dotted_keys, field_at
from vibe.config.keypath import parse_key, resolve, value_for
from vibe.config.known import LLAMACPP, KnownProvider, LocalServer
from vibe.config.nearest import nearest
from vibe.config.schema import Settings
from vibe.errors import ExitCode, UsageError


def change(cli: Cli, key: str, text: str) -> ExitCode:
    """Set `key` in the person's file, then say what is wrong with the result, if anything.

    What is wrong now may be the first half of a change, so the file is written all the same.
    """
    path = parse_key(key)
    field = field_at(Settings, resolve(path, cli.load().values))
    if field is None or field.table is not None:
        guess = nearest(key, (name for name, _ in dotted_keys(Settings)))
        raise UsageError(
            f"there is no setting {key}",
            hint=f"did you mean {guess}?" if guess else "docs/configuration.md lists them all",
        )
    file = cli.folders().config
    set_in_file(file, path, value_for(field, text))
    cli.logger().info("set %s in %s", key, file)
    paint = cli.terminal.talk_paint
    cli.terminal.talk(joined([paint("set ", "green"), paint(key), paint(f" in {file}", "dim")]))
    loaded = cli.load()
    for line in told(loaded.problems, paint):
        cli.terminal.talk(line)
    return ExitCode.FINISHED if loaded.is_sound else ExitCode.USAGE


def init(cli: Cli) -> None:
    """Write the starter file for a provider that this machine has a key or a server for."""
    from vibe.config.starter import starter
    from vibe.config.write import rewrite

    file = cli.folders().config
    text = starter(_chosen(cli))

    def create(old: bytes | None) -> bytes:
        if old is not None and old.strip():
            raise UsageError(
                f"{file} exists already; nothing was changed",
                hint="change it with: vibe config edit",
            )
        return text.encode()

    rewrite(file, create)
    cli.logger().info("wrote %s", file)
    paint = cli.terminal.talk_paint
    cli.terminal.talk(joined([paint("wrote ", "green"), paint(str(file))]))
    cli.terminal.talk(paint("next: vibe config validate", "dim"))


def _chosen(cli: Cli) -> KnownProvider | LocalServer:
    """What the file begins with: the first that was found, or what the person picks of them."""
    variables = cli.load(allow_missing_keys=True).variables
    found = [*found_keys(variables.environment, variables.dotenv), *found_servers()]
    if len(found) > 1 and cli.world.stdin.isatty():
        return found[_asked(cli, [each.title for each in found])]
    return found[0] if found else LLAMACPP


def _asked(cli: Cli, titles: list[str]) -> int:
    """The index of the title that the person picks; the first on a bare Enter."""
    paint = cli.terminal.talk_paint
    for number, title in enumerate(titles, start=1):
        cli.terminal.talk(paint(f"  {number}  {title}"))
    while True:
        cli.world.stderr.write("Begin with which? [1] ")
        cli.world.stderr.flush()
        answer = cli.world.stdin.readline().strip()
        if not answer:
            return 0
        if answer.isdecimal() and 1 <= int(answer) <= len(titles):
            return int(answer) - 1


def trust(cli: Cli, *, revoke: bool) -> None:
    """Trust this folder's project file, or do so no longer."""
    from vibe.config import trust as trusting

    places = cli.folders()
    paint = cli.terminal.talk_paint
    if revoke:
        found = trusting.revoke(places.project, store=places.trust)
        cli.terminal.talk(
            paint("no longer trusted" if found else "it was not trusted; nothing was changed")
        )
        return
    try:
        data = places.project.read_bytes()
    except OSError as error:
        raise UsageError(
            f"there is no {places.project} to trust", hint="run it in the project's folder"
        ) from error
    trusting.trust(places.project, data, store=places.trust, home=cli.world.home)
    cli.logger().info("trusted %s", places.project)
    cli.terminal.talk(joined([paint("trusted ", "green"), paint(str(places.project))]))
