"""`vibe permissions …`: what would be decided about a command, and what was allowed for good."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import typer

from vibe.cli.context import Cli
from vibe.cli.table import table
from vibe.cli.terminal import Ink, Paint, Painted, joined, json_text
from vibe.errors import ExitCode

if TYPE_CHECKING:
    from vibe.agent.permissions.grants import Granted
    from vibe.agent.permissions.values import Decision, Part, Surroundings
    from vibe.config.load import Loaded
    from vibe.domain.rule import Rules

app = typer.Typer(
    name="permissions",
    help="See what may be done without a question, and what you allowed for good.",
    invoke_without_command=True,
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_INKS: dict[Decision, Ink] = {"allow": "green", "ask": "yellow", "deny": "red"}


class ModeName(Enum):
    plan = "plan"
    ask = "ask"
    edits = "edits"
    auto = "auto"


@app.callback()
def group(ctx: typer.Context) -> None:
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help(), err=True)
        raise typer.Exit(ExitCode.USAGE)


@app.command(
    epilog="""\b
Examples:
  vibe permissions check -- git log --oneline
  vibe permissions check 'cd src && grep -n main app.py | head'
  vibe permissions check --mode plan -- make
  vibe permissions check --deny 'bash(git push *)' -- git push origin main
\b
Exit codes: 0 it would run without a question, 1 it would be asked about or denied, 2 usage.
"""
)
def check(
    ctx: typer.Context,
    command: Annotated[
        list[str],
        typer.Argument(metavar="-- COMMAND", help="One command line in quotes, or its words."),
    ],
    mode: Annotated[
        ModeName | None,
        typer.Option(help="The mode that vibe would be in, if not that of the configuration."),
    ] = None,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="As inside a sandbox that holds everything.")
    ] = False,
    allow: Annotated[
        list[str] | None, typer.Option(metavar="RULE", help="As if this were a rule.")
    ] = None,
    ask: Annotated[
        list[str] | None, typer.Option(metavar="RULE", help="As if this were a rule.")
    ] = None,
    deny: Annotated[
        list[str] | None, typer.Option(metavar="RULE", help="As if this were a rule.")
    ] = None,
    json: Json = False,
) -> None:
    """Say what would be decided about a command in this folder, and why. Nothing is run.

    By mode and rules of the configuration and by what you allowed for good; options add rules.
    """
    from vibe.agent.permissions.look import check_command
    from vibe.domain.rule import rules

    cli: Cli = ctx.obj
    line = command[0] if len(command) == 1 else shlex.join(command)
    loaded = _loaded(cli)
    given = rules(deny=deny or (), ask=ask or (), allow=allow or ())
    verdict = check_command(
        line,
        mode=mode.value if mode else loaded.settings.permissions.mode,
        around=_surroundings(cli, has_sandbox=sandbox),
        rules=_all_rules(cli, loaded, given),
    )
    if json:
        cli.terminal.data(json_text(verdict))
    else:
        paint = cli.terminal.data_paint
        cli.terminal.data(_judged(verdict.decision, verdict.reason, paint))
        for part in verdict.parts:
            for row in _told(part, paint):
                cli.terminal.data(row)
    raise typer.Exit(ExitCode.FINISHED if verdict.decision == "allow" else ExitCode.FAILED)


@app.command(name="list")
def list_(ctx: typer.Context, json: Json = False) -> None:
    """List what you allowed for good: which rule, in which folder, since when."""
    from vibe.cli.sessions_place import moment

    cli: Cli = ctx.obj
    cli.load(allow_missing_keys=True)  # to hide the keys that a rule may name
    granted = _granted(cli)
    numbered = list(enumerate(granted.grants, start=1))
    paint = cli.terminal.data_paint
    if json:
        found = [
            {"number": number, "folder": each.folder, "rule": each.rule, "at": each.at}
            for number, each in numbered
        ]
        cli.terminal.data(json_text(found))
    elif numbered:
        rows = [(str(number), moment(each.at), each.rule, each.folder) for number, each in numbered]
        for line in table(("N", "SINCE", "RULE", "FOLDER"), rows, paint):
            cli.terminal.data(line)
        cli.terminal.talk(
            cli.terminal.talk_paint("take one back: vibe permissions forget N", "dim")
        )
    elif granted.trouble is None:
        cli.terminal.talk(cli.terminal.talk_paint("nothing is allowed for good", "dim"))


@app.command()
def forget(
    ctx: typer.Context,
    numbers: Annotated[list[int], typer.Argument(metavar="N...", help="As the list tells them.")],
) -> None:
    """Take back what you allowed for good: it is asked about again."""
    from vibe.agent.permissions.grants import forget as forget_in

    cli: Cli = ctx.obj
    for each in forget_in(cli.folders().grants, numbers):
        cli.terminal.talk(cli.terminal.talk_paint(f"asks again: {each.rule} in {each.folder}"))


def _surroundings(cli: Cli, *, has_sandbox: bool) -> Surroundings:
    from vibe.agent.permissions.look import surroundings
    from vibe.agent.permissions.shell.bash import cleaned
    from vibe.agent.permissions.values import EVERY_HAZARD

    world, folders = cli.world, cli.folders()
    return surroundings(
        world.cwd,
        home=world.home,
        search_path=cleaned(world.env, secrets=()).get("PATH", ""),
        own=(folders.config.parent, folders.state),
        unheld=frozenset() if has_sandbox else EVERY_HAZARD,
    )


def _loaded(cli: Cli) -> Loaded:
    """The configuration; half of its rules are none, but a missing key says nothing of them."""
    from vibe.config.codes import Code
    from vibe.config.problem import ConfigError

    loaded = cli.load(allow_missing_keys=True)
    errors = (each for each in loaded.problems if each.severity == "error")
    if found := tuple(each for each in errors if each.code is not Code.API_KEY_MISSING):
        raise ConfigError(found)
    return loaded


def _all_rules(cli: Cli, loaded: Loaded, given: Rules) -> Rules:
    """Those of the configuration, those that were given, and what was allowed for good."""
    from vibe.agent.permissions.configured import rules_of
    from vibe.agent.permissions.grants import with_grants
    from vibe.domain.rule import Rules

    configured = rules_of(loaded)
    both = Rules(
        deny=configured.deny + given.deny,
        ask=configured.ask + given.ask,
        allow=configured.allow + given.allow,
    )
    return with_grants(both, _granted(cli), folder=cli.world.cwd)


def _granted(cli: Cli) -> Granted:
    from vibe.agent.permissions.grants import read_grants

    granted = read_grants(cli.folders().grants)
    if granted.trouble:
        cli.warn(granted.trouble)
    return granted


def _told(part: Part, paint: Paint) -> Iterator[Painted]:
    yield joined([paint("  "), _judged(part.decision, shlex.join(part.argv), paint)])
    yield paint(f"    {part.reason}", "dim")
    if part.always:
        yield paint(f"    always: {part.always}", "dim")


def _judged(decision: Decision, what: str, paint: Paint) -> Painted:
    return joined([paint(decision, _INKS[decision]), paint(f": {what}")])
