"""What waits to be written is merged without losing anything."""

from __future__ import annotations

from collections import deque

from hypothesis import given
from hypothesis import strategies as st

from vibe.domain.model import Alias
from vibe.mux.entry import ScopeId
from vibe.mux.step import Aside
from vibe.mux.store_queue import Batch, Noted, Shift, Use

FAST, SLOW = Alias("fast"), Alias("slow")
SHIFTS = st.builds(Shift, st.integers(0, 9), st.integers(-3, 3))


@given(st.lists(SHIFTS, max_size=5), st.integers(0, 9))
def test_shifts_in_a_row_are_one_shift(shifts: list[Shift], n: int):
    whole, each = Shift(), n
    for shift in shifts:
        whole, each = whole.then(shift), shift.of(each)
    assert whole.of(n) == each


def test_a_batch_that_could_not_be_written_goes_before_the_next():
    one, two = Noted(1.0, Aside(FAST, "one")), Noted(2.0, Aside(FAST, "two"))
    earlier = Batch(number=4, snapshot=one.value, releases={ScopeId("own")}, traces=deque([one]))
    earlier.shift("pool", FAST, Shift(more=2))
    earlier.count("2026-03-01", FAST, Use(requests=1, ok=1))
    later = Batch(number=5, traces=deque([two]))
    later.shift("pool", FAST, Shift(at_least=9))
    later.shift("pool", SLOW, Shift(more=1))
    later.count("2026-03-01", FAST, Use(requests=1, failed=1))
    later.count("2026-03-02", FAST, Use(requests=1))
    assert earlier.before(later) == Batch(
        number=5,
        sent={("pool", FAST): Shift(at_least=7, more=2), ("pool", SLOW): Shift(more=1)},
        usage={
            ("2026-03-01", FAST): Use(requests=2, ok=1, failed=1),
            ("2026-03-02", FAST): Use(requests=1),
        },
        traces=deque([one, two]),
        snapshot=one.value,
        releases={ScopeId("own")},
    )
    assert (earlier.usage, later.sent["pool", FAST]) == (
        {("2026-03-01", FAST): Use(requests=1, ok=1)},
        Shift(at_least=9),
    )


def test_a_batch_keeps_the_last_traces_however_long_it_waits():
    batch = Batch(number=1)
    for n in range(700):
        batch.traces.append(Noted(float(n), Aside(FAST, "")))
    assert (len(batch.traces), batch.traces[0].wall) == (500, 200.0)
