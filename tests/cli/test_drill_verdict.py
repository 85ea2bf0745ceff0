"""What a drill makes of what was felt: survived, ended as it had to, or failed, and why."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from vibe.cli.drill_model import CALLS, LOOK, STORY
from vibe.cli.drill_play import Felt, Played
from vibe.cli.drill_trials import Must, Seat, Trial
from vibe.cli.drill_verdict import judged
from vibe.domain.answer import Answer
from vibe.domain.event import Outcome, Unanswered, Waiting
from vibe.domain.failure import Failure, FailureKind
from vibe.domain.message import AssistantPart, CallId, Text, ToolCall
from vibe.domain.model import Alias
from vibe.testing.faults import FAULTS

STRONG = Seat(alias=Alias("strong"), dialect="generic")
WHOLE = (Text(STORY),)
CALL = ToolCall(id=CallId("1"), name=CALLS[0].name, arguments=CALLS[0].arguments)
CUT_CALL = ToolCall(id=CallId("1"), name=CALLS[0].name, arguments=CALLS[0].arguments[:9])
AUTH = Failure(kind=FailureKind.AUTH, status=401)
DOWN = Failure(kind=FailureKind.SERVER, status=500)
A_WAIT = Waiting(for_s=8.0, tries=1)


def trial(fault: str, must: Must, *, calls: bool = False) -> Trial:
    return Trial(
        name=fault,
        label=fault,
        says="",
        seat=STRONG,
        must=must,
        fault=FAULTS[fault],
        calls=calls,
    )


def answered(*parts: AssistantPart) -> Felt:
    return Felt(after_s=0.0, answer=Answer(parts=parts, pieces=()))


def unanswered(failure: Failure, *notices: Waiting) -> Felt:
    end = Unanswered(outcome=Outcome.FAILED, failure=failure)
    return Felt(after_s=8.0, notices=notices, unanswered=end)


GARBLED = ("failed", "the answer is not what the models said")
SERVER, FORBIDDEN = trial("server_error", "answer"), trial("forbidden", "end")
IN_CALL = trial("close_in_body", "answer", calls=True)
JUDGED = {
    "whole": (SERVER, answered(*WHOLE), ("survived", "")),
    "garbled": (SERVER, answered(Text(STORY[9:])), GARBLED),
    "nobody": (SERVER, unanswered(DOWN), ("failed", "not answered: 500 server error")),
    "no end": (SERVER, Felt(after_s=700.0), ("failed", "no end after 12 min")),
    "told": (FORBIDDEN, unanswered(AUTH), ("ended", "")),
    "misnamed": (
        FORBIDDEN,
        unanswered(DOWN),
        ("failed", "ended as 500 server error, and it was auth"),
    ),
    "late": (FORBIDDEN, unanswered(AUTH, A_WAIT), ("failed", "waited in vain for 8 s")),
    "a call": (IN_CALL, answered(Text(LOOK), CALL), ("survived", "")),
    "half a call": (
        IN_CALL,
        answered(Text(LOOK), CUT_CALL),
        ("failed", "a call would have run that the model did not make so"),
    ),
}


@pytest.mark.parametrize("case", JUDGED)
def test_a_trial_is_judged_by_what_was_felt(case: str) -> None:
    played, felt, (verdict, wrong) = JUDGED[case]
    result = judged(Played(trial=played, felt=(felt,), requests={}), on_broken="continue")
    assert (result.verdict, result.wrong) == (verdict, wrong)


def test_more_at_once_than_there_are_slots_fails() -> None:
    played = Played(trial=SERVER, felt=(answered(*WHOLE),), requests={}, over=(STRONG.alias,))
    wrong = "strong had more requests at once than its max_concurrent"
    assert judged(played, on_broken="continue").wrong == wrong


def test_of_several_requests_the_one_is_told_that_a_person_would_remember() -> None:
    calm, waited = answered(*WHOLE), replace(answered(*WHOLE), notices=(A_WAIT,))
    slowest = replace(calm, after_s=9.0)
    by_the_machine = replace(calm, after_s=0.3)
    for felt, remembered in (
        ((waited, by_the_machine), waited),
        ((waited, slowest), slowest),
    ):
        assert judged(Played(trial=SERVER, felt=felt, requests={}), on_broken="stop").felt is (
            remembered
        )
