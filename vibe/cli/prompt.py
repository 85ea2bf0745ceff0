"""`vibe -p`: one prompt in, the answer of one model on stdout."""

from __future__ import annotations

import asyncio
import select
from contextlib import aclosing
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vibe.cli.complete import complete_alias
from vibe.cli.session import Cli
from vibe.cli.terminal import joined
from vibe.clock import SystemClock
from vibe.config.layers import Override
from vibe.domain.advice import remedy
from vibe.domain.event import Outcome, Unanswered
from vibe.domain.telling import duration, sentence
from vibe.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from vibe.config.load import Loaded
    from vibe.headless.text import Printed
    from vibe.mux.mux import Mux
    from vibe.mux.step import OnLimit

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
AUTO = "auto"
_MAX_CHARACTERS = 10_000_000
_SILENT_S = 3.0


class LimitChoice(StrEnum):
    WAIT = "wait"
    EXIT = "exit"


@app.command(
    epilog="""\b
Examples:
  vibe -p "why is the sky blue?"
  git diff | vibe -p "write a commit message for this"
  vibe -p --model devstral-small < question.md
"""
)
def prompt(
    ctx: typer.Context,
    text: Annotated[
        list[str] | None, typer.Argument(help="The prompt; stdin is added to it.")
    ] = None,
    headless: Annotated[bool, typer.Option("-p", "--print", help="Answer and leave.")] = False,
    model: Annotated[
        str | None,
        typer.Option(
            metavar="ALIAS", help="Ask this model; auto: the pool.", autocompletion=complete_alias
        ),
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
    """Answer one prompt on stdout and leave."""
    del headless  # what brought us here
    cli: Cli = ctx.obj
    cli.chosen_config = config or cli.chosen_config
    cli.verbose, cli.log_file = verbose, log_file
    asked = _asked(cli, " ".join(text or []))
    loaded = _loaded(cli, model, allow_missing_keys=allow_missing_keys)
    if loaded is None:
        printed = asyncio.run(_demo(cli, asked))
    else:
        printed = asyncio.run(_pool(cli, loaded, asked, on_limit.value))
    raise typer.Exit(_outcome(cli, printed))


def _asked(cli: Cli, text: str) -> str:
    """The prompt: the words of the command line, then what stdin brings."""
    stdin = cli.world.stdin
    if text and not stdin.isatty():
        _tell_if_it_waits(cli)
    piped = "" if stdin.isatty() else stdin.read(_MAX_CHARACTERS + 1)
    if len(piped) > _MAX_CHARACTERS:
        raise UsageError("what came on stdin is too long for any model", hint="send a part of it")
    asked = "\n\n".join(part for part in (text, piped.strip()) if part)
    if not asked:
        raise UsageError("there is no prompt", hint='vibe -p "TEXT", or vibe -p < FILE')
    return asked


def _tell_if_it_waits(cli: Cli) -> None:
    """Whoever started us may have left a pipe open that never ends, without a thought of it."""
    try:
        ready, _, _ = select.select([cli.world.stdin], [], [], _SILENT_S)
    except (OSError, ValueError):  # it is no file of the system's
        return
    if not ready:
        paint = cli.terminal.talk_paint
        cli.terminal.talk(paint("waiting for stdin to end; to leave it out: < /dev/null", "dim"))


def _loaded(cli: Cli, model: str | None, *, allow_missing_keys: bool) -> Loaded | None:
    """The configuration to ask by; None for the demo model, where there is nothing to ask."""
    flags = _alone(model) if model and model != AUTO else ()
    loaded = cli.load(flags=flags, allow_missing_keys=allow_missing_keys)
    settings = loaded.require()
    if not settings.models:
        return None
    from vibe.assemble import pool_of

    entries = pool_of(loaded).entries
    if all(entry.trouble for entry in entries):
        raise UsageError(
            f"Missing API key: {entries[0].trouble}",
            hint="set it in the environment or in .env beside the configuration file",
        )
    return loaded


def _alone(model: str) -> tuple[Override, ...]:
    """`--model` chooses one model, and leaves the pool aside."""
    active = Override(kind="flag", label="--model", path=("active_model",), value=model)
    mode = Override(kind="flag", label="--model", path=("multiplexer", "mode"), value="single")
    return active, mode


async def _answer(cli: Cli, mux: Mux, asked: str, on_limit: OnLimit) -> Printed:
    from vibe.domain.message import Text, User
    from vibe.domain.request import ModelRequest
    from vibe.headless.text import print_answer
    from vibe.mux.asking import Asking

    request = ModelRequest(messages=(User((Text(asked),)),))
    asking = Asking(on_limit=on_limit, by_person=True)
    try:
        async with aclosing(mux.stream(request, asking)) as events:
            return await print_answer(
                events,
                write=cli.terminal.stream,
                tell=partial(_tell, cli),
                holds=not cli.world.stdout.isatty(),
            )
    finally:
        await mux.aclose()


async def _pool(cli: Cli, loaded: Loaded, asked: str, on_limit: OnLimit) -> Printed:
    from vibe.assemble import mux_of

    mux = mux_of(loaded, clock=SystemClock(), memory=cli.memory())
    return await _answer(cli, mux, asked, on_limit)


async def _demo(cli: Cli, asked: str) -> Printed:
    """The demo model behind a server on this machine, over the same way as any other."""
    from vibe.assemble import mux_of_one
    from vibe.domain.model import Alias
    from vibe.testing.demo import demo
    from vibe.testing.fault_server import FaultServer

    _tell(cli, "no model is configured: the demo model answers; see: vibe")
    async with FaultServer(demo) as server:
        mux = mux_of_one(Alias("demo"), api_base=server.api_base, clock=SystemClock())
        return await _answer(cli, mux, asked, "wait")


def _tell(cli: Cli, line: str) -> None:
    cli.terminal.talk(cli.terminal.talk_paint(line, "dim"))


def _outcome(cli: Cli, printed: Printed) -> ExitCode:
    """What the shell is told; a cut or empty answer is never a success."""
    answer = printed.answer
    if answer is None:
        return _unanswered(cli, printed.unanswered or Unanswered(outcome=Outcome.FAILED))
    if answer.reason == "length":
        _complain(
            cli,
            f"{answer.alias}: the answer was cut: it reached its length limit",
            "raise max_output_tokens of the model, or ask for less",
        )
    elif printed.is_blank:
        hint = "ask again, or ask another model"
        _complain(cli, f"{answer.alias}: the answer has no text", hint)
    else:
        return ExitCode.FINISHED
    return ExitCode.FAILED


def _unanswered(cli: Cli, end: Unanswered) -> ExitCode:
    """Who failed, how and when to come back: every model that was asked gets its line."""
    failure = end.failure
    by = f"{end.by}: " if end.by else ""
    message = f"{by}{sentence(failure)}" if failure else "no model could be asked"
    if end.again_in_s:
        message += f"; try again in {duration(end.again_in_s)}"
    _complain(cli, message, remedy(failure.inner or failure.kind) if failure else "")
    others = {tried.alias: tried.failure for tried in end.tried if tried.alias != end.by}
    for alias, other in others.items():
        _tell(cli, f"  also: {alias}: {sentence(other)}")
    if end.outcome is Outcome.DEADLINE:
        return ExitCode.LIMIT_REACHED
    return ExitCode.TEMPORARY if end.outcome is Outcome.EXHAUSTED else ExitCode.FAILED


def _complain(cli: Cli, message: str, hint: str) -> None:
    paint = cli.terminal.talk_paint
    cli.terminal.talk(joined([paint("error: ", "red"), paint(message)]))
    if hint:
        cli.terminal.talk(joined([paint("  help: ", "dim"), paint(hint)]))
