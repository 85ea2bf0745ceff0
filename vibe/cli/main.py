"""The command line's root: options for every command, the commands themselves loaded when named.

Here every error ends in a sentence and an exit code; nothing else of vibe exits or prints one.
"""

from __future__ import annotations

import importlib
import io
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout, suppress
from pathlib import Path
from typing import Annotated, Any

import typer
import typer.core
from typer.main import get_command

from vibe import __version__
from vibe.assemble import World
from vibe.clean import quote
from vibe.cli.session import Cli
from vibe.cli.terminal import ReaderGone, Terminal
from vibe.config.nearest import nearest
from vibe.errors import ExitCode, UsageError, VibeError

COMMANDS: Mapping[str, str] = {
    "config": "vibe.cli.config",
    "doctor": "vibe.cli.doctor",
    "models": "vibe.cli.models",
    "mux": "vibe.cli.mux",
    "permissions": "vibe.cli.permissions",
    "sessions": "vibe.cli.sessions",
}
_HIDDEN: Mapping[str, str] = {"prompt": "vibe.cli.prompt"}
_EXIT_CODES = "\n".join(f"  {code.value:>3}  {code.meaning}" for code in ExitCode)
_EPILOG = f"""\b
Examples:
  vibe -p "why is the sky blue?"   ask one model, the answer on stdout
  vibe config init                 write a first configuration
  vibe config validate             check it: every problem, with line and remedy
  vibe config show --origin        what is in effect, and where it came from
\b
Exit codes:
{_EXIT_CODES}
"""


class Commands(typer.core.TyperGroup):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        module = COMMANDS.get(cmd_name) or _HIDDEN.get(cmd_name)
        return get_command(importlib.import_module(module).app) if module else None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and args[0] not in COMMANDS and args[0] not in _HIDDEN:
            named = self._named(ctx)
            guess = nearest(args[0], named)
            raise UsageError(
                f"there is no command {quote(args[0])}",
                hint=f"did you mean: vibe {named[guess]}"
                if guess
                else "vibe --help lists the commands",
            )
        name, command, rest = super().resolve_command(ctx, args)
        return "-p" if name == "prompt" else name, command, rest

    def _named(self, ctx: Any) -> dict[str, str]:
        """The words of each command by the last of them: `validate` is `config validate`."""
        named = {name: name for name in COMMANDS}
        for group in COMMANDS:
            inner = getattr(self.get_command(ctx, group), "commands", {})
            named |= {name: f"{group} {name}" for name in inner if name not in named}
        return named


app = typer.Typer(
    cls=Commands,
    help="A coding assistant for the terminal whose model is a pool.",
    epilog=_EPILOG,
    no_args_is_help=False,
    invoke_without_command=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"vibe {__version__}")
        raise typer.Exit


@app.callback()
def root(
    ctx: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="Use this configuration file instead of your own."),
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", help="Log in detail.")] = False,
    log_file: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Write the log here.")
    ] = None,
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", callback=_version, is_eager=True),
    ] = False,
    headless: Annotated[
        bool,
        typer.Option("-p", "--print", help="Answer TEXT or stdin and leave; -p -h tells more."),
    ] = False,
    continues: Annotated[
        bool, typer.Option("-c", "--continue", help="Go on with the last session of this folder.")
    ] = False,
    resume: Annotated[
        str | None, typer.Option(metavar="ID", help="Go on with this session.")
    ] = None,
) -> None:
    del headless  # such a command line goes to `prompt`
    cli: Cli = ctx.obj
    cli.chosen_config = config
    cli.verbose, cli.log_file = verbose, log_file
    if ctx.invoked_subcommand is not None:
        return
    if has_screen(cli.world):
        from vibe.cli.chat import chat

        raise typer.Exit(chat(cli, resume="" if continues else resume))
    from vibe.cli.first_steps import first_steps

    raise typer.Exit(first_steps(cli))


def has_screen(world: World) -> bool:
    """Whether the chat can be shown and typed into."""
    is_dumb = world.env.get("TERM", "dumb") == "dumb"
    return not is_dumb and world.stdin.isatty() and world.stdout.isatty()


def routed(args: list[str]) -> list[str]:
    """`args` as the parser takes them: with -p, everything belongs to the one prompt."""
    options = args[: args.index("--")] if "--" in args else args
    return ["prompt", *args] if {"-p", "--print"} & set(options) else args


def run(args: list[str], world: World) -> int:
    """Run one command line and return its exit code; every error is told in a sentence here."""
    cli = Cli(world=world, terminal=Terminal(world))
    if "_VIBE_COMPLETE" in world.env:  # somebody is typing: no word of what goes wrong
        with suppress(Exception, KeyboardInterrupt):
            code = _command(args, cli)
            cli.terminal.flush()
            return code
        return ExitCode.FAILED
    code = _told(cli, lambda: _command(args, cli))
    return _told(cli, cli.terminal.flush) or code


def _command(args: list[str], cli: Cli) -> int:
    printed = io.StringIO()  # Typer writes help and completions to the stdout of the process
    try:
        with redirect_stdout(printed):
            returned: object = get_command(app).main(
                routed(args), prog_name="vibe", standalone_mode=False, obj=cli
            )
    except SystemExit as end:  # so a completion ends
        returned = end.code
    if text := printed.getvalue().removesuffix("\n"):
        cli.terminal.data(cli.terminal.data_paint.lines(text))
    return returned if isinstance(returned, int) else ExitCode.FINISHED


def _told(cli: Cli, work: Callable[[], int | None]) -> int:
    """The exit code of `work`, whatever comes of it."""
    try:
        return work() or ExitCode.FINISHED
    except ReaderGone:
        return ExitCode.FAILED
    except VibeError as error:
        cli.tell(error)
        return error.exit_code
    except typer.TyperException as error:
        mistaken: Any = getattr(error, "ctx", None)
        command = mistaken.command_path if mistaken else "vibe"
        cli.tell(UsageError(error.format_message(), hint=f"{command} --help"))
        return ExitCode.USAGE
    except (KeyboardInterrupt, typer.Abort):
        return ExitCode.INTERRUPTED
    except Exception:
        # The edge of the process: a traceback may hold what no terminal should show.
        cli.logger().exception("a command failed")
        where = f" with the last lines of {cli.log}" if cli.log else ", and what you did"
        cli.tell(VibeError("vibe has a bug and could not go on", hint=f"please report it{where}"))
        return ExitCode.FAILED
