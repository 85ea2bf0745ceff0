"""The command line's root: options for every command, the commands themselves loaded when named.

Here every error ends in a sentence and an exit code; nothing else of vibe exits or prints one.
"""

from __future__ import annotations

import importlib
import io
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout, suppress
from typing import Annotated, Any

import typer
import typer.core
from typer.main import get_command

from vibe import __version__
from vibe.clean import quote
from vibe.cli.context import Cli
from vibe.cli.flags import (
    AnswersFlag,
    ApproveFlag,
    ConfigFlag,
    ContinueFlag,
    CostFlag,
    Flags,
    FolderFlag,
    KeysFlag,
    LimitChoice,
    LimitFlag,
    LogFlag,
    ModelFlag,
    ResumeFlag,
    TimeFlag,
    VerboseFlag,
)
from vibe.cli.fronts import front_of
from vibe.cli.terminal import ReaderGone, Terminal
from vibe.config.nearest import nearest
from vibe.errors import ExitCode, UsageError, VibeError
from vibe.world import World

COMMANDS: Mapping[str, str] = {
    "config": "vibe.cli.config",
    "doctor": "vibe.cli.doctor",
    "models": "vibe.cli.models",
    "mux": "vibe.cli.mux",
    "permissions": "vibe.cli.permissions",
    "serve": "vibe.cli.serve",
    "sessions": "vibe.cli.sessions",
    "with": "vibe.cli.with_client",
}
SAID = "vibe.said"  # what the person says at once, among what a parse brings
_HIDDEN: Mapping[str, str] = {"prompt": "vibe.cli.prompt"}
_EXIT_CODES = "\n".join(f"  {code.value:>3}  {code.meaning}" for code in ExitCode)
_EPILOG = f"""\b
Examples:
  vibe "fix the failing test"      the chat, with a first message; vibe -- TEXT to be sure
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

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Words that are no command are what the person says; then options may follow them."""
        words = self._words(ctx, args)
        is_sure = args[: len(args) - len(words)][-1:] == ["--"]
        if not words or (words[0] in {*COMMANDS, *_HIDDEN} and not is_sure):
            return ctx.args
        if not is_sure and words[0].split() == words[:1]:
            self._refuse_slip(ctx, words[0])
        ctx.allow_interspersed_args = True
        ctx.meta[SAID] = " ".join(self._words(ctx, args))
        ctx._protected_args, ctx.args = list[str](), list[str]()
        return ctx.args

    def _words(self, ctx: Any, args: list[str]) -> list[str]:
        ctx._protected_args, ctx.args = list[str](), list[str]()
        super().parse_args(ctx, list(args))
        return [*ctx._protected_args, *ctx.args]

    def _refuse_slip(self, ctx: Any, word: str) -> None:
        """One word that is nearly a command was meant to be one."""
        named = self._named(ctx)
        if guess := nearest(word, named):
            raise UsageError(
                f"there is no command {quote(word)}",
                hint=f"did you mean: vibe {named[guess]}; to say it to a model: vibe -- {word}",
            )

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """Nothing goes on what the person says."""
        return [] if SAID in ctx.meta else super().shell_complete(ctx, incomplete)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
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
    config: ConfigFlag = None,
    verbose: VerboseFlag = False,
    log_file: LogFlag = None,
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", callback=_version, is_eager=True),
    ] = False,
    headless: Annotated[
        bool,
        typer.Option("-p", "--print", help="Answer TEXT or stdin and leave; -p -h tells more."),
    ] = False,
    plain: Annotated[
        bool,
        typer.Option("--plain", help="Line by line, for screen readers and slow links."),
    ] = False,
    model: ModelFlag = None,
    approve: ApproveFlag = None,
    continues: ContinueFlag = False,
    resume: ResumeFlag = None,
    cd: FolderFlag = None,
    max_turns: AnswersFlag = None,
    max_cost: CostFlag = None,
    time_limit: TimeFlag = None,
    on_limit: LimitFlag = LimitChoice.WAIT,
    allow_missing_keys: KeysFlag = False,
) -> None:
    del headless  # such a command line goes to `prompt`
    cli: Cli = ctx.obj
    cli.chosen_config = config
    cli.verbose, cli.log_file = verbose, log_file
    flags = Flags(
        model=model,
        approve=approve,
        continues=continues,
        resume=resume,
        folder=cd,
        answers=max_turns,
        cost_usd=max_cost,
        within_s=time_limit,
        on_limit=on_limit,
        allow_missing_keys=allow_missing_keys,
    )
    if ctx.invoked_subcommand is None:
        raise typer.Exit(_chat(cli, flags, said=ctx.meta.get(SAID, ""), plain=plain))
    if plain or flags != Flags():
        told = f"vibe {ctx.invoked_subcommand} takes no options of the chat before its name"
        raise UsageError(told, hint=f"vibe {ctx.invoked_subcommand} --help lists its own")


def _chat(cli: Cli, flags: Flags, *, said: str, plain: bool) -> ExitCode:
    front = front_of(cli.world, plain=plain)
    if front is None and (said or plain or flags != Flags()):
        raise UsageError(
            "the chat needs a terminal",
            hint='without one: vibe -p "TEXT"; vibe --help lists the commands',
        )
    if front is None:
        from vibe.cli.first_steps import first_steps

        return first_steps(cli)
    from vibe.cli.chat import chat

    return chat(cli, flags, said=said, front=front)


def routed(args: list[str]) -> list[str]:
    """`args` as the parser takes them: with -p, everything belongs to the one prompt.

    What follows `vibe with` is for another program, even -p.
    """
    options = args[: args.index("--")] if "--" in args else args
    if "with" in options and _are_options(options[: options.index("with")]):
        return args
    return ["prompt", *args] if {"-p", "--print"} & set(options) else args


def _are_options(args: list[str]) -> bool:
    """Whether nothing else is among them: no words, and no prompt."""
    before = ["", *args]
    return all(
        (arg.startswith("-") and arg not in ("-p", "--print")) or last in ("--config", "--log-file")
        for last, arg in zip(before, args, strict=False)
    )


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
