"""What one process tells the store, the next one knows, by its own clock."""

from __future__ import annotations

import stat
import threading
from contextlib import closing
from math import inf
from pathlib import Path

import pytest

from tests.mux.machine import START, Machine
from vibe.domain.failure import Failure, FailureKind
from vibe.domain.model import Alias
from vibe.mux.entry import Rules, ScopeId
from vibe.mux.health import WELL, Health, after_failure, after_success
from vibe.mux.limits import Learned
from vibe.mux.resort import MENDED_BY_PEOPLE
from vibe.mux.step import Aside
from vibe.mux.store import MAX_BYTES, Loaded, Store
from vibe.mux.store_file import StoreFile
from vibe.mux.store_queue import Use
from vibe.mux.store_tables import UsageRow

OWN, KEY, ORIGIN = ScopeId("own"), ScopeId("key"), ScopeId("origin")
FAST, SLOW = Alias("fast"), Alias("slow")
RULES = Rules()
YEARS_S = 5 * 365 * 86_400.0

LIMITED = Failure(kind=FailureKind.RATE_LIMITED, detail="slow down", status=429, retry_after_s=32.0)
STALLED = Failure(kind=FailureKind.STALLED)
WRONG_KEY = Failure(kind=FailureKind.AUTH, status=401)


def failed(failure: Failure, *, now: float, before: Health = WELL) -> Health:
    return after_failure(before, failure, now=now, rules=RULES, chance=0.625)


def told(store: Store, scope: ScopeId, health: Health) -> None:
    store.put_health(scope, health)
    store.flush()


def test_a_rest_goes_on_in_a_process_that_starts_later(machine: Machine):
    told(machine.start(zero=1000.0), OWN, failed(LIMITED, now=1000.0))
    machine.passed_s += 12.0
    assert machine.start(zero=8.0).load() == Loaded(
        healths={
            OWN: Health(
                epoch=1,
                in_a_row=1,
                openings=1,
                until=40.0,
                stated_until=40.0,
                resort_at=41.0,
                rest_s=32.0,
                failure=LIMITED,
            )
        }
    )


def test_a_rest_that_is_over_is_half_open_and_remembers_its_length(machine: Machine):
    told(machine.start(), OWN, failed(LIMITED, now=0.0))
    machine.passed_s += 3600.0
    health = machine.start().load().healths[OWN]
    assert (health.until, health.state(3600.0), health.rest_s) == (3600.0, "half_open", 32.0)


@pytest.mark.parametrize(
    ("set_by_s", "until"),
    [(-YEARS_S, 32.0), (-5.0, 32.0), (0.0, 32.0), (5.0, 27.0), (YEARS_S, 0.0)],
    ids=["back by years", "back", "not", "forward", "forward by years"],
)
def test_a_clock_that_was_set_neither_prolongs_a_rest_nor_makes_it_end_in_the_past(
    machine: Machine, set_by_s: float, until: float
):
    told(machine.start(), OWN, failed(LIMITED, now=0.0))
    machine.set_by_s = set_by_s
    assert machine.start().load().healths[OWN].until == until


def test_a_rest_from_before_the_clock_was_set_back_ends_in_time(machine: Machine):
    told(machine.start(), OWN, failed(LIMITED, now=0.0))
    machine.set_by_s = -YEARS_S
    told(machine.start(), KEY, failed(LIMITED, now=0.0))
    machine.passed_s = 20.0
    assert machine.start().load().healths[OWN].until == 32.0


@pytest.mark.parametrize("kind", sorted(MENDED_BY_PEOPLE))
def test_what_people_mend_may_be_tried_once_by_each_new_process(
    machine: Machine, kind: FailureKind
):
    health = failed(Failure(kind=kind), now=0.0)
    told(machine.start(), KEY, health)
    machine.passed_s = 7.0
    found = [machine.start().load().healths[KEY] for _ in range(2)]
    assert [each.until for each in found] == [7.0, 7.0]
    looked = machine.start().load(with_chances=False).healths[KEY]
    assert (looked.until, looked.rest_s) == (health.until, health.rest_s)


def test_what_people_mend_rests_in_a_process_that_runs_already(machine: Machine):
    running = machine.start()
    running.load()
    told(machine.start(), KEY, failed(WRONG_KEY, now=0.0))
    assert running.load().healths[KEY].until == inf


