"""What a drill plays: each fault at whoever is asked first, and the troubles that people fear.

What has to come of a trial is reckoned here, from the entries and the table of failures alone. It
asks nobody, and judges nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Literal, TypeAlias, assert_never

from msgspec import Struct
from msgspec.structs import replace

from vibe.cli.drill_model import events
from vibe.domain.failure import Failure, FailureKind, verdict
from vibe.domain.model import Alias, Backend
from vibe.errors import UsageError
from vibe.mux.entry import Entry, Pool
from vibe.mux.health import STATED_SPREAD, is_passing
from vibe.testing.fault import Fault
from vibe.testing.faults import FAULTS, Play, Schedule, at, play

Must: TypeAlias = Literal["answer", "end", "either"]
Trouble: TypeAlias = Literal[
    "down_for_good", "primaries_down", "all_limited", "all_down", "offline", "rush",
    "cut_anywhere", "cut_in_call",
]  # fmt: skip

DOWN_S: Final = 20.0
REFUSED_S: Final = 5.0
OFFLINE_S: Final = 5.0
MARGIN_S: Final = 1.0  # until the first probe
LONG_MARGIN_S: Final = 10.0  # between two of the later ones
LIMITED: Final = play("rate_limit_seconds")
LIMITED_S: Final = LIMITED.fault.retry_after_s or 0.0
DOWN: Final = play("server_error")
SLOW: Final = play("slow_drip")
MOST_AT_ONCE: Final = 60
MOST_PATIENT_S: Final = 600.0  # who waits longer for somebody who never comes learns nothing by it
IN_CALLS: Final = ("close_in_body", "stall_in_body", "malformed_json", "in_band_server_error")
TROUBLES: Final[Mapping[Trouble, str]] = {
    "down_for_good": "whoever is asked first fails every request",
    "primaries_down": "every primary fails every request, the fallbacks are well",
    "all_limited": f"everybody is rate limited for {LIMITED_S:g} s",
    "all_down": f"everybody fails for {DOWN_S:g} s",
    "offline": f"no name can be looked up for {OFFLINE_S:g} s",
    "rush": "twice as many requests at once as there are slots",
    "cut_anywhere": "an answer is cut after each of its events in turn",
    "cut_in_call": "an answer with two calls is broken after each of its events in turn",
}
NO_TOOLS: Final = "the model that is asked first calls no tools"
WHERE_NOT: Final[Mapping[str, str]] = {
    "down_for_good": f"the pool is one model, and waits for longer than {MOST_PATIENT_S:g} s",
    "primaries_down": "the pool has no fallback",
    "offline": "every entry is on this machine",
    "rush": "no entry has max_concurrent",
    "cut_in_call": NO_TOOLS,
}


class Seat(Struct, frozen=True, kw_only=True):
    """An entry that is asked first, once so many requests as `after` were answered."""

    alias: Alias
    dialect: Backend
    after: int = 0
    calls_tools: bool = True


class Trial(Struct, frozen=True, kw_only=True):
    """One thing to be played, which begins with the first request to `seat`.

    `plays` are by alias, and end after `lasts_s` if that is told. `times` requests are made one
    after another, `at_once` so many at the same time.
    """

    name: str
    label: str
    says: str
    seat: Seat
    must: Must
    plays: Mapping[Alias, Play | Schedule] = {}
    fault: Fault | None = None
    at_event: int | None = None
    lasts_s: float | None = None
    offline_s: float = 0.0
    times: int = 1
    at_once: int = 1
    calls: bool = False

    @property
    def is_feared(self) -> bool:
        return self.name in TROUBLES


def planned(seats: Sequence[Seat], pool: Pool, names: Sequence[str]) -> tuple[Trial, ...]:
    """The trials of these names, or all; `UsageError` for a name that cannot be played here."""
    if not names:
        return (*one_by_one(seats, pool), *feared(seats[0], pool, TROUBLES))
    faults = [fault for name, fault in FAULTS.items() if name in names]
    troubles: list[Trouble] = [name for name in TROUBLES if name in names]
    trials = (
        *(trial for seat in seats for trial in _single(seat, pool, faults)),
        *feared(seats[0], pool, troubles),
    )
    played = {trial.name for trial in trials}
    for name in names:
        if name not in played:
            raise UsageError(f"{name} cannot happen here: {_why_not(name, seats)}")
    return trials


def _why_not(name: str, seats: Sequence[Seat]) -> str:
    fault = FAULTS.get(name)
    if fault is None:
        return WHERE_NOT[name]
    if any(seat.dialect in fault.dialects for seat in seats):
        return NO_TOOLS
    firsts = ", ".join(f"{seat.alias} speaks {seat.dialect}" for seat in seats)
    return f"only {' or '.join(fault.dialects)} has it, and {firsts}"


def one_by_one(seats: Sequence[Seat], pool: Pool) -> Iterator[Trial]:
    """Every fault at the first request to each seat, while everybody else is well.

    A seat whose dialect was drilled already gets one fault of each kind.
    """
    drilled: set[Backend] = set()
    for seat in seats:
        faults = tuple(FAULTS.values())
        if seat.dialect in drilled:
            faults = _one_of_each_kind(faults, seat.dialect)
        drilled.add(seat.dialect)
        yield from _single(seat, pool, faults)


def _single(seat: Seat, pool: Pool, faults: Iterable[Fault]) -> Iterator[Trial]:
    for fault in faults:
        calls = fault.name == "one_index" or _changes_the_answer(fault)
        if seat.dialect not in fault.dialects or (calls and not seat.calls_tools):
            continue
        trial = Trial(
            name=fault.name,
            label=_label(fault),
            says=fault.says,
            seat=seat,
            must=_must(fault, seat, pool),
            plays={seat.alias: at({1: Play(fault=fault)})},
            fault=fault,
            calls=calls,
        )
        if _takes_the_host_down(fault):
            down = dict.fromkeys(_neighbours(seat, pool), Play(fault=fault))
            trial = replace(trial, plays=down, lasts_s=REFUSED_S)
        yield trial


def feared(seat: Seat, pool: Pool, names: Iterable[Trouble]) -> Iterator[Trial]:
    """Those of the troubles that can befall such a pool."""
    for name in names:
        trial = Trial(name=name, label="", says=TROUBLES[name], seat=seat, must="answer")
        yield from _troubled(name, trial, pool)


def _troubled(name: Trouble, trial: Trial, pool: Pool) -> Iterator[Trial]:  # noqa: C901 - a case each
    usable = [entry for entry in pool.entries if entry.trouble is None]
    everybody = [entry.alias for entry in usable]
    primaries = [entry.alias for entry in usable if not entry.is_fallback]
    slots = sum(entry.max_concurrent or 0 for entry in usable)
    patience_s = pool.rules.max_wait_s
    match name:
        case "down_for_good":
            if len(everybody) > 1 or patience_s <= MOST_PATIENT_S:
                must = _if(len(everybody) > 1)
                plays = {trial.seat.alias: DOWN}
                yield replace(trial, label="down for good", must=must, plays=plays, times=3)
        case "primaries_down":
            if len(primaries) < len(everybody):
                plays = dict.fromkeys(primaries, DOWN)
                yield replace(trial, label="all primaries down", plays=plays, times=3)
        case "all_limited":
            must = _if(patience_s > LIMITED_S + MARGIN_S)
            label = f"all limited for {LIMITED_S:g} s"
            plays = dict.fromkeys(everybody, at({1: LIMITED}))
            yield replace(trial, label=label, must=must, plays=plays)
        case "all_down":
            must = _if(patience_s > DOWN_S + LONG_MARGIN_S)
            plays = dict.fromkeys(everybody, DOWN)
            label = f"all down for {DOWN_S:g} s"
            yield replace(trial, label=label, must=must, plays=plays, lasts_s=DOWN_S)
        case "offline":
            if any(entry.scopes.network for entry in usable):
                must = _if(patience_s > OFFLINE_S + LONG_MARGIN_S)
                label = f"offline for {OFFLINE_S:g} s"
                yield replace(trial, label=label, must=must, offline_s=OFFLINE_S)
        case "rush":
            if slots:
                plays = dict.fromkeys(everybody, SLOW)
                at_once = min(2 * slots, MOST_AT_ONCE)
                yield replace(trial, label=f"a rush of {at_once}", plays=plays, at_once=at_once)
        case "cut_anywhere":
            yield from _cut(trial, pool, "close_in_body")
        case "cut_in_call":
            for fault in IN_CALLS if trial.seat.calls_tools else ():
                yield from _cut(replace(trial, calls=True), pool, fault)
        case _:
            assert_never(name)


def _cut(trial: Trial, pool: Pool, fault: str) -> Iterator[Trial]:
    label = "cut in a call" if trial.calls else "cut at any event"
    for at_event in range(events(trial.seat.dialect, calls=trial.calls)):
        cut = play(fault, at_event=at_event)
        yield replace(
            trial,
            label=label,
            must=_must(cut.fault, trial.seat, pool),
            plays={trial.seat.alias: at({1: cut})},
            fault=cut.fault,
            at_event=at_event,
        )


def _must(fault: Fault, seat: Seat, pool: Pool) -> Must:
    """Whether the pool has to answer all the same; neither where that is a matter of taste."""
    kind = fault.inner or fault.kind
    if kind is None:
        return "answer"
    if kind in {FailureKind.REFUSED, FailureKind.CONTEXT_TOO_LONG} or not fault.recoverable:
        return "either"
    failed = _entry(seat, pool)
    if any(not shares(failed, other, kind) for other in pool.entries if other.trouble is None):
        return "answer"
    if verdict(kind).again == "once":
        return _if(not fault.lacks)
    wait_s = (fault.retry_after_s or 0) * (1 + STATED_SPREAD) + MARGIN_S
    if _takes_the_host_down(fault):
        wait_s = REFUSED_S + LONG_MARGIN_S
    return _if(is_passing(Failure(kind=kind)) and wait_s < pool.rules.max_wait_s)


def shares(failed: Entry, other: Entry, kind: FailureKind) -> bool:
    """Whether such a failure of the one keeps the other from answering, too."""
    if kind is FailureKind.RATE_LIMITED and failed.rate_limited_by_key:
        return failed.scopes.key == other.scopes.key
    match verdict(kind).scope:
        case "key":
            return failed.scopes.key == other.scopes.key
        case "origin":
            return failed.scopes.origin == other.scopes.origin
        case "entry" | "nothing":
            return failed.scopes.own == other.scopes.own


def _neighbours(seat: Seat, pool: Pool) -> list[Alias]:
    origin = _entry(seat, pool).scopes.origin
    return [entry.alias for entry in pool.entries if entry.scopes.origin == origin]


def _entry(seat: Seat, pool: Pool) -> Entry:
    return next(entry for entry in pool.entries if entry.alias == seat.alias)


def _if(survivable: bool) -> Must:
    return "answer" if survivable else "end"


def _label(fault: Fault) -> str:
    if fault.kind is None:
        return "unsound call" if _changes_the_answer(fault) else "odd but sound"
    if fault.inner:
        return f"{fault.inner} midway".replace("_", " ")
    return fault.kind.replace("_", " ")


def _takes_the_host_down(fault: Fault) -> bool:
    """For a while, and with it every entry that is there."""
    return fault.name == "refused"


def _changes_the_answer(fault: Fault) -> bool:
    return fault.kind is None and not fault.harmless


def _one_of_each_kind(faults: Sequence[Fault], dialect: Backend) -> tuple[Fault, ...]:
    firsts: dict[object, Fault] = {}
    for fault in faults:
        if dialect in fault.dialects:
            firsts.setdefault((fault.kind, fault.inner), fault)
    return tuple(firsts.values())
