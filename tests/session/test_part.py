"""An answer that was coming when its process was killed: kept as one that was cut, exactly once."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given

from tests.session.samples import (
    CUT,
    HISTORIES,
    NOON,
    OPENED,
    PLAIN,
    PRODUCER,
    SESSION,
    STRONG,
    answer,
    arrived,
    key,
    said,
    session,
    whole_turn,
)
from tests.session.sessions import Person, resumed, written
from vibe.domain.answer import Answer, Piece
from vibe.domain.event import Retracted, Seam
from vibe.domain.message import Text
from vibe.domain.model import Alias
from vibe.domain.turn import TurnEnd
from vibe.domain.usage import Usage
from vibe.session.conversation import messages
from vibe.session.export import Form, export
from vibe.session.fork import fork
from vibe.session.part import ENDED
from vibe.session.record import (
    Added,
    Answered,
    Forked,
    Gap,
    Noted,
    Record,
    Rewound,
    Started,
    TurnBegan,
    TurnEnded,
    Used,
)
from vibe.session.resume import load
from vibe.session.spent import Spent
from vibe.session.transcript import Transcript

SMALL = Alias("small")
BEGAN = TurnBegan(turn=1, message=said("question"), at=NOON)
CAME = (BEGAN, arrived("half an "), arrived("answer"))
SEAM = Noted(
    turn=1, text="cut", seam=Seam(from_alias=STRONG, to_alias=SMALL, failure=CUT, tokens=2)
)
TAKEN_BACK = Noted(turn=1, text="anew", retracted=Retracted(alias=STRONG, failure=CUT))
PAID = Used(turn=1, alias=STRONG, usage=Usage(input=90, output=2), cost_uusd=3)
KEPT = Answer(
    parts=(Text("half an answer"),),
    pieces=(Piece(alias=STRONG, producer=PRODUCER, characters=14),),
    usage=Usage(input=100, output=6),
    is_estimated=True,
    cost_uusd=5,
    cut=ENDED,
)


def folded(*records: Record) -> Transcript:
    return Transcript().applied(records)


def given_up(*records: Record) -> Transcript:
    """As it is once nobody goes on with it."""
    transcript = folded(*records)
    return transcript.applied(transcript.unheard)


def texts(transcript: Transcript) -> list[str]:
    parts = (part for turn in transcript.turns for step in turn.steps for part in step.answer.parts)
    return [part.text for part in parts if isinstance(part, Text)]


def test_while_it_comes_it_is_no_answer():
    assert folded(*CAME).turns == folded(BEGAN).turns
    assert messages(folded(*CAME)) == (said("question"),)
    assert folded(*CAME).spent == ()


def test_what_had_come_is_kept_as_an_answer_that_was_cut():
    transcript = given_up(*CAME)
    assert transcript == folded(BEGAN, Answered(turn=1, number=0, answer=KEPT))
    assert transcript.spent == (
        Spent(alias=STRONG, answers=1, input=100, output=6, cost_uusd=5, estimated=1),
    )
    assert transcript.unheard == ()


def test_a_part_by_two_tells_who_wrote_what_and_pays_nobody_twice():
    transcript = given_up(*CAME, PAID, SEAM, arrived(" and more", by=SMALL))
    (step,) = transcript.turns[0].steps
    assert [(each.alias, each.characters) for each in step.answer.pieces] == [
        (STRONG, 14),
        (SMALL, 9),
    ]
    assert texts(transcript) == ["half an answer and more"]
    assert [(each.alias, each.input, each.output) for each in transcript.spent] == [
        (STRONG, 90, 2),
        (SMALL, 100, 9),
    ]


def test_between_two_writers_nothing_is_paid_twice():
    assert given_up(*CAME, PAID).spent == (
        Spent(alias=STRONG, answers=1, input=90, output=2, cost_uusd=3, estimated=1),
    )


@pytest.mark.parametrize(
    ("later", "kept"),
    [
        pytest.param(Answered(turn=1, number=0, answer=answer("whole")), ["whole"], id="whole"),
        pytest.param(
            Answered(turn=1, number=0, answer=answer("half", cut=CUT)), ["half"], id="stopped"
        ),
        pytest.param(TAKEN_BACK, [], id="taken back"),
        pytest.param(TurnEnded(turn=1, end=TurnEnd.FAILED, at=NOON), [], id="the turn is over"),
        pytest.param(Started(call=key(1, 0)), ["[A part"], id="the answer is lost"),
        pytest.param(Added(turn=1, message=said("so")), [], id="more is said"),
        pytest.param(Rewound(1), [], id="rewound"),
        pytest.param(Gap(), ["half an answer"], id="a full disk"),
        pytest.param(SEAM, ["half an answer"], id="another goes on"),
        pytest.param(arrived("late", number=3), ["late"], id="of a later answer"),
    ],
)
def test_it_counts_until_something_follows_it(later: Record, kept: list[str]):
    transcript = given_up(*CAME, later)
    assert [text[: len(part)] for text, part in zip(texts(transcript), kept, strict=True)] == kept


def test_of_an_answer_that_is_there_nothing_more_can_come():
    whole = (BEGAN, Answered(turn=1, number=0, answer=answer("whole")))
    assert given_up(*whole, arrived("late")) == folded(*whole)
    assert given_up(*session(2), arrived("late")) == folded(*session(2))


@given(HISTORIES)
def test_nothing_is_answered_or_paid_twice(records: list[Record]):
    transcript = folded(*records)
    after = transcript.applied(transcript.unheard)
    assert after.unheard == ()
    for turn in after.turns:
        numbers = [step.number for step in turn.steps]
        assert numbers == sorted(set(numbers))
    before = sum(each.answers for each in transcript.spent)
    new = sum(len(turn.steps) for turn in after.turns) - sum(
        len(turn.steps) for turn in transcript.turns
    )
    assert sum(each.answers for each in after.spent) - before == new


# On disk


def test_it_is_read_without_a_word_and_written_once(tmp_path: Path, person: Person):
    place = written(tmp_path, OPENED, *CAME)
    shown = load(place)
    assert (texts(shown.transcript), shown.problems) == (["half an answer"], ())
    for _ in range(2):
        with closing(resumed(tmp_path, person)) as gone_on:
            assert texts(gone_on.transcript) == ["half an answer"]
    assert load(place).records == (OPENED, *CAME, Answered(turn=1, number=0, answer=KEPT))
    assert load(place).transcript == shown.transcript


def test_a_torn_last_piece_costs_only_itself(tmp_path: Path):
    place = written(tmp_path, OPENED, *CAME)
    place.journal.write_bytes(place.journal.read_bytes()[:-9])
    assert texts(load(place).transcript) == ["half an "]


def test_an_export_tells_it_once_and_that_it_was_cut(tmp_path: Path):
    place = written(tmp_path, OPENED, *whole_turn(1), *_as(2))
    transcript = load(place).transcript
    told = export(SESSION, transcript, Form.MARKDOWN, redactor=PLAIN)
    assert told.count("half an answer") == 1
    assert "The answer was cut here." in told
    assert '"part"' not in export(SESSION, transcript, Form.JSON, redactor=PLAIN)


def test_a_fork_has_it_as_well(tmp_path: Path, person: Person):
    place = written(tmp_path, OPENED, *CAME)
    copy = fork(place, tmp_path, at=NOON, redactor=PLAIN, tell=person.tell)
    with closing(copy):
        assert texts(copy.transcript) == ["half an answer"]
        assert (copy.transcript.origin, copy.transcript.spent) == (SESSION, ())
    forked = Forked(origin=SESSION)
    assert load(copy.place or place).records[-2:] == (
        Answered(turn=1, number=0, answer=KEPT),
        forked,
    )


def _as(turn: int) -> tuple[Record, ...]:
    began = TurnBegan(turn=turn, message=said("question"), at=NOON)
    return began, arrived("half an ", turn=turn), arrived("answer", turn=turn)