def test_a_chance_that_failed_is_none_for_the_process_that_had_it(machine: Machine):
    told(machine.start(), KEY, failed(WRONG_KEY, now=0.0))
    late = machine.start()
    half_open = late.load().healths[KEY]
    told(late, KEY, failed(WRONG_KEY, now=0.0, before=half_open))
    assert late.load() == Loaded()
    assert machine.start().load(with_chances=False).healths[KEY].epoch == 2


def test_a_success_closes_for_all(machine: Machine):
    one, other = machine.start(), machine.start()
    told(one, OWN, failed(LIMITED, now=0.0))
    health = other.load().healths[OWN]
    machine.passed_s = 40.0
    told(other, OWN, after_success(health))
    assert one.load().healths == {OWN: Health(epoch=1)}


def test_a_stall_is_remembered_as_long_ago_as_it_was(machine: Machine):
    told(machine.start(zero=50.0), OWN, failed(STALLED, now=50.0))
    machine.passed_s = 30.0
    assert machine.start().load().healths == {OWN: Health(stalled_at=0.0)}


def test_only_what_tells_more_is_news(machine: Machine):
    one, other = machine.start(), machine.start()
    told(one, OWN, failed(LIMITED, now=0.0))
    assert one.load().healths == {}
    assert other.load().healths.keys() == {OWN}
    assert other.load().healths == {}
    told(other, OWN, Health(epoch=1, until=1.0, failure=LIMITED))
    assert one.load().healths == {}


def test_what_is_known_is_not_written_again(machine: Machine):
    one, other = machine.start(), machine.start()
    told(one, OWN, failed(LIMITED, now=0.0))
    other.load()
    for store in (one, other):
        store.put_health(OWN, failed(LIMITED, now=0.0))
        assert store.has_queued is False


def test_learned_limits_are_known_until_they_are_over(machine: Machine):
    first = machine.start(zero=100.0)
    first.put_limit(
        OWN,
        Learned(
            seen_at=100.0, requests=2, requests_reset_at=160.0, tokens=900, tokens_reset_at=None
        ),
    )
    first.flush()
    machine.passed_s = 20.0
    assert machine.start().load().limits == {
        OWN: Learned(seen_at=0.0, requests=2, requests_reset_at=60.0, tokens=900)
    }
    machine.passed_s = 90.0
    assert machine.start().load().limits[OWN].requests_reset_at == 90.0


def test_of_learned_limits_the_latest_counts_whoever_writes_last(machine: Machine):
    early, late = machine.start(), machine.start()
    early.put_limit(OWN, Learned(seen_at=0.0, requests=9))
    late.put_limit(OWN, Learned(seen_at=0.0, requests=5))
    machine.passed_s = 1.0
    late.put_limit(OWN, Learned(seen_at=1.0, requests=4))
    late.flush()
    early.flush()
    assert early.load().limits == {OWN: Learned(seen_at=1.0, requests=4)}
    assert late.load().limits == {}


def test_limits_seen_before_the_clock_was_set_back_give_way(machine: Machine):
    first, second = machine.start(), machine.start()
    first.put_limit(OWN, Learned(seen_at=0.0, requests=0, requests_reset_at=60.0))
    first.flush()
    machine.set_by_s = -YEARS_S
    second.put_limit(OWN, Learned(seen_at=0.0, requests=7))
    second.flush()
    assert machine.start().load().limits == {OWN: Learned(seen_at=0.0, requests=7)}


def test_shares_are_counted_together_and_raised_to_a_level_only_once(machine: Machine):
    one, other = machine.start(), machine.start()
    for store in (one, other):
        store.add_sent("pool", FAST, 20)
        store.add_sent("pool", FAST, -1)
        store.raise_sent("pool", SLOW, to=10)
        store.add_sent("pool", SLOW)
        store.flush()
    other.add_sent("another", FAST)
    assert other.load().sent == {"pool": {FAST: 38, SLOW: 12}, "another": {FAST: 1}}
    assert one.load().sent == {"pool": {FAST: 38, SLOW: 12}}


