"""Real processes share one store, begin at once, and may be killed at any moment."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from tests.law import ROOT
from vibe.clock import SystemClock
from vibe.domain.model import Alias
from vibe.mux.entry import ScopeId
from vibe.mux.store import Store
from vibe.mux.store_process import birth_of, is_running
from vibe.mux.store_queue import Use

FAST, SLOW = Alias("fast"), Alias("slow")
SCOPE = ScopeId("scope")


class Second:
    """A process that runs tests/mux/second.py."""

    def __init__(self, path: Path, what: str, times: int) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.mux.second", str(path), what, str(times)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def begin(self) -> None:
        assert self.process.stdin
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def said(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def end(self) -> None:
        self.process.communicate(timeout=30)


@contextmanager
def at_once(path: Path, *jobs: tuple[str, int]) -> Generator[list[Second]]:
    """These processes at work, begun together when all are there, and ended together."""
    with ExitStack() as stack:
        seconds = [Second(path, what, times) for what, times in jobs]
        for second in seconds:
            stack.callback(second.end)
        assert {second.said() for second in seconds} == {"ready"}
        for second in seconds:
            second.begin()
        yield seconds


def finish(seconds: list[Second]) -> None:
    assert {second.said() for second in seconds} == {"done"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "mux.db"


def opened(path: Path) -> closing[Store]:
    return closing(Store.open(path, SystemClock()))


def test_what_several_processes_count_at_once_is_the_sum(path: Path):
    with at_once(path, *[("count", 50)] * 4) as seconds:
        finish(seconds)
    with opened(path) as store:
        assert store.load().sent == {"pool": {FAST: 200, SLOW: 49}}
        assert [row.use for row in store.usage()] == [Use(requests=200)]


def test_a_closing_counts_whether_it_comes_before_or_after_the_opening(path: Path):
    with at_once(path, ("open", 30), ("close", 20), ("open", 30)) as seconds:
        finish(seconds)
    with opened(path) as store:
        healths = store.load().healths
        closed = {scope for scope, health in healths.items() if health.until is None}
        assert closed == {f"scope-{number}" for number in range(20)}
        assert len(healths) == 30
        left_s = (healths[ScopeId("scope-29")].until or 0.0) - SystemClock().monotonic()
        assert 0.0 < left_s <= 129.0


def test_of_processes_that_ask_at_once_one_gets_the_lease(path: Path):
    with at_once(path, *[("lease", 1)] * 4) as seconds:
        words = [second.said() for second in seconds]
        assert sorted(words) == ["denied", "denied", "denied", "leased"]
        finish(seconds)
        with opened(path) as store:
            assert store.lease([SCOPE], 1.0) is not None
    with opened(path) as store:
        assert store.lease([SCOPE], 1.0) is None


def test_what_a_killed_process_had_written_stays_and_its_lease_ends_with_it(path: Path):
    with opened(path) as running, at_once(path, ("count", 3), ("lease", 1), ("tell", 1)) as seconds:
        assert seconds[1].said() == "leased"
        finish(seconds)
        assert running.load().leases.keys() == {SCOPE}
        assert running.changed() is False
        with opened(path) as store:
            assert [row.pid for row in store.processes()] == [seconds[2].process.pid]
        for second in seconds:
            second.process.kill()
            second.process.wait()
        assert (running.changed(), running.load().leases) == (True, {})
        assert running.changed() is False
        assert path.with_name("mux.db-wal").stat().st_size > 0
    with opened(path) as store:
        found = store.load()
        assert (found.sent, store.processes()) == ({"pool": {FAST: 3, SLOW: 2}}, ())
        assert (found.leases, store.lease([SCOPE], 1.0), store.notice) == ({}, None, None)


def test_a_process_that_is_killed_while_it_writes_leaves_all_of_a_write_or_nothing(path: Path):
    with opened(path) as store, at_once(path, ("count", 1_000_000)) as seconds:
        while store.load().sent.get("pool", {}).get(FAST, 0) < 20:
            assert seconds[0].process.poll() is None
        seconds[0].process.kill()
        seconds[0].process.wait()
    with opened(path) as store:
        sent = store.load().sent["pool"]
        uses = [row.use for row in store.usage()]
        assert (sent[SLOW], uses) == (sent[FAST] - 1, [Use(requests=sent[FAST])])


def test_a_process_runs_until_it_ends_and_is_no_other_with_its_number():
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    own = os.getpid()
    found = [
        is_running(own, birth_of(own)),
        is_running(own, "another's"),
        is_running(1, birth_of(1)),
        is_running(ended.pid, ""),
        is_running(2**40, ""),
    ]
    assert found == [True, False, True, False, False]
