"""How an entry stands is told in one mark and one word."""

from __future__ import annotations

import pytest

from vibe.domain.model import Alias, ProviderName
from vibe.mux.condition import condition
from vibe.mux.health import State
from vibe.mux.snapshot import EntrySnapshot

A, B = Alias("a"), Alias("b")


def entry(
    state: State = "closed",
    *,
    probing: bool = False,
    back_in_s: float | None = None,
    spent_for_s: float | None = None,
    trouble: str | None = None,
    taken_out: bool = False,
) -> EntrySnapshot:
    is_well = state == "closed" and spent_for_s is None and not trouble and not taken_out
    return EntrySnapshot(
        alias=A,
        provider=ProviderName("p"),
        model="m",
        is_fallback=False,
        state=state,
        can_answer=is_well,
        busy=0,
        weight=1,
        probing=probing,
        back_in_s=back_in_s,
        spent_for_s=spent_for_s,
        trouble=trouble,
        taken_out=taken_out,
    )


@pytest.mark.parametrize(
    ("of", "pinned", "expected"),
    [
        (entry(), None, ("●", "ready")),
        (entry(), A, ("●", "pinned")),
        (entry(), B, ("●", "ready")),
        (entry(spent_for_s=3.5), None, ("○", "spent 4 s")),
        (entry("open", back_in_s=12.0), None, ("○", "rests 12 s")),
        (entry("open"), None, ("○", "rests")),
        (entry("half_open"), None, ("◐", "to probe")),
        (entry("half_open", probing=True), None, ("◐", "probing")),
        (entry("open", probing=True, back_in_s=1.0), None, ("◐", "probing")),
        (entry(taken_out=True), None, ("○", "out")),
        (entry(taken_out=True), B, ("○", "aside")),
        (entry(trouble="A_KEY is not set"), None, ("!", "unusable")),
    ],
    ids=str,
)
def test_an_entry_stands(
    of: EntrySnapshot, pinned: Alias | None, expected: tuple[str, str]
) -> None:
    assert condition(of, pinned) == expected
