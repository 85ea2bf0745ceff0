"""`vibe doctor`: what this machine offers to vibe, what is amiss, and what mends it.

Looks and tries, on this machine alone; it changes nothing that lasts, and asks no provider.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from vibe.cli.context import Cli
from vibe.cli.paragraph import paragraph
from vibe.cli.table import drawn
from vibe.cli.terminal import Ink, Paint, Painted, joined, json_text
from vibe.errors import ExitCode

if TYPE_CHECKING:
    from vibe.cli.doctor_check import Check, State

_GLYPHS: Final[dict[State, tuple[str, Ink]]] = {
    "good": ("●", "green"),
    "fair": ("○", "yellow"),
    "bad": ("!", "red"),
}
_LONGEST: Final = 24  # that a name may be before the facts of all begin further right

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.command(
    epilog="""\b
Examples:
  vibe doctor
  vibe doctor --json
\b
● is as it should be, ○ could be better, ! is broken; then the exit code is 1.
"""
)
def doctor(
    ctx: typer.Context,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    config: Annotated[
        Path | None,
        typer.Option(metavar="PATH", readable=False, help="Use this configuration file."),
    ] = None,
) -> None:
    """Tell what vibe finds on this machine, and what to do about what it lacks."""
    from vibe.cli.doctor_checks import checks

    cli: Cli = ctx.obj
    cli.chosen_config = config or cli.chosen_config
    found = checks(cli)
    broken = sum(check.state == "bad" for check in found)
    if json:
        cli.terminal.data(json_text({"ok": not broken, "checks": found}))
    else:
        for line in told_of(found, cli.terminal.data_paint):
            cli.terminal.data(line)
    if broken:
        raise typer.Exit(ExitCode.FAILED)


def told_of(found: Sequence[Check], paint: Paint) -> Iterator[Painted]:
    width = 4 + max(min(drawn(check.name), _LONGEST) for check in found)
    for check in found:
        yield from _told(check, width, paint)
    yield paint("")
    yield _verdict([check.state for check in found], paint)


def _told(check: Check, width: int, paint: Paint) -> Iterator[Painted]:
    glyph, ink = _GLYPHS[check.state]
    indent = " " * width
    name = f" {check.name}"
    gap = " " * max(1, width - 1 - drawn(name))
    first, *more = paragraph(check.fact, paint, first=indent, rest=indent)
    yield joined([paint(glyph, ink), paint(name + gap, "bold"), Painted(first[width:])])
    yield from more
    for detail in check.details:
        yield from paragraph(detail, paint, "dim", first=indent, rest=indent)
    if check.remedy:
        yield from paragraph(check.remedy, paint, ink, first=f"{indent}→ ", rest=f"{indent}  ")


def _verdict(states: list[State], paint: Paint) -> Painted:
    broken, poor = states.count("bad"), states.count("fair")
    better = f"{poor} could be better" if poor else ""
    if broken:
        told = f"{broken} {'is' if broken == 1 else 'are'} broken" + (better and f", {better}")
        return paint(told, "red")
    return paint(f"All works{better and f'; {better}'}.", "green")
