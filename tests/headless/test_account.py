"""What a run comes to: who answered, what it used, how it ended."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tests.headless.events import (
    CALLING,
    FAILED_OVER,
    FINISHED,
    LIMITED,
    NONE,
    ROUTED,
    SEAM,
    WHOLE,
    A,
    B,
    called,
    read_by,
    sealed,
)
from vibe.domain.event import Event, Outcome
from vibe.domain.model import Alias
from vibe.domain.stream import TextDelta
from vibe.domain.turn import TurnEnd, TurnFinished
from vibe.errors import ExitCode
from vibe.headless.account import Account
from vibe.headless.ending import INTERRUPTED, Ending, ending_of
from vibe.headless.envelope import (
    Attempt,
    Cost,
    Denial,
    Error,
    Problem,
    RunUsage,
    Used,
    attempts_of,
    usage_since,
)
from vibe.mux.trace import AttemptTrace, Trace
from vibe.session.spent import Spent


def account_of(*events: Event) -> Account:
    account = Account()
    read_by(events, account)
    return account


@pytest.mark.parametrize(
    ("events", "model"),
    [
        pytest.param((ROUTED, TextDelta("x"), WHOLE, FINISHED), A, id="who answered"),
        pytest.param((ROUTED, FAILED_OVER, TextDelta("x"), sealed(by=B)), B, id="failed over"),
        pytest.param((ROUTED, TextDelta("x"), SEAM), B, id="who was at it"),
        pytest.param((ROUTED, NONE), None, id="nobody"),
        pytest.param((ROUTED, CALLING, ROUTED, NONE), A, id="who answered last"),
    ],
)
def test_the_model_is_who_had_the_last_word(events: tuple[Event, ...], model: Alias | None) -> None:
    assert account_of(*events).model == model


def test_a_failure_that_was_overcome_is_not_the_last_one() -> None:
    assert account_of(ROUTED, NONE).unanswered == NONE
    assert account_of(ROUTED, NONE, ROUTED, WHOLE).unanswered is None


def denial(approve: str | None, **arguments: str) -> Denial:
    command = arguments.get("command")
    name = "bash" if command else "edit"
    text = f'{{"command": "{command}"}}' if command else '{"path": "a.py"}'
    return Denial(call=called(name, text), reason="it would write", approve=approve)


def ended(end: TurnEnd, *, denied: int = 0) -> TurnFinished:
    return TurnFinished(turn=1, end=end, detail="why", hint="do", denied=denied)


@pytest.mark.parametrize(
    ("finished", "denials", "ending"),
    [
        pytest.param(
            FINISHED,
            (),
            Ending(reason="finished", exit_code=ExitCode.FINISHED),
            id="finished",
        ),
        pytest.param(None, (), INTERRUPTED, id="interrupted"),
        *(
            pytest.param(
                ended(end),
                (),
                Ending(reason=end.value, exit_code=code, error=Error(message="why", hint="do")),
                id=end.value,
            )
            for end, code in (
                (TurnEnd.FAILED, ExitCode.FAILED),
                (TurnEnd.LIMITED, ExitCode.LIMIT_REACHED),
                (TurnEnd.TEMPORARY, ExitCode.TEMPORARY),
                (TurnEnd.INTERRUPTED, ExitCode.INTERRUPTED),
            )
        ),
        pytest.param(
            ended(TurnEnd.FAILED, denied=1),
            (denial("edits"),),
            Ending(
                reason="failed",
                exit_code=ExitCode.FAILED,
                error=Error(message="why", hint="do; allow it with --approve edits"),
            ),
            id="failed for want of it",
        ),
        pytest.param(
            ended(TurnEnd.FINISHED, denied=1),
            (denial("edits"),),
            Ending(
                reason="denied",
                exit_code=ExitCode.FAILED,
                error=Error(
                    message="1 call was denied, for nobody was there to allow it: edit a.py",
                    hint="allow it with --approve edits",
                ),
            ),
            id="one denied",
        ),
        pytest.param(
            ended(TurnEnd.FINISHED, denied=3),
            (denial("edits"), denial("auto", command="make test"), denial(None, command="rm x")),
            Ending(
                reason="denied",
                exit_code=ExitCode.FAILED,
                error=Error(
                    message="3 calls were denied, for nobody was there to allow it: edit a.py",
                    hint="allow it with --approve auto; no --approve allows bash rm x without a "
                    "question: do it yourself; see why: vibe permissions check -- 'make test'",
                ),
            ),
            id="three denied",
        ),
        pytest.param(
            ended(TurnEnd.FINISHED, denied=1),
            (replace(denial(None, command="make"), was_interrupted=True),),
            Ending(
                reason="denied",
                exit_code=ExitCode.FAILED,
                error=Error(
                    message="1 call was denied, for nobody was there to allow it: bash make",
                    hint="bash make was interrupted before: check what it did, and say so",
                ),
            ),
            id="one put off",
        ),
    ],
)
def test_only_what_is_surely_done_is_a_success(
    finished: TurnFinished | None, denials: tuple[Denial, ...], ending: Ending
) -> None:
    assert ending_of(finished, denials) == ending


@pytest.mark.parametrize("end", TurnEnd)
def test_no_other_end_than_one_exits_with_0(end: TurnEnd) -> None:
    codes = {ending_of(ended(end, denied=denied)).exit_code for denied in (0, 1)}
    assert (0 in codes) == (end is TurnEnd.FINISHED)
    assert ending_of(ended(end, denied=1)).exit_code != 0


def test_attempts_are_told_in_their_order_with_what_came_of_each() -> None:
    def attempt(alias: Alias) -> AttemptTrace:
        return AttemptTrace(alias=alias, why="order", at_s=0.0, took_s=0.12345, outcome="ok")

    limited = replace(attempt(A), outcome="limited", failure=LIMITED)
    traces = (
        Trace(
            id="1",
            began=0.0,
            outcome=Outcome.OK,
            total_s=1.0,
            waited_s=0.0,
            attempts=(limited, replace(attempt(B), why="failover")),
        ),
        Trace(
            id="2", began=0.0, outcome=Outcome.OK, total_s=1.0, waited_s=0.0, attempts=(attempt(B),)
        ),
    )
    assert attempts_of(traces) == (
        Attempt(
            request=1,
            model=A,
            why="order",
            outcome="limited",
            took_s=0.123,
            failure=Problem(
                kind="rate_limited",
                message="429 rate limited: Slow down, please",
                status=429,
            ),
        ),
        Attempt(request=1, model=B, why="failover", outcome="ok", took_s=0.123),
        Attempt(request=2, model=B, why="order", outcome="ok", took_s=0.123),
    )


def test_usage_is_that_of_the_run_with_its_estimates_marked() -> None:
    before = (Spent(alias=A, answers=2, input=100, output=10, cost_uusd=500),)
    after = (
        Spent(alias=A, answers=3, input=150, output=30, cached_read=20, cost_uusd=700, estimated=1),
        Spent(alias=B, answers=1, input=7, output=3, unpriced=1),
    )
    of_a = Used(
        model=A,
        answers=1,
        input=50,
        output=20,
        cached=20,
        is_estimate=True,
        cost=Cost(usd=0.0002, is_estimate=True),
    )
    of_b = Used(model=B, answers=1, input=7, output=3)
    total = Used(
        answers=2,
        input=57,
        output=23,
        cached=20,
        is_estimate=True,
        cost=Cost(usd=0.0002, is_estimate=True),
    )
    assert usage_since(before, after) == RunUsage(total=total, by_model=(of_a, of_b))
    assert usage_since(after, after) == RunUsage()
