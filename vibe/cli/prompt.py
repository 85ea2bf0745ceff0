"""`vibe -p`: one task in, done with nobody there to ask; the answer on stdout."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from enum import StrEnum
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec.structs import replace

from vibe.clean import quote
from vibe.cli.complete import complete_alias
from vibe.cli.prompt_input import said
from vibe.cli.prompt_pool import loaded_for, require_prices
from vibe.cli.prompt_report import Output, Report
from vibe.cli.session import Cli
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


class LimitChoice(StrEnum):
    WAIT = "wait"
    EXIT = "exit"


class ModeChoice(StrEnum):
    PLAN = "plan"
    ASK = "ask"
    EDITS = "edits"
    AUTO = "auto"


@app.command(
    epilog="""\b
Examples:
  vibe -p "why is the sky blue?"
  vibe -p --approve edits "rename the flag --quiet to --silent, in the docs as well"
  vibe -p "what is wrong in @src/app.py?"
  git diff | vibe -p "write a commit message for this"
  vibe -p --continue "and now the tests"
  vibe -p --output json --max-cost 0.50 --time-limit 600 < task.md
"""
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
            help="What stdout gets. text: the answer; json: one envelope at the end; stream-json: "
            "every event as a line, the envelope last."
        ),
    ] = Output.TEXT,
    model: Annotated[
        str | None,
        typer.Option(
            metavar="ALIAS", help="Ask this model; auto: the pool.", autocompletion=complete_alias
        ),
    ] = None,
    approve: Annotated[
        ModeChoice | None,
        typer.Option(
            help="What is done without asking. plan: nothing but reading; ask: reading; edits: and "
            "changing files of this folder; auto: and commands inside the sandbox. What would be "
            "asked is denied. Left out: as the configuration says, else ask."
        ),
    ] = None,
    continues: Annotated[
        bool, typer.Option("-c", "--continue", help="Go on with the last session of this folder.")
    ] = False,
    resume: Annotated[
        str | None,
        typer.Option(
            metavar="ID",
            help="Go on with this session. Without a prompt: with the turn that was cut off.",
        ),
    ] = None,
    cd: Annotated[
        Path | None, typer.Option(metavar="DIR", help="As if started in this folder.")
    ] = None,
    max_turns: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Stop after so many answers of models."),
    ] = None,
    max_cost: Annotated[
        float | None, typer.Option(metavar="USD", min=0.0, help="Stop once this is spent.")
    ] = None,
    time_limit: Annotated[
        float | None, typer.Option(metavar="S", min=0.1, help="Stop after so many seconds.")
    ] = None,
    on_limit: Annotated[
        LimitChoice, typer.Option(help="When every model is limited or down.")
    ] = LimitChoice.WAIT,
    config: Annotated[
        Path | None,
        typer.Option(metavar="PATH", readable=False, help="Use this configuration file."),
    ] = None,
    allow_missing_keys: Annotated[
        bool,
        typer.Option("--allow-missing-keys", help="Start although keys of the pool are missing."),
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Log in detail.")] = False,
    log_file: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Write the log here.")
    ] = None,
) -> None:
    """Do one task with nobody there to ask, print the answer on stdout, and leave."""
    del headless  # what brought us here
    from vibe.agent.bounds import Bounds
    from vibe.agent.permissions.configured import rules_of
    from vibe.cli.prompt_run import Asked
    from vibe.cli.working import Choices

    cli: Cli = ctx.obj
    cli.chosen_config = config or cli.chosen_config
    cli.verbose, cli.log_file = verbose, log_file
    began_s = SystemClock().monotonic()
    report = Report(cli, output)
    with _told_of_in(report):
        if cd is not None:
            _go_to(cd, cli)
        if continues and resume is not None:
            told = "--continue and --resume exclude each other"
            raise UsageError(told, hint="leave one of them out")
        loaded = loaded_for(cli, model, allow_missing_keys=allow_missing_keys)
        choices = Choices(
            mode=approve.value if approve else loaded.settings.permissions.mode,
            rules=rules_of(loaded),
            bounds=Bounds(
                answers=max_turns,
                cost_uusd=None if max_cost is None else round(_real(max_cost) * 1_000_000),
                within_s=None if time_limit is None else _real(time_limit),
            ),
            on_limit=on_limit.value,
            resume="" if continues else resume,
            confinement=loaded.settings.sandbox.mode,
            network=loaded.settings.sandbox.network,
        )
        if loaded.settings.models and max_cost is not None:
            require_prices(loaded)
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


def _go_to(folder: Path, cli: Cli) -> None:
    cwd = cli.world.cwd / folder
    if not cwd.is_dir():
        raise UsageError(f"--cd: there is no folder {quote(str(folder))}", hint="check the path")
    cli.world = replace(cli.world, cwd=cwd.resolve())


def _real(number: float) -> float:
    if not isfinite(number):
        raise UsageError(f"{number} is no limit", hint="leave the option out to have none")
    return number


async def _answered(cli: Cli, loaded: Loaded, asked: Asked, report: Report) -> ExitCode:
    from vibe.assemble import mux_of
    from vibe.cli.prompt_run import run

    if not loaded.settings.models:
        return await _demo(cli, asked, report)
    mux = mux_of(loaded, clock=SystemClock(), memory=cli.memory())
    names = frozenset(provider.api_key_env_var for provider in loaded.settings.providers)
    choices = replace(asked.choices, key_names=names - {""})
    return await run(cli, mux, replace(asked, choices=choices), report)


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
