"""Whatever becomes of the file: nothing raises, nothing is deleted, and a person is told."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Timer

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.mux.machine import Machine
from vibe.domain.failure import Failure, FailureKind
from vibe.domain.model import Alias
from vibe.mux.entry import ScopeId
from vibe.mux.health import Health
from vibe.mux.limits import Learned
from vibe.mux.step import Aside
from vibe.mux.store import Loaded, Store
from vibe.mux.store_queue import Use
from vibe.mux.store_tables import UsageRow

OWN, KEY = ScopeId("own"), ScopeId("key")
FAST = Alias("fast")
REST = Health(
    epoch=1,
    openings=1,
    until=60.0,
    rest_s=60.0,
    failure=Failure(kind=FailureKind.SERVER, status=500),
)
PAGE_BYTES = 4096
GARBAGE = bytes(range(255, -1, -1)) * 1000


def use(store: Store) -> None:
    """Everything that a process does with a store."""
    store.put_health(OWN, REST)
    store.put_limit(OWN, Learned(seen_at=0.0, requests=1))
    store.add_sent("pool", FAST)
    store.raise_sent("pool", FAST, to=1)
    store.count(FAST, Use(requests=1))
    store.put_trace(Aside(FAST, "is"))
    store.put_snapshot(Aside(FAST, "is"))
    store.lease([OWN], 60.0)
    store.release([OWN])
    store.flush()
    store.changed()
    store.load()
    store.usage()
    store.traces()
    store.processes()


def remembers(store: Store) -> bool:
    """Whether what this process did today is known, from the file or from memory."""
    return [row.alias for row in store.usage()] == [FAST] and len(store.traces()) >= 1


def raw(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False)


def garble(path: Path) -> None:
    """Leave the first page, by which SQLite tells its files."""
    content = path.read_bytes()
    path.write_bytes(content[:PAGE_BYTES] + GARBAGE[: len(content) - PAGE_BYTES])


DAMAGES: dict[str, Callable[[Path], object]] = {
    "random bytes": lambda path: path.write_bytes(GARBAGE),
    "a text": lambda path: path.write_text("[mux]\n" * 1000),
    "garbled tables": garble,
    "truncated": lambda path: os.truncate(path, path.stat().st_size // 2),
    "truncated to its first page": lambda path: os.truncate(path, PAGE_BYTES),
    "truncated within its first page": lambda path: os.truncate(path, 700),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_file_is_moved_aside_and_a_fresh_one_begun(
    machine: Machine, damage: Callable[[Path], object]
):
    use(machine.start())
    machine.stop()
    damage(machine.path)
    content = machine.path.read_bytes()
    store = machine.start()
    use(store)
    aside = machine.path.with_name("mux.db.damaged-1")
    assert aside.read_bytes() == content
    assert store.notice == (
        f"{machine.path} was damaged: it has been moved to {aside}, and cool-downs, shares and "
        "usage begin anew; delete the damaged file when you do not need it"
    )
    later = machine.start()
    assert later.load().healths == {OWN: REST}
    assert (later.notice, remembers(later)) == (None, True)


def test_a_second_damaged_file_does_not_take_the_place_of_the_first(machine: Machine):
    for _ in range(2):
        machine.path.parent.mkdir(exist_ok=True)
        machine.path.write_text("nothing that SQLite knows" * 100)
        machine.start()
        machine.stop()
    names = [path.name for path in machine.path.parent.iterdir()]
    assert sorted(names) == ["mux.db", "mux.db.damaged-1", "mux.db.damaged-2"]


def test_damage_that_comes_while_a_process_runs_costs_it_nothing_that_it_knows(machine: Machine):
    use(machine.start())
    machine.stop()
    running = machine.start()
    running.load()
    garble(machine.path)
    running.put_health(KEY, REST)
    running.put_limit(KEY, Learned(seen_at=0.0, requests=2))
    running.count(FAST, Use(requests=1))
    running.flush()
    assert "was damaged" in (running.notice or "")
    found = machine.start()
    assert found.load() == Loaded(
        healths={OWN: REST, KEY: REST},
        limits={
            OWN: Learned(seen_at=0.0, requests=1),
            KEY: Learned(seen_at=0.0, requests=2),
        },
    )
    assert found.usage() == (UsageRow("2023-11-14", FAST, Use(requests=1)),)


def test_damage_is_met_by_all_and_only_the_first_moves_the_file(machine: Machine):
    use(machine.start())
    machine.stop()
    stores = [machine.start() for _ in range(4)]
    garble(machine.path)
    use(stores[0])
    assert stores[1].load() == Loaded()
    assert stores[2].usage() == ()
    assert stores[3].lease([OWN], 60.0) is None
    assert all("was damaged" in (store.notice or "") for store in stores)
    assert [path.name for path in machine.path.parent.glob("*.damaged-?")] == ["mux.db.damaged-1"]
    assert machine.start().load().healths == {OWN: REST}


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE health SET until = 'soon'",
        "UPDATE health SET failure = CAST(x'ff' AS TEXT)",
        "UPDATE sent SET n = NULL",
        "UPDATE limits SET tokens = 'many'",
    ],
)
def test_a_value_that_nobody_has_written_is_damage(machine: Machine, change: str):
    use(machine.start())
    with closing(raw(machine.path)) as connection:
        connection.execute(change)
    store = machine.start()
    assert store.load() == Loaded()
    assert "was damaged" in (store.notice or "")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(0.0, 1.0), st.binary(min_size=1, max_size=64)), min_size=1))
def test_bytes_changed_anywhere_raise_nothing(changes: list[tuple[float, bytes]]):
    with TemporaryDirectory() as folder:
        machine = Machine(Path(folder, "mux.db"))
        use(machine.start())
        machine.stop()
        content = bytearray(machine.path.read_bytes())
        for place, patch in changes:
            start = int(place * (len(content) - len(patch)))
            content[start : start + len(patch)] = patch
        machine.path.write_bytes(content)
        for _ in range(2):
            use(machine.start())
        machine.stop()


def test_a_process_begins_anew_only_once(machine: Machine):
    store = machine.start()
    for _ in range(2):
        use(store)
        with closing(raw(machine.path)) as connection:
            connection.execute("UPDATE sent SET n = NULL")
        assert store.load() == Loaded()
    use(store)
    assert remembers(store)
    assert [path.name for path in machine.path.parent.glob("*.damaged-?")] == ["mux.db.damaged-1"]


def a_folder(path: Path) -> None:
    path.mkdir(parents=True)


def below_a_file(path: Path) -> None:
    path.parent.write_text("")


def a_pipe(path: Path) -> None:
    path.parent.mkdir()
    os.mkfifo(path)


def without_a_table(path: Path) -> None:
    Machine(path).start().close()
    with closing(raw(path)) as connection:
        connection.execute("DROP TABLE usage")


def of_a_newer_vibe(path: Path) -> None:
    path.parent.mkdir()
    with closing(raw(path)) as connection:
        connection.execute("CREATE TABLE thoughts (text)")
        connection.execute("PRAGMA user_version = 99")


@pytest.mark.parametrize(
    ("obstacle", "reason"),
    [
        (a_folder, "(it is not a regular file); see what is wrong there: ls -la {folder}"),
        (below_a_file, "(Not a directory); see what is wrong there: ls -la {folder}"),
        (a_pipe, "(it is not a regular file); see what is wrong there: ls -la {folder}"),
        (without_a_table, "(no such table: usage); see what is wrong there: ls -la {folder}"),
        (
            of_a_newer_vibe,
            "(a newer vibe has written it); update vibe, or move that file away",
        ),
    ],
    ids=["a folder", "below a file", "a pipe", "a table is missing", "a newer schema"],
)
def test_without_a_file_that_can_be_used_memory_serves(
    machine: Machine, obstacle: Callable[[Path], None], reason: str
):
    obstacle(machine.path)
    store = machine.start()
    use(store)
    assert store.notice == (
        "cool-downs and usage are remembered only until vibe ends: cannot use "
        f"{machine.path} {reason.format(folder=machine.path.parent)}"
    )
    assert remembers(store)


def test_a_file_of_a_newer_vibe_is_left_as_it_is(machine: Machine):
    of_a_newer_vibe(machine.path)
    content = machine.path.read_bytes()
    use(machine.start())
    machine.stop()
    assert machine.path.read_bytes() == content


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
@pytest.mark.parametrize("mode", [0o400, 0o000], ids=["read-only", "closed"])
def test_a_file_that_cannot_be_written_is_told(machine: Machine, mode: int):
    machine.start().close()
    machine.path.chmod(mode)
    store = machine.start()
    use(store)
    assert "cannot use" in (store.notice or "")
    assert remembers(store)


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_cannot_be_written_is_told(machine: Machine):
    machine.path.parent.mkdir(mode=0o500)
    store = machine.start()
    use(store)
    assert "(Permission denied)" in (store.notice or "")
    assert remembers(store)


def test_what_stood_in_the_way_may_be_moved_away_while_vibe_runs(machine: Machine):
    a_folder(machine.path)
    store = machine.start()
    use(store)
    machine.path.rmdir()
    store.flush()
    assert machine.start().load().healths == {OWN: REST}


def test_an_empty_file_is_filled(machine: Machine):
    machine.path.parent.mkdir()
    machine.path.touch()
    store = machine.start()
    use(store)
    assert (store.notice, machine.start().load().healths) == (None, {OWN: REST})


def test_what_finds_no_room_is_kept_until_there_is_some(machine: Machine):
    use(machine.start())
    machine.stop()
    with closing(raw(machine.path)) as connection:
        connection.execute("CREATE TABLE filler AS SELECT zeroblob(400000)")
    store = machine.start(max_bytes=machine.path.stat().st_size)
    for n in range(400):
        store.put_trace(Aside(FAST, f"{n} {'x' * 200}"))
        store.count(FAST, Use(requests=1))
    store.put_health(KEY, REST)
    store.flush()
    assert store.notice == (
        "cool-downs and usage are remembered only until vibe ends: cannot use "
        f"{machine.path} (it cannot grow any more); free some space on its disk"
    )
    assert store.usage() == (UsageRow("2023-11-14", FAST, Use(requests=401)),)
    assert (len(store.traces()), store.has_queued) == (401, True)
    with closing(raw(machine.path)) as connection:
        connection.execute("DROP TABLE filler")
    store.flush()
    assert store.has_queued is False
    found = machine.start()
    assert found.load().healths == {OWN: REST, KEY: REST}
    assert found.usage() == (UsageRow("2023-11-14", FAST, Use(requests=401)),)


def test_what_is_queued_waits_while_another_process_writes(machine: Machine):
    store = machine.start()
    store.count(FAST, Use(requests=1))
    with closing(raw(machine.path)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        assert store.usage() == (UsageRow("2023-11-14", FAST, Use(requests=1)),)
        assert (store.has_queued, store.lease([OWN], 60.0)) == (True, None)
        connection.execute("ROLLBACK")
    store.flush()
    assert (store.has_queued, store.notice) == (False, None)
    assert machine.start().usage() == (UsageRow("2023-11-14", FAST, Use(requests=1)),)


def test_a_process_that_could_not_open_a_busy_file_does_so_later(machine: Machine):
    machine.start().close()
    with closing(raw(machine.path)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        store = machine.start()
        assert (store.changed(), store.load(), store.notice) == (False, Loaded(), None)
        connection.execute("ROLLBACK")
    use(store)
    assert machine.start().load().healths == {OWN: REST}


def test_what_cannot_be_written_at_the_end_is_waited_for_and_then_told(machine: Machine):
    use(machine.start())
    machine.stop()
    store = machine.start()
    store.load()
    with closing(raw(machine.path)) as other:
        other.execute("BEGIN IMMEDIATE")
        store.put_health(KEY, REST)
        store.close()
        assert store.notice == (
            f"what was learned of the models is forgotten: another program keeps {machine.path} "
            f"locked; see which one: fuser -v {machine.path}"
        )


def test_a_file_that_is_locked_for_a_while_takes_the_last_write_all_the_same(machine: Machine):
    use(machine.start())
    machine.stop()
    store = machine.start()
    with closing(raw(machine.path)) as other:
        other.execute("BEGIN IMMEDIATE")
        store.put_health(KEY, REST)
        store.flush()
        let_go = Timer(0.5, other.rollback)
        let_go.start()
        store.close()
        let_go.join()
    assert store.notice is None
    assert KEY in machine.start().load().healths
