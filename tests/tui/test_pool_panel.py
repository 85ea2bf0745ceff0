"""`/mux`: the numbers of the snapshot, and nothing wider than the screen."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tests.tui.lines import shown
from vibe.domain.model import Alias, ProviderName
from vibe.mux.snapshot import EntrySnapshot, MuxSnapshot
from vibe.mux.stats import LastError, Switch
from vibe.tui.draw.ink import cells
from vibe.tui.panels.pool import pool_lines

NOW = 1_000.0
WELL = EntrySnapshot(
    alias=Alias("devstral-2"),
    provider=ProviderName("mistral"),
    model="m",
    is_fallback=False,
    state="closed",
    can_answer=True,
    busy=2,
    limit=3,
    weight=70,
    share=0.68,
    want=0.7,
    requests=418,
    ok=412,
    failed=6,
    per_minute=31,
    first_token_p50_s=0.42,
    first_token_p95_s=1.31,
    tokens_a_second=88.0,
    input_tokens=1_200_000,
    output_tokens=96_400,
    cost_uusd=689_000,
    last_hour_uusd=689_000,
    last_minute=(4, 5, 6, 5, 7, 8, 6, 5, 6, 7, 8, 7),
)
RESTS = replace(
    WELL,
    alias=Alias("local"),
    is_fallback=True,
    state="open",
    can_answer=False,
    busy=0,
    limit=1,
    back_in_s=12.0,
    share=1.0,
    want=1.0,
    ok=44,
    failed=3,
    first_token_p50_s=None,
    first_token_p95_s=None,
    tokens_a_second=None,
    cost_uusd=0,
    last_hour_uusd=0,
    last_minute=(0,) * 12,
    last_error=LastError(kind="unreachable", detail="127.0.0.1:8080", status=None, at=NOW - 3),
)
POOL = MuxSnapshot(
    at=NOW,
    mode="load_balance",
    available=1,
    total=2,
    requests=625,
    under_way=2,
    waiting=0,
    failovers=12,
    seams=0,
    entries=(WELL, RESTS),
    recent=(
        Switch(
            at=NOW,
            from_alias=Alias("local"),
            to_alias=Alias("devstral-2"),
            kind="unreachable",
            status=None,
            delay_s=0.03,
        ),
    ),
)


def drawn(width: int) -> list[str]:
    return shown(pool_lines(POOL, width, clock=lambda _: "21:40:12"))


def test_the_wide_panel_tells_everything() -> None:
    rows = drawn(120)
    assert rows[0].startswith(
        " ┌ mux   load_balance   1 of 2 can answer   last hour $0.689   625 requests   "
        "12 failovers, all before the first word "
    )
    assert [" ".join(row.strip(" │").split()) for row in rows[1:-1]] == [
        "MODEL STATE BUSY SHARE/WANT RPM OK/FAIL TTFT p50/p95 TOK/S IN/OUT COST LAST 60 s",
        "devstral-2 ● closed 2/3 68% / 70% 31 412/6 0.42/1.31s 88 1.2M/96.4k $0.689 ▄▅▆▅▇█▆▅▆▇█▇",
        "local ○ open 12 s 0/1 100% / spare 31 44/3 – – 1.2M/96.4k $0.000 ············",
        "└ unreachable 3 s ago; 127.0.0.1:8080",
        "RECENT",
        "21:40:12 local unreachable → devstral-2 +0.03 s",
        "esc close",
    ]


def test_the_narrow_panel_drops_what_is_least_needed() -> None:
    assert [" ".join(row.strip(" │").split()) for row in drawn(80)[1:-1]] == [
        "MODEL STATE BUSY SHARE RPM FAIL TTFT TOK/S COST",
        "devstral-2 ● closed 2/3 68/70% 31 6 0.42s 88 $0.689",
        "local ○ open 12 s 0/1 100% 31 3 – – $0.000",
        "└ unreachable 3 s ago",
        "esc close",
    ]


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 200])
def test_nothing_is_wider_than_the_screen(width: int) -> None:
    long = replace(POOL, entries=(replace(WELL, alias=Alias("a-very-long-alias" * 4)), RESTS))
    lines = pool_lines(long, width, clock=lambda _: "21:40:12")
    assert max(map(cells, lines)) <= width


def test_an_empty_pool_has_a_panel() -> None:
    empty = replace(POOL, entries=(), recent=(), available=0, total=0)
    assert "0 of 0 can answer" in shown(pool_lines(empty, 80, clock=str))[0]