def test_what_is_being_written_while_others_load_is_counted_once(machine: Machine):
    is_over = threading.Event()

    def flush(store: Store) -> None:
        while not is_over.is_set():
            store.flush()

    stores = [machine.start() for _ in range(2)]
    threads = [threading.Thread(target=flush, args=[store]) for store in stores]
    for thread in threads:
        thread.start()
    try:
        for n in range(1, 81):
            for number, store in enumerate(stores):
                store.add_sent(f"pool {number}", FAST)
                assert store.load().sent[f"pool {number}"] == {FAST: n}
    finally:
        is_over.set()
        for thread in threads:
            thread.join()


def test_usage_is_added_up_by_utc_day_and_entry(machine: Machine):
    one, other = machine.start(), machine.start()
    whole = Use(
        requests=1,
        ok=1,
        input_tokens=100,
        output_tokens=20,
        cached_tokens=80,
        cost_uusd=7,
        estimated=1,
    )
    one.count(FAST, whole)
    one.flush()
    other.count(FAST, Use(requests=1, limited=1))
    other.count(SLOW, Use(requests=1, failed=1, unpriced=1))
    machine.passed_s = 86_400.0
    other.count(FAST, Use(requests=1, cancelled=1))
    assert one.usage() == (UsageRow("2023-11-14", FAST, whole),)
    days = (
        UsageRow(
            "2023-11-14",
            FAST,
            Use(
                requests=2,
                ok=1,
                limited=1,
                input_tokens=100,
                output_tokens=20,
                cached_tokens=80,
                cost_uusd=7,
                estimated=1,
            ),
        ),
        UsageRow("2023-11-14", SLOW, Use(requests=1, failed=1, unpriced=1)),
        UsageRow("2023-11-15", FAST, Use(requests=1, cancelled=1)),
    )
    assert other.usage() == days
    assert one.usage(since="2023-11-15") == days[2:]


def test_what_a_provider_claims_is_kept_within_what_can_be_stored(machine: Machine):
    store = machine.start()
    store.count(FAST, Use(input_tokens=10**30))
    store.put_limit(OWN, Learned(seen_at=0.0, tokens=10**30))
    store.flush()
    store.count(FAST, Use(input_tokens=10**30))
    assert store.usage() == (UsageRow("2023-11-14", FAST, Use(input_tokens=2**62)),)
    assert machine.start().load().limits == {OWN: Learned(seen_at=0.0, tokens=2**62)}
    assert store.notice is None


def test_the_last_traces_of_all_processes_are_kept(machine: Machine):
    one, other = machine.start(), machine.start()
    for n in range(400):
        one.put_trace(Aside(Alias("a"), str(n)))
    machine.passed_s = 1.0
    for n in range(400, 800):
        other.put_trace(Aside(Alias("a"), str(n)))
    one.flush()
    traces = other.traces()
    assert (len(traces), len(other.traces(last=3))) == (500, 3)
    assert traces[0].json == '{"alias":"a","why":"300"}'
    assert (traces[-1].wall, traces[-1].json) == (START + 1.0, '{"alias":"a","why":"799"}')


def test_a_text_that_no_file_can_hold_is_left_out(machine: Machine):
    store = machine.start()
    half = "half a pair: \ud800"
    store.put_trace(Aside(Alias("a"), half))
    told(store, KEY, failed(Failure(kind=FailureKind.AUTH, detail=half), now=0.0))
    assert (store.traces(), store.notice) == ((), None)
    assert machine.start().load().healths[KEY].failure == Failure(kind=FailureKind.AUTH)


def test_a_lease_is_held_by_one_process_at_a_time(machine: Machine):
    one, other = machine.start(), machine.start(zero=500.0)
    assert one.lease([OWN, KEY], 120.0) is None
    machine.passed_s = 20.0
    assert other.lease([KEY, ORIGIN], 120.0) == 620.0
    assert other.load().leases == {OWN: 620.0, KEY: 620.0}
    assert one.load().leases == {}
    assert one.lease([ORIGIN], 120.0) is None
    one.release([OWN, KEY])
    one.flush()
    assert other.lease([KEY], 60.0) is None
    assert one.lease([KEY], 60.0) == 80.0


def test_a_lease_ends_with_its_time(machine: Machine):
    one, other = machine.start(), machine.start()
    one.lease([OWN], 120.0)
    machine.passed_s = 120.0
    assert other.load().leases == {}
    assert other.lease([OWN], 120.0) is None


