"""A copy of a conversation goes its own way, and the original its own."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from tests.session.samples import NOON, OPENED, PLAIN, key, session, whole_turn
from tests.session.sessions import ASKED, Person, begun, written
from vibe.errors import UsageError
from vibe.session.conversation import messages
from vibe.session.fork import fork
from vibe.session.place import Place
from vibe.session.record import (
    Changed,
    NoFile,
    Record,
    Rewound,
    SessionId,
    Started,
)
from vibe.session.resume import load
from vibe.session.session import Session
from vibe.session.turn import CallState


def forked(place: Place, person: Person, *, last_turn: int | None = None) -> Session:
    return fork(
        place,
        place.folder.parent,
        last_turn=last_turn,
        at=NOON + 3600.0,
        redactor=PLAIN,
        tell=person.tell,
    )


def loaded(root: Path, name: SessionId):
    return load(Place(root / name)).transcript


@pytest.mark.parametrize(("last_turn", "turns"), [(None, 3), (3, 3), (2, 2), (1, 1)])
def test_a_fork_has_the_turns_up_to_one(
    tmp_path: Path, person: Person, last_turn: int | None, turns: int
):
    place = written(tmp_path, *session(3))
    with closing(forked(place, person, last_turn=last_turn)) as copy:
        assert copy.session > place.session
    original, known = load(place).transcript, loaded(tmp_path, copy.session)
    assert known == copy.transcript
    assert known.turns == original.turns[:turns]
    assert messages(known) == messages(original)[: len(messages(known))]
    assert known.opened
    assert (known.opened.folder, known.origin) == (OPENED.folder, OPENED.session)


def test_the_original_and_the_fork_go_their_own_ways(tmp_path: Path, person: Person):
    with (
        closing(begun(tmp_path, person, *whole_turn(1))) as original,
        closing(forked(Place(tmp_path / original.session), person)) as copy,
    ):
        copy.put(*whole_turn(2))
        original.put(Rewound(1))
    assert len(loaded(tmp_path, copy.session).turns) == 2
    assert loaded(tmp_path, original.session).turns == ()


def test_costs_and_changed_files_stay_with_the_original(tmp_path: Path, person: Person):
    change = Changed(turn=1, path="/a", before=NoFile(), after=NoFile())
    place = written(tmp_path, *session(2), change)
    with closing(forked(place, person)) as copy:
        assert (copy.transcript.spent, copy.transcript.changes) == ((), ())
        copy.put(*whole_turn(3))
        assert [each.answers for each in copy.transcript.spent] == [2]


@pytest.mark.parametrize("more", [(), (Started(call=key(1, 0)),)], ids=["sealed", "started"])
def test_what_the_original_may_be_running_is_unknown_to_the_fork(
    tmp_path: Path, person: Person, more: tuple[Record, ...]
):
    place = written(tmp_path, OPENED, *ASKED, *more)
    with closing(forked(place, person)) as copy:
        (known,) = copy.transcript.calls
        assert known.state is CallState.UNKNOWN


def test_a_rewound_turn_is_not_copied(tmp_path: Path, person: Person):
    place = written(tmp_path, *session(2), Rewound(2), *whole_turn(3))
    with closing(forked(place, person)) as copy:
        assert [turn.number for turn in copy.transcript.turns] == [1, 3]
        assert copy.transcript.last_turn == 3


def test_a_turn_that_is_not_there_is_told(tmp_path: Path, person: Person):
    place = written(tmp_path, *session(2))
    with pytest.raises(UsageError, match="there is no turn 7 in the session"):
        forked(place, person, last_turn=7)
    assert [each.name for each in tmp_path.iterdir()] == [place.session]
