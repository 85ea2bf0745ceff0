"""`vibe mux drill`: every fault against one's own pool, on this machine, and what comes of each."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Annotated, Final

import typer

from vibe.clean import quote
from vibe.cli.context import Cli
from vibe.cli.table import table
from vibe.cli.terminal import json_text
from vibe.clock import SystemClock
from vibe.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from vibe.cli.drill_play import Drill
    from vibe.cli.drill_verdict import Result
    from vibe.config.load import Loaded

MOST_S: Final = 50.0  # of the person's own time, whatever the pool is like
SAYS_WIDTH: Final = 53
EPILOG: Final = """\b
Each entry of the pool gets a server on this machine in place of its
provider: no key is needed or sent, nothing leaves the machine, and what
vibe remembers of your providers stays as it is. Modes, weights, slots,
rests and patience are your own.
\b
Waits are leapt over, not sat through: where it says 120 s, you would have
waited for 120 s, and the drill goes on at once.
\b
SEEN tells the lines beside the answer: that another model answers
(failover) or goes on (seam), that the answer begins anew, that nobody can
be asked now (waiting), or that the model is silent (slow). REQUESTS are
those to each entry, in the order of the pool.
\b
Examples:
  vibe mux drill
  vibe mux drill --faults stall_in_body,unauthorized,offline
  vibe mux drill --config ci.toml --json | jq .survived
\b
Exit codes: 0 all that a pool can survive was survived, 1 something was
not, 2 usage.
"""


def drill(
    ctx: typer.Context,
    faults: Annotated[
        str | None, typer.Option(metavar="NAME,NAME…", help="Play only these.")
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="List what can be played.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    config: Annotated[
        Path | None,
        typer.Option(metavar="PATH", readable=False, help="Use this configuration file."),
    ] = None,
) -> None:
    """Play every fault against your own pool, and tell what you would have felt."""
    cli: Cli = ctx.obj
    cli.chosen_config = config or cli.chosen_config
    names = _names(faults)
    if list_:
        _list(cli, as_json=json)
        return
    drill = _drill(cli)
    results, left = _played(cli, drill, names)
    _print(cli, drill, results, each=bool(names), as_json=json)
    if left:
        told = f"stopped after {MOST_S:g} s, {left} trials were not played; some alone: --faults"
        cli.terminal.talk(cli.terminal.talk_paint(told, "yellow"))
    if left or any(result.verdict == "failed" for result in results):
        raise typer.Exit(ExitCode.FAILED)


def _names(faults: str | None) -> tuple[str, ...]:
    """The names that were asked for, none for all; raises where there is no such fault."""
    if faults is None:
        return ()
    from vibe.cli.drill_trials import TROUBLES
    from vibe.config.nearest import nearest
    from vibe.testing.faults import FAULTS

    names = tuple(dict.fromkeys(filter(None, (name.strip() for name in faults.split(",")))))
    if not names:
        raise UsageError("--faults names none", hint="vibe mux drill --list")
    for name in names:
        if name not in FAULTS and name not in TROUBLES:
            guess = nearest(name, [*TROUBLES, *FAULTS])
            hint = f"did you mean {guess}?" if guess else "vibe mux drill --list"
            raise UsageError(f"there is no fault {quote(name)}", hint=hint)
    return names


def _list(cli: Cli, *, as_json: bool) -> None:
    from vibe.cli.drill_trials import TROUBLES
    from vibe.testing.faults import FAULTS

    if as_json:
        data = [{"name": name, "says": says, "dialects": None} for name, says in TROUBLES.items()]
        data += [
            {"name": fault.name, "says": fault.says, "dialects": fault.dialects}
            for fault in FAULTS.values()
        ]
        cli.terminal.data(json_text(data))
        return
    paint = cli.terminal.data_paint
    known = [*TROUBLES.items(), *((fault.name, fault.says) for fault in FAULTS.values())]
    rows = [
        (name if number == 0 else "", line)
        for name, says in known
        for number, line in enumerate(wrap(says, SAYS_WIDTH))
    ]
    for row in table(("NAME", "WHAT HAPPENS"), rows, paint):
        cli.terminal.data(row)


def _drill(cli: Cli) -> Drill:
    from vibe.cli.drill_play import Drill

    loaded = without_keys(cli)
    if not loaded.require().models:
        raise UsageError("no model is configured", hint="vibe config init")
    drill = Drill(loaded)
    troubles = [f"{entry.alias}: {entry.trouble}" for entry in drill.pool.entries]
    if all(entry.trouble for entry in drill.pool.entries):
        raise UsageError(f"no entry of the pool can be used: {'; '.join(troubles)}")
    return drill


def without_keys(cli: Cli) -> Loaded:
    """The configuration, with something in the place of each key that it names."""
    from vibe.config.load import load
    from vibe.secret import may_name_a_variable

    own = cli.load(allow_missing_keys=True)
    named = {provider.api_key_env_var for provider in own.settings.providers}
    instead = {name: f"drill-{name}" for name in named if may_name_a_variable(name)}
    world = cli.world
    return load(
        cli.folders(),
        env={**world.env, **instead},
        uid=world.uid,
        allow_missing_keys=True,
    )


def _played(cli: Cli, drill: Drill, names: tuple[str, ...]) -> tuple[list[Result], int]:
    """What came of each trial, and how many were left when the time was over."""
    from asyncio import Runner

    from vibe.cli.drill_trials import planned
    from vibe.cli.drill_verdict import judged
    from vibe.testing.leap import LeapingLoop

    clock = SystemClock()
    until = clock.monotonic() + MOST_S
    results: list[Result] = []
    with Runner(loop_factory=LeapingLoop) as runner, _progress(cli) as tell:
        trials = planned(runner.run(drill.seats()), drill.pool, names)
        for trial in trials:
            if clock.monotonic() > until:
                break
            tell(f"{len(results)} of {len(trials)}: {trial.name}")
            played = runner.run(drill.play(trial))
            results.append(judged(played, on_broken=drill.on_broken))
    return results, len(trials) - len(results)


@contextmanager
def _progress(cli: Cli) -> Generator[Callable[[str], None]]:
    """One line on a terminal that is written over, and gone in the end; elsewhere none."""
    stderr = cli.world.stderr
    is_shown = stderr.isatty() and cli.world.env.get("TERM") != "dumb"

    def tell(line: str) -> None:
        with suppress(OSError):
            stderr.write(f"\r\x1b[K{line}")
            stderr.flush()

    try:
        yield tell if is_shown else lambda _: None
    finally:
        if is_shown:
            tell("")


def _print(cli: Cli, drill: Drill, results: Sequence[Result], *, each: bool, as_json: bool) -> None:
    from vibe.cli.drill_report import as_data, told

    if as_json:
        data = {
            "mode": drill.pool.rules.mode,
            "pool": [entry.alias for entry in drill.pool.entries],
            "survived": all(result.verdict != "failed" for result in results),
            "trials": [as_data(result) for result in results],
        }
        cli.terminal.data(json_text(data))
        return
    for line in told(results, drill.pool, cli.terminal.data_paint, each=each):
        cli.terminal.data(line)
