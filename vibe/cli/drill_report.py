"""What a drill tells: a table for people, in which like falls together with like, and JSON.

Decides nothing and asks nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from textwrap import wrap
from typing import Final, TypeAlias

from vibe.clean import clean_line
from vibe.cli.drill_trials import Trial
from vibe.cli.drill_verdict import Result, Verdict
from vibe.cli.table import table
from vibe.cli.terminal import Ink, Paint, Painted, joined
from vibe.domain.advice import remedy
from vibe.domain.event import FailedOver, Retracted, Seam, Slow, Waiting
from vibe.domain.telling import sentence
from vibe.mux.entry import Entry, Pool

MARKS: Final[Mapping[Verdict, str]] = {"survived": "●", "ended": "○", "failed": "✗"}
INKS: Final[Mapping[Verdict, Ink | None]] = {"survived": None, "ended": "dim", "failed": "red"}
AT_ONCE_S: Final = 0.3
MOST_COLUMNS: Final = 6
MOST_FAILED: Final = 10
MOST_LINES: Final = 8
WIDTH: Final = 80
HEADER: Final = ("  TROUBLE", "ANSWERED BY", "AFTER", "SEEN", "REQUESTS")

Group: TypeAlias = tuple[str, list[Result]]  # under its heading: those that look alike


def told(results: Sequence[Result], pool: Pool, paint: Paint, *, each: bool) -> Iterator[Painted]:
    """The report. With `each`, every fault has a row, and below it what was said."""
    yield paint(_pool(pool))
    groups = list(_groups(results, each=each))
    cells = [_cells(group, each=each) for _, group in groups]
    header, *rows = table(HEADER, cells, Paint(colour=False))
    heading = ""
    for (title, group), row in zip(groups, rows, strict=True):
        if title != heading:
            yield paint("")
            yield paint(title, "bold")
            if not heading:
                yield paint(header, "dim")
            heading = title
        yield paint(row, INKS[group[0].verdict])
        if each:
            yield from _lines(group, paint)
    yield paint("")
    yield _sum(results, paint)
    yield from _failures(results, paint, each=each)
    yield from _advice(results, pool, paint)


def as_data(result: Result) -> dict[str, object]:
    """The keys are a promise to programs."""
    trial, felt = result.trial, result.felt
    end = felt.unanswered
    failure = end.failure if end else None
    kind = (failure.inner or failure.kind) if failure else None
    return {
        "name": trial.name,
        "says": trial.says,
        "fault": trial.fault.name if trial.fault else None,
        "at_event": trial.at_event,
        "asked_first": trial.seat.alias,
        "must": trial.must,
        "verdict": result.verdict,
        "wrong": result.wrong,
        "answered_by": felt.answer.alias if felt.answer else None,
        "calls": len(felt.answer.calls) if felt.answer else 0,
        "after_s": round(felt.after_s, 2),
        "seen": list(seen(result)),
        "told": list(felt.told),
        "requests": dict(result.played.requests),
        "failure": kind,
        "detail": failure.detail if failure else "",
        "remedy": remedy(kind) if kind else "",
    }


def seen(result: Result) -> tuple[str, ...]:
    """What there was to see beside the answer, in a word each."""
    words: dict[str, None] = {}
    for felt in result.played.felt:
        for notice in felt.notices:
            words[_word(notice)] = None
        if felt.unanswered is not None:
            words["error"] = None
    if "begun anew" in words or "waiting" in words:
        words.pop("asked again", None)
    if "begun anew" in words:
        words.pop("failover", None)
    return tuple(words)


def _word(notice: FailedOver | Seam | Retracted | Waiting | Slow) -> str:
    match notice:
        case FailedOver():
            return "failover" if notice.from_alias != notice.to_alias else "asked again"
        case Seam():
            return "seam"
        case Retracted():
            return "begun anew"
        case Waiting():
            return "waiting"
        case Slow():
            return "slow"


def _groups(results: Iterable[Result], *, each: bool) -> Iterator[Group]:
    """Results that look alike, in the order in which the first of them was played."""
    for title, of_title in groupby(results, key=lambda result: _title(result.trial)):
        alike: dict[object, list[Result]] = {}
        for result in of_title:
            felt, trial = result.felt, result.trial
            by = felt.answer.alias if felt.answer else None
            name = trial.name if each else trial.label
            requests = tuple(result.played.requests.values())
            alike.setdefault((name, result.verdict, by, seen(result), requests), []).append(result)
        yield from ((title, group) for group in alike.values())


def _title(trial: Trial) -> str:
    if trial.is_feared:
        return "What people fear"
    return f"One fault, at the first request to {trial.seat.alias}"


def _cells(group: Sequence[Result], *, each: bool) -> tuple[str, ...]:
    first = group[0]
    name = first.trial.name if each and not first.trial.is_feared else first.trial.label
    answer = first.felt.answer
    requests = [str(count) for count in first.played.requests.values()]
    more = ["…"] if len(requests) > MOST_COLUMNS else []
    return (
        f"{MARKS[first.verdict]} {name}" + (f" ×{len(group)}" if group[1:] else ""),
        str(answer.alias) if answer else "nobody",
        _span([result.felt.after_s for result in group]),
        ", ".join(seen(first)) or "nothing",
        " ".join(requests[:MOST_COLUMNS] + more),
    )


def _span(times: Sequence[float]) -> str:
    shortest, longest = min(times), max(times)
    if longest < AT_ONCE_S:
        return "at once"
    if _seconds(shortest) == _seconds(longest):
        return f"{_seconds(longest)} s"
    return f"{_seconds(shortest)}–{_seconds(longest)} s"


def _seconds(seconds: float) -> str:
    if seconds < AT_ONCE_S:
        return "0"
    return f"{seconds:.1f}" if seconds < 10 else f"{seconds:.0f}"


def _lines(group: Sequence[Result], paint: Paint) -> Iterator[Painted]:
    """What stood on the screen, of the first that looks so."""
    felt = group[0].felt
    lines = [*felt.told[:MOST_LINES]]
    if more := len(felt.told) - len(lines):
        lines.append(f"… and {more} more lines: --json")
    if felt.unanswered and (failure := felt.unanswered.failure):
        lines.append(f"error: {sentence(failure)}")
        lines.append(f"help: {remedy(failure.inner or failure.kind)}")
    for line in lines:
        for piece in wrap(clean_line(line), WIDTH - 6, subsequent_indent="  "):
            yield paint(f"    {piece}", "dim")


def _pool(pool: Pool) -> str:
    named = (f"{entry.alias}{_role(entry, pool)}" for entry in pool.entries)
    return f"{pool.rules.mode}: {', '.join(named)}"


def _role(entry: Entry, pool: Pool) -> str:
    if entry.trouble:
        return f" (unused: {entry.trouble})"
    if entry.is_fallback:
        return " (fallback)"
    return f" (weight {entry.weight})" if pool.rules.mode == "load_balance" else ""


def _sum(results: Sequence[Result], paint: Paint) -> Painted:
    counts = {word: sum(result.verdict == word for result in results) for word in MARKS}
    words: Mapping[Verdict, tuple[str, Ink]] = {
        "survived": ("survived", "green"),
        "ended": ("could not be survived, and said so", "dim"),
        "failed": ("failed", "red"),
    }
    told = [
        paint(f"{MARKS[word]} {counts[word]} {words[word][0]}", words[word][1])
        for word in MARKS
        if counts[word]
    ]
    return joined(told, "   ")


def _failures(results: Sequence[Result], paint: Paint, *, each: bool) -> Iterator[Painted]:
    failed = [result for result in results if result.verdict == "failed"]
    for result in failed[:MOST_FAILED]:
        trial = result.trial
        where = f", {trial.seat.alias} first"
        if trial.fault is not None and trial.at_event is not None:
            where = f" ({trial.fault.name} after event {trial.at_event}){where}"
        told = f"{trial.name}{where}: {result.wrong}"
        yield joined([paint("✗ ", "red"), paint(told)])
    if len(failed) > MOST_FAILED:
        yield paint(f"… and {len(failed) - MOST_FAILED} more; all of them: --json", "dim")
    if failed and not each:
        alone = f"vibe mux drill --faults {failed[0].trial.name}"
        yield joined([paint("  help: ", "dim"), paint(f"see what was said: {alone}")])


def _advice(results: Sequence[Result], pool: Pool, paint: Paint) -> Iterator[Painted]:
    """Who was not drilled, and what a second account would change."""
    usable = [entry for entry in pool.entries if entry.trouble is None]
    first = {result.trial.seat.alias for result in results if result.trial.fault is not None}
    for entry in usable if first and pool.rules.mode == "load_balance" else ():
        if entry.alias not in first and not entry.is_fallback:
            told = f"{entry.alias} was never asked first, and so not drilled: its share is small"
            yield joined([paint("  note: ", "dim"), paint(told)])
    ended = sum(
        result.trial.must == "end" and set(result.trial.plays) <= {result.trial.seat.alias}
        for result in results
        if result.verdict == "ended" and result.trial.plays
    )
    if ended:
        told = f"with a fallback that has another key, {ended} of these would have been survived"
        yield joined([paint("  help: ", "dim"), paint(told)])
