"""What two processes know of one scope comes together as one, in whatever order it is written."""

from __future__ import annotations

from math import inf
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.mux.machine import START, Machine
from vibe.domain.failure import Failure, FailureKind
from vibe.mux.entry import ScopeId
from vibe.mux.health import Health
from vibe.mux.limits import Learned
from vibe.mux.store_rows import (
    HealthRow,
    Now,
    health_of,
    health_row,
    limit_of,
    limit_row,
    merged,
)

OWN = ScopeId("own")
NOW = Now(monotonic=100.0, wall=START)

OPEN = Health(epoch=3, openings=1, until=160.0, resort_at=100.5, rest_s=60.0)
STATED = Health(epoch=3, openings=1, until=130.0, stated_until=130.0, resort_at=131.0, rest_s=30.0)
CLOSED = Health(epoch=3)

# Few values, so that many are equal.
TIMES = st.sampled_from([-inf, 90.0, 100.0, 160.0, inf])
FAILURES = st.sampled_from(FailureKind).map(lambda kind: Failure(kind=kind))
HEALTHS = st.builds(
    Health,
    epoch=st.integers(0, 2),
    in_a_row=st.integers(0, 2),
    openings=st.integers(0, 2),
    until=st.none() | st.sampled_from([90.0, 100.0, 160.0, inf]),
    stated_until=TIMES,
    resort_at=TIMES,
    rest_s=st.sampled_from([0.0, 60.0, inf]),
    failure=st.none() | FAILURES,
    stalled_at=st.sampled_from([-inf, 90.0, 95.0]),
)
ROWS = HEALTHS.map(lambda health: health_row(OWN, health, NOW))
LEARNED = st.builds(
    Learned,
    seen_at=st.sampled_from([90.0, 100.0]),
    requests=st.none() | st.integers(0, 9),
    requests_reset_at=st.none() | st.sampled_from([100.0, 160.0]),
    tokens=st.none() | st.integers(0, 9),
    tokens_reset_at=st.none() | st.sampled_from([100.0, 160.0]),
)


def read(row: HealthRow) -> Health:
    return health_of(row, NOW, has_chance=False)


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        (OPEN, replace(STATED, epoch=4), replace(STATED, epoch=4)),
        (replace(CLOSED, epoch=2), OPEN, OPEN),
        (replace(CLOSED, epoch=4), OPEN, replace(CLOSED, epoch=4)),
        (OPEN, CLOSED, CLOSED),
        (OPEN, replace(OPEN, until=inf), replace(OPEN, until=inf)),
        (OPEN, STATED, replace(OPEN, stated_until=130.0, resort_at=131.0)),
        (CLOSED, replace(CLOSED, stalled_at=90.0), replace(CLOSED, stalled_at=90.0)),
        (replace(CLOSED, in_a_row=2), CLOSED, CLOSED),
    ],
    ids=[
        "the later epoch",
        "the later epoch opens",
        "the later epoch closes",
        "a closing in the same epoch",
        "the later end",
        "the later end, and the word of the provider",
        "the later stall",
        "failures while closed are each process's own",
    ],
)
def test_of_two_healths(one: Health, other: Health, both: Health):
    rows = health_row(OWN, one, NOW), health_row(OWN, other, NOW)
    assert [read(merged(*rows)), read(merged(*reversed(rows)))] == [both, both]


@given(ROWS, ROWS, ROWS)
def test_neither_order_nor_repetition_matters(one: HealthRow, other: HealthRow, third: HealthRow):
    assert merged(one, other) == merged(other, one)
    assert merged(merged(one, other), third) == merged(one, merged(other, third))
    assert merged(one, one) == one
    assert merged(merged(one, other), one) == merged(one, other)


@settings(max_examples=25, deadline=None)
@given(st.lists(HEALTHS, min_size=1, max_size=4), st.data())
def test_neither_order_nor_repetition_matters_in_the_file(
    healths: list[Health], data: st.DataObject
):
    found: list[Health] = []
    for _ in range(2):
        with TemporaryDirectory() as folder:
            machine = Machine(Path(folder, "mux.db"))
            stores = machine.start(zero=100.0), machine.start(zero=100.0)
            for health in data.draw(st.permutations([*healths, healths[0]])):
                store = data.draw(st.sampled_from(stores))
                store.put_health(OWN, health)
                data.draw(st.sampled_from(stores)).flush()
            stores[1].flush()
            stores[0].flush()
            found.append(machine.start(zero=100.0).load(with_chances=False).healths[OWN])
            machine.stop()
    assert found[0] == found[1]


@given(HEALTHS)
def test_a_health_is_read_as_it_was_written_but_for_what_has_passed(health: Health):
    if health.until is None:
        expected = Health(epoch=health.epoch, stalled_at=health.stalled_at)
    else:
        expected = replace(
            health,
            until=max(health.until, 100.0),
            stated_until=max(health.stated_until, 100.0) if health.stated_until > -inf else -inf,
            resort_at=max(health.resort_at, 100.0) if health.resort_at > -inf else -inf,
        )
    assert read(health_row(OWN, health, NOW)) == expected


@given(LEARNED)
def test_a_limit_is_read_as_it_was_written(limit: Learned):
    assert limit_of(limit_row(OWN, limit, NOW), NOW) == limit


def test_a_failure_of_a_kind_that_is_not_known_yet_is_none():
    row = health_row(OWN, OPEN, NOW)._replace(failure='{"kind":"bored"}')
    assert read(row) == OPEN
