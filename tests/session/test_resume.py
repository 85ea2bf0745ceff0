"""A session whose file is torn, damaged, of a newer vibe, or not there."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from tests.session.samples import NOON, OPENED, session, whole_turn
from tests.session.sessions import Person, going_on, resumed, written
from vibe import __version__
from vibe.session.place import Place
from vibe.session.record import Opened
from vibe.session.resume import Unreadable, load


def test_a_torn_end_is_cut_off(tmp_path: Path, person: Person):
    place = written(tmp_path, *session())
    with place.journal.open("ab") as file:
        file.write(b'{"crc":"0000')
    with closing(resumed(tmp_path, person)) as gone_on:
        assert gone_on.problems == ()
        gone_on.put(*whole_turn(2))
    assert load(place).records == session(2)


def test_a_session_that_lost_its_beginning_is_of_the_folder_where_it_goes_on(
    tmp_path: Path, person: Person
):
    place = written(tmp_path, *whole_turn(1))
    with closing(resumed(tmp_path, person)):
        opened = load(place).transcript.opened
    assert opened == Opened(session=place.session, folder="/work/shop", at=NOON, vibe=__version__)


def test_a_damaged_middle_is_told_and_skipped(tmp_path: Path, person: Person):
    place = written(tmp_path, *session(2))
    data = place.journal.read_bytes()
    place.journal.write_bytes(data.replace(b"question 1", b"question X"))
    with closing(resumed(tmp_path, person)) as gone_on:
        damaged = len(data.splitlines(keepends=True)[1])
        assert gone_on.problems == (
            f"{damaged} bytes of the session are damaged; 1 record is lost",
        )
        gone_on.put(*whole_turn(3))
    assert load(place).records == (OPENED, *session(3)[2:])


def test_a_session_of_a_newer_vibe_is_read_and_not_gone_on_with(tmp_path: Path, person: Person):
    newer = Opened(session=OPENED.session, folder="/", at=NOON, vibe="9.0", format=2)
    place = written(tmp_path, newer, *whole_turn())
    with pytest.raises(Unreadable) as refusal:
        resumed(tmp_path, person)
    assert refusal.value.message == (
        f"the session {OPENED.session} was written by a newer vibe (9.0)"
    )
    assert len(load(place).transcript.turns) == 1


def test_a_session_that_is_not_there_is_told(tmp_path: Path, person: Person):
    place = Place(tmp_path / OPENED.session)
    with pytest.raises(Unreadable) as refusal:
        going_on(place, person)
    assert refusal.value.message == (
        f"cannot read the session {OPENED.session}: No such file or directory"
    )
