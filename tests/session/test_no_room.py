"""Where the disk takes nothing, or not now, the session goes on in memory and says so once."""

from __future__ import annotations

import errno
import os
from collections.abc import Generator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.session.samples import key, result, whole_turn
from tests.session.sessions import ASKED, BASH, ENDED, Person, begun, resumed
from tests.session.worker import Job
from tests.session.workers import Workers, left_behind
from vibe.session.place import Place, places
from vibe.session.record import Finished, NotKept
from vibe.session.resume import load
from vibe.session.session import Session
from vibe.session.transcript import Transcript
from vibe.session.turn import CallState

NOBODY = 65534
ONLY_IN_MEMORY = "notice from here on the session is only in memory: cannot write"


def notices(said: list[str]) -> list[str]:
    return [line for line in said if line.startswith("notice")]


def place_in(root: Path) -> Place:
    return places(root / "sessions")[0]


def test_what_finds_no_room_waits_in_memory_and_is_written_later(tmp_path: Path, workers: Workers):
    said = workers.do(Job(root=str(tmp_path), turns=4, full_at=2, empty_at=4))
    journal = place_in(tmp_path).journal
    assert notices(said) == [
        f"{ONLY_IN_MEMORY} {journal} (No space left on device); free some space, and the rest is "
        "written"
    ]
    assert said[-1] == "status 0"
    loaded = left_behind(tmp_path)
    assert loaded
    assert len(loaded.transcript.turns) == 4
    assert journal.stat().st_mode & 0o777 == 0o600


def test_what_may_have_run_while_the_disk_was_full_is_never_run_again(
    tmp_path: Path, workers: Workers
):
    said = workers.do(Job(root=str(tmp_path), turns=3, full_at=2))
    assert [line for line in said if line.startswith("ended")] == ["ended 1", "ended 2", "ended 3"]
    loaded = load(place_in(tmp_path))
    assert loaded.problems == ("the end of the session could not be written, and is missing",)
    assert [call for call in loaded.transcript.calls if call.may_start] == []
    # It goes on from what there is, and from then on is whole.
    said = workers.do(Job(root=str(tmp_path), turns=2))
    assert said[0] == f"problem {loaded.problems[0]}"
    assert load(place_in(tmp_path)).problems == ()
    assert place_in(tmp_path).journal.stat().st_mode & 0o777 == 0o600


@pytest.fixture
def open_folder() -> Generator[Path]:
    """A folder of somebody who is not root; pytest's own are closed to others."""
    with TemporaryDirectory() as name:
        if os.geteuid() == 0:
            os.chown(name, NOBODY, NOBODY)
        yield Path(name)
        for path in Path(name).rglob("*"):
            path.chmod(0o700)


def anybody(root: Path, *, turns: int) -> Job:
    return Job(root=str(root), turns=turns, uid=0 if os.geteuid() else NOBODY)


def test_a_folder_that_cannot_be_written_is_told(open_folder: Path, workers: Workers):
    (open_folder / "sessions").mkdir(mode=0o555)
    said = workers.do(anybody(open_folder, turns=2))
    (notice,) = notices(said)
    assert notice.startswith(f"{ONLY_IN_MEMORY} {open_folder}/sessions/")
    assert notice.partition("(")[2].startswith(
        "Permission denied); see what is wrong there: ls -la"
    )
    assert said[-3:] == ["sealed 2 1", "ended 2", "status 0"]


def test_a_session_that_cannot_be_written_goes_on_in_memory(open_folder: Path, workers: Workers):
    assert workers.do(anybody(open_folder, turns=1))[-1] == "status 0"
    place = place_in(open_folder)
    before = place.journal.read_bytes()
    place.journal.chmod(0o400)
    said = workers.do(anybody(open_folder, turns=2))
    assert [line for line in said if line.startswith(("notice", "problem"))] == [
        f"{ONLY_IN_MEMORY} {place.journal} (Permission denied); see what is wrong there: "
        f"ls -la {place.folder}"
    ]
    assert said[-1] == "status 0"
    assert place.journal.read_bytes() == before


# In one process


async def everything(session: Session) -> Transcript:
    session.put(*ASKED)
    await session.start(key(1, 0), has_effects=True)
    await session.keep(Path("/work/a"), turn=1, before=b"old", after=None, mode=0o644)
    session.put(Finished(call=key(1, 0), result=result(BASH)))
    await session.end(ENDED)
    session.close()
    return session.transcript


async def test_without_a_home_a_session_is_only_in_memory(tmp_path: Path, person: Person):
    known = await everything(begun(tmp_path, person))
    alone = await everything(begun(None, person))
    assert alone.turns == known.turns
    assert [each.before for each in alone.changes] == [NotKept("the session is only in memory")]
    assert person.told == [
        "the session is only in memory: there is no home folder; set HOME to one"
    ]


async def test_what_stands_in_the_way_is_told_once_and_may_be_moved_away(
    tmp_path: Path, person: Person
):
    root = tmp_path / "sessions"
    root.write_text("")
    session = begun(root, person, *ASKED)
    await session.start(key(1, 0), has_effects=True)
    (told,) = person.told
    assert told.startswith("from here on the session is only in memory: cannot write ")
    root.unlink()
    await session.end(ENDED)
    session.close()
    assert load(places(root)[0]).transcript == session.transcript
    assert len(person.told) == 1


async def test_a_disk_that_fails_to_sync_is_told_and_not_relied_on(
    tmp_path: Path, person: Person, monkeypatch: pytest.MonkeyPatch
):
    def failing(_: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    session = begun(tmp_path, person, *ASKED)
    monkeypatch.setattr(os, "fdatasync", failing)
    await session.start(key(1, 0), has_effects=True)
    session.put(Finished(call=key(1, 0), result=result(BASH)))
    await session.end(ENDED)
    session.close()
    assert len(person.told) == 1
    assert "(Input/output error)" in person.told[0]
    assert session.transcript.turns[0].ended == ENDED
    (known,) = load(places(tmp_path)[0]).transcript.calls
    assert known.state is CallState.UNKNOWN


def test_a_short_write_is_taken_back(
    tmp_path: Path, person: Person, monkeypatch: pytest.MonkeyPatch
):
    session = begun(tmp_path, person, *ASKED)
    place = places(tmp_path)[0]
    before = place.journal.read_bytes()
    write = os.write

    def short(file: int, data: bytes) -> int:
        return write(file, data[:20])

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", short)
        session.put(ENDED)
        assert place.journal.read_bytes() == before
    session.put(*whole_turn(2))
    session.close()
    assert load(place).transcript == session.transcript


def test_a_write_that_was_interrupted_when_it_was_done_is_not_there_twice(
    tmp_path: Path, person: Person, monkeypatch: pytest.MonkeyPatch
):
    session = begun(tmp_path, person, *ASKED)
    write = os.write

    def interrupted(file: int, data: bytes) -> int:
        write(file, data)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", interrupted)
        with pytest.raises(KeyboardInterrupt):
            session.put(ENDED)
    session.put(*whole_turn(2))
    session.close()
    assert load(places(tmp_path)[0]).records[1:] == (*ASKED, ENDED, *whole_turn(2))


async def test_what_started_while_the_disk_was_full_never_may_again(
    tmp_path: Path, person: Person, monkeypatch: pytest.MonkeyPatch
):
    def full(file: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    session = begun(tmp_path, person, *ASKED)
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        await session.start(key(1, 0), has_effects=True)
        session.close()
    for _ in range(2):
        again = resumed(tmp_path, person)
        again.put(ENDED)
        again.close()
        assert [each.state for each in again.transcript.calls] == [CallState.UNKNOWN]
