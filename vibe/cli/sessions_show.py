"""`vibe sessions show` and `export`: what was said in one session, in brief and in full."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from msgspec import Struct

from vibe.cli.context import Cli
from vibe.cli.sessions_place import Json, SessionOrLast, cost_of, moment, place_of
from vibe.cli.table import table
from vibe.cli.terminal import Painted, json_text
from vibe.domain.telling import money, tokens
from vibe.session.export import Form, export
from vibe.session.resume import Loaded, load
from vibe.session.spent import Spent
from vibe.session.summary import Summary, summary_of, title_of
from vibe.session.turn import CallState, Turn

if TYPE_CHECKING:
    from vibe.secret import Redactor

_MARKS: Final = {"finished": "●", "interrupted": "○", None: "◐"}


class _Turn(Struct, frozen=True, kw_only=True):
    """`end` is None while the turn is open; `unknown` counts the calls of unknown outcome."""

    number: int
    title: str
    began: float | None
    end: str | None
    answers: int
    calls: int
    unknown: int


class _Shown(Struct, frozen=True, kw_only=True):
    """What is printed; its fields are a promise to programs. Whether what is `in_doubt` was changed
    is not known."""

    summary: Summary
    usage: tuple[Spent, ...]
    turns: tuple[_Turn, ...]
    files: tuple[str, ...]
    in_doubt: tuple[str, ...]
    problems: tuple[str, ...]


def show(ctx: typer.Context, session: SessionOrLast = None, json: Json = False) -> None:
    """Show what a session was about: its turns, what they cost by model, the files they changed."""
    cli: Cli = ctx.obj
    place = place_of(cli, session)
    loaded = load(place)
    redactor = cli.terminal.redactor
    summary = summary_of(place.session, loaded.transcript, redactor=redactor)
    shown = _shown(loaded, summary, redactor)
    if json:
        cli.terminal.data(json_text(shown))
        return
    for line in _lines(cli, shown):
        cli.terminal.data(line)
    _warn(cli, loaded)


def _warn(cli: Cli, loaded: Loaded) -> None:
    for problem in loaded.problems:
        cli.warn(problem)
    if loaded.is_in_use:
        cli.warn("another vibe is writing this session: its last turn is not over")


def _shown(loaded: Loaded, summary: Summary, redactor: Redactor) -> _Shown:
    transcript = loaded.transcript
    changed = {change.path: None for change in transcript.changes if change.is_sure}
    doubtful = {change.path: None for change in transcript.changes if change.path not in changed}
    return _Shown(
        summary=summary,
        usage=transcript.spent,
        turns=tuple(_turn(turn, redactor) for turn in transcript.turns),
        files=tuple(changed),
        in_doubt=tuple(doubtful),
        problems=loaded.problems,
    )


def _turn(turn: Turn, redactor: Redactor) -> _Turn:
    return _Turn(
        number=turn.number,
        title=title_of(turn.message, redactor=redactor),
        began=turn.began,
        end=turn.ended.end if turn.ended else None,
        answers=len(turn.steps),
        calls=len(turn.calls),
        unknown=sum(call.state is CallState.UNKNOWN for call in turn.calls),
    )


def _lines(cli: Cli, shown: _Shown) -> Iterator[Painted]:
    paint = cli.terminal.data_paint
    summary = shown.summary
    yield paint(summary.title or summary.session, "bold")
    began = moment(summary.began) if summary.began else "–"
    yield paint(f"{summary.session}   {summary.folder}   {began}   {cost_of(summary)}", "dim")
    if summary.origin:
        yield paint(f"a fork of {summary.origin}", "dim")
    rows = [_turn_row(turn) for turn in shown.turns]
    yield from table(("TURN", "STATE", "ANSWERS", "CALLS", "TITLE"), rows, paint)
    if shown.usage:
        header = ("MODEL", "ANSWERS", "READ", "CACHED", "WROTE", "COST")
        yield from table(header, [_usage_row(each) for each in shown.usage], paint)
    for path in shown.files:
        yield paint(f"changed {path}")
    for path in shown.in_doubt:
        yield paint(f"perhaps changed {path}")


def _turn_row(turn: _Turn) -> tuple[str, ...]:
    mark = _MARKS.get(turn.end, "!")
    calls = f"{turn.calls} ({turn.unknown} unknown)" if turn.unknown else str(turn.calls)
    state = f"{mark} {turn.end or 'open'}"
    return str(turn.number), state, str(turn.answers), calls, turn.title


def _usage_row(each: Spent) -> tuple[str, ...]:
    is_estimate = bool(each.unpriced or each.estimated)
    return (
        each.alias,
        str(each.answers),
        tokens(each.input),
        tokens(each.cached_read),
        tokens(each.output),
        money(each.known_cost_uusd, is_estimate=is_estimate),
    )


def export_(
    ctx: typer.Context,
    session: SessionOrLast = None,
    form: Annotated[Form, typer.Option("--format", help="In which form.")] = Form.MARKDOWN,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write it here.")
    ] = None,
) -> None:
    """Print a session in full, or write it into a file: Markdown, HTML or JSON."""
    from vibe.config.write import rewrite

    cli: Cli = ctx.obj
    place = place_of(cli, session)
    loaded = load(place)
    _warn(cli, loaded)
    text = export(place.session, loaded.transcript, form, redactor=cli.terminal.redactor)
    if output is None:
        cli.terminal.data(cli.terminal.data_paint.lines(text.rstrip("\n")))
    else:
        rewrite(cli.world.cwd / output, lambda _: text.encode())
