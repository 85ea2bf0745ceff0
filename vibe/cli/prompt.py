"""`vibe -p`: one prompt in, the answer of one model on stdout."""

from __future__ import annotations

import asyncio
import select
from contextlib import aclosing
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vibe.cli.complete import complete_alias
from vibe.cli.session import Cli
from vibe.cli.terminal import joined
from vibe.clock import SystemClock
from vibe.config.layers import Override
from vibe.domain.advice import remedy
from vibe.domain.failure import Failure, verdict
from vibe.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from vibe.assemble import Line
    from vibe.headless.text import Printed

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
_MAX_CHARACTERS = 10_000_000
_SILENT_S = 3.0


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
        typer.Option(metavar="ALIAS", help="Ask this model.", autocompletion=complete_alias),
    ] = None,
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
    line = _line(cli, model, allow_missing_keys=allow_missing_keys)
    printed = asyncio.run(_demo(cli, asked) if line is None else _answer(cli, line, asked))
    raise typer.Exit(_outcome(cli, printed, by=line.alias if line else "demo"))


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


def _line(cli: Cli, model: str | None, *, allow_missing_keys: bool) -> Line | None:
    """The model to ask; None for the demo model, where there is nothing else."""
    from vibe.assemble import lines_of

    flags = (
        (Override(kind="flag", label="--model", path=("active_model",), value=model),)
        if model
        else ()
    )
    loaded = cli.load(flags=flags, allow_missing_keys=allow_missing_keys)
    settings = loaded.require()
    lines = lines_of(loaded)
    found = next((line for line in lines if line.alias == settings.active_model), None)
    if found is None and lines:  # a pool without an active model: its first entry answers
        first = settings.multiplexer.pool[0].model
        found = next(line for line in lines if line.alias == first)
    if found is not None and found.key_trouble:
        raise UsageError(
            f"Missing API key: {found.key_trouble}",
            hint="set it in the environment or in .env beside the configuration file",
        )
    return found


async def _answer(cli: Cli, line: Line, asked: str) -> Printed:
    from vibe.domain.message import Text, User
    from vibe.domain.request import ModelRequest
    from vibe.headless.text import print_answer
    from vibe.transport.upstream import Upstream
    from vibe.wire.portability import fitted

    upstream = Upstream(line.provider, clock=SystemClock())
    request = fitted(ModelRequest(messages=(User((Text(asked),)),)), line.target)
    try:
        async with aclosing(upstream.ask(request, line.target)) as events:
            return await print_answer(events, cli.terminal.stream)
    finally:
        await upstream.aclose()


async def _demo(cli: Cli, asked: str) -> Printed:
    """The demo model behind a server on this machine, over the same way as any other."""
    from vibe.assemble import Line
    from vibe.domain.model import Alias, ProviderName
    from vibe.domain.provider import Provider
    from vibe.domain.target import Target
    from vibe.testing.demo import demo
    from vibe.testing.fault_server import FaultServer

    paint = cli.terminal.talk_paint
    cli.terminal.talk(paint("no model is configured: the demo model answers; see: vibe", "dim"))
    name = ProviderName("demo")
    async with FaultServer(demo) as server:
        line = Line(
            alias=Alias("demo"),
            provider=Provider(name=name, api_base=server.api_base, backend="generic"),
            target=Target(provider=name, model="demo", backend="generic"),
        )
        return await _answer(cli, line, asked)


def _outcome(cli: Cli, printed: Printed, *, by: str) -> ExitCode:
    """What the shell is told; a cut or empty answer is never a success."""
    if printed.failure:
        failure = printed.failure
        message, hint = _sentence(failure), remedy(failure.inner or failure.kind)
        code = _code(failure)
    elif printed.reason == "length":
        message = "the answer was cut: it reached its length limit"
        hint = "raise max_output_tokens of the model, or ask for less"
        code = ExitCode.FAILED
    elif printed.is_blank:
        message = "the answer has no text"
        hint = "ask again, or ask another model"
        code = ExitCode.FAILED
    else:
        return ExitCode.FINISHED
    paint = cli.terminal.talk_paint
    cli.terminal.talk(joined([paint("error: ", "red"), paint(f"{by}: {message}")]))
    cli.terminal.talk(joined([paint("  help: ", "dim"), paint(hint)]))
    return code


def _sentence(failure: Failure) -> str:
    told = failure.kind.replace("_", " ")
    if failure.detail:
        told += f": {failure.detail.removesuffix('.')}"
    if failure.retry_after_s:
        told += f"; it asks to come back in {_duration(failure.retry_after_s)}"
    return told


def _duration(seconds: float) -> str:
    """Rounded up: who comes back too early is refused again."""
    if seconds < 120:
        return f"{ceil(seconds)} s"
    return f"{ceil(seconds / 60)} min" if seconds < 7200 else f"{ceil(seconds / 3600)} h"


def _code(failure: Failure) -> ExitCode:
    """75 for what passes by itself, 1 for what does not."""
    again = verdict(failure.inner or failure.kind).again
    return ExitCode.TEMPORARY if again.startswith("last_resort") else ExitCode.FAILED
