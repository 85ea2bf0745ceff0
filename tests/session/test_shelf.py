"""All sessions, for one to be chosen among them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.session.samples import NOON, OPENED, PLAIN, SESSION, answer, said, session, whole_turn
from tests.session.sessions import Person, begun, written
from vibe.session.journal import SessionInUse, locked
from vibe.session.record import Answered, Opened, SessionId, TurnBegan
from vibe.session.resume import HEAD_BYTES, load
from vibe.session.shelf import Shelf


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(root=tmp_path, redactor=PLAIN)


def test_how_it_began_is_told_however_long_it_is(shelf: Shelf) -> None:
    much = Answered(turn=2, number=0, answer=answer("x" * HEAD_BYTES))
    began = TurnBegan(turn=2, message=said("more"), at=NOON)
    written(shelf.root, *session(), began, much)
    assert [turn.message for turn in shelf.beginning(SESSION).turns] == [
        said("question 1"),
        said("more"),
    ]
    assert not shelf.beginning(SESSION).turns[1].items


def test_of_one_that_is_not_there_nothing_is_told(shelf: Shelf) -> None:
    assert shelf.beginning(SESSION).turns == ()
    assert not shelf.is_in_use(SESSION)
    assert not shelf.has(SESSION)


def test_it_is_known_whether_somebody_writes_it(shelf: Shelf) -> None:
    held = locked(written(shelf.root, *session()).journal, os.O_RDONLY)
    assert shelf.is_in_use(SESSION)
    assert shelf.has(SESSION)
    with pytest.raises(SessionInUse):
        shelf.delete(SESSION)
    os.close(held)
    assert not shelf.is_in_use(SESSION)


def test_a_copy_is_free_to_be_gone_on_with(shelf: Shelf) -> None:
    written(shelf.root, *session(2))
    person = Person()
    copy = shelf.fork(SESSION, last_turn=1, at=NOON, tell=person.tell)
    assert not shelf.is_in_use(copy)
    assert (
        load(shelf.place(copy)).transcript.turns == load(shelf.place(SESSION)).transcript.turns[:1]
    )
    assert person.told == []


def test_the_branch_is_told_of_a_session_and_of_its_copy(shelf: Shelf) -> None:
    opened = Opened(session=SESSION, folder=OPENED.folder, branch="main", at=NOON, vibe=OPENED.vibe)
    written(shelf.root, opened, *whole_turn())
    shelf.fork(SESSION, at=NOON, tell=Person().tell)
    assert [each.branch for each in shelf.all()] == ["main", "main"]


def test_what_is_exported_is_markdown(shelf: Shelf) -> None:
    written(shelf.root, *session())
    assert shelf.markdown(SESSION).startswith("# question 1\n")


def test_what_is_deleted_is_gone(shelf: Shelf) -> None:
    written(shelf.root, *session())
    shelf.delete(SessionId(SESSION))
    assert shelf.all() == ()


def test_a_session_knows_where_it_lies(tmp_path: Path) -> None:
    assert begun(None, Person()).place is None
    kept = begun(tmp_path, Person())
    assert kept.place is not None
    assert kept.place.session == kept.session
