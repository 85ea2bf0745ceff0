"""The fold of a session: what each record does to it, and that no sequence of them breaks it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.session.samples import (
    CUT,
    HISTORIES,
    NOON,
    OPENED,
    RECORDS,
    SESSION,
    STRONG,
    answer,
    call,
    key,
    result,
    said,
    session,
    whole_turn,
)
from vibe.domain.answer import Answer
from vibe.domain.message import Assistant, CallId, Message, Results, Text, ToolCall, User
from vibe.domain.turn import CallKey, TurnEnd
from vibe.domain.usage import Usage
from vibe.session.conversation import messages
from vibe.session.record import (
    Added,
    Answered,
    Approved,
    Compacted,
    Finished,
    Forked,
    Gap,
    Noted,
    Record,
    Rewound,
    Started,
    TurnBegan,
    TurnEnded,
    Unknown,
    Used,
)
from vibe.session.spent import Spent
from vibe.session.transcript import Transcript
from vibe.session.turn import LOST, NOT_RUN, OUTCOME_UNKNOWN, Call, CallState, Step, Turn

BASH = call()
ASKED = (
    TurnBegan(turn=1, message=said("question"), at=NOON),
    Answered(turn=1, number=0, answer=answer("", BASH)),
)


def folded(*records: Record) -> Transcript:
    return Transcript().applied(records)


def test_a_whole_turn():
    asked = call(number=1, arguments='{"command": "make test"}')
    assert folded(*session()) == Transcript(
        opened=OPENED,
        turns=(
            Turn(
                number=1,
                message=said("question 1"),
                context="today",
                began=NOON + 60.0,
                items=(
                    Step(
                        number=0,
                        answer=answer("let me look", asked),
                        calls=(
                            Call(
                                key=key(1, 0),
                                asked=asked,
                                state=CallState.FINISHED,
                                approved_by="the person",
                                result=result(asked),
                                details="{}",
                                took_s=0.5,
                            ),
                        ),
                    ),
                    Step(number=1, answer=answer("answer 1")),
                ),
                ended=TurnEnded(turn=1, end=TurnEnd.FINISHED, at=NOON + 90.0),
            ),
        ),
        last_turn=1,
        spent=(Spent(alias=STRONG, answers=2, input=200, output=20, cost_uusd=14),),
    )


DONE = Finished(call=key(1, 0), result=result(BASH))
UNKNOWN = Unknown(call=key(1, 0))
STARTED = Started(call=key(1, 0))
APPROVED = Approved(call=key(1, 0))


@pytest.mark.parametrize(
    ("records", "state", "text"),
    [
        pytest.param([], CallState.SEALED, NOT_RUN, id="sealed"),
        pytest.param([APPROVED], CallState.APPROVED, NOT_RUN, id="approved"),
        pytest.param([APPROVED, STARTED], CallState.STARTED, OUTCOME_UNKNOWN, id="started"),
        pytest.param([STARTED, DONE], CallState.FINISHED, "done", id="finished"),
        pytest.param([DONE], CallState.FINISHED, "done", id="denied"),
        pytest.param([STARTED, UNKNOWN], CallState.UNKNOWN, OUTCOME_UNKNOWN, id="unknown"),
        pytest.param([STARTED, APPROVED], CallState.STARTED, OUTCOME_UNKNOWN, id="never back"),
        pytest.param([UNKNOWN, DONE], CallState.UNKNOWN, OUTCOME_UNKNOWN, id="unknown for good"),
        pytest.param([DONE, UNKNOWN], CallState.FINISHED, "done", id="finished for good"),
        pytest.param([STARTED, Gap()], CallState.UNKNOWN, OUTCOME_UNKNOWN, id="a gap"),
        pytest.param([Gap()], CallState.UNKNOWN, OUTCOME_UNKNOWN, id="a gap before its start"),
        pytest.param(
            [Forked(origin=SESSION)], CallState.UNKNOWN, OUTCOME_UNKNOWN, id="a fork meanwhile"
        ),
    ],
)
def test_the_states_of_a_call_and_what_a_model_is_told(
    records: list[Record], state: CallState, text: str
):
    transcript = folded(*ASKED, *records)
    (known,) = transcript.turns[0].calls
    assert (known.state, known.told.parts) == (state, (Text(text),))
    assert transcript.unknown == ((known,) if state is CallState.UNKNOWN else ())


def test_a_sealed_answer_is_never_replaced():
    again = Answered(turn=1, number=0, answer=answer("another"))
    assert folded(*ASKED, again).turns == folded(*ASKED).turns


def test_a_cut_answer_stands_without_its_calls():
    transcript = folded(ASKED[0], Answered(turn=1, number=0, answer=answer("so", BASH, cut=CUT)))
    assert transcript.turns[0].calls == ()
    assert messages(transcript)[1] == answer("so").message


def test_a_turn_is_open_until_it_ends():
    whole = session(2)
    assert folded(*whole).open_turn is None
    assert folded(*whole[:-1]).open_turn == folded(*whole[:-1]).turns[1]
    assert folded(*whole[:1]).open_turn is None


def test_what_was_spent_on_other_than_answers_counts_as_well():
    more = Used(turn=1, alias=STRONG, usage=Usage(input=5), is_estimated=True)
    assert folded(*ASKED, more).spent == (
        Spent(alias=STRONG, answers=1, input=105, output=10, cost_uusd=7, unpriced=1, estimated=1),
    )


def test_rewound_turns_are_gone_and_their_numbers_and_costs_are_not():
    before, after = folded(*session(1)), folded(*session(3), Rewound(2))
    assert after.turns == before.turns
    assert (after.last_turn, after.spent[0].answers) == (3, 6)
    late = Noted(turn=3, text="late")
    assert after.apply(late) == after


def test_a_conversation_as_the_model_gets_it():
    asked = call(number=1, arguments='{"command": "make test"}')
    transcript = folded(
        *session(), TurnBegan(turn=2, message=said("more"), at=NOON), Noted(turn=2, text="a note")
    )
    assert messages(transcript) == (
        User((Text("today"), Text("question 1"))),
        answer("let me look", asked).message,
        Results((result(asked),)),
        answer("answer 1").message,
        said("more"),
    )


def test_a_compaction_stands_for_all_before_it_until_it_is_rewound():
    summary = Compacted(turn=2, message=said("so far"))
    added = Added(turn=2, message=said("faster"))
    whole = (*session(1), TurnBegan(turn=2, message=said("more"), at=NOON), summary, added)
    assert messages(folded(*whole)) == (said("so far"), said("faster"))
    assert messages(folded(*whole, Rewound(2))) == messages(folded(*session(1)))


def test_a_lost_question_and_a_lost_answer_are_told_and_their_results_stay():
    asked = call(number=1)
    began, first, *rest = whole_turn()
    assert messages(folded(OPENED, first, *rest))[0] == User((LOST,))
    named = ToolCall(id=CallId("call-1"), name="bash", arguments="{}")
    assert messages(folded(OPENED, began, *rest))[1:3] == (
        Assistant(parts=(LOST, named)),
        Results((result(asked),)),
    )


def test_a_lost_answer_has_at_least_the_calls_that_a_record_names():
    transcript = folded(ASKED[0], Started(call=key(1, 0, position=1)))
    assert [(each.asked.name, each.state) for each in transcript.turns[0].calls] == [
        ("unknown", CallState.SEALED),
        ("unknown", CallState.STARTED),
    ]


def test_a_call_that_no_answer_holds_is_passed_over():
    assert folded(*ASKED, Started(call=key(1, 0, position=9))) == folded(*ASKED)


# Properties, of any records in any order


def is_paired(conversation: tuple[Message, ...]) -> bool:
    """Each call has one result, straight after its answer and in its order; nothing else has."""
    expected: tuple[CallId, ...] = ()
    for message in conversation:
        found = [each.call for each in message.results] if isinstance(message, Results) else []
        if tuple(found) != expected:
            return False
        calls = message.calls if isinstance(message, Assistant) else ()
        expected = tuple(each.id for each in calls)
    return not expected


@given(HISTORIES)
def test_after_any_prefix_every_call_has_a_result_or_is_marked(records: list[Record]):
    transcript = Transcript()
    for record in records:
        transcript = transcript.apply(record)
        assert is_paired(messages(transcript))
        for known in transcript.calls:
            assert (known.result is not None) == (known.state is CallState.FINISHED)
            assert transcript.call(known.key) == known
        numbers = [turn.number for turn in transcript.turns]
        assert numbers == sorted(set(numbers))
        assert all(number <= transcript.last_turn for number in numbers)


@given(HISTORIES, RECORDS)
def test_what_is_settled_stays_as_it_is(records: list[Record], record: Record):
    before = folded(*records)
    after = before.apply(record)
    for known in after.calls:
        earlier = before.call(known.key)
        if earlier is not None and earlier.is_settled:
            assert known == earlier


@given(HISTORIES)
def test_what_has_started_never_may_again(records: list[Record]):
    transcript = Transcript()
    started: set[CallKey] = set()
    for record in records:
        transcript = transcript.apply(record)
        calls = transcript.calls
        assert not started & {each.key for each in calls if each.may_start}
        started |= {each.key for each in calls if not each.may_start}


@given(HISTORIES, HISTORIES)
def test_what_was_said_only_grows_unless_it_is_compacted_or_rewound(
    records: list[Record], more: list[Record]
):
    """The prefix that a provider has cached stays the same, byte by byte."""
    before = folded(*records).apply(Gap())  # nothing is under way
    later = [
        record
        for record in more
        if isinstance(record, TurnBegan | Answered | Added | Noted | Used | TurnEnded)
        and record.turn > before.last_turn
    ]
    said_before = messages(before)
    assert messages(before.applied(later))[: len(said_before)] == said_before


@given(HISTORIES, st.data())
def test_an_answer_is_kept_as_it_was_sealed(records: list[Record], data: st.DataObject):
    sealed: dict[tuple[int, int], Answer] = {}
    transcript = Transcript()
    for record in records:
        transcript = transcript.apply(record)
        if isinstance(record, Rewound):
            sealed = {place: each for place, each in sealed.items() if place[0] < record.turn}
        for turn in transcript.turns:
            for step in turn.steps:
                place = (turn.number, step.number)
                if not step.is_lost:
                    assert sealed.setdefault(place, step.answer) == step.answer
