"""An assistant that is killed at any moment goes on where it was: nothing is lost, nothing is done
twice. Where the disk takes nothing it goes on in memory, and says so once."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Final

import pytest

from tests.agent.project import (
    CHECK,
    DONE,
    EDITS,
    FILES,
    MENDER,
    READS,
    RIGHT,
    TASK,
    WRONG,
    call,
)
from tests.agent.rig import House, assistant, house, session_in
from tests.agent.test_traces import undone
from tests.agent.worker import Job
from tests.mux.pools import Line
from tests.session.worker import Death
from tests.session.workers import Workers
from vibe.domain.event import Sealed
from vibe.domain.message import Results, Text, User
from vibe.domain.turn import TurnEnd
from vibe.secret import Redactor
from vibe.session.fork import fork
from vibe.session.journal import SessionInUse
from vibe.session.place import Place, places
from vibe.session.resume import Loaded, load
from vibe.session.turn import CallState
from vibe.testing.exchange import Answer, Asked, text_of
from vibe.testing.fault_server import FaultServer

KILLED: Final = {f"status {number.value}" for number in (signal.SIGKILL, signal.SIGALRM)}
NOBODY: Final = 65534
ONLY_IN_MEMORY: Final = "notice from here on the session is only in memory: cannot write"


def careful(asked: Asked) -> Answer:
    """Looks again wherever a step did not go well. No command is ever the same as one before."""
    messages = (each for each in asked.messages if isinstance(each, Results))
    results = [each for message in messages for each in message.results]
    if not results:
        return Answer(text="I look at it first.", calls=(READS,))
    name, text = results[-1].name, text_of(results[-1].parts)
    if name == "bash" and "all is well" in text:
        return Answer(text=DONE)
    if (name, "a + b" in text) == ("read", True) or (name, "Changed" in text) == ("edit", True):
        number = [each.name for each in results].count("bash")
        command = f"echo ran {number} >> runs.log && grep 'a + b' calc.py && echo all is well"
        return Answer(calls=(call("bash", command=command),))
    return Answer(calls=(EDITS if name == "read" else READS,))


@pytest.fixture(scope="module")
def workers() -> Generator[Workers]:
    with closing(Workers((sys.executable, "-m", "tests.agent.worker"))) as workers:
        yield workers


def new_house(tmp_path: Path, number: int) -> House:
    home = tmp_path / str(number)
    home.mkdir()
    return house(home, **FILES)


def left_behind(where: House) -> Loaded | None:
    """The session in the house, which knows all that was told; and nothing was done twice.

    None where not even a first record was.
    """
    log = where.home / "log"
    told = log.read_text().splitlines() if log.exists() else []
    ran = where.root / "runs.log"
    runs = Counter(ran.read_text().splitlines() if ran.exists() else [])
    assert [line for line, count in runs.items() if count > 1] == []
    assert (where.root / "calc.py").read_text() in (WRONG, RIGHT)
    assert (where.root / "check.py").read_text() == CHECK
    assert [line for line, count in Counter(told).items() if count > 1 and "turn" not in line] == []
    found = places(where.sessions)
    if not found:
        assert told == []
        return None
    loaded = load(found[0])
    assert loaded.problems == ()
    assert set(told) <= set(_known(loaded))
    return loaded


def _known(loaded: Loaded) -> Iterator[str]:
    for turn in loaded.transcript.turns:
        yield f"turn {turn.number}"
        yield from (f"sealed {turn.number} {step.number}" for step in turn.steps)
        for each in turn.calls:
            name = f"{each.key.turn} {each.key.answer} {each.key.position}"
            if not each.may_start:
                yield f"started {name}"
            if each.state is CallState.FINISHED:
                yield f"finished {name}"
        if turn.ended:
            yield f"ended {turn.number} {turn.ended.end}"


def assert_done(where: House) -> None:
    """And all of it can be undone."""
    loaded = left_behind(where)
    assert loaded
    last = loaded.transcript.turns[-1]
    assert last.ended
    assert last.ended.end is TurnEnd.FINISHED
    assert (where.root / "calc.py").read_text() == RIGHT
    assert (where.root / "runs.log").exists()
    assert loaded.transcript.opened
    assert undone(where, loaded.transcript.opened.session)["calc.py"] == "write"
    assert (where.root / "calc.py").read_text() == WRONG


@pytest.mark.parametrize(
    "kills", [4, pytest.param(200, marks=pytest.mark.slow)], ids=["a few", "many"]
)
async def test_killed_at_any_moment(kills: int, tmp_path: Path, workers: Workers) -> None:
    rng = Random(kills)  # noqa: S311 - it keeps no secret
    clock = asyncio.get_running_loop()
    async with FaultServer(careful) as server:
        where, houses, killed = new_house(tmp_path, 0), 1, 0
        began_s = clock.time()
        await worked(workers, where, server)
        whole_s = clock.time() - began_s
        assert_done(where)
        where = new_house(tmp_path, houses)
        while killed < kills:
            said = await worked(workers, where, server, die_after_s=rng.uniform(0.001, whole_s))
            left_behind(where)
            if said[-1] in KILLED:
                killed += 1
                continue
            assert said[-1] == "status 0"
            assert_done(where)
            where, houses = new_house(tmp_path, houses + 1), houses + 1
        await worked(workers, where, server)
        assert_done(where)


@pytest.mark.slow
@pytest.mark.parametrize("death", ["before", "torn"])
async def test_killed_whenever_it_touches_the_disk(
    death: Death, tmp_path: Path, workers: Workers
) -> None:
    ends: list[str] = []
    async with FaultServer(careful) as server:
        while "status 0" not in ends:
            where = new_house(tmp_path, len(ends))
            said = await worked(workers, where, server, die_at=len(ends) + 1, death=death)
            ends.append(said[-1])
            left_behind(where)
            assert (await worked(workers, where, server))[-1] == "status 0"
            assert_done(where)
    assert set(ends) == {*KILLED & set(ends), "status 0"}
    assert len(ends) > 60


async def worked(
    workers: Workers,
    where: House,
    server: FaultServer,
    *,
    die_at: int = 0,
    death: Death = "before",
    die_after_s: float = 0.0,
    most_bytes: int = 0,
    uid: int = 0,
) -> list[str]:
    """What the worker said, and last how it ended."""
    job = Job(
        home=str(where.home),
        api_base=server.api_base,
        die_at=die_at,
        death=death,
        die_after_s=die_after_s,
        most_bytes=most_bytes,
        uid=uid,
    )
    return await asyncio.to_thread(workers.do, job)


# Where the disk takes nothing


async def test_on_a_full_disk_the_turn_goes_on_in_memory_and_says_so_once(
    tmp_path: Path, workers: Workers
) -> None:
    where = house(tmp_path, **FILES)
    async with FaultServer(careful) as server:
        said = await worked(workers, where, server, most_bytes=2_000)
        assert said[-2:] == ["ended 1 finished", "status 0"]
        (notice,) = [line for line in said if line.startswith("notice")]
        assert notice.startswith(ONLY_IN_MEMORY)
        assert "free some space" in notice
        assert (where.root / "calc.py").read_text() == RIGHT
        loaded = load(places(where.sessions)[0])
        assert loaded.problems == ("the end of the session could not be written, and is missing",)
        assert loaded.transcript.calls
        assert [each for each in loaded.transcript.calls if each.may_start] == []
        said = await worked(workers, where, server)
    assert said[-2:] == ["ended 1 finished", "status 0"]


@pytest.fixture
def open_folder() -> Generator[Path]:
    """A folder of somebody who is not root; pytest's own are closed to others."""
    with TemporaryDirectory() as name:
        yield Path(name)
        for path in (Path(name), *Path(name).rglob("*")):
            path.chmod(0o700)