def test_a_lease_ends_although_the_clock_was_set_back(machine: Machine):
    one, other = machine.start(), machine.start()
    one.lease([OWN], 120.0)
    machine.set_by_s = -YEARS_S
    assert other.lease([OWN], 120.0) == 120.0
    machine.passed_s = 120.0
    assert other.lease([OWN], 120.0) is None


def test_a_release_from_before_does_not_end_a_new_lease(machine: Machine):
    one, other = machine.start(), machine.start()
    one.lease([OWN], 120.0)
    one.release([OWN])
    one.lease([OWN], 60.0)
    one.flush()
    assert other.lease([OWN], 120.0) == 60.0


def test_a_release_frees_nothing_of_another_process(machine: Machine):
    one, other = machine.start(), machine.start()
    one.lease([OWN], 120.0)
    other.release([OWN])
    other.flush()
    assert other.lease([OWN], 120.0) == 120.0


def test_a_process_that_ends_takes_its_leases_and_its_snapshot_with_it(machine: Machine):
    one, other = machine.start(), machine.start()
    one.put_snapshot(Aside(Alias("a"), "begins"))
    one.lease([OWN], 120.0)
    one.flush()
    one.put_snapshot(Aside(Alias("a"), "goes on"))
    one.flush()
    one.add_sent("pool", FAST)
    one.flush()
    assert [row.snapshot for row in other.processes()] == ['{"alias":"a","why":"goes on"}']
    one.close()
    assert (other.processes(), other.lease([OWN], 120.0)) == ((), None)


def test_a_process_without_a_sign_of_life_for_a_day_is_left_out(machine: Machine):
    one, other = machine.start(), machine.start()
    one.put_snapshot(Aside(Alias("a"), "is"))
    one.flush()
    machine.passed_s = 86_401.0
    assert other.processes() == ()
    one.add_sent("pool", FAST)
    one.flush()
    assert len(other.processes()) == 1


def test_others_see_a_change_as_soon_as_it_is_written(machine: Machine):
    one, other = machine.start(), machine.start()
    other.load()
    one.add_sent("pool", FAST)
    assert (one.has_queued, other.changed()) == (True, False)
    one.flush()
    assert (one.has_queued, other.changed()) == (False, True)
    other.load()
    assert other.changed() is False


def test_a_reader_sees_the_moment_at_which_it_began(machine: Machine):
    store = machine.start()
    file = StoreFile(machine.path, max_bytes=MAX_BYTES)
    with closing(file):
        with file.reading() as connection:
            told(store, OWN, failed(LIMITED, now=0.0))
            assert connection.execute("SELECT count(*) FROM health").fetchone() == (0,)
        assert file.changed() is True


def test_two_threads_may_tell_and_write_at_once(machine: Machine):
    store = machine.start()

    def work() -> None:
        for _ in range(200):
            store.add_sent("pool", FAST)
            store.count(FAST, Use(requests=1))
            store.flush()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.load().sent == {"pool": {FAST: 400}}
    assert store.usage() == (UsageRow("2023-11-14", FAST, Use(requests=400)),)


def test_what_is_told_after_the_end_is_not_written_and_harms_nobody(machine: Machine):
    store = machine.start()
    store.close()
    told(store, OWN, failed(LIMITED, now=0.0))
    store.close()
    assert (store.changed(), store.load(), store.lease([OWN], 1.0)) == (False, Loaded(), None)
    assert (store.processes(), store.notice) == ((), None)
    assert machine.start().load() == Loaded()


def test_the_files_and_their_folder_are_the_owner_s_alone(machine: Machine):
    store = machine.start()
    told(store, OWN, failed(LIMITED, now=0.0))
    folder = machine.path.parent
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}
    assert modes == dict.fromkeys(("mux.db", "mux.db-shm", "mux.db-wal"), 0o600)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_file_that_others_may_read_is_closed_to_them(machine: Machine):
    machine.start().close()
    machine.path.chmod(0o644)
    machine.start()
    assert stat.S_IMODE(machine.path.stat().st_mode) == 0o600


def test_a_link_is_followed(machine: Machine, tmp_path: Path):
    target = tmp_path / "elsewhere" / "mux.db"
    machine.path.parent.mkdir()
    machine.path.symlink_to(target)
    told(machine.start(), OWN, failed(LIMITED, now=0.0))
    assert (machine.path.is_symlink(), target.exists()) == (True, True)
