"""The pool over real sockets: who answers when somebody cannot, and what is seen of it."""

from __future__ import annotations

import pytest

from tests.mux.pools import Line, answered_by, ask, asked, pool
from vibe.domain.event import Outcome
from vibe.domain.failure import FailureKind
from vibe.domain.model import Backend
from vibe.mux.asking import Asking
from vibe.mux.entry import Rules
from vibe.testing.dialects import DIALECTS
from vibe.testing.exchange import Asked
from vibe.testing.fault import Fault
from vibe.testing.faults import FAULTS, Play, at, play
from vibe.testing.script import says

LONG = " ".join(f"word{number}" for number in range(60))
QUICK = Rules(error_s=0.2, rate_limit_s=0.2)
RECOVERABLE = [
    pytest.param(fault, dialect, id=f"{fault.name}-{dialect}")
    for fault in FAULTS.values()
    for dialect in DIALECTS
    if fault.recoverable and fault.kind and dialect in fault.dialects
]
PERMANENT = ["unauthorized", "payment_required", "not_found"]


def always(fault: str) -> Play:
    return play(fault)


def first(fault: str) -> dict[int, Play]:
    return {1: play(fault)}


@pytest.mark.slow
@pytest.mark.parametrize(("fault", "dialect"), RECOVERABLE)
async def test_with_a_second_entry_every_recoverable_fault_is_survived(
    fault: Fault, dialect: Backend
) -> None:
    lines = (
        Line(alias="first", behaviour=says(LONG), faults=Play(fault=fault), dialect=dialect),
        Line(alias="second", behaviour=says(LONG), is_fallback=True),
    )
    async with pool(*lines, rules=QUICK) as rig:
        told = await ask(rig.mux)
        assert rig.mux.at_rest
    assert told.answer
    assert told.text == LONG
    assert [part for part in told.answer.parts if getattr(part, "text", LONG) != LONG] == []


@pytest.mark.parametrize(
    "fault", ["rate_limit", "server_error", "refused", "reset_in_body", "empty_answer", "loading"]
)
async def test_with_one_entry_a_fault_that_passes_is_survived_by_asking_again(fault: str) -> None:
    lines = Line(alias="only", behaviour=says(LONG), faults=at({1: play(fault)}))
    if fault == "refused":
        lines = Line(alias="only", behaviour=says(LONG), faults=at({1: play("server_error")}))
    async with pool(lines, rules=QUICK) as rig:
        told = await ask(rig.mux)
    assert told.text == LONG


@pytest.mark.parametrize("fault", PERMANENT)
async def test_with_one_entry_a_permanent_fault_ends_at_once(fault: str) -> None:
    async with pool(Line(alias="only", faults=play(fault))) as rig:
        told = await ask(rig.mux)
        assert rig.reached() == {"only": 1}
    assert told.unanswered
    assert (told.unanswered.outcome, told.unanswered.by) == (Outcome.FAILED, "only")


async def test_a_limited_entry_is_asked_once_and_then_left_alone() -> None:
    lines = (
        Line(alias="first", faults=play("rate_limit_seconds")),
        Line(alias="second", is_fallback=True),
    )
    async with pool(*lines) as rig:
        told = await asked(rig.mux, 2)
        assert rig.reached() == {"first": 1, "second": 2}
    assert told[0].kinds() == ["FailedOver", "Sealed"]
    assert told[1].kinds() == ["Sealed"]


async def test_a_fallback_that_refuses_never_masks_why_the_primary_did_not_answer() -> None:
    lines = (
        Line(alias="first", faults=play("rate_limit_long")),
        Line(alias="second", faults=play("unauthorized"), is_fallback=True),
    )
    async with pool(*lines) as rig:
        told = await ask(rig.mux)
    assert told.unanswered
    assert told.unanswered.failure
    assert told.unanswered.failure.kind is FailureKind.RATE_LIMITED
    assert (told.unanswered.outcome, told.unanswered.by) == (Outcome.EXHAUSTED, "first")
    assert [tried.alias for tried in told.unanswered.tried] == ["first", "second"]


async def test_nobody_is_waited_for_whose_word_lies_beyond_the_longest_wait() -> None:
    async with pool(Line(alias="only", faults=play("rate_limit_long"))) as rig:
        told = await ask(rig.mux)
        assert rig.reached() == {"only": 1}
    assert told.kinds() == ["Unanswered"]
    assert told.unanswered
    assert told.unanswered.again_in_s
    assert told.unanswered.again_in_s > 600


async def test_with_exit_on_a_limit_one_entry_is_asked_three_times_at_most() -> None:
    async with pool(Line(alias="only", faults=play("server_error"))) as rig:
        told = await ask(rig.mux, asking=Asking(on_limit="exit"))
        assert rig.reached() == {"only": 3}
    assert told.kinds() == ["Waiting", "FailedOver", "Waiting", "FailedOver", "Unanswered"]


async def test_a_wait_is_told_by_the_second_failure_at_the_latest() -> None:
    lines = Line(alias="only", faults=at({1: play("server_error"), 2: play("server_error")}))
    async with pool(lines) as rig:
        told = await ask(rig.mux)
    assert told.kinds() == ["Waiting", "FailedOver", "Waiting", "FailedOver", "Sealed"]


async def test_a_request_has_a_deadline_over_all_its_attempts() -> None:
    async with pool(Line(alias="only", faults=play("server_error"))) as rig:
        told = await ask(rig.mux, asking=Asking(within_s=0.3))
        assert rig.mux.at_rest
    assert told.unanswered
    assert told.unanswered.outcome is Outcome.DEADLINE


async def test_the_shares_of_all_add_up_to_one() -> None:
    limited = Line(alias="a", faults=at({1: play("rate_limit")}))
    async with pool(limited, Line(alias="b", is_fallback=True)) as rig:
        await asked(rig.mux, 3)
        entries = rig.mux.snapshot().entries
        assert [(entry.share, entry.requests) for entry in entries] == [(0.25, 1), (0.75, 3)]


async def test_shares_are_exact_over_a_hundred_requests() -> None:
    lines = (Line(alias="a", weight=70), Line(alias="b", weight=30))
    async with pool(*lines, rules=Rules(mode="load_balance")) as rig:
        assert answered_by(await asked(rig.mux, 100)) == {"a": 70, "b": 30}


async def test_two_entries_of_one_model_are_two() -> None:
    def name(asked: Asked) -> str:
        return asked.model

    lines = (Line(alias="a"), Line(alias="b"))
    async with pool(*lines, rules=Rules(mode="load_balance")) as rig:
        await asked(rig.mux, 4)
        assert rig.reached() == {"a": 2, "b": 2}
        shown = rig.mux.snapshot()
    assert [(entry.alias, entry.ok) for entry in shown.entries] == [("a", 2), ("b", 2)]
    assert name


async def test_a_call_that_was_whole_when_the_stream_was_cut_is_the_answer() -> None:
    from tests.mux.pools import tools
    from vibe.testing.exchange import Call
    from vibe.testing.script import calls

    lines = (
        Line(
            alias="first",
            behaviour=calls(Call(name="read", arguments='{"path":"a"}')),
            faults=play("no_terminator", at_event=99),
        ),
        Line(alias="second", is_fallback=True),
    )
    async with pool(*lines) as rig:
        told = await ask(rig.mux, tools())
        assert rig.reached() == {"first": 1, "second": 0}
    assert told.answer
    assert [call.arguments for call in told.answer.calls] == ['{"path":"a"}']
    assert told.answer.reason == "calls"
