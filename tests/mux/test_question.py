"""A question with one whole answer: who is asked, what is counted, and that it always ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests.mux.pools import Line, Rig, pool
from vibe.domain.event import FailedOver, Outcome
from vibe.domain.failure import Failure, FailureKind
from vibe.domain.usage import Usage
from vibe.mux.entry import Rules
from vibe.mux.member import Member
from vibe.mux.question import Found, Question

SOON = Rules(error_s=60.0, rate_limit_s=60.0, max_wait_s=0.0)


def question(
    rig: Rig,
    ask: Callable[[Member], Awaitable[Found[str]]],
    *,
    told: Callable[[FailedOver], None] = lambda switch: None,
) -> Question[str]:
    return rig.mux.question(ask, unable={}, tokens=7, told=told)


def failing(failure: Failure) -> Callable[[Member], Awaitable[Found[str]]]:
    """`alpha` fails, and all others answer."""

    async def ask(member: Member) -> Found[str]:
        return failure if member.entry.alias == "alpha" else (member.entry.alias, Usage(input=5))

    return ask


@pytest.mark.parametrize("kind", list(FailureKind), ids=lambda kind: kind.value)
async def test_whatever_the_first_fails_with_the_next_is_asked(kind: FailureKind) -> None:
    switches: list[FailedOver] = []
    async with pool(Line(alias="alpha"), Line(alias="beta"), rules=SOON) as rig:
        asked = question(rig, failing(Failure(kind=kind)), told=switches.append)
        assert await asked.answered() == "beta"
        assert [each.alias for each in asked.attempts] == ["alpha", "beta"]
        assert [(each.from_alias, each.to_alias) for each in switches] == [("alpha", "beta")]
        assert rig.mux.at_rest


@pytest.mark.parametrize("kind", list(FailureKind), ids=lambda kind: kind.value)
async def test_where_all_fail_it_ends(kind: FailureKind) -> None:
    async with pool(Line(alias="alpha"), rules=SOON) as rig:
        asked = question(rig, failing(Failure(kind=kind)))
        assert await asked.answered() in (Outcome.FAILED, Outcome.EXHAUSTED)
        assert rig.mux.at_rest


@pytest.mark.parametrize(
    ("failure", "spent"),
    [
        pytest.param(Failure(kind=FailureKind.SERVER, status=500), (0, False), id="refused"),
        pytest.param(
            Failure(kind=FailureKind.UNREACHABLE, cause="refused"), (0, False), id="never sent"
        ),
        pytest.param(Failure(kind=FailureKind.STALLED), (7, True), id="silent"),
    ],
)
async def test_what_may_be_billed_is_estimated(failure: Failure, spent: tuple[int, bool]) -> None:
    async with pool(Line(alias="alpha"), Line(alias="beta"), rules=SOON) as rig:
        asked = question(rig, failing(failure))
        await asked.answered()
        told = [(each.input_tokens, each.is_estimated) for each in asked.attempts]
        assert told == [spent, (5, False)]


async def test_one_that_is_cancelled_leaves_its_slot() -> None:
    began = asyncio.Event()

    async def ask(member: Member) -> Found[str]:
        began.set()
        await asyncio.Event().wait()
        return member.entry.alias, Usage()

    async with pool(Line(alias="alpha", max_concurrent=1)) as rig:
        task = asyncio.create_task(question(rig, ask).answered())
        await began.wait()
        assert [entry.busy for entry in rig.mux.snapshot().entries] == [1]
        task.cancel()
        await asyncio.wait([task])
        (entry,) = rig.mux.snapshot().entries
        (trace,) = rig.mux.traces
        assert (entry.busy, entry.cancelled, rig.mux.at_rest) == (0, 1, True)
        assert trace.outcome is Outcome.CANCELLED
