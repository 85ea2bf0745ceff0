"""`vibe -p`: one task in, done with nobody there to ask; the answer on stdout."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer
import typer.core

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
    choices_of,
    loaded_by,
)
from vibe.cli.prompt_input import said
from vibe.cli.prompt_report import Output, Report
from vibe.clock import SystemClock
from vibe.errors import Cancelled, ExitCode, UsageError, VibeError

if TYPE_CHECKING:
    from collections.abc import Generator

    from vibe.cli.prompt_run import Asked
    from vibe.config.load import Loaded

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class Prompt(typer.core.TyperCommand):
    """A script waits for an envelope, also where the value of another option is refused."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except typer.BadParameter as error:
            if form := ctx.params.get("output"):
                refused = UsageError(error.format_message(), hint="vibe -p --help")
                Report(ctx.obj, Output(form)).broken_off(refused)
            raise


@app.command(
    cls=Prompt,
    epilog="""\b
Examples:
  vibe -p "why is the sky blue?"
  vibe -p --approve edits "rename the flag --quiet to --silent, in the docs as well"
  vibe -p "what is wrong in @src/app.py?"
  git diff | vibe -p "write a commit message for this"
  vibe -p --continue "and now the tests"
  vibe -p --output json --max-cost 0.50 --time-limit 600 < task.md
""",
)
def prompt(
    ctx: typer.Context,
    text: Annotated[
        list[str] | None,
        typer.Argument(
            help=r"The prompt; @PATH lets a file go along, \@ is a plain @. stdin is added to it."
        ),
    ] = None,
    headless: Annotated[bool, typer.Option("-p", "--print", help="Answer and leave.")] = False,
    output: Annotated[
        Output,
        typer.Option(
            is_eager=True,
            help="What stdout gets. text: the answer; json: one envelope at the end; stream-json: "
            "every event as a line, the envelope last.",
        ),
    ] = Output.TEXT,
    model: ModelFlag = None,
    approve: ApproveFlag = None,
    continues: ContinueFlag = False,
    resume: ResumeFlag = None,
    cd: FolderFlag = None,
    max_turns: AnswersFlag = None,
    max_cost: CostFlag = None,
    time_limit: TimeFlag = None,
    on_limit: LimitFlag = LimitChoice.WAIT,
    config: ConfigFlag = None,
    allow_missing_keys: KeysFlag = False,
    verbose: VerboseFlag = False,
    log_file: LogFlag = None,
) -> None:
    """Do one task with nobody there to ask, print the answer on stdout, and leave."""
    del headless  # what brought us here
    from vibe.cli.prompt_run import Asked

    cli: Cli = ctx.obj
    cli.chosen_config = config or cli.chosen_config
    cli.verbose, cli.log_file = verbose, log_file
    began_s = SystemClock().monotonic()
    report = Report(cli, output)
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
    with _told_of_in(report):
        loaded = loaded_by(cli, flags)
        choices = choices_of(flags, loaded, is_attended=False)
        words = " ".join(text or [])
        asked = Asked(
            said=said(cli, words, may_be_empty=choices.resume is not None),
            choices=choices,
            began_s=began_s,
        )
        code = asyncio.run(_answered(cli, loaded, asked, report))
    raise typer.Exit(code)


@contextmanager
def _told_of_in(report: Report) -> Generator[None]:
    """What ends a run before its turn does stands in the report as well."""
    try:
        yield
    except VibeError as error:
        report.broken_off(error)
        raise
    except (KeyboardInterrupt, asyncio.CancelledError):
        report.broken_off(Cancelled("interrupted"))
        raise KeyboardInterrupt from None
    except Exception:  # the edge of the process tells of it; a script waits for an envelope
        report.broken_off(VibeError("vibe has a bug and could not go on"))
        raise


async def _answered(cli: Cli, loaded: Loaded, asked: Asked, report: Report) -> ExitCode:
    from vibe.assemble import mux_of
    from vibe.cli.prompt_run import run

    if not loaded.settings.models:
        return await _demo(cli, asked, report)
    mux = mux_of(loaded, clock=SystemClock(), memory=cli.memory())
    return await run(cli, mux, asked, report)


async def _demo(cli: Cli, asked: Asked, report: Report) -> ExitCode:
    """The demo model behind a server on this machine, over the same way as any other."""
    from vibe.assemble import mux_of_one
    from vibe.cli.prompt_run import run
    from vibe.domain.model import Alias
    from vibe.testing.demo import demo
    from vibe.testing.fault_server import FaultServer

    report.tell("no model is configured: the demo model answers; see: vibe")
    async with FaultServer(demo) as server:
        mux = mux_of_one(Alias("demo"), api_base=server.api_base, clock=SystemClock())
        return await run(cli, mux, asked, report)
