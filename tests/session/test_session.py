"""One session being written and gone on with: who may write, and what may start."""

from __future__ import annotations

import asyncio
from contextlib import closing
from pathlib import Path

import pytest

from tests.session.samples import NOON, key, result, whole_turn
from tests.session.sessions import ASKED, BASH, Person, begun, resumed
from vibe import __version__
from vibe.session.journal import SessionInUse
from vibe.session.place import new_id, places
from vibe.session.record import Finished, Opened, Record, Started
from vibe.session.resume import load
from vibe.session.turn import CallState


def test_a_session_is_on_disk_from_its_first_turn_on(tmp_path: Path, person: Person):
    root = tmp_path / "state" / "sessions"
    with closing(begun(root, person)) as session:
        assert not root.exists()
        session.put(*ASKED)
        (place,) = places(root)
        opened = Opened(session=session.session, folder="/work/shop", at=NOON, vibe=__version__)
        assert load(place).records == (opened, *ASKED)
        modes = [path.stat().st_mode & 0o777 for path in (root, place.folder, place.journal)]
        assert modes == [0o700, 0o700, 0o600]
    assert person.told == []


def test_what_is_read_is_what_was_known(tmp_path: Path, person: Person):
    with closing(begun(tmp_path, person, *whole_turn(1), *whole_turn(2))) as first:
        known = first.transcript
    with closing(resumed(tmp_path, person)) as second:
        assert second.transcript == known
        second.put(*whole_turn(3))
        known = second.transcript
    assert load(places(tmp_path)[0]).transcript == known


def test_ids_sort_by_time_and_can_be_typed():
    ids = [new_id(at, b"\xff\x00\x33") for at in (NOON, NOON + 1, NOON + 86_400, NOON + 10**9)]
    assert ids[0] == "20261121-120000-74ad"
    assert ids == sorted(ids)


def test_there_is_one_writer_and_others_may_read(tmp_path: Path, person: Person):
    with closing(begun(tmp_path, person, *ASKED)) as session:
        with pytest.raises(SessionInUse) as refusal:
            resumed(tmp_path, person)
        assert refusal.value.message == f"another vibe is writing the session {session.session}"
        assert refusal.value.hint.endswith(f"vibe sessions fork {session.session}")
        assert load(places(tmp_path)[0]).transcript == session.transcript
    resumed(tmp_path, person).close()


async def test_a_call_starts_once(tmp_path: Path, person: Person):
    with closing(begun(tmp_path, person, *ASKED)) as session:
        await session.start(key(1, 0), has_effects=True)
        assert load(places(tmp_path)[0]).records[-1] == Started(call=key(1, 0))
        with pytest.raises(ValueError, match="may not start"):
            await session.start(key(1, 0), has_effects=True)


async def test_of_two_who_start_a_call_at_once_one_may(tmp_path: Path, person: Person):
    with closing(begun(tmp_path, person, *ASKED)) as session:
        starts = (session.start(key(1, 0), has_effects=True) for _ in range(2))
        outcomes = await asyncio.gather(*starts, return_exceptions=True)
    assert sorted(map(type, outcomes), key=str) == [type(None), ValueError]


@pytest.mark.parametrize(
    "records",
    [
        pytest.param([*ASKED, Finished(call=key(1, 0), result=result(BASH))], id="finished"),
        pytest.param(ASKED[:1], id="never asked"),
    ],
)
async def test_what_nobody_asked_or_has_a_result_does_not_start(
    tmp_path: Path, person: Person, records: list[Record]
):
    session = begun(tmp_path, person, *records)
    with closing(session), pytest.raises(ValueError, match="may not start"):
        await session.start(key(1, 0), has_effects=False)


async def test_of_what_had_started_the_outcome_is_unknown_after_a_resume(
    tmp_path: Path, person: Person
):
    begun(tmp_path, person, *ASKED, Started(call=key(1, 0))).close()
    for _ in range(2):
        with closing(resumed(tmp_path, person)) as session:
            (known,) = session.transcript.calls
            assert known.state is CallState.UNKNOWN
            with pytest.raises(ValueError, match="may not start"):
                await session.start(key(1, 0), has_effects=True)
    assert len(load(places(tmp_path)[0]).records) == 5  # it was told once


async def test_what_had_not_started_still_may_after_a_resume(tmp_path: Path, person: Person):
    begun(tmp_path, person, *ASKED).close()
    with closing(resumed(tmp_path, person)) as session:
        assert session.transcript.open_turn
        await session.start(session.transcript.open_turn.unsettled[0].key, has_effects=True)