async def test_in_a_read_only_home_the_turn_goes_on_in_memory_and_says_so_once(
    open_folder: Path, workers: Workers
) -> None:
    where = house(open_folder, **FILES)
    uid = 0 if os.geteuid() else NOBODY
    (where.home / "log").touch()
    where.state.mkdir(mode=0o500)
    if uid:
        for path in (where.home, *where.home.rglob("*")):
            os.chown(path, uid, uid)
    async with FaultServer(careful) as server:
        said = await worked(workers, where, server, uid=uid)
    assert said[-2:] == ["ended 1 finished", "status 0"]
    (notice,) = [line for line in said if line.startswith("notice")]
    assert notice.startswith(f"{ONLY_IN_MEMORY} {where.sessions}")
    assert "Permission denied" in notice
    assert (where.root / "calc.py").read_text() == RIGHT


# One writer


async def test_a_second_writer_is_refused_and_may_read_and_fork(tmp_path: Path) -> None:
    where = house(tmp_path, **FILES)
    async with assistant(where, Line(alias="model", behaviour=MENDER)) as desk:
        session = desk.agent.session.session
        place = Place(where.sessions / session)
        events = desk.agent.turn(User((Text(TASK),)))
        async for event in events:
            if isinstance(event, Sealed):
                with pytest.raises(SessionInUse) as refused:
                    session_in(where, session, print)
                assert refused.value.message == f"another vibe is writing the session {session}"
                break
        assert load(place).transcript.open_turn
        copy = fork(place, where.sessions, at=1.8e9, redactor=Redactor(), tell=print)
        copy.close()
        await events.aclose()
    forked = where.transcript(copy.session)
    assert (forked.origin, len(forked.calls), forked.calls[0].state) == (
        session,
        1,
        CallState.UNKNOWN,
    )


# A torn journal


async def journal_of_a_turn(tmp_path: Path) -> tuple[House, Place, bytes]:
    where = house(tmp_path, **FILES)
    async with assistant(where, Line(alias="model", behaviour=MENDER)) as desk:
        await desk.turn(TASK)
        place = Place(where.sessions / desk.agent.session.session)
    return where, place, place.journal.read_bytes()


async def test_a_journal_loads_wherever_it_is_cut(tmp_path: Path) -> None:
    _, place, whole = await journal_of_a_turn(tmp_path)
    records = load(place).records
    ends = [index for index, byte in enumerate(whole, start=1) if byte == ord("\n")]
    for size in reversed(range(len(whole))):
        os.truncate(place.journal, size)
        loaded = load(place)
        count = sum(end <= size for end in ends)
        assert (loaded.records, loaded.problems) == (records[:count], ())


@pytest.mark.slow
async def test_a_session_goes_on_wherever_its_journal_is_cut(tmp_path: Path) -> None:
    where, place, whole = await journal_of_a_turn(tmp_path)
    for size in range(len(whole)):
        place.journal.write_bytes(whole[:size])
        session = session_in(where, place.session, print)
        assert [each for each in session.transcript.calls if each.state is CallState.STARTED] == []
        session.close()
        assert load(place).problems == ()
