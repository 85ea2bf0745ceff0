"""A whole task, with each fault at each of its requests: done once and to its end, or told why not.

Time leaps over waits, so an hour of patience costs nothing; files, sockets and commands are real.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet
from msgspec import Struct

from tests.agent.project import FILES, MENDER, RIGHT, TASK
from tests.agent.rig import assistant, house
from tests.agent.test_loop import end_of
from tests.mux.pools import Line
from vibe.domain.event import Event, Slow, Waiting
from vibe.domain.failure import Again, FailureKind, verdict
from vibe.domain.turn import TurnEnd
from vibe.mux.entry import Rules
from vibe.testing.exchange import Behaviour
from vibe.testing.fault import Fault
from vibe.testing.faults import FAULTS, at, play
from vibe.testing.leap import LeapingClock, LeapingLoop
from vibe.testing.script import says

REQUESTS = 4
PATIENT = Rules(max_wait_s=3 * 3600.0)


def again(fault: Fault) -> Again:
    kind = fault.inner or fault.kind
    return verdict(kind).again if kind else "once"


# After `refused` nothing listens any more: who alone was asked there is not to be helped. A request
# that is too long is made shorter, and no failure then.
LASTING = {"refused"}
ALONE = [
    fault
    for fault in FAULTS.values()
    if fault.name not in LASTING
    and (fault.kind is None or again(fault) in ("last_resort", "last_resort_once"))
]
TOGETHER = [fault for fault in FAULTS.values() if fault.recoverable]
PERMANENT = [
    fault
    for fault in FAULTS.values()
    if fault.kind
    and again(fault) == "no"
    and FailureKind.CONTEXT_TOO_LONG not in (fault.kind, fault.inner)
]
SILENT = [fault for fault in FAULTS.values() if fault.kind is FailureKind.STALLED]


class Ran(Struct, kw_only=True):
    events: list[Event]
    took_s: float
    content: str
    runs: str


def run(
    tmp_path: Path,
    fault: Fault,
    *,
    number: int,
    is_alone: bool = True,
    behaviour: Behaviour = MENDER,
) -> Ran:
    """The task with the fault at the request of this number, and then no more."""
    where = house(tmp_path, **FILES)
    first = Line(
        alias="first",
        behaviour=behaviour,
        dialect="generic" if "generic" in fault.dialects else fault.dialects[0],
        faults=at({number: play(fault.name)}),
    )
    lines = (first,) if is_alone else (first, Line(alias="second", behaviour=MENDER))

    async def worked() -> Ran:
        clock = LeapingClock()
        async with assistant(where, *lines, rules=PATIENT, clock=clock) as desk:
            began = clock.monotonic()
            events = await desk.turn(TASK)
            took_s = clock.monotonic() - began
        log = where.root / "runs.log"
        runs = log.read_text() if log.exists() else ""
        content = (where.root / "calc.py").read_text()
        return Ran(events=events, took_s=took_s, content=content, runs=runs)

    with asyncio.Runner(loop_factory=LeapingLoop) as runner:
        return runner.run(worked())


def assert_done(ran: Ran) -> None:
    end = end_of(ran.events)
    assert (end.end, end.detail) == (TurnEnd.FINISHED, "")
    assert (ran.content, ran.runs) == (RIGHT, "ran\n")


def is_brief(fault: Fault) -> bool:
    """Somebody who waits looks up every second, also in a time that leaps."""
    return (fault.retry_after_s or 0.0) < 1000.0


def cases(faults: list[Fault], *numbers: int) -> list[ParameterSet]:
    return [
        pytest.param(fault, number, id=f"{fault.name}-{number}")
        for fault in faults
        for number in numbers
    ]


@pytest.mark.parametrize(("fault", "number"), cases([each for each in ALONE if is_brief(each)], 3))
def test_one_model_alone_survives(fault: Fault, number: int, tmp_path: Path) -> None:
    assert_done(run(tmp_path, fault, number=number))


@pytest.mark.slow
@pytest.mark.parametrize(("fault", "number"), cases(ALONE, 1, 2, 3, 4))
def test_one_model_alone_survives_at_each_request(
    fault: Fault, number: int, tmp_path: Path
) -> None:
    assert_done(run(tmp_path, fault, number=number))


@pytest.mark.slow
@pytest.mark.parametrize(("fault", "number"), cases(TOGETHER, 1, 2, 3, 4))
def test_with_a_second_model_next_to_nothing_is_lost(
    fault: Fault, number: int, tmp_path: Path
) -> None:
    ran = run(tmp_path, fault, number=number, is_alone=False)
    assert_done(ran)
    is_silence = fault.kind is FailureKind.STALLED
    assert ran.took_s < 2.0 or is_silence


@pytest.mark.parametrize("fault", PERMANENT, ids=lambda fault: fault.name)
def test_what_no_wait_helps_against_ends_at_once_and_is_named(fault: Fault, tmp_path: Path) -> None:
    ran = run(tmp_path, fault, number=1, behaviour=says("It is mended."))
    end = end_of(ran.events)
    assert end.end in (TurnEnd.FAILED, TurnEnd.TEMPORARY)
    assert "first" in end.detail
    assert end.hint
    assert ran.took_s < 2.0
    assert ran.runs == ""


@pytest.mark.parametrize("fault", SILENT, ids=lambda fault: fault.name)
def test_a_silence_is_told_within_fifteen_seconds(fault: Fault, tmp_path: Path) -> None:
    ran = run(tmp_path, fault, number=1)
    assert any(isinstance(event, Slow | Waiting) for event in ran.events)
